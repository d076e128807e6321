"""Which part of the body a scan shows, and how much of each group: by the heights that the finder sees in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ENOUGH_IN_VIEW, Grid, judged_share
from wbmri.core.scheme import Scheme
from wbmri.segmentation.atlas import model_body
from wbmri.segmentation.network.body_height import BodyHeight
from wbmri.segmentation.network.preprocessing import PAIRS

_NEXT_TO_NOTHING = 0.05
"""A group of which the scan shows less is not there."""
_MISJUDGED = 0.03
"""Share of the stature by which the heights of the scan's ends may be wrong: what lies so near is not ruled out."""
_FOUND_ALL_THE_SAME = 0.3
"""Where more is found of a group, as a share of the volume it should have, that outweighs the heights."""


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """How much of each group lies within a scan.

    Parameters
    ----------
    lowest, highest
        Height in the body of the scan's lower and upper end: 0 at the soles, 1 at the vertex.
    stature_mm
        Stature that goes with the heights between them.
    share
        Label to the share of the group that the scan shows, 0..1.
    unseen
        Labels of groups of which the scan shows next to nothing, by the heights and by what is found.
    outside
        Labels of groups that lie for the larger part outside the field of view, see `wbmri.core.judged_share`.
    """

    lowest: float
    highest: float
    stature_mm: float
    share: dict[int, float]
    unseen: frozenset[int]
    outside: frozenset[int]

    @classmethod
    def of(cls, found: NDArray[np.float32], coarse: Grid, scan: Grid, scheme: Scheme) -> "FieldOfView":
        """Tell the field of view from what the finder saw.

        Parameters
        ----------
        found
            What the finder says, see `wbmri.segmentation.network.sliding_window.locate_groups`.
        coarse
            The grid of that answer.
        scan
            The scan's own grid, canonical.
        scheme
            The scheme of the model body's labels. Arms lie where the person puts them: how much of one is in view is
            told by how much of it is found.
        """
        line = BodyHeight.of(found, coarse)
        ends = scan.bounds()[:, 2] * line.slope + line.offset
        lowest, highest = (float(end) for end in np.clip(ends, 0.0, 1.0))
        volume, share = _model_shares(lowest, highest, len(scheme.groups))
        _, possible = _model_shares(lowest - _MISJUDGED, highest + _MISJUDGED, len(scheme.groups))
        seen = found[1 : PAIRS + 1].sum((1, 2, 3), dtype=np.float64) * coarse.voxel_ml / 2
        pairs = np.array([scheme.pair_index(group.label) for group in scheme.groups])
        # How bulky this person is beside the model, by the groups that are wholly in view.
        whole = share > 1 - _NEXT_TO_NOTHING
        bulk = float(np.median(seen[pairs[whole]] / volume[whole])) if whole.any() else 1.0
        there = np.clip(seen[pairs] / (max(bulk, 0.1) * volume), 0.0, 1.0)
        in_arm = np.array([group.segment is not None and group.segment.in_arm for group in scheme.groups])
        possible = np.where(in_arm, there, possible)
        best = np.where(in_arm | ((there > _FOUND_ALL_THE_SAME) & (there > share)), there, share)
        shown = {group.label: round(float(one), 4) for group, one in zip(scheme.groups, best, strict=True)}
        return cls(
            lowest,
            highest,
            1 / line.slope,
            shown,
            frozenset(
                group.label
                for group, one in zip(scheme.groups, np.maximum(possible, there), strict=True)
                if one < _NEXT_TO_NOTHING
            ),
            frozenset(label for label in shown if judged_share(shown, label, scheme) < ENOUGH_IN_VIEW),
        )


def _model_shares(lowest: float, highest: float, labels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return volume in ml and share between two heights of each group of the model body, by label from 1."""
    model = model_body()
    slices = np.stack([np.bincount(part.ravel(), minlength=labels + 1)[1:] for part in np.moveaxis(model.labels, 2, 0)])
    held = np.flatnonzero(model.lean.data.max((0, 1)) > 0.5)
    edges = (np.arange(len(slices) + 1) - held[0]) / (held[-1] + 1 - held[0])
    below = np.concatenate([np.zeros((1, labels)), np.cumsum(slices, axis=0)])
    total = below[-1]
    part = np.array([np.interp(highest, edges, one) - np.interp(lowest, edges, one) for one in below.T])
    return total * model.lean.grid.voxel_ml, part / np.maximum(total, 1)
