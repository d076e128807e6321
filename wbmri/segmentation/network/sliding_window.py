"""Which tiles cover the muscle, and how their answers are blended."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.channels import PAIRS, SIDE, TILE_COARSE, TILE_FINE

Array = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)

_STEP = 21
"""Tiles begin at most this many coarse voxels apart, so that neighbours share an eighth."""
EVEN = 3
"""Tiles begin at multiples of 3 coarse voxels, which are 8 fine ones."""
_LIKELY = 0.1
"""Share of muscle in a coarse voxel from which on a tile should show it."""
_FADE = 12
"""Fine voxels at the edge of a tile over which it gives way to its neighbour."""
_MARGIN = 2
"""Coarse voxels around the muscle that a tile should show."""


def tile_starts(muscle: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return where tiles begin, in coarse voxels, so that they cover all muscle with a margin.

    Parameters
    ----------
    muscle
        Where muscle may be, at the coarse voxel size, shape (x, y, z).
    """
    starts = []
    for z in _along(muscle, 2):
        slab = muscle[:, :, max(0, z) : z + TILE_COARSE]
        for x in _along(slab, 0):
            column = slab[max(0, x) : x + TILE_COARSE]
            starts += [(x, y, z) for y in _along(column, 1)]
    return starts


def _along(muscle: NDArray[np.bool_], axis: int) -> list[int]:
    """Return the starts of evenly spread tiles along one axis; a start may be negative."""
    there = np.flatnonzero(np.moveaxis(muscle, axis, 0).reshape(muscle.shape[axis], -1).any(axis=1))
    if not there.size:
        return []
    low, high = int(there[0]) - _MARGIN, int(there[-1]) + 1 + _MARGIN
    if high - low <= TILE_COARSE:
        middle = (low + high - TILE_COARSE) / 2
        return [EVEN * round(middle / EVEN)]
    count = -(-(high - low - TILE_COARSE) // _STEP) + 1
    return sorted({EVEN * round(s / EVEN) for s in np.linspace(low, high - TILE_COARSE, count)})


def outline(
    image: Array,
    context: Array,
    network: Callable[[Array, Array], Array],
    progress: Callable[[float], None],
) -> tuple[Array, tuple[int, int, int]]:
    """Run the network over all muscle.

    Parameters
    ----------
    image
        Brightness at 3 mm; 8 of its voxels span 3 coarse ones, and both grids begin at the same corner.
    context
        What is known before, shape (24, x, y, z) at 8 mm.
    network
        Takes a tile and its context, gives its answer (see `wbmri.segmentation.network.weights`).
    progress
        Called with the share that is done.

    Returns
    -------
    array, shape (x, y, z, 22)
        Probabilities of the 21 pairs and of the right side, in the box that holds muscle.
    tuple of int
        The box's first voxel in the image.
    """
    starts = tile_starts(context[1 : PAIRS + 1].sum(0) > _LIKELY)
    begin = np.array([[s * TILE_FINE // TILE_COARSE for s in start] for start in starts]).reshape(-1, 3)
    low = begin.min(0) if starts else np.zeros(3, int)
    size = (begin.max(0) + TILE_FINE - low) if starts else np.ones(3, int)
    total = np.zeros((*size, PAIRS + 1), np.float32)
    weight = np.zeros(size, np.float32)
    ramp = np.minimum(np.arange(TILE_FINE) + 0.5, TILE_FINE - np.arange(TILE_FINE) - 0.5).clip(max=_FADE) / _FADE
    window = (ramp[:, None, None] * ramp[:, None] * ramp).astype(np.float32)
    for number, (start, first) in enumerate(zip(starts, begin, strict=True)):
        tile = cube(image, tuple(first), TILE_FINE)
        answer = network(tile, context_tile(context, start))
        there = tuple(slice(int(f), int(f) + TILE_FINE) for f in first - low)
        total[there][..., :PAIRS] += answer[..., 1 : PAIRS + 1] * window[..., None]
        total[there][..., PAIRS] += answer[..., SIDE] * window
        weight[there] += window
        progress((number + 1) / len(starts))
    total /= np.maximum(weight, 1e-6)[..., None]
    return total, (int(low[0]), int(low[1]), int(low[2]))


def context_tile(context: Array, start: tuple[int, int, int]) -> Array:
    """Return the context of the tile that begins at a coarse voxel, shape (24, 24, 24, 24); nothing beyond the scan."""
    tile = np.stack([cube(values, start, TILE_COARSE) for values in context])
    inside = cube(np.ones(context.shape[1:], bool), start, TILE_COARSE)
    tile[0, ~inside] = 1
    return tile


def cube(values: NDArray[Number], start: tuple[int, ...], size: int) -> NDArray[Number]:
    """Return a cube of an array, shape (size, size, size); 0 beyond the array."""
    out = np.zeros((size,) * 3, values.dtype)
    into, of = [], []
    for first, length in zip(start, values.shape, strict=True):
        low, high = max(0, first), max(0, min(length, first + size))
        of.append(slice(low, high))
        into.append(slice(low - first, max(low, high) - first))
    out[tuple(into)] = values[tuple(of)]
    return out
