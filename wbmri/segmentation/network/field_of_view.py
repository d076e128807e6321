"""Which part of the body a scan shows, and how much of each group: by the heights that the finder sees, slice by slice.

Along a body that lies straight the height grows evenly. Where the finder sees too little of a body at a time, it may
take a calf for a thigh: then the heights jump. Seen with larger voxels, its tile holds more of the body.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ENOUGH_IN_VIEW, Grid, judged_share
from wbmri.core.scheme import Scheme
from wbmri.segmentation.atlas import model_body
from wbmri.segmentation.network.preprocessing import AIR, COARSE_MM, FIND_TILE, LEVEL, PAIRS

_STATURES_MM = (650.0, 2150.0)
"""Statures between which a body's is taken to lie."""
_LEAST_VOXELS = 5
"""Slices of the coarse grid with fewer voxels of muscle say nothing of their height."""
_APART = 3
"""Slices that lie at least this far apart tell how fast the height grows."""
_LARGEST_MM = 14.5
"""In such voxels a grown person of 1.9 m looks as tall as a child of 1.05 m in its own."""
_WRONG, _CLEARLY = 0.02, 0.06
"""From where to where the wider view is believed instead: by how much nearer its height comes to the line."""

_NEXT_TO_NOTHING = 0.05
"""A group of which the scan shows less is not there."""
_MISJUDGED = 0.03
"""Share of the stature by which the heights of the scan's ends may be wrong: what lies so near is not ruled out."""
_FOUND_ALL_THE_SAME = 0.3
"""Where more is found of a group, as a share of the volume it should have, that outweighs the heights."""


@dataclass(frozen=True, eq=False, slots=True)
class BodyHeight:
    """Heights along the foot-head axis, 0 at the soles and 1 at the vertex.

    Parameters
    ----------
    slices
        Slices of the coarse grid in which the height is seen, ascending.
    height
        Height in each of them.
    slope, offset
        The line through them: height per mm, and height at 0 mm RAS.
    place
        RAS mm of each of the slices.
    """

    slices: NDArray[np.int64]
    height: NDArray[np.float64]
    slope: float
    offset: float
    place: NDArray[np.float64]

    @classmethod
    def of(cls, found: NDArray[np.float32], coarse: Grid) -> Self:
        """Read the heights from the finder's answer.

        The slope is the median of those between slices (Theil 1950; Sen 1968, J Am Stat Assoc 63:1379), so that slices
        in which the finder errs do not matter.
        """
        muscle = found[1 : PAIRS + 1].sum(0) > 0.5
        body = muscle if np.count_nonzero(muscle.sum((0, 1)) >= _LEAST_VOXELS) > _APART else found[AIR] < 0.5
        slices = np.flatnonzero(body.sum((0, 1)) >= _LEAST_VOXELS)
        low, high = (1 / stature for stature in reversed(_STATURES_MM))
        place = coarse.origin[2] + coarse.spacing[2] * slices
        height = np.array([np.median(found[LEVEL][:, :, k][body[:, :, k]]) for k in slices])
        if not slices.size:
            slope = (low + high) / 2
            return cls(slices, height, slope, 0.5 - slope * float(coarse.bounds()[:, 2].mean()), place)
        first, second = np.triu_indices(slices.size, 1)
        far = slices[second] - slices[first] >= _APART
        slopes = (height[second] - height[first])[far] / (place[second] - place[first])[far]
        slope = float(np.clip(np.median(slopes), low, high)) if slopes.size else (low + high) / 2
        return cls(slices, height, slope, float(np.median(height - slope * place)), place)

    def off(self, line: "BodyHeight") -> NDArray[np.float64]:
        """Return how far each slice's height lies from a line."""
        away: NDArray[np.float64] = np.abs(self.height - line.slope * self.place - line.offset)
        return away


def wider_voxel_mm(scan: Grid) -> float | None:
    """Return the voxel size with which one tile of the finder holds the scan from foot to head, as far as it may grow.

    None where its own does so.
    """
    length = float(np.ptp(scan.bounds()[:, 2]))
    wanted = min(length / FIND_TILE[2], _LARGEST_MM)
    return wanted if wanted > COARSE_MM else None


def settled(found: NDArray[np.float32], wider: NDArray[np.float32], coarse: Grid) -> NDArray[np.float32]:
    """Return the finder's answer, with that of a wider view in the slices where only that fits the rest of the body.

    Parameters
    ----------
    found, wider
        Answers on the coarse grid, see `wbmri.segmentation.network.sliding_window.locate_groups`.
    coarse
        That grid.
    """
    own, other = BodyHeight.of(found, coarse), BodyHeight.of(wider, coarse)
    if not own.slices.size or not other.slices.size:
        return found
    line = min((own, other), key=lambda each: float(np.median(each.off(each))))
    every = np.arange(found.shape[3])
    gained = np.interp(every, own.slices, own.off(line)) - np.interp(every, other.slices, other.off(line))
    share = np.clip((gained - _WRONG) / (_CLEARLY - _WRONG), 0, 1).astype(np.float32)
    mixed: NDArray[np.float32] = found + share * (wider - found)
    return mixed


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
