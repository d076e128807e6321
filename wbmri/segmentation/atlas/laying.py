"""Laying the model body over a scan: which place of the model every place of the scan shows."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wbmri.progress import Progress, part
from wbmri.segmentation.atlas.bending import bend
from wbmri.segmentation.atlas.placing import Placed, place_body
from wbmri.volume import Volume


@dataclass(frozen=True, eq=False, slots=True)
class Laid:
    """The model body, laid over a scan.

    Parameters
    ----------
    placed
        The model body as it was placed before bending, with the scan's lean tissue.
    index
        Index into the model's grid for every working voxel, shape (3, x, y, z).
    """

    placed: Placed
    index: NDArray[np.float32]

    def index_at(self, place: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the index into the model's grid at places between working voxels, both of shape (3, ...)."""
        return np.stack([sample(axis, place, order=1, outside="nearest") for axis in self.index])


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
    placed = place_body(stored, part(progress, 0.0, 0.25))
    before = _placed_index(placed)
    scan = placed.scan.data
    moving = sample(placed.model.lean.data, before, order=1)
    displacement = bend(scan, moving, lambda done: progress(0.25 + 0.75 * done, "bending the body"))
    # The model index of every working voxel, through the bending and the placing.
    bent = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in scan.shape), indexing="ij"))
    bent += np.moveaxis(displacement, -1, 0)
    return Laid(placed, np.stack([sample(axis, bent, order=1, outside="nearest") for axis in before]))


def _placed_index(placed: Placed) -> NDArray[np.float32]:
    """Return the model index for every voxel of the scan after level-by-level placing, shape (3, x, y, z)."""
    scan, model, levels = placed.scan, placed.model, placed.levels
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
