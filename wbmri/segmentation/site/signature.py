"""What bodies are compared by to find the nearest: how large each muscle group is and where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.labelmap import LabelMap

_FEWEST = 4
"""Bodies that share fewer groups are not compared."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Size and place of the groups of a label map.

    Parameters
    ----------
    volume_ml
        Label to volume.
    centre_mm
        Label to centroid, RAS mm.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    volume_ml: Mapping[int, float]
    centre_mm: Mapping[int, tuple[float, float, float]]

    @classmethod
    def of(cls, labels: LabelMap) -> Self:
        """Measure every group that is not outside."""
        size = max(group.label for group in labels.scheme.groups) + 1
        flat = labels.data.ravel()
        count = np.bincount(flat, minlength=size)
        sums = np.empty((3, size))
        for axis in range(3):
            shape = [1, 1, 1]
            shape[axis] = -1
            place = np.broadcast_to(np.arange(labels.data.shape[axis]).reshape(shape), labels.data.shape)
            sums[axis] = np.bincount(flat, weights=place.ravel(), minlength=size)
        voxel_ml = abs(float(np.linalg.det(labels.affine[:3, :3]))) / 1000
        volume: dict[int, float] = {}
        centre: dict[int, tuple[float, float, float]] = {}
        for group in labels.scheme.groups:
            if count[group.label] and group.label not in labels.outside:
                x, y, z = labels.affine[:3, :3] @ (sums[:, group.label] / count[group.label]) + labels.affine[:3, 3]
                volume[group.label] = round(float(count[group.label] * voxel_ml), 3)
                centre[group.label] = (round(float(x), 2), round(float(y), 2), round(float(z), 2))
        return cls(volume, centre)

    def distance(self, other: Self) -> float:
        """Return how unlike two bodies are: 0 for equal ones, infinite if they share too few groups.

        The root mean square of the relative differences in linear size of the groups, and of the differences between
        their places relative to the spread of all of them; where a body lies does not matter.
        """
        shared = sorted(set(self.volume_ml) & set(other.volume_ml))
        if len(shared) < _FEWEST:
            return float("inf")
        sizes = [np.log([one.volume_ml[label] for label in shared]) / 3 for one in (self, other)]
        places = [self._centred(shared), other._centred(shared)]
        spread = float(np.sqrt(sum((place**2).sum() for place in places) / 2 / len(shared)))
        apart = ((places[0] - places[1]) ** 2).sum(axis=1) / max(spread, 1.0) ** 2
        return float(np.sqrt(((sizes[0] - sizes[1]) ** 2).mean() + apart.mean()))

    def _centred(self, shared: list[int]) -> NDArray[np.float64]:
        place = np.array([self.centre_mm[label] for label in shared])
        centred: NDArray[np.float64] = place - place.mean(axis=0)
        return centred
