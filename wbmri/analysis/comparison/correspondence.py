"""Whether the outlines of two visits lie in the same place of the body."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Volume
from wbmri.registration import PointMap, register_both_ways

LEAST_OVERLAP = 0.6
"""Where the outlines of a group overlap less once one visit is laid over the other, one of them is not to be trusted.

On a body with known truth the overlap of the visits follows that with the truth (r 0.79 and 0.90 at its two visits),
and the groups below 0.6 are among those whose outlines are least true.
"""

_SAMPLE_MM = 3.0
"""Distance of the voxels whose overlap is counted: finer than the registration is exact."""

Visit = tuple[Volume, LabelMap]


@dataclass(frozen=True, eq=False, slots=True)
class Correspondence:
    """Two visits laid over each other.

    Parameters
    ----------
    forth, back
        From the points of the earlier visit to the later, and from the later to the earlier.
    overlap
        Label to the Dice overlap of the group's two outlines, each carried to the other visit and both ways counted;
        for the groups that both visits show. Swapping the visits changes nothing.
    """

    forth: PointMap
    back: PointMap
    overlap: Mapping[int, float]

    @property
    def doubtful(self) -> tuple[int, ...]:
        """Labels of the groups whose outlines do not lie in the same place."""
        return tuple(label for label, overlap in self.overlap.items() if overlap < LEAST_OVERLAP)


def correspond(baseline: Visit, followup: Visit) -> Correspondence:
    """Lay two visits of one person over each other, both ways.

    Parameters
    ----------
    baseline, followup
        Scan and outlines of each visit, on one grid.

    Raises
    ------
    InputError
        If the visits show too little of the same body.
    """
    forth, back = register_both_ways(*baseline, *followup)
    first, second = _Sampled.of(baseline[1]), _Sampled.of(followup[1])
    own, other = first.ml(), second.ml()
    hits = first.hits_ml(forth, followup[1]) + second.hits_ml(back, baseline[1])
    shown = [label for label in range(1, own.size) if own[label] > 0 and other[label] > 0]
    return Correspondence(
        forth,
        back,
        {label: round(float(hits[label] / (own[label] + other[label])), 3) for label in shown},
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Sampled:
    """Voxels of the outlines of a visit, taken so far apart that they are no more than the registration deserves.

    Parameters
    ----------
    labels
        Their labels, shape (n,).
    points
        Where they lie in RAS mm, shape (n, 3).
    each_ml
        What each stands for.
    """

    labels: NDArray[np.uint8]
    points: NDArray[np.float64]
    each_ml: float

    @classmethod
    def of(cls, labels: LabelMap) -> "_Sampled":
        steps = np.maximum(np.round(_SAMPLE_MM / np.array(labels.grid.spacing)), 1).astype(int)
        i, j, k = (slice(None, None, step) for step in steps.tolist())
        sampled, grid = labels.data[i, j, k], labels.grid.crop((i, j, k))
        index = np.argwhere(sampled > 0)
        return cls(sampled[tuple(index.T)], grid.points(index), grid.voxel_ml)

    def ml(self) -> NDArray[np.float64]:
        """Return the volume of each group, by label."""
        return self._ml_where(np.ones(self.labels.size, np.bool_))

    def hits_ml(self, there: PointMap, other: LabelMap) -> NDArray[np.float64]:
        """Return how much of each group lies in the same group of the other visit, by label."""
        found = np.floor(other.grid.indices(there.points(self.points)) + 0.5).astype(np.int64)
        inside = ((found >= 0) & (found < np.array(other.data.shape))).all(axis=1)
        same = np.zeros(self.labels.size, np.bool_)
        same[inside] = other.data[tuple(found[inside].T)] == self.labels[inside]
        return self._ml_where(same)

    def _ml_where(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(self.labels[chosen], minlength=256).astype(np.float64) * self.each_ml
