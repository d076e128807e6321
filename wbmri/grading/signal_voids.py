"""Voids that metal leaves: no signal at all where muscle lies, and a bright rim where the shifted signal piles up."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.grading.image_artefacts import Mask, Surroundings, wider
from wbmri.grading.parameters import PARAMETERS

_VOIDS = PARAMETERS.voids


def metal_voids(scan: Volume, groups: NDArray[np.uint8], around: Surroundings) -> Mask:
    """Find the voxels of muscle that lie in or about a void with a bright rim.

    Bone, gas and air are dark too, but no bright rim is about them, or they do not lie in muscle; fat that has replaced
    muscle is brighter than air.

    Parameters
    ----------
    scan, groups
        The scan as multiples of normal muscle, stored canonically, and the label of each voxel.
    around
        What lies around the muscles, for the brightness of air.

    Returns
    -------
    ndarray of bool
        The spoilt voxels, shape (i, j, k).
    """
    from scipy import ndimage

    thin = tuple(3 if mm <= 2 * min(scan.spacing) else 1 for mm in scan.spacing)
    smooth = ndimage.uniform_filter(scan.data, thin)
    dark = smooth < _VOIDS.dark_ratio
    # What is thinner than the filter is a border, or compact bone.
    core = ndimage.minimum_filter((dark & (groups > 0)).view(np.uint8), thin) > 0
    parts, _ = ndimage.label(ndimage.maximum_filter(core.view(np.uint8), thin) > 0)
    air = float(np.median(around.ratio[around.air])) if around.air.any() else 0.0
    spoilt = np.zeros(groups.shape, bool)
    margin = [int(np.ceil(max(_VOIDS.rim_mm, _VOIDS.around_mm) / mm)) for mm in scan.spacing]
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        i, j, k = (slice(max(0, one.start - m), one.stop + m) for one, m in zip(box, margin, strict=True))
        own, seen = parts[i, j, k] == number, smooth[i, j, k]
        if own.sum() * scan.voxel_ml < _VOIDS.least_ml:
            continue
        if float(np.median(seen[own])) > max(_VOIDS.air_ratio * air, 0.05):
            continue
        rim = wider(own, scan.spacing, _VOIDS.rim_mm) & ~dark[i, j, k]
        if rim.any() and float(np.mean(seen[rim] > _VOIDS.bright_ratio)) >= _VOIDS.bright_rim:
            spoilt[i, j, k] |= wider(own, scan.spacing, _VOIDS.around_mm)
    return spoilt & (groups > 0)
