"""Levels of the body that motion has blurred: borders of muscles are less steep there than elsewhere in the scan."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.grading.parameters import PARAMETERS

_BLUR = PARAMETERS.blur

Floats = NDArray[np.float64]


def blurred_levels(scan: Volume, groups: NDArray[np.uint8]) -> Floats:
    """Tell how sharp each level of the body is, along the worst axis across it.

    Where the outlines lie by a few millimetres does not matter: the steepest part near them counts.

    Parameters
    ----------
    scan, groups
        The scan as multiples of normal muscle, stored canonically, and the label of each voxel.

    Returns
    -------
    ndarray
        Steepness of borders as a multiple of the usual one where a level is blurred, shape (k,); 1 elsewhere.
    """
    worst = np.ones(scan.shape[2])
    for axis in (0, 1):
        if scan.spacing[axis] <= _BLUR.thick_slices * min(scan.spacing):  # across thick slices no border is steep
            worst = np.minimum(worst, _sharpness(scan, groups, axis))
    return worst


def _sharpness(scan: Volume, groups: NDArray[np.uint8], axis: int) -> Floats:
    from scipy import ndimage

    even = np.ones(scan.shape[2])
    steep, level = _borders(scan, groups, axis)
    half = max(1, round(_BLUR.window_mm / 2 / scan.spacing[2]))
    every = np.arange(0, scan.shape[2], max(1, half // 2))
    order = np.argsort(level, kind="stable")
    steep, level = steep[order], level[order]
    first, stop = np.searchsorted(level, every - half), np.searchsorted(level, every + half, side="right")
    seen = stop - first >= _BLUR.least_borders
    if np.count_nonzero(seen) < _BLUR.least_windows:
        return even
    middle = [float(np.median(steep[a:b])) for a, b in zip(first[seen], stop[seen], strict=True)]
    curve = np.interp(np.arange(scan.shape[2]), every[seen], middle) / float(np.median(middle))
    run = np.ones(max(1, round(_BLUR.least_mm / scan.spacing[2])), dtype=bool)
    return np.where(ndimage.binary_opening(curve < _BLUR.blurred, run), curve, 1.0)


def _borders(scan: Volume, groups: NDArray[np.uint8], axis: int) -> tuple[Floats, NDArray[np.intp]]:
    """Return how steep each border of muscle is along an axis, as a share of its whole step, and its level."""
    step_mm = scan.spacing[axis]
    reach, step = max(2, round(_BLUR.reach_mm / step_mm)), max(1, round(_BLUR.step_mm / step_mm))
    image, label = np.moveaxis(scan.data, axis, 0), np.moveaxis(groups, axis, 0)
    if label.shape[0] <= 2 * reach + 1:
        return np.zeros(0), np.zeros(0, dtype=np.intp)
    low, high = label[reach - 1 : -reach - 1], label[reach:-reach]
    i, j, k = np.nonzero((low > 0) != (high > 0))
    profile = np.stack([image[i + place, j, k] for place in range(2 * reach)], axis=1)
    contrast = np.ptp(profile, axis=1)
    seen = contrast > _BLUR.least_contrast
    steep = np.abs(profile[seen, step:] - profile[seen, :-step]).max(axis=1) / contrast[seen]
    return steep.astype(np.float64), k[seen]
