"""From parts to voxels: occupancies, tissues and muscle labels on any grid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body import Parts, Tissue

TISSUES: tuple[Tissue, ...] = tuple(Tissue)
"""Order of the tissues in a rendered tissue map: code 1 + index."""

FAT = len(TISSUES) + 1
SKIN = len(TISSUES) + 2
"""Codes of what fills the body between the parts, and of its cover."""

_REACH_SD = 3.0
_OCCUPIED = 0.5
"""Where all structures together fill a voxel to this share, it belongs to the fullest of them; else to fat or air."""


def code(tissue: Tissue) -> int:
    """Return the code of a tissue in a rendered tissue map."""
    return TISSUES.index(tissue) + 1


Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """A voxel grid along the world axes, or along axes turned against them.

    Parameters
    ----------
    shape
        Number of voxels along x, y and z.
    spacing
        Distance between voxel centres in mm.
    origin
        Centre of the first voxel in mm along the grid's own axes.
    turn_deg
        Rotation vector in degrees that turns the world axes into those of the grid.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def around(
        cls,
        parts: Parts,
        spacing: tuple[float, float, float],
        margin_mm: float = 20.0,
        turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> "Grid":
        """Return the grid that covers all parts with a margin."""
        parts = in_frame(parts, turn_deg)
        reach = 2.2 * np.sqrt(np.diagonal(parts.covariance, axis1=1, axis2=2))
        low = (parts.centre - reach).min(0) - margin_mm
        high = (parts.centre + reach).max(0) + margin_mm
        x, y, z = (int(n) for n in np.ceil((high - low) / spacing))
        return cls((x, y, z), spacing, (float(low[0]), float(low[1]), float(low[2])), turn_deg)

    @property
    def axes(self) -> NDArray[np.float64]:
        """Unit vectors of the grid's axes in RAS as columns, shape (3, 3)."""
        return turn_matrix(self.turn_deg)

    @property
    def affine(self) -> NDArray[np.float64]:
        """4x4 matrix from voxel indices to RAS mm."""
        affine = np.eye(4)
        affine[:3, :3] = self.axes * self.spacing
        affine[:3, 3] = self.axes @ self.origin
        return affine


def turn_matrix(turn_deg: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the 3x3 matrix of a rotation vector in degrees."""
    from scipy.spatial.transform import Rotation

    matrix: NDArray[np.float64] = np.eye(3) if not any(turn_deg) else Rotation.from_rotvec(turn_deg, True).as_matrix()
    return matrix


def in_frame(parts: Parts, turn_deg: tuple[float, float, float]) -> Parts:
    """Return the parts in the coordinates of axes turned against the world."""
    if not any(turn_deg):
        return parts
    axes = turn_matrix(turn_deg)
    return replace(parts, centre=parts.centre @ axes, covariance=axes.T @ parts.covariance @ axes)


@dataclass(frozen=True, eq=False, slots=True)
class Rendered:
    """A body on a grid.

    Parameters
    ----------
    grid
        The grid.
    tissue
        Tissue codes (see `code`, `FAT`, `SKIN`), uint8; 0 is air.
    labels
        Labels of ``jdm42``, uint8.
    """

    grid: Grid
    tissue: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def occupancies(parts: Parts, grid: Grid) -> Iterator[tuple[Tissue, int, NDArray[np.float32]]]:
    """Yield tissue, label and occupancy (the grid's shape, about 0..1) of each tissue and muscle group in turn.

    Muscles that belong to no group come as one, with label 0.
    """
    for tissue, label, box, occupancy in _occupied(parts, grid):
        field = np.zeros(grid.shape, np.float32)
        field[box] = occupancy
        yield tissue, label, field


def _occupied(parts: Parts, grid: Grid) -> Iterator[tuple[Tissue, int, Box, NDArray[np.float32]]]:
    """Yield what `occupancies` does, each on the part of the grid that it reaches."""
    parts = in_frame(parts, grid.turn_deg)
    tissues = np.array([TISSUES.index(t) for t in parts.tissue])
    for index, label in sorted(set(zip(tissues.tolist(), parts.label.tolist(), strict=True))):
        chosen = np.flatnonzero((tissues == index) & (parts.label == label))
        yield TISSUES[index], label, *_occupancy(parts, chosen, grid)


def _occupancy(parts: Parts, chosen: NDArray[np.int64], grid: Grid) -> tuple[Box, NDArray[np.float32]]:
    spacing, origin = np.array(grid.spacing), np.array(grid.origin)
    # A voxel averages over its extent: the part is seen widened by the variance of a box of that size.
    widened = parts.covariance[chosen] + np.diag(spacing**2 / 12)
    precision = np.linalg.inv(widened)
    peak = parts.volume_ml[chosen] * 1000 / np.sqrt((2 * np.pi) ** 3 * np.linalg.det(widened))
    reach = _REACH_SD * np.sqrt(np.diagonal(widened, axis1=1, axis2=2))
    low = np.clip(np.floor((parts.centre[chosen] - reach - origin) / spacing), 0, grid.shape).astype(int)
    high = np.clip(np.ceil((parts.centre[chosen] + reach - origin) / spacing) + 1, 0, grid.shape).astype(int)
    first = low.min(0)
    last = np.maximum(high.max(0), first)
    field = np.zeros(last - first, np.float32)
    for centre, p, top, a, b in zip(parts.centre[chosen], precision, peak, low, high, strict=True):
        if (a >= b).any():
            continue
        x, y, z = (np.arange(a[i], b[i], dtype=np.float32) * spacing[i] + (origin[i] - centre[i]) for i in range(3))
        p = p.astype(np.float32)
        plane = p[0, 0] * (x * x)[:, None] + p[1, 1] * (y * y)[None, :] + 2 * p[0, 1] * np.outer(x, y)
        slope = 2 * (p[0, 2] * x[:, None] + p[1, 2] * y[None, :])
        distance = plane[:, :, None] + slope[:, :, None] * z + p[2, 2] * (z * z)
        a, b = a - first, b - first
        field[a[0] : b[0], a[1] : b[1], a[2] : b[2]] += np.float32(top) * np.exp(-0.5 * distance)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return (i, j, k), field


def paint(parts: Parts, grid: Grid) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw the structures alone: every voxel belongs to the one that fills it most, or is 0 where all fill too little.

    Returns
    -------
    tissue, labels
        Tissue codes and labels of ``jdm42``, uint8, the grid's shape.
    """
    fullest = np.zeros(grid.shape, np.float32)
    filled = np.zeros(grid.shape, np.float32)
    tissue = np.zeros(grid.shape, np.uint8)
    labels = np.zeros(grid.shape, np.uint8)
    for kind, label, box, occupancy in _occupied(parts, grid):
        more = occupancy > fullest[box]
        fullest[box][more] = occupancy[more]
        tissue[box][more] = code(kind)
        labels[box][more] = label
        filled[box] += occupancy
    hollow = filled < _OCCUPIED
    tissue[hollow] = 0
    labels[hollow] = 0
    return tissue, labels


def render(parts: Parts, grid: Grid, fat_mm: float = 6.0) -> Rendered:
    """Draw the body: every voxel belongs to the structure that fills it most, the rest of the body is fat and skin.

    Parameters
    ----------
    parts
        The body in the grid's world.
    grid
        Where to draw it.
    fat_mm
        Thickness of the subcutaneous fat.

    Returns
    -------
    Rendered
        Tissue codes and muscle labels.
    """
    from scipy import ndimage

    tissue, labels = paint(parts, grid)
    solid = tissue > 0
    # Subcutaneous fat closes the gaps between structures and covers them; skin is the outermost 2 mm.
    reach = fat_mm + 8.0
    near = ndimage.distance_transform_edt(~solid, sampling=grid.spacing) <= reach
    inner = ndimage.distance_transform_edt(np.pad(near, 1), sampling=grid.spacing)[1:-1, 1:-1, 1:-1]
    body = (inner > reach - fat_mm) | solid
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    depth = ndimage.distance_transform_edt(body, sampling=grid.spacing)
    tissue[body & ~solid] = FAT
    tissue[body & ~solid & (depth <= 2.0)] = SKIN
    return Rendered(grid, tissue, labels)
