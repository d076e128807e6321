"""The model body, kept as data beside this module, and which place of it every place of a scan shows."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, Progress, Volume, part
from wbmri.registration import WORKING_MM, Lean, displaced, lean_of_volume, register_demons
from wbmri.segmentation.atlas.body_profile import Levels, Profile, match_levels


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    """The model body on the working grid.

    Parameters
    ----------
    lean
        Its lean tissue.
    labels
        Labels of ``jdm42``, shape of `lean`, uint8.
    """

    lean: Lean
    labels: NDArray[np.uint8]


def model_body() -> Model:
    """Load the model body.

    Source: drawn by ``tools/make_model_body.py`` from figures measured on BodyParts3D, (c) The Database Center for Life
    Science, CC BY 4.0; see ``wbmri/simulation/body/body.md``.
    """
    with (files("wbmri.segmentation.atlas") / "model_body.npz").open("rb") as file, np.load(file) as kept:
        lean = kept["lean"]
        grid = Grid.along_axes(lean.shape, float(kept["spacing_mm"]), kept["origin"])
        return Model(Lean(lean, grid), kept["labels"])


_LARGER_PART, _NEXT_TO_NOTHING = 0.5, 0.05
"""A group of which less than the first share of the model's lies within the scanned levels is outside; of which less
than the second does, is not there at all."""


@dataclass(frozen=True, eq=False)
class AlignedBody:
    """The model body, aligned to a scan level by level.

    Parameters
    ----------
    scan
        Lean tissue of the scan on the working grid.
    lean_level
        Intensity of lean tissue.
    model
        The model body.
    levels
        How the scan's levels correspond to the model's.
    """

    scan: Lean
    lean_level: float
    model: Model
    levels: Levels

    @cached_property
    def share_in_view(self) -> dict[int, float]:
        """How much of each group lies between the lowest and the highest scanned level, by label."""
        low, high = self.levels.model_level[0], self.levels.model_level[-1]
        seen = slice(max(0, int(np.ceil(low))), max(0, int(high) + 1))
        every = np.bincount(self.model.labels.ravel())
        inside = np.bincount(self.model.labels[:, :, seen].ravel(), minlength=every.size)
        return {label: float(inside[label] / every[label]) for label in range(1, every.size)}

    def outside(self) -> frozenset[int]:
        """Return the labels of groups that lie for the larger part outside the field of view."""
        return self._seen_less_than(_LARGER_PART)

    def unseen(self) -> frozenset[int]:
        """Return the labels of groups of which the scan shows next to nothing."""
        return self._seen_less_than(_NEXT_TO_NOTHING)

    def _seen_less_than(self, least: float) -> frozenset[int]:
        return frozenset(label for label, share in self.share_in_view.items() if share < least)


def _align(stored: Volume, progress: Progress) -> AlignedBody:
    """Place the model body over a scan, level by level."""
    progress(0.0, "loading the model body")
    model = model_body()
    progress(0.4, "finding the body")
    scan, lean_level = lean_of_volume(stored)
    progress(0.9, "placing the body")
    return AlignedBody(scan, lean_level, model, match_levels(Profile.of(scan), Profile.of(model.lean), WORKING_MM))


@dataclass(frozen=True, eq=False, slots=True)
class RegisteredBody:
    """The model body, registered to a scan.

    Parameters
    ----------
    aligned
        The model body as it was aligned before bending, with the scan's lean tissue.
    index
        Index into the model's grid for every working voxel, shape (3, x, y, z).
    """

    aligned: AlignedBody
    index: NDArray[np.float32]

    def index_at(self, place: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the index into the model's grid at places between working voxels, both of shape (3, ...)."""
        return np.stack([sample(axis, place, order=1, outside="nearest") for axis in self.index])


def register_body(stored: Volume, progress: Progress) -> RegisteredBody:
    """Lay the model body over a scan and bend it until both agree.

    Parameters
    ----------
    stored
        The scan, stored along the world axes as far as its orientation allows (see `wbmri.core.volume.canonical`).
    progress
        Called with the share that is done.

    Raises
    ------
    InputError
        If the volume shows no body.
    """
    aligned = _align(stored, part(progress, 0.0, 0.25))
    before = _aligned_index(aligned)
    scan = aligned.scan.data
    moving = sample(aligned.model.lean.data, before, order=1)
    displacement = register_demons(
        scan,
        moving,
        progress=lambda done: progress(0.25 + 0.75 * done, "bending the body"),
    )
    # The model index of every working voxel, through the bending and the placing.
    return RegisteredBody(aligned, displaced(before, displacement))


def _aligned_index(aligned: AlignedBody) -> NDArray[np.float32]:
    """Return the model index for every voxel of the scan after level-by-level placing, shape (3, x, y, z)."""
    scan, model, levels = aligned.scan, aligned.model, aligned.levels
    shape = scan.data.shape
    out = np.empty((3, *shape), np.float32)
    for axis in (0, 1):
        place = scan.grid.origin[axis] + scan.spacing_mm * np.arange(shape[axis])
        mm = (place[:, None] - levels.scan_centre[axis]) * levels.stretch[axis] + levels.model_centre[axis]
        index = (mm - model.lean.grid.origin[axis]) / model.lean.spacing_mm
        out[axis] = index[:, None, :] if axis == 0 else index[None, :, :]
    out[2] = levels.model_level
    return out


def sample(
    values: NDArray[Any],
    index: NDArray[np.float32],
    order: int,
    outside: Literal["constant", "nearest"] = "constant",
) -> NDArray[np.float32]:
    """Return values at indices of shape (3, ...): nearest (order 0) or linear (order 1)."""
    from scipy import ndimage

    sampled: NDArray[np.float32] = ndimage.map_coordinates(  # type: ignore[call-overload]  # order is 0 or 1 here
        values,
        index,
        order=order,
        mode=outside,
        prefilter=False,
    )
    return sampled
