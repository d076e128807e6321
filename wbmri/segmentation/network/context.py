"""What the outlines are told before they look: where the finder sees the groups."""

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.frame import AIR, CONTEXT, CONTEXT_LEVEL, CONTEXT_SIDE, LEVEL, PAIRS, SIDE


def context_of(found: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the context on the coarse grid, and the share of the right half everywhere.

    Parameters
    ----------
    found
        What the finder says, see `wbmri.segmentation.network.finding.find`.

    Returns
    -------
    context, shape (24, x, y, z)
        Shares of no group and of each pair, share of the right half, and the height in the body; the last two only
        where the scan shows the body.
    right, shape (x, y, z)
        Share of the right half, also around the body: what the nearest place of the body says.
    """
    from scipy import ndimage

    context = np.empty((CONTEXT, *found.shape[1:]), np.float32)
    context[1 : PAIRS + 1] = found[1 : PAIRS + 1]
    context[0] = 1 - context[1 : PAIRS + 1].sum(0)
    body = found[AIR] < 0.5
    context[CONTEXT_SIDE] = found[SIDE] * body
    context[CONTEXT_LEVEL] = found[LEVEL] * body
    right = found[SIDE]
    if body.any():
        nearest = ndimage.distance_transform_edt(~body, return_distances=False, return_indices=True)
        right = right[tuple(nearest)]
    return context, right
