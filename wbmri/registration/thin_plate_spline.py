"""The thin-plate spline: the smoothest map that carries landmarks of one body to those of another.

Bookstein 1989, IEEE Trans Pattern Anal Mach Intell 11:567.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbmri.core import Grid

_LATTICE_MM = 24.0
"""The spline is evaluated at points so far apart and interpolated between: it is smooth."""


def spline_places(grid: Grid, source: ArrayLike, target: ArrayLike, stiffness: float) -> NDArray[np.float32]:
    """Return where the voxels of a grid lie in another body.

    Parameters
    ----------
    grid
        A cubic grid along the world axes.
    source, target
        Landmarks in RAS mm of the grid's body and of the other, shape (n, 3).
    stiffness
        How far the spline may pass by the landmarks.

    Returns
    -------
    array, shape (3, x, y, z)
        RAS mm of the other body.
    """
    from scipy import ndimage
    from scipy.interpolate import RBFInterpolator

    here, there = np.asarray(source), np.asarray(target)
    spline = RBFInterpolator(here, there, kernel="thin_plate_spline", smoothing=stiffness * len(here))
    step = round(_LATTICE_MM / grid.spacing[0])
    coarse = [np.arange(-(-n // step) + 1) * step for n in grid.shape]
    lattice = grid.points(np.stack(np.meshgrid(*coarse, indexing="ij"), -1).reshape(-1, 3))
    values = spline(lattice).T.reshape(3, *(len(axis) for axis in coarse))
    fine = np.meshgrid(*(np.arange(n) / step for n in grid.shape), indexing="ij")
    return np.stack([ndimage.map_coordinates(axis, fine, order=1) for axis in values]).astype(np.float32)
