"""Heights in the body that the finder sees, slice by slice, and what settles it where they contradict each other.

Along a body that lies straight the height grows evenly. Where the finder sees too little of a body at a time, it may
take a calf for a thigh: then the heights jump. Seen with larger voxels, its tile holds more of the body.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
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
