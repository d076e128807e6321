"""Sliding windows: both networks look at a scan tile by tile, and what they say is blended.

The finder says at 8 mm where every group roughly is; the outliner draws the outlines at 3 mm, given that.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.preprocessing import (
    AIR,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    FIND_TILE,
    FINDINGS,
    LEVEL,
    PAIRS,
    SIDE,
    TILE_COARSE,
    TILE_FINE,
    brightness,
)

Array = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)
Place = TypeVar("Place")
Seen = TypeVar("Seen")

_SIGNAL = 0.4
"""Tissue other than fat is brighter than this multiple of the body's level."""
_MEAN_OVER = 3
"""Voxels along each axis over which the signal is averaged, so that the noise of the air stays below that."""
_NEAR = 3
"""Voxels around such tissue in which there may be muscle that is shaded, and fat and skin."""


def locate_groups(
    image: Array,
    finder: Callable[[Array], Array],
    progress: Callable[[float], None],
    at_once: int = 1,
) -> Array:
    """Run the finder over a scan and over its mirror image, and return the mean: a body is much alike on both sides.

    Parameters
    ----------
    image
        Brightness at 8 mm, shape (x, y, z).
    finder
        Takes a tile of `FIND_TILE` voxels, gives its answer (see `wbmri.segmentation.network.weights`).
    progress
        Called with the share that is done.
    at_once
        How many tiles are looked at side by side; the answer is the same, whatever it is.

    Returns
    -------
    array, shape (27, x, y, z)
        Probabilities of the 25 classes and of the right side, and the height in the body (0 soles, 1 vertex). Where
        tiles overlap each counts the more, the closer to its middle. Away from the body all is air.
    """
    from scipy import ndimage

    near = _near_body(image)
    # Each tile takes as long, whether it shows the body or air.
    box = ndimage.find_objects(near.view(np.uint8))[0]
    found = np.zeros((FINDINGS, *image.shape), np.float32)
    found[(slice(None), *box)] = _find_all(image[box], finder, progress, at_once) * near[box]
    found[AIR, ~near] = 1
    return found


def _near_body(image: Array) -> NDArray[np.bool_]:
    """Return where the body may be; everywhere if nothing is bright. In noise alone the finder sees bodies, too."""
    from scipy import ndimage

    bright = ndimage.uniform_filter(image, _MEAN_OVER) > brightness(np.full(1, _SIGNAL, np.float32), 1.0)
    near: NDArray[np.bool_] = ndimage.binary_dilation(bright, iterations=_NEAR)
    return near if near.any() else np.ones(image.shape, bool)


def _find_all(
    image: Array,
    finder: Callable[[Array], Array],
    progress: Callable[[float], None],
    at_once: int,
) -> Array:
    """Run the finder over all of an image, see `locate_groups`."""
    total = np.zeros((FINDINGS, *image.shape), np.float32)
    weight = np.zeros(image.shape, np.float32)
    x, y, z = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / n for n in FIND_TILE)
    window = (x[:, None, None] * y[:, None] * z).astype(np.float32)
    tiles = list(_tiles(image.shape))

    def look(place: tuple[tuple[slice, ...], tuple[slice, ...]]) -> Array:
        there, here = place
        tile = np.zeros(FIND_TILE, np.float32)
        tile[here] = image[there]
        mirrored = finder(np.ascontiguousarray(tile[::-1]))[:, ::-1].copy()
        mirrored[SIDE] = 1 - mirrored[SIDE]
        return (finder(tile) + mirrored) / np.float32(2)

    for number, ((there, here), answer) in enumerate(zip(tiles, side_by_side(look, tiles, at_once), strict=True)):
        total[(slice(None), *there)] += answer[(slice(None), *here)] * window[here]
        weight[there] += window[here]
        progress((number + 1) / len(tiles))
    total /= weight
    return total


def side_by_side(look: Callable[[Place], Seen], places: Sequence[Place], at_once: int) -> Iterator[Seen]:
    """Yield the answer for each place in their order, so that sums over them do not depend on which is ready first."""
    if at_once == 1:
        yield from map(look, places)
        return
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Seen]] = deque()
        for place in places:
            waiting.append(pool.submit(look, place))
            # No more than are looked at are kept.
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _tiles(shape: tuple[int, ...]) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Yield where each tile lies in the image, and what part of the tile that is; tiles overlap by at least half."""
    starts = [_starts(length, tile) for length, tile in zip(shape, FIND_TILE, strict=True)]
    for place in np.ndindex(*(len(along) for along in starts)):
        there, here = [], []
        for along, number, length, tile in zip(starts, place, shape, FIND_TILE, strict=True):
            low, high = max(0, along[number]), min(length, along[number] + tile)
            there.append(slice(low, high))
            here.append(slice(low - along[number], high - along[number]))
        yield tuple(there), tuple(here)


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [(length - tile) // 2]
    count = -(-(length - tile) // (tile // 2)) + 1
    return [round(start) for start in np.linspace(0, length - tile, count)]


def coarse_context(found: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the context on the coarse grid, and the share of the right half everywhere.

    Parameters
    ----------
    found
        What the finder says, see `wbmri.segmentation.network.sliding_window.locate_groups`.

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
    return _needed(starts, muscle)


def _needed(starts: list[tuple[int, int, int]], muscle: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Leave out tiles all of whose muscle others show too, with its margin; those with the least muscle first."""
    from scipy import ndimage

    shown = ndimage.binary_dilation(muscle, np.ones((3, 3, 3), bool), iterations=_MARGIN) if muscle.any() else muscle
    boxes = {start: tuple(slice(max(0, first), first + TILE_COARSE) for first in start) for start in starts}
    times = np.zeros(muscle.shape, np.uint8)
    for box in boxes.values():
        times[box] += 1
    kept = dict(boxes)
    for start, box in sorted(boxes.items(), key=lambda one: int(shown[one[1]].sum())):
        if (times[box][shown[box]] > 1).all():
            times[box] -= 1
            del kept[start]
    return list(kept)


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


def outline_groups(
    image: Array,
    context: Array,
    network: Callable[[Array, Array], Array],
    progress: Callable[[float], None],
    at_once: int = 1,
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
    at_once
        How many tiles are looked at side by side; the answer is the same, whatever it is.

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

    def look(number: int) -> Array:
        return network(cube(image, tuple(begin[number]), TILE_FINE), context_tile(context, starts[number]))

    for number, answer in enumerate(side_by_side(look, range(len(starts)), at_once)):
        first = begin[number]
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
