"""The grid value type: where voxels lie in the body, without the voxels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbmri.core.errors import InputError

# DICOM and ITK count to the patient's left and back, wbmri and NIfTI to the right and front.
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

PLANES = ("sagittal", "coronal", "axial")

# Beyond this angle between the slice normal and the nearest body axis a stack is called oblique.
OBLIQUE_DEG = 30.0

Box = tuple[slice, slice, slice]
"""A part of a grid, as slices of its three axes."""


def read_only(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """Return the array as a C-ordered, write-protected array of the given type, copying only where needed."""
    # What is too large for the type becomes infinite, which is refused as such.
    with np.errstate(over="ignore"):
        made = np.ascontiguousarray(array, dtype=dtype)
    if made is array and array.flags.writeable:
        made = array.copy()
    made.flags.writeable = False
    return made


def plane(normal: NDArray[np.float64]) -> str:
    """Name the plane whose normal is given: axial, coronal, sagittal or oblique."""
    size = np.abs(normal) / np.linalg.norm(normal)
    nearest = int(np.argmax(size))
    return PLANES[nearest] if size[nearest] >= np.cos(np.radians(OBLIQUE_DEG)) else "oblique"


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """A regular grid of voxels in patient space; immutable, and the only place where geometry is done.

    Indices are voxel indices, whole at voxel centres; points are in RAS mm (x to the right, y to the front, z to the
    head). A voxel reaches half a step beyond its centre on every side.

    Parameters
    ----------
    shape
        Number of voxels along each of the three axes.
    affine
        4x4 matrix from voxel indices to RAS mm.

    Raises
    ------
    InputError
        If the matrix is not 4x4, not finite, not affine or singular, or an axis has no voxel.

    Examples
    --------
    >>> grid = Grid.along_axes((100, 80, 200), 2.0, (-99.0, -79.0, -199.0))
    >>> grid.spacing
    (2.0, 2.0, 2.0)
    >>> grid.points([0, 0, 0]).tolist()
    [-99.0, -79.0, -199.0]
    >>> grid.indices([-97.0, -79.0, -199.0]).tolist()
    [1.0, 0.0, 0.0]
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    def __post_init__(self) -> None:
        affine = np.asarray(self.affine, dtype=np.float64)
        good = (
            affine.shape == (4, 4)
            and bool(np.isfinite(affine).all())
            and bool(np.array_equal(affine[3], (0.0, 0.0, 0.0, 1.0)))
            and abs(float(np.linalg.det(affine[:3, :3]))) > 1e-9
        )
        if not good:
            raise InputError(
                f"a grid with the affine {np.array2string(affine, precision=3, separator=',').replace(chr(10), '')}",
                "a finite, invertible 4x4 matrix from voxel indices to RAS mm with the last row 0 0 0 1",
                "repair the orientation in the header and load it again",
            )
        i, j, k = (int(n) for n in self.shape)
        if min(i, j, k) < 1:
            raise InputError(f"a grid of shape {self.shape}", "at least one voxel along each axis", "check the header")
        object.__setattr__(self, "shape", (i, j, k))
        object.__setattr__(self, "affine", read_only(affine, np.float64))

    @classmethod
    def along_axes(cls, shape: Sequence[int], spacing_mm: float | Sequence[float], origin: ArrayLike) -> Self:
        """Return a grid along the axes of the world.

        Parameters
        ----------
        shape
            Number of voxels to the right, to the front and to the head.
        spacing_mm
            Distance between voxel centres, one for all axes or one for each.
        origin
            Centre of the first voxel in RAS mm: the most left, posterior and inferior one.
        """
        return cls.from_directions(shape, np.eye(3), spacing_mm, origin)

    @classmethod
    def from_directions(
        cls,
        shape: Sequence[int],
        directions: ArrayLike,
        spacing_mm: float | Sequence[float],
        origin: ArrayLike,
        *,
        lps: bool = False,
    ) -> Self:
        """Return a grid from what image headers say.

        Parameters
        ----------
        shape
            Number of voxels along each of the three axes.
        directions
            Unit vectors of the voxel axes as columns, shape (3, 3).
        spacing_mm
            Distance between voxel centres, one for all axes or one for each.
        origin
            Centre of the first voxel in mm.
        lps
            Whether directions and origin count to the left and back, as in DICOM and ITK.
        """
        affine = np.eye(4)
        affine[:3, :3] = np.asarray(directions) * np.asarray(spacing_mm, float)
        affine[:3, 3] = origin
        i, j, k = shape
        return cls((int(i), int(j), int(k)), LPS_TO_RAS @ affine if lps else affine)

    def enclosing(self, spacing_mm: float) -> "Grid":
        """Return the cubic grid along the axes of the world that begins at the lowest of the bounds and covers them.

        Parameters
        ----------
        spacing_mm
            Distance between its voxel centres.
        """
        low, high = self.bounds()
        count = np.maximum(np.ceil((high - low) / spacing_mm), 1).astype(int)
        return Grid.along_axes(count.tolist(), spacing_mm, low + spacing_mm / 2)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along each axis, in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors of the voxel axes in RAS as columns, shape (3, 3)."""
        columns: NDArray[np.float64] = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        return columns

    @property
    def origin(self) -> NDArray[np.float64]:
        """Centre of the first voxel in RAS mm, shape (3,)."""
        origin: NDArray[np.float64] = self.affine[:3, 3]
        return origin

    @property
    def lps_directions(self) -> NDArray[np.float64]:
        """Unit vectors of the voxel axes as DICOM and ITK count them, as columns, shape (3, 3)."""
        directions: NDArray[np.float64] = LPS_TO_RAS[:3, :3] @ self.directions
        return directions

    @property
    def right_angled(self) -> bool:
        """Whether its axes stand at right angles to each other, as image headers other than NIfTI take for granted."""
        products = self.directions.T @ self.directions
        return bool(np.allclose(products, np.eye(3), atol=1e-3))

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def slice_axis(self) -> int:
        """The voxel axis with the largest spacing: the one across slices."""
        return int(np.argmax(np.linalg.norm(self.affine[:3, :3], axis=0).round(4)))

    @property
    def long_axis(self) -> NDArray[np.float64]:
        """Unit vector in RAS of the voxel axis nearest to foot-head, pointing to the head."""
        directions = self.directions
        k = int(np.argmax(np.abs(directions[2])))
        axis: NDArray[np.float64] = directions[:, k] * np.sign(directions[2, k])
        return axis

    @property
    def to_index(self) -> NDArray[np.float64]:
        """4x4 matrix from RAS mm to voxel indices."""
        return np.linalg.inv(self.affine).astype(np.float64, copy=False)

    def points(self, indices: ArrayLike) -> NDArray[np.float64]:
        """Return where voxel indices, shape (..., 3), lie in RAS mm."""
        points: NDArray[np.float64] = np.asarray(indices) @ self.affine[:3, :3].T + self.affine[:3, 3]
        return points

    def along(self, axis: int) -> NDArray[np.float32]:
        """Return where every voxel lies along an axis of the world, 0 for x: RAS mm, float32 of the grid's shape."""
        (x, y, z), start = self.affine[axis, :3], self.affine[axis, 3]
        i, j, k = np.ogrid[tuple(slice(n) for n in self.shape)]
        made: NDArray[np.float32] = (x * i + y * j + (z * k + start)).astype(np.float32)
        return made

    def lps_points(self, indices: ArrayLike) -> NDArray[np.float64]:
        """Return where voxel indices, shape (..., 3), lie in LPS mm, as DICOM and ITK count."""
        points: NDArray[np.float64] = self.points(indices) @ LPS_TO_RAS[:3, :3]
        return points

    def indices(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the fractional voxel indices at points in RAS mm, shape (..., 3)."""
        to_index = self.to_index
        indices: NDArray[np.float64] = np.asarray(points) @ to_index[:3, :3].T + to_index[:3, 3]
        return indices

    def index_map(self, other: "Grid") -> NDArray[np.float64]:
        """Return the 4x4 matrix from this grid's voxel indices to the other's: the map by which one resamples."""
        spacing = np.array([*other.spacing, 1.0])
        # The spacing is divided by at the end: between grids along the same axes nothing is rounded before.
        lying = np.eye(4)
        lying[:3, :3], lying[:3, 3] = other.directions, other.origin
        matrix: NDArray[np.float64] = np.linalg.solve(lying, self.affine) / spacing[:, None]
        return matrix

    def corners(self) -> NDArray[np.float64]:
        """Return the eight outer corners of the voxels in RAS mm, shape (8, 3)."""
        return self.points(np.array(list(product(*((-0.5, n - 0.5) for n in self.shape)))))

    def bounds(self) -> NDArray[np.float64]:
        """Return the lowest and highest coordinates in RAS mm, edges of the voxels included, shape (2, 3)."""
        world = self.corners()
        return np.stack([world.min(axis=0), world.max(axis=0)])

    def overlap(self, other: "Grid") -> float:
        """Return the part of the smaller of the two grids' bounds that both share, 0..1."""
        first, second = self.bounds(), other.bounds()
        common = np.minimum(first[1], second[1]) - np.maximum(first[0], second[0])
        smaller = min(float(np.prod(first[1] - first[0])), float(np.prod(second[1] - second[0])))
        # So far out that the size of the grid is lost in rounding, nothing is shared that could be told.
        return float(np.prod(np.maximum(common, 0.0))) / smaller if 0.0 < smaller < float("inf") else 0.0

    def apart_mm(self, other: "Grid") -> float:
        """Return how far the corners of two grids of one shape lie apart at most, in mm."""
        corner = np.array([*self.shape, 1.0])
        turned = float(np.abs((self.affine - other.affine) @ corner).max())
        return turned + float(np.abs(self.affine[:3, 3] - other.affine[:3, 3]).max())

    def crop(self, box: Box) -> "Grid":
        """Return the part of the grid within slices of its axes."""
        ranges = [range(n)[part] for part, n in zip(box, self.shape, strict=True)]
        steps = [part.step for part in ranges]
        affine = self.affine @ np.diag([*steps, 1.0])
        affine[:3, 3] = self.points([part.start for part in ranges])
        i, j, k = (len(part) for part in ranges)
        return Grid((i, j, k), affine)

    def pad(self, before: Sequence[int], after: Sequence[int]) -> "Grid":
        """Return the grid with so many voxels more before and behind along each axis."""
        affine = self.affine.copy()
        affine[:3, 3] = self.points([-n for n in before])
        i, j, k = (n + a + b for n, a, b in zip(self.shape, before, after, strict=True))
        return Grid((i, j, k), affine)

    def coarser(self, steps: Sequence[int]) -> "Grid":
        """Return the grid whose voxels are blocks of so many voxels along each axis; what is left over is dropped."""
        factors = np.asarray(steps)
        affine = self.affine @ np.diag([*factors, 1.0])
        affine[:3, 3] += self.affine[:3, :3] @ ((factors - 1) / 2)
        i, j, k = np.array(self.shape) // factors
        return Grid((int(i), int(j), int(k)), affine)

    def stored_as(self, axes: str) -> "Storage":
        """Return how the same voxels are stored with their axes running, as nearly as they can, as named.

        Parameters
        ----------
        axes
            Where the three axes point, such as ``"RAS"`` (the canonical form) or ``"PIL"``.
        """
        from nibabel.orientations import axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

        own, wanted = io_orientation(self.affine), axcodes2ornt(axes)
        turn = ornt_transform(own, wanted)
        sizes = [0, 0, 0]
        for stored, shown in enumerate(turn[:, 0].astype(int)):
            sizes[shown] = self.shape[stored]
        matrix: NDArray[np.float64] = inv_ornt_aff(turn, self.shape)
        return Storage(
            Grid((sizes[0], sizes[1], sizes[2]), self.affine @ matrix), turn, ornt_transform(wanted, own), matrix
        )


@dataclass(frozen=True, eq=False, slots=True)
class Storage:
    """The voxels of a grid in another order of its axes: only flips and permutations, so that nothing is resampled.

    Parameters
    ----------
    grid
        The grid in the new order.
    turn, back
        The orientation transforms (nibabel) to the new order and from it.
    to_stored
        4x4 matrix from voxel indices of the new order to those of the old one.
    """

    grid: Grid
    turn: NDArray[np.float64]
    back: NDArray[np.float64]
    to_stored: NDArray[np.float64]

    def apply(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the old order in the new one; a view, so that both stay equal."""
        from nibabel.orientations import apply_orientation

        turned: NDArray[Any] = apply_orientation(data, self.turn)
        return turned

    def stored_indices(self, indices: ArrayLike) -> NDArray[np.float64]:
        """Return the voxel indices in the old order of those in the new one, shape (..., 3)."""
        stored: NDArray[np.float64] = np.asarray(indices) @ self.to_stored[:3, :3].T + self.to_stored[:3, 3]
        return stored

    def indices(self, stored: ArrayLike) -> NDArray[np.float64]:
        """Return the voxel indices in the new order of those in the old one, shape (..., 3)."""
        # Flips and permutations: the transposed matrix is the inverse, without rounding.
        indices: NDArray[np.float64] = (np.asarray(stored) - self.to_stored[:3, 3]) @ self.to_stored[:3, :3]
        return indices

    def stored_axis(self, axis: int) -> int:
        """Return which axis of the old order an axis of the new one is."""
        return int(np.flatnonzero(self.turn[:, 0] == axis)[0])

    def undo(self, data: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the new order in the old one; a view."""
        from nibabel.orientations import apply_orientation

        restored: NDArray[Any] = apply_orientation(data, self.back)
        return restored

    def box(self, box: Box) -> Box:
        """Return the part of the new grid that a part of the old one, without steps, becomes."""
        made = [slice(0)] * 3
        for part, (axis, sign) in zip(box, self.turn.astype(int), strict=True):
            length = self.grid.shape[axis]
            start, stop, _ = part.indices(length)
            made[axis] = slice(start, stop) if sign > 0 else slice(length - stop, length - start)
        return made[0], made[1], made[2]
