"""Legs that lie together are shown to the finder a second time, apart.

In the bodies that the finder learned from calves lie apart, and thighs side by side. So of a station that shows legs
alone, and together, it may take calves for thighs; of the same picture with the legs moved apart it does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment, load_scheme
from wbmri.segmentation.network.preprocessing import LEVEL, PAIRS, brightness

Array = NDArray[np.float32]

_TISSUE = 0.25
"""Brighter than this multiple of the body's level is tissue."""
_LEAST_VOXELS = 8
"""Slices with less tissue in either leg say nothing."""
_TOUCHING = 0.75
"""Between two legs there is at most this share of the tissue that the thickest column of either has."""
_SLICES = 0.9
"""Share of the slices in which that must be so."""
_MIDDLE = 0.25
"""The legs part within this share of the width of what is seen, around its middle."""
_WIDE_MM = 100.0
"""So far apart the legs are shown: further than a calf is wide, where those of the real person are told from thighs."""
_LEGS = 0.85
"""Share of thigh and leg in all muscle from which on a picture shows legs alone."""
_SAME_HEIGHT = 0.05
"""Looks whose heights in the body differ by less agree, and are averaged."""


@dataclass(frozen=True, slots=True)
class LegGap:
    """Where two legs part.

    Parameters
    ----------
    column
        First voxel along x of the second leg.
    extra
        Empty voxels to be put between them.
    """

    column: int
    extra: int

    @classmethod
    def of(cls, image: Array, spacing_mm: float) -> Self | None:
        """Find the gap in a picture, if it falls into two halves and they do not lie far apart as they are.

        Parameters
        ----------
        image
            Brightness, shape (x, y, z).
        spacing_mm
            Voxel size.
        """
        columns = np.count_nonzero(image > brightness(np.full(1, _TISSUE, np.float32), 1.0), axis=1)
        wide = np.flatnonzero(columns.any(axis=1))
        if wide.size < 4:
            return None
        middle, reach = (wide[0] + wide[-1] + 1) / 2, _MIDDLE * wide.size / 2
        borders = range(round(middle - reach), round(middle + reach) + 1)
        column = min(borders, key=lambda border: (columns[border - 1 : border + 1].sum(), abs(border - middle)))
        first, second = columns[:column], columns[column:]
        legs = (first.sum(0) >= _LEAST_VOXELS) & (second.sum(0) >= _LEAST_VOXELS)
        between = columns[column - 1 : column + 1].min(0)
        parted = between <= _TOUCHING * np.minimum(first.max(0), second.max(0))
        if not legs.any() or parted[legs].mean() < _SLICES:
            return None
        empty = columns[:, legs] == 0
        now = float(np.median(empty[column:].argmin(0) + empty[:column][::-1].argmin(0)))
        extra = round(_WIDE_MM / spacing_mm - now)
        return cls(column, extra) if extra > 0 else None

    def opened(self, image: Array) -> Array:
        """Return the picture with the legs moved apart, shape (x + extra, y, z)."""
        between = np.zeros((self.extra, *image.shape[1:]), np.float32)
        return np.concatenate([image[: self.column], between, image[self.column :]])

    def closed(self, found: Array) -> Array:
        """Return what was found in that picture where it lies in the scan, shape (channels, x, y, z)."""
        return np.concatenate([found[:, : self.column], found[:, self.column + self.extra :]], axis=1)


def located_apart(image: Array, spacing_mm: float, locate: Callable[[Array], Array]) -> Array:
    """Return what the finder says of a picture; where that shows legs alone, and together, also of the legs apart.

    Where both looks put the picture at the same height in the body their mean counts, else the second.

    Parameters
    ----------
    image
        Brightness, shape (x, y, z).
    spacing_mm
        Voxel size.
    locate
        Takes a picture, gives the finder's answer, see `wbmri.segmentation.network.sliding_window.locate_groups`.
    """
    found = locate(image)
    gap = LegGap.of(image, spacing_mm)
    if gap is None:
        return found
    apart = gap.closed(locate(gap.opened(image)))
    muscle = apart[1 : PAIRS + 1].sum((1, 2, 3))
    if muscle[_leg_pairs()].sum() < _LEGS * muscle.sum():
        return found
    if abs(_height(found) - _height(apart)) > _SAME_HEIGHT:
        return apart
    mean: Array = np.multiply(found + apart, np.float32(0.5))
    return mean


def _leg_pairs() -> list[int]:
    """Return the pairs of thigh and leg, from 0."""
    scheme = load_scheme()
    segments = (BodySegment.THIGH, BodySegment.LEG)
    return sorted({scheme.pair_index(group.label) for group in scheme.groups if group.segment in segments})


def _height(found: Array) -> float:
    """Return the mean height in the body of all muscle, 0 at the soles and 1 at the vertex."""
    muscle = found[1 : PAIRS + 1].sum(0)
    return float((found[LEVEL] * muscle).sum() / max(float(muscle.sum()), 1e-6))
