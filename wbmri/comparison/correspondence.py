"""Whether the outlines of two visits lie in the same place of the body."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.comparison.registration import PointMap, register_both_ways
from wbmri.labelmap import LabelMap
from wbmri.volume import Volume

LEAST_OVERLAP = 0.6
"""Where the outlines of a group overlap less once one visit is laid over the other, one of them is not to be trusted.

On the bodies with known truth the overlap of the visits follows that with the truth (r 0.75 to 0.88), and the groups
below 0.6 are those whose outlines are least true.
"""

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
    hits = _hits_ml(baseline[1], followup[1], forth) + _hits_ml(followup[1], baseline[1], back)
    own, other = _ml(baseline[1]), _ml(followup[1])
    shown = [group.label for group in baseline[1].scheme.groups if own[group.label] > 0 and other[group.label] > 0]
    return Correspondence(
        forth, back, {label: round(float(hits[label] / (own[label] + other[label])), 3) for label in shown}
    )


def _hits_ml(labels: LabelMap, other: LabelMap, there: PointMap) -> NDArray[np.float64]:
    """Return how much of each group lies in the same group of the other visit, by label."""
    index = np.argwhere(labels.data > 0)
    own = labels.data[tuple(index.T)]
    place = there.points(index @ labels.affine[:3, :3].T + labels.affine[:3, 3])
    to_index = np.linalg.inv(other.affine)
    found = np.floor(place @ to_index[:3, :3].T + to_index[:3, 3] + 0.5).astype(np.int64)
    inside = ((found >= 0) & (found < np.array(other.data.shape))).all(axis=1)
    same = np.zeros(own.size, bool)
    same[inside] = other.data[tuple(found[inside].T)] == own[inside]
    return _ml_of(own[same], labels)


def _ml(labels: LabelMap) -> NDArray[np.float64]:
    return _ml_of(labels.data.ravel(), labels)


def _ml_of(values: NDArray[np.uint8], labels: LabelMap) -> NDArray[np.float64]:
    """Return the volume of each label among some voxels of a label map, in ml."""
    voxel_ml = abs(float(np.linalg.det(labels.affine[:3, :3]))) / 1000
    return np.bincount(values, minlength=256).astype(np.float64) * voxel_ml
