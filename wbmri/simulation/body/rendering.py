"""From parts to voxels: occupancies, tissues and muscle labels on any grid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Box, Grid
from wbmri.simulation.body.parts import Parts, Tissue

_REACH_SD = 3.0
_OCCUPIED = 0.5
"""Where all structures together fill a voxel to this share, it belongs to the fullest of them; else to fat or air."""


def grid_around(
    parts: Parts,
    spacing: tuple[float, float, float],
    margin_mm: float = 20.0,
    axes: NDArray[np.float64] | None = None,
) -> Grid:
    """Return the grid that covers all parts with a margin.

    Parameters
    ----------
    parts
        What is to be drawn.
    spacing
        Distance between voxel centres in mm.
    margin_mm
        How far the grid reaches beyond the parts.
    axes
        Unit vectors of the grid's axes in RAS as columns, shape (3, 3); those of the world by default.
    """
    directions = np.eye(3) if axes is None else axes
    turned = _turned(parts, directions)
    reach = 2.2 * np.sqrt(np.diagonal(turned.covariance, axis1=1, axis2=2))
    low = (turned.centre - reach).min(0) - margin_mm
    high = (turned.centre + reach).max(0) + margin_mm
    shape = [int(n) for n in np.ceil((high - low) / spacing)]
    return Grid.from_directions(shape, directions, spacing, directions @ low)


def _turned(parts: Parts, axes: NDArray[np.float64]) -> Parts:
    """Return the parts in mm along other axes."""
    return replace(parts, centre=parts.centre @ axes, covariance=axes.T @ parts.covariance @ axes)


@dataclass(frozen=True, eq=False, slots=True)
class Rendered:
    """A body on a grid.

    Parameters
    ----------
    grid
        The grid.
    tissue
        Codes of the tissues (see `Tissue.code`), uint8.
    labels
        Labels of ``jdm42``, uint8.
    """

    grid: Grid
    tissue: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def places(self) -> list[NDArray[np.float64]]:
        """Return where the voxels lie along x, y and z in RAS mm, on a grid along the axes of the world."""
        steps = zip(self.grid.origin, self.grid.spacing, self.grid.shape, strict=True)
        return [origin + spacing * np.arange(n) for origin, spacing, n in steps]


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
    turned, origin = _turned(parts, grid.directions), grid.directions.T @ grid.origin
    codes, tissues = np.array([tissue.code for tissue in parts.tissue]), tuple(Tissue)
    for code, label in sorted(set(zip(codes.tolist(), parts.label.tolist(), strict=True))):
        chosen = np.flatnonzero((codes == code) & (parts.label == label))
        yield tissues[code], label, *_occupancy(turned, chosen, grid, origin)


def _occupancy(
    parts: Parts,
    chosen: NDArray[np.int64],
    grid: Grid,
    origin: NDArray[np.float64],
) -> tuple[Box, NDArray[np.float32]]:
    """Return how far the chosen parts, given along the grid's axes as its origin is, fill its voxels."""
    spacing = np.array(grid.spacing)
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


def paint(
    parts: Parts,
    grid: Grid,
    least: float = _OCCUPIED,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw the structures alone: every voxel belongs to the one that fills it most, or is 0 where all fill too little.

    Parameters
    ----------
    parts
        The body in RAS mm.
    grid
        Where to draw it.
    least
        Share of a voxel that all structures together must fill.

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
        tissue[box][more] = kind.code
        labels[box][more] = label
        filled[box] += occupancy
    hollow = filled < least
    tissue[hollow] = 0
    labels[hollow] = 0
    return tissue, labels
