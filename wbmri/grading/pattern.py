"""How oedema lies in a muscle: in one piece or in foci, at the fascia or in the middle."""

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.masks import Muscle
from wbmri.grading.mixture import Mixture
from wbmri.reading import Extent, Pattern

LEAST_FOCUS_ML, LEAST_FOCUS_VOXELS = 0.2, 4
"""Bright regions smaller than this are noise."""

DIFFUSE_SHARE = 0.5
"""Oedema is diffuse where one focus fills more than this share of what was measured."""

ENDS = 0.97
"""Where a group fills less of its slice than this, it ends nearby."""

LEAST_ZONE = 20
"""With fewer voxels in the rim or in the middle nothing is said about where oedema keeps to."""


def pattern_of(
    muscle: Muscle, places: NDArray[np.intp], values: NDArray[np.float64], mixture: Mixture
) -> Pattern | None:
    """Describe how the oedema of one group lies.

    A voxel is bright where it is nearer, in log intensity, to the oedema than to the normal muscle of its group.

    Parameters
    ----------
    muscle
        The labelled voxels.
    places, values
        Which of them were measured, and their log ratios, shape (n,).
    mixture
        What explains them.

    Returns
    -------
    Pattern or None
        ``None`` where no bright region is larger than noise.
    """
    from scipy import ndimage

    ratio = mixture.ratio
    if ratio is None or places.size == 0:
        return None
    bright = values > mixture.own_level + np.log(ratio) / 2
    index = muscle.index[places]
    low = index.min(axis=0)
    block = np.zeros(index.max(axis=0) - low + 1, dtype=bool)
    i, j, k = (index[bright] - low).T
    block[i, j, k] = True
    parts, count = ndimage.label(block)
    sizes = np.bincount(parts[i, j, k], minlength=count + 1)[1:]
    voxel_ml = float(np.prod(muscle.spacing)) / 1000.0
    foci = sizes[(sizes >= LEAST_FOCUS_VOXELS) & (sizes * voxel_ml >= LEAST_FOCUS_ML)]
    if foci.size == 0:
        return None
    largest = int(foci.max())
    return Pattern(
        extent=Extent.DIFFUSE if largest > DIFFUSE_SHARE * places.size else Extent.PATCHY,
        foci=int(foci.size),
        largest_ml=largest * voxel_ml,
        fascial_share=_fascial_share(muscle.rim[places] | (muscle.share[places] < ENDS), bright),
    )


def _fascial_share(rim: NDArray[np.bool_], bright: NDArray[np.bool_]) -> float | None:
    if min(rim.sum(), rim.size - rim.sum()) < LEAST_ZONE:
        return None
    return float(rim[bright].mean() / rim.mean())
