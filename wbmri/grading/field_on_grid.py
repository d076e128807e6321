"""The bias field that a reading records, laid out over the scan to be looked at."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import BiasFieldSpline, Box, Grid
from wbmri.grading.bias_field import BiasField

_STEP_MM = 5.0
"""The field changes over decimetres: no picture of it needs finer voxels."""


def fitted_field(grid: Grid, spline: BiasFieldSpline, step_mm: float = _STEP_MM) -> tuple[NDArray[np.float32], Box]:
    """Return by what the intensities of a scan were divided, at every few of its voxels.

    Parameters
    ----------
    grid
        The grid of the scan.
    spline
        The field, as in `IntensityModel.bias_field`.
    step_mm
        About how far apart its voxels may lie, in mm; none is finer than those of the scan.

    Returns
    -------
    numpy.ndarray
        The factor, stored canonically (RAS); on average 1 over muscle.
    tuple of slice
        Which voxels of the scan, stored canonically, these are.
    """
    canonical = grid.stored_as("RAS").grid
    steps = [max(1, round(step_mm / size)) for size in canonical.spacing]
    i, j, k = (slice(0, None, step) for step in steps)
    coarse = canonical.crop((i, j, k))
    log = BiasField.of(spline).log_on(np.zeros(3, np.intp), coarse.shape, coarse.spacing)
    return np.exp(log).astype(np.float32), (i, j, k)
