"""Where the voxels of a scan lie on the screen: along its own planes, the way radiologists look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

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
    affine
        4x4 matrix from voxel indices to RAS mm, as the scan is stored.
    stored_shape
        Its shape as it is stored.
    """

    affine: NDArray[np.float64]
    stored_shape: tuple[int, int, int]

    @classmethod
    def of(cls, image: Any) -> Self:
        """Return the grid of a `Volume` or a `LabelMap`."""
        return cls(image.affine, image.data.shape)

    @cached_property
    def _turn(self) -> NDArray[np.float64]:
        from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

        turn: NDArray[np.float64] = ornt_transform(io_orientation(self.affine), axcodes2ornt("PIL"))
        return turn

    @cached_property
    def _to_stored(self) -> NDArray[np.float64]:
        """4x4 matrix from indices on the screen to voxel indices as stored."""
        from nibabel.orientations import inv_ornt_aff

        matrix: NDArray[np.float64] = inv_ornt_aff(self._turn, self.stored_shape)
        return matrix

    @cached_property
    def _to_ras(self) -> NDArray[np.float64]:
        return self.affine @ self._to_stored

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Shape on the screen: slices front to back, rows head to feet, columns right to left."""
        sizes = [0, 0, 0]
        for stored, shown in enumerate(self._turn[:, 0].astype(int)):
            sizes[shown] = self.stored_shape[stored]
        return sizes[0], sizes[1], sizes[2]

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxels along each axis of the screen, in mm."""
        a, b, c = np.linalg.norm(self._to_ras[:3, :3], axis=0)
        return float(a), float(b), float(c)

    @cached_property
    def origin(self) -> tuple[float, float, float]:
        """Where the first voxel lies on the screen, in mm."""
        middle = (np.array(self.shape) - 1) / 2
        ras = (self._to_ras @ [*middle, 1.0])[:3]
        a, b, c = np.array([-ras[1], -ras[2], -ras[0]]) - middle * self.spacing
        return float(a), float(b), float(c)

    def shown(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the stored grid as it lies on the screen; a view, so that both stay equal."""
        from nibabel.orientations import apply_orientation

        array: NDArray[Any] = apply_orientation(stored, self._turn)
        return array

    def stored(self, shown: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the screen as it is stored; the inverse of `shown`."""
        from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform

        back = ornt_transform(axcodes2ornt("PIL"), io_orientation(self.affine))
        array: NDArray[Any] = apply_orientation(shown, back)
        return array

    def shown_box(self, places: Sequence[NDArray[np.integer[Any]]]) -> tuple[slice, ...]:
        """Return the box on the screen's grid around stored voxels, given as one array of indices per axis."""
        corners = np.array([[axis.min() for axis in places] + [1], [axis.max() for axis in places] + [1]], float)
        ends = np.rint(corners @ np.linalg.inv(self._to_stored).T)[:, :3].astype(int)
        low, high = ends.min(axis=0), ends.max(axis=0) + 1
        return tuple(slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))

    def voxel(self, world: Sequence[float]) -> NDArray[np.float64]:
        """Return the stored voxel coordinates of a point on the screen."""
        index = (np.asarray(world, float) - self.origin) / self.spacing
        return np.asarray((self._to_stored @ [*index, 1.0])[:3])

    def point_mm(self, world: Sequence[float]) -> tuple[float, float, float]:
        """Return the point in RAS mm that lies at a point on the screen."""
        x, y, z = (self.affine @ [*self.voxel(world), 1.0])[:3]
        return float(x), float(y), float(z)

    def world(self, point_mm: Sequence[float]) -> tuple[float, float, float]:
        """Return where a point in RAS mm lies on the screen; the inverse of `point_mm`."""
        index = (np.linalg.inv(self._to_ras) @ [*point_mm, 1.0])[:3]
        a, b, c = index * self.spacing + self.origin
        return float(a), float(b), float(c)

    def stored_axis(self, plane: str) -> int:
        """Return the voxel axis, as stored, across which a plane is sliced."""
        return int(np.flatnonzero(self._turn[:, 0] == PLANES[plane][0])[0])

    def layer(self) -> dict[str, Any]:
        """Return what a napari layer needs to lie in its place, in mm, and to be saved with its true affine."""
        return {
            "scale": self.spacing,
            "translate": self.origin,
            "units": ("mm", "mm", "mm"),
            "axis_labels": ("A–P", "S–I", "R–L"),
            "metadata": {"affine": self.affine.tolist(), "stored_shape": list(self.stored_shape)},
        }
