"""Placing the model body over a scan, level by level: which part of a body the scan shows."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wbmri.progress import Progress
from wbmri.segmentation.atlas.profile import Levels, Profile, match_levels
from wbmri.segmentation.atlas.tissue import WORKING_MM, Lean, Model, lean_of_volume, model_body
from wbmri.volume import Volume

_LARGER_PART, _NEXT_TO_NOTHING = 0.5, 0.05
"""A group of which less than the first share of the model's lies within the scanned levels is outside; of which less
than the second does, is not there at all."""


@dataclass(frozen=True, eq=False)
class Placed:
    """The model body, placed level by level over a scan.

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


def place_body(stored: Volume, progress: Progress) -> Placed:
    """Place the model body over a scan.

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
    progress(0.4, "finding the body")
    scan, lean_level = lean_of_volume(stored)
    progress(0.9, "placing the body")
    return Placed(scan, lean_level, model, match_levels(Profile.of(scan), Profile.of(model.lean), WORKING_MM))
