"""How far the outlines can be believed: the Dice overlap that is expected of each group, from two sources.

With a truth drawn from the outliner's probabilities p, the outline that takes the voxels S has an expected overlap of
about 2 sum_S(p) / (|S| + sum(p)). That is too good where a body is of another kind than those learned from, since the
networks do not know what they have not seen; there the finder's rough answer and the outline differ more, too. How much
more is seen by the whole body: a border that lies off by some millimetres costs a group an overlap that goes with its
surface over its volume, so that the disagreement times the cube root of the volume is alike in all groups, and for all
bodies learned from. Both errors together, weighted as was measured on bodies of anatomies learned from and of one that
was left out (docs/segmentation.md), are promised.
"""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.core.scheme import Scheme, Side
from wbmri.registration import nearest_on_grid
from wbmri.segmentation.network.postprocessing import MUSCLE_THRESHOLD, muscle_probability
from wbmri.segmentation.network.preprocessing import PAIRS, SIDE

_SOME = 0.001
"""Where less than this speaks for muscle, it adds nothing to what the probabilities promise."""
_OF_PROBABILITIES, _OF_DISAGREEMENT = 0.8, 0.3
"""How much each of the two errors counts on a body like those learned from."""
_OF_STRANGENESS = 0.5
"""How much more the disagreement counts on a body of another kind."""
_USUAL_CM, _STRANGE_CM = 1.2, 1.5
"""Disagreement times the cube root of the volume, the median of the groups: up to where a body is like those learned
from (0.9 to 1.3), and from where it is not (1.3 to 1.7 of one left out)."""
_LEAST_ML = 5.0
"""Smaller outlines do not say what kind of body it is."""


def expected_dice(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint8],
    scan: Grid,
    found: NDArray[np.float32],
    coarse: Grid,
    scheme: Scheme,
) -> NDArray[np.float64]:
    """Return the Dice overlap with the truth that is expected of each label, shape (43,).

    Parameters
    ----------
    probabilities
        Of the pairs and of the right side, shape (x, y, z, 22), see `outline_groups`.
    labels, scan
        The outlines, and their grid.
    found, coarse
        What the finder said, see `locate_groups`, and its grid.
    scheme
        The scheme of the labels.
    """
    wavering = 1 - _by_probabilities(probabilities, scheme)
    disagreement = 1 - _agreement(labels, scan, found, coarse, scheme)
    voxels = np.bincount(labels.ravel(), minlength=2 * PAIRS + 1)[: 2 * PAIRS + 1]
    volume_ml = voxels.astype(np.float64) * scan.voxel_ml
    weight = _OF_DISAGREEMENT + _OF_STRANGENESS * _strangeness(disagreement[1:], volume_ml[1:])
    expected: NDArray[np.float64] = np.clip(1 - _OF_PROBABILITIES * wavering - weight * disagreement, 0, 1)
    return expected


def _strangeness(disagreement: NDArray[np.float64], volume_ml: NDArray[np.float64]) -> float:
    """Return how far a body is of another kind than those learned from, 0..1, by all outlines together."""
    drawn = volume_ml >= _LEAST_ML
    if not drawn.any():
        return 1.0
    off_cm = float(np.median(disagreement[drawn] * np.cbrt(volume_ml[drawn])))
    return float(np.clip((off_cm - _USUAL_CM) / (_STRANGE_CM - _USUAL_CM), 0, 1))


def _agreement(
    labels: NDArray[np.uint8],
    scan: Grid,
    found: NDArray[np.float32],
    coarse: Grid,
    scheme: Scheme,
) -> NDArray[np.float64]:
    """Return the Dice overlap of each label's outline with what the finder said, shape (43,)."""
    from scipy import ndimage

    half_mm = coarse.spacing[0] / 2
    twice = Grid.along_axes([2 * n for n in coarse.shape], half_mm, coarse.origin - half_mm / 2)
    drawn = nearest_on_grid(labels, scan, twice)
    boxes = ndimage.find_objects(drawn, 2 * PAIRS)
    right = found[SIDE] > 0.5
    out = np.zeros(2 * PAIRS + 1)
    for pair in range(PAIRS):
        for side in Side:
            label = scheme.label_of(pair, side)
            box = boxes[label - 1]
            if box is None:
                continue
            said = found[pair + 1] * (right == (side is Side.RIGHT))
            place = tuple(slice(one.start // 2, (one.stop + 1) // 2) for one in box)
            within = tuple(slice(2 * one.start, 2 * one.stop) for one in place)
            x, y, z = (one.stop - one.start for one in place)
            share = (drawn[within] == label).reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)
            whole = float(said.sum() + share.sum())
            out[label] = 2 * float(np.minimum(said[place], share).sum()) / max(whole, 1e-6)
    return out


def _by_probabilities(probabilities: NDArray[np.float32], scheme: Scheme) -> NDArray[np.float64]:
    """Return the Dice overlap that the probabilities themselves promise for each label, shape (43,)."""
    muscle = muscle_probability(probabilities)
    somewhere = muscle > _SOME
    muscle, flat = muscle[somewhere], probabilities[somewhere]
    pairs, right = flat[:, :PAIRS], flat[:, PAIRS] > 0.5
    best = pairs.argmax(1)
    most = pairs[np.arange(len(pairs)), best]
    taken = muscle > MUSCLE_THRESHOLD
    out = np.zeros(2 * PAIRS + 1)
    for side in Side:
        half = right == (side is Side.RIGHT)
        chosen = taken & half
        hit = np.bincount(best[chosen], weights=most[chosen], minlength=PAIRS)
        size = np.bincount(best[chosen], minlength=PAIRS)
        # Not a matrix product: its sums depend on how many threads share it.
        whole = pairs[half].sum(0, dtype=np.float64)
        out[[scheme.label_of(pair, side) for pair in range(PAIRS)]] = 2 * hit / np.maximum(size + whole, 1e-6)
    return out
