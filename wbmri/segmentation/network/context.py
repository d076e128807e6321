"""What the outlines are told before they look: where the laid model body and the finder see the groups."""

import numpy as np
from numpy.typing import NDArray

from wbmri.anatomy.parts import measured_body
from wbmri.segmentation.atlas.laying import Laid, sample
from wbmri.segmentation.levels import outline
from wbmri.segmentation.network.frame import (
    AIR,
    CLASSES,
    COARSE_MM,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    LEVEL,
    PAIRS,
    SIDE,
)

_BODY_SHARE = 0.3
"""A coarse voxel with this much of the body's typical intensity shows the body."""
_SURE = 0.5
"""The finder is sure of what it gives a higher chance than this."""


def context_of(
    laid: Laid, found: NDArray[np.float32], seen: NDArray[np.float32], body_level: float, origin: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the context on the coarse grid, and the share of the right half everywhere.

    The model body keeps everything in its order but slides along what looks alike, and may lay an arm beside the body
    that lies on it. The finder sees what is where, and is taken wherever it is sure of something else.

    Parameters
    ----------
    laid
        The model body, laid over the scan.
    found
        What the finder says, see `wbmri.segmentation.network.finding.find`.
    seen
        The scan at 8 mm, shape (x, y, z).
    body_level
        Its typical intensity.
    origin
        First voxel's centre in RAS mm.

    Returns
    -------
    context, shape (24, x, y, z)
        Shares of no group and of each pair, share of the right half, and the height in the body; the last two only
        where the scan shows the body.
    right, shape (x, y, z)
        Share of the right half, also around the body.
    """
    expected, right = _expected(laid, seen, body_level, origin)
    classes = found[:CLASSES]
    other = classes.argmax(0)
    pair = np.where((other > AIR) & (other <= PAIRS), other, 0)
    wrong = (classes.max(0) > _SURE) & (pair != expected[: PAIRS + 1].argmax(0))
    side = np.where(wrong, np.float32(0.5) * (right + found[SIDE]), right)
    return np.where(wrong, _found(found), expected), side


def _found(found: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the context by the finder."""
    context = np.empty((CONTEXT, *found.shape[1:]), np.float32)
    context[1 : PAIRS + 1] = found[1 : PAIRS + 1]
    context[0] = 1 - context[1 : PAIRS + 1].sum(0)
    body = found[AIR] < 0.5
    context[CONTEXT_SIDE] = found[SIDE] * body
    context[CONTEXT_LEVEL] = found[LEVEL] * body
    return context


def _expected(
    laid: Laid, seen: NDArray[np.float32], body_level: float, origin: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the context by the model body, and the share of the right half everywhere."""
    context = np.zeros((CONTEXT, *seen.shape), np.float32)
    body = outline(seen > _BODY_SHARE * body_level)
    soles, vertex = _soles_and_vertex()
    where = np.indices(seen.shape, dtype=np.float32)
    cells = np.indices(seen.shape)
    for corner in np.ndindex(2, 2, 2):
        shift = (np.array(corner) - 0.5) / 2
        place = origin[:, None, None, None] + COARSE_MM * (where + shift[:, None, None, None])
        working = (place - laid.scan.origin[:, None, None, None]) / laid.scan.spacing_mm
        index = laid.index_at(working.astype(np.float32))
        pairs = (sample(laid.model.labels, index, order=0).astype(np.int64) + 1) // 2
        np.add.at(context, (pairs, *cells), np.float32(1 / 8))
        lean = laid.model.lean
        across, high = (lean.origin[axis] + lean.spacing_mm * index[axis] for axis in (0, 2))
        context[CONTEXT_SIDE] += (across > 0) * np.float32(1 / 8)
        context[CONTEXT_LEVEL] += ((high - soles) / (vertex - soles)).astype(np.float32) / 8
    right = context[CONTEXT_SIDE].copy()
    context[[CONTEXT_SIDE, CONTEXT_LEVEL]] *= body
    return context, right


def _soles_and_vertex() -> tuple[float, float]:
    parts = measured_body()
    reach = 2 * np.sqrt(parts.covariance[:, 2, 2])
    return float((parts.centre[:, 2] - reach).min()), float((parts.centre[:, 2] + reach).max())
