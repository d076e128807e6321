"""Where the voxels of a scan lie on the screen: along its own planes, the way radiologists look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbmri.core import Grid, LabelMap, Storage, Volume

PLANES = {"coronal": (0, 1, 2), "axial": (1, 0, 2), "sagittal": (2, 1, 0)}
"""Plane to the order of the axes in napari: the slider's axis, then down the screen, then to the right."""


@dataclass(frozen=True, eq=False)
class DisplayGrid:
    """The grid of a scan with its axes running to the back, to the feet and to the patient's left.

    napari does not slice oblique layers, so a scan is shown along its own planes: its axes are only swapped and
    flipped, and lengths are true. In all three planes the patient's right is on the viewer's left and the head is up.
    Points on the screen are in mm; for a grid that is not oblique they are (-y, -z, -x) of RAS.

    Parameters
    ----------
    stored_grid
        The grid of the scan as it is stored.
    """

    stored_grid: Grid

    @classmethod
    def of(cls, image: Volume | LabelMap) -> Self:
        """Return the grid of a scan or a label map."""
        return cls(image.grid)

    @cached_property
    def _storage(self) -> Storage:
        return self.stored_grid.stored_as("PIL")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape on the screen: slices front to back, rows head to feet, columns right to left."""
        return self._storage.grid.shape

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxels along each axis of the screen, in mm."""
        return self._storage.grid.spacing

    @cached_property
    def origin(self) -> tuple[float, float, float]:
        """Where the first voxel lies on the screen, in mm."""
        middle = (np.array(self.shape) - 1) / 2
        x, y, z = self._storage.grid.points(middle)
        a, b, c = np.array([-y, -z, -x]) - middle * self.spacing
        return float(a), float(b), float(c)

    def shown(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the stored grid as it lies on the screen; a view, so that both stay equal."""
        return self._storage.apply(stored)

    def stored(self, shown: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the screen as it is stored; the inverse of `shown`."""
        return self._storage.undo(shown)

    def point(self, index: ArrayLike) -> tuple[float, float, float]:
        """Return where an index of the screen's grid lies on the screen, in mm."""
        a, b, c = np.asarray(index) * self.spacing + self.origin
        return float(a), float(b), float(c)

    def index(self, world: Sequence[float]) -> NDArray[np.float64]:
        """Return the index of the screen's grid at a point on the screen; the inverse of `point`."""
        return np.asarray((np.asarray(world, float) - self.origin) / self.spacing)

    def index_at(self, world: Sequence[float]) -> tuple[int, int, int] | None:
        """Return the index of the screen's voxel in which a point on the screen lies; ``None`` outside."""
        i, j, k = (int(value) for value in np.rint(self.index(world)))
        inside = all(0 <= one < size for one, size in zip((i, j, k), self.shape, strict=True))
        return (i, j, k) if inside else None

    def voxel(self, world: Sequence[float]) -> NDArray[np.float64]:
        """Return the stored voxel coordinates of a point on the screen."""
        return self._storage.stored_indices(self.index(world))

    def point_mm(self, world: Sequence[float]) -> tuple[float, float, float]:
        """Return the point in RAS mm that lies at a point on the screen."""
        x, y, z = self._storage.grid.points(self.index(world))
        return float(x), float(y), float(z)

    def world(self, point_mm: Sequence[float]) -> tuple[float, float, float]:
        """Return where a point in RAS mm lies on the screen; the inverse of `point_mm`."""
        return self.point(self._storage.grid.indices(point_mm))

    def stored_axis(self, plane: str) -> int:
        """Return the voxel axis, as stored, across which a plane is sliced."""
        return self._storage.stored_axis(PLANES[plane][0])

    def layer(self) -> dict[str, Any]:
        """Return what a napari layer needs to lie in its place, in mm, and to be saved with its true affine."""
        stored = self.stored_grid
        return {
            "scale": self.spacing,
            "translate": self.origin,
            "units": ("mm", "mm", "mm"),
            "axis_labels": ("A–P", "S–I", "R–L"),
            "metadata": {"affine": stored.affine.tolist(), "stored_shape": list(stored.shape)},
        }
