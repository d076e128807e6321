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
        Probabilities of the pairs and of the right side at 3 mm, shape (x, y, z, 22); the last are changed in place.
    first
        Where they begin on the fine grid.
    right
        Share of the right half on the coarse grid, from the first guess.
    """
    from scipy import ndimage

    ratio = TILE_COARSE / TILE_FINE
    there = ndimage.affine_transform(
        ndimage.gaussian_filter(right, _BLUR, mode="nearest"),
        np.full(3, ratio),
        (np.array(first) + 0.5) * ratio - 0.5,
        chances.shape[:3],
        order=1,
        mode="nearest",
    )
    side = chances[..., PAIRS]
    side[there < _SURE] = 0
    side[there > 1 - _SURE] = 1
    return chances
