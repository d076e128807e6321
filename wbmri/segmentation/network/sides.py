"""Left and right: far from the midline what sees the whole body decides, close to it the outlines."""

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.frame import PAIRS, TILE_COARSE, TILE_FINE

_BLUR = 1.5
"""Coarse voxels over which the first guess at the midline may be off."""
_SURE = 0.03
"""Where the blurred share of the right half is this close to 0 or 1, the first guess decides."""


def settle_sides(
    chances: NDArray[np.float32], first: tuple[int, int, int], right: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the probabilities with the side replaced wherever the first guess is sure.

    Parameters
    ----------
    chances
        Probabilities of the pairs and of the right side at 3 mm, shape (x, y, z, 22).
    first
        Where they begin on the fine grid.
    right
        Share of the right half on the coarse grid, from the first guess.
    """
    from scipy import ndimage

    blurred = ndimage.gaussian_filter(right, _BLUR, mode="nearest")
    ratio = TILE_COARSE / TILE_FINE
    axes = [(f + np.arange(n) + 0.5) * ratio - 0.5 for f, n in zip(first, chances.shape[:3], strict=True)]
    there = ndimage.map_coordinates(blurred, np.meshgrid(*axes, indexing="ij"), order=1, mode="nearest")
    side = np.where(there < _SURE, 0, np.where(there > 1 - _SURE, 1, chances[..., PAIRS]))
    return np.concatenate([chances[..., :PAIRS], side[..., None].astype(np.float32)], axis=-1)
