"""Laying the model body over a scan: which place of the model every place of the scan shows."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wbmri.progress import Progress
from wbmri.segmentation.atlas.bending import bend
from wbmri.segmentation.atlas.profile import Levels, Profile, match_levels
from wbmri.segmentation.atlas.tissue import WORKING_MM, Lean, Model, lean_of_volume, model_body
from wbmri.volume import Volume

_WHOLLY_SEEN = 0.5
"""A group of which less than this share of the model's lies within the scanned levels is outside."""


@dataclass(frozen=True, eq=False, slots=True)
class Laid:
    """The model body, laid over a scan.

    Parameters
    ----------
    scan
        Lean tissue of the scan on the working grid.
    lean_level
        Intensity of lean tissue.
    model
        The model body.
    levels
        How the scan's levels correspond to the model's before bending.
    index
        Index into the model's grid for every working voxel, shape (3, x, y, z).
    """

    scan: Lean
    lean_level: float
    model: Model
    levels: Levels
    index: NDArray[np.float32]

    def index_at(self, place: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the index into the model's grid at places between working voxels, both of shape (3, ...)."""
        return np.stack([sample(axis, place, order=1, outside="nearest") for axis in self.index])

    def share_in_view(self) -> dict[int, float]:
        """Return how much of each group lies between the lowest and the highest scanned level, by label."""
        low, high = self.levels.model_level[0], self.levels.model_level[-1]
        seen = slice(max(0, int(np.ceil(low))), max(0, int(high) + 1))
        every = np.bincount(self.model.labels.ravel())
        inside = np.bincount(self.model.labels[:, :, seen].ravel(), minlength=every.size)
        return {label: float(inside[label] / every[label]) for label in range(1, every.size)}

    def outside(self) -> frozenset[int]:
        """Return the labels of groups that lie for the larger part outside the field of view."""
        return frozenset(label for label, share in self.share_in_view().items() if share < _WHOLLY_SEEN)


def lay_body(stored: Volume, progress: Progress) -> Laid:
    """Lay the model body over a scan and bend it until both agree.

    Parameters
    ----------
    stored
        The scan, stored along the world axes as far as its orientation allows (see `wbmri.volume.canonical`).
    progress
        Called with the share that is done.

    Raises
    ------
    InputError
        If the volume shows no body.
    """
    progress(0.0, "drawing the model body")
    model = model_body()
    progress(0.1, "finding the body")
    scan, lean_level = lean_of_volume(stored)
    progress(0.2, "placing the body")
    levels = match_levels(Profile.of(scan), Profile.of(model.lean), WORKING_MM)
    placed = _placed(levels, scan, model)
    moving = sample(model.lean.data, placed, order=1)
    displacement = bend(scan.data, moving, lambda done: progress(0.25 + 0.75 * done, "bending the body"))
    # The model index of every working voxel, through the bending and the placing.
    bent = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in scan.data.shape), indexing="ij"))
    bent += np.moveaxis(displacement, -1, 0)
    index = np.stack([sample(axis, bent, order=1, outside="nearest") for axis in placed])
    return Laid(scan, lean_level, model, levels, index)


def _placed(levels: Levels, scan: Lean, model: Model) -> NDArray[np.float32]:
    """Return the model index for every voxel of the scan after level-by-level placing, shape (3, x, y, z)."""
    shape = scan.data.shape
    out = np.empty((3, *shape), np.float32)
    for axis in (0, 1):
        place = scan.origin[axis] + scan.spacing_mm * np.arange(shape[axis])
        mm = (place[:, None] - levels.scan_centre[axis]) * levels.stretch[axis] + levels.model_centre[axis]
        index = (mm - model.lean.origin[axis]) / model.lean.spacing_mm
        out[axis] = index[:, None, :] if axis == 0 else index[None, :, :]
    out[2] = levels.model_level
    return out


def sample(
    values: NDArray[Any], index: NDArray[np.float32], order: int, outside: Literal["constant", "nearest"] = "constant"
) -> NDArray[np.float32]:
    """Return values at indices of shape (3, ...): nearest (order 0) or linear (order 1)."""
    from scipy import ndimage

    sampled: NDArray[np.float32] = ndimage.map_coordinates(  # type: ignore[call-overload]  # order is 0 or 1 here
        values, index, order=order, mode=outside, prefilter=False
    )
    return sampled
