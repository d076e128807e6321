"""Bright tissue beyond a group that its outline took in.

An outline that a program drew is some millimetres off here and there, and what lies beyond a muscle can be brighter
than any oedema: a neighbour with oedema, bowel, marrow, a vessel. A thin rim of that is enough to call a healthy muscle
involved. What is bright in a group and belongs to a larger bright region beyond it is therefore not measured, as far as
the engine doubts its outline; where that is more than it doubts, only its edge is left out.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.field import Field
from wbmri.grading.masks import Muscle
from wbmri.volume import Volume

BRIGHT_RATIO = 1.25
"""From this multiple of normal muscle on a voxel is bright."""

LARGEST_SHARE = 0.2
"""A group with a larger share of bright voxels has oedema of its own, and is measured with its edge."""

DOUBT = 1.5
"""An outline is wrong by up to so many times what the engine expects: measured on two bodies, in 9 of 10 groups."""

BEYOND_MM = 12.0
"""How far around a group's bright voxels the region they belong to is followed."""


def without_spill(
    scan: Volume,
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    field: Field,
    level: float,
) -> Muscle:
    """Return the muscle with what other tissue spilled over the outlines taken out of its inner voxels.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle, log_ratio
        Its labelled voxels and the logarithm of each over the level of normal muscle.
    field, level
        What the intensities are divided by, and the level of normal muscle.
    """
    bright = log_ratio > np.log(BRIGHT_RATIO)
    size = np.maximum(np.bincount(muscle.label, minlength=256), 1)
    share = np.bincount(muscle.label[bright], minlength=256) / size
    suspect = bright & (share <= LARGEST_SHARE)[muscle.label]
    spilled = np.zeros(muscle.label.size, dtype=bool)
    for label in np.unique(muscle.label[suspect & muscle.rim]):
        places = np.flatnonzero(suspect & (muscle.label == label))
        larger = places[_of_larger_region(scan, muscle.index[places], field, level)]
        # No more voxels can have spilled over than the engine may have got wrong.
        wrong = DOUBT * (1 - muscle.confidence[label]) * size[label]
        for beyond in (larger, larger[muscle.rim[larger]]):
            if beyond.size <= wrong:
                spilled[beyond] = True
                break
    return replace(muscle, inner=muscle.inner & ~spilled)


def _of_larger_region(scan: Volume, index: NDArray[np.intp], field: Field, level: float) -> NDArray[np.bool_]:
    """Tell which bright voxels of a group belong to a bright region of which more lies beyond the group."""
    from scipy import ndimage

    reach = np.ceil(BEYOND_MM / np.asarray(scan.spacing)).astype(int)
    low = np.maximum(index.min(axis=0) - reach, 0)
    block = scan.data[tuple(slice(a, b) for a, b in zip(low, index.max(axis=0) + reach + 1, strict=True))]
    region = block > BRIGHT_RATIO * level * np.exp(field.log_on(low, block.shape, scan.spacing))
    own = tuple((index - low).T)
    region[own] = True
    parts, count = ndimage.label(region)
    whole = np.bincount(parts.ravel(), minlength=count + 1)
    inside = np.bincount(parts[own], minlength=count + 1)
    larger: NDArray[np.bool_] = (whole > 2 * inside)[parts[own]]
    return larger
