"""The order of the muscles from feet to head: what is where along the body decides between muscles that look alike.

A calf looks like a thigh to whoever sees a part of a leg. The model body, placed level by level, tells which is which.
"""

import numpy as np
from numpy.typing import NDArray

from wbmri.scheme import Scheme
from wbmri.segmentation.atlas.placing import Placed
from wbmri.segmentation.network.frame import COARSE_MM, PAIRS

_UNSURE_MM = 50.0
"""How far along the model body a level of the scan may be misplaced, standard deviation."""
_LEAST = 0.1
"""How likely a muscle is far from its levels, relative to amid them: placing may fail."""
_THERE = 0.05
"""A level holds a muscle where its area is more than this share of the largest."""
_MOVES = "upper limb"
"""Region whose levels depend on the pose."""


def in_order(
    found: NDArray[np.float32], placed: Placed, scheme: Scheme, origin: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the finder's answer with the chances shifted between muscles towards those of each level.

    Parameters
    ----------
    found
        What the finder says, see `wbmri.segmentation.network.finding.find`.
    placed
        The model body, placed over the scan.
    scheme
        The scheme ``jdm42``, of which pairs of the arms are not judged by their level.
    origin
        First coarse voxel's centre in RAS mm.
    """
    heights = origin[2] + COARSE_MM * np.arange(found.shape[3])
    likely = _likely(placed, heights)
    likely[[pair.region == _MOVES for pair in scheme.pairs]] = 1
    pairs = found[1 : PAIRS + 1]
    shifted = pairs * likely[:, None, None, :].astype(np.float32)
    # How much of a voxel is muscle at all is not for the level to say.
    shifted *= pairs.sum(0) / np.maximum(shifted.sum(0), np.float32(1e-6))
    return np.concatenate([found[:1], shifted, found[PAIRS + 1 :]])


def _likely(placed: Placed, heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how likely each pair is at heights of the scan in RAS mm, 1 amid its levels, shape (21, n)."""
    from scipy import ndimage

    scan, model = placed.scan, placed.model
    pairs = (model.labels.astype(np.int64) + 1) // 2
    area = np.stack([(pairs == pair).sum((0, 1)) for pair in range(1, PAIRS + 1)])
    there = (area > _THERE * area.max(1, keepdims=True)).astype(np.float64)
    wide = ndimage.gaussian_filter1d(there, _UNSURE_MM / model.lean.spacing_mm, axis=1, mode="nearest")
    # Half of the largest is what remains at the ends of a muscle, where it is as likely as amid it.
    sure = np.minimum(1, 2 * wide / wide.max(1, keepdims=True))
    index = (heights - scan.origin[2]) / scan.spacing_mm
    level = np.interp(index, np.arange(scan.data.shape[2]), placed.levels.model_level)
    at = [np.interp(level, np.arange(area.shape[1]), row) for row in sure]
    likely: NDArray[np.float64] = _LEAST + (1 - _LEAST) * np.array(at)
    return likely
