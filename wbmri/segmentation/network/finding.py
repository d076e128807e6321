"""Where every group roughly is: a first network looks at the whole scan at 8 mm, tile by tile."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.frame import AIR, FIND_TILE, FINDINGS, SIDE, brightness

Array = NDArray[np.float32]

_SIGNAL = 0.4
"""Tissue other than fat is brighter than this multiple of the body's level."""
_LEAST_VOXELS = 10
"""A layer of the scan in which fewer voxels are so bright shows air and noise, or nothing that could be muscle."""
_MARGIN = 2
"""Voxels around the body that are looked at besides."""


def find(image: Array, finder: Callable[[Array], Array], progress: Callable[[float], None]) -> Array:
    """Run the finder over a scan and over its mirror image, and return the mean: a body is much alike on both sides.

    Parameters
    ----------
    image
        Brightness at 8 mm, shape (x, y, z).
    finder
        Takes a tile of `FIND_TILE` voxels, gives its answer (see `wbmri.segmentation.network.weights`).
    progress
        Called with the share that is done.

    Returns
    -------
    array, shape (27, x, y, z)
        Probabilities of the 25 classes and of the right side, and the height in the body (0 soles, 1 vertex). Where
        tiles overlap each counts the more, the closer to its middle. Beyond the box around the body all is air.
    """
    found = np.zeros((FINDINGS, *image.shape), np.float32)
    found[AIR] = 1
    box = _around_body(image)
    found[(slice(None), *box)] = _find_all(image[box], finder, progress)
    return found


def _around_body(image: Array) -> tuple[slice, slice, slice]:
    """Return the box that holds the body: scans show much air, and each tile that shows only that takes as long."""
    bright = image > brightness(np.full(1, _SIGNAL, np.float32), 1.0)
    box = []
    for axis, length in enumerate(image.shape):
        other = tuple(k for k in range(3) if k != axis)
        there = np.flatnonzero(bright.sum(other) >= _LEAST_VOXELS)
        low, high = (int(there[0]), int(there[-1]) + 1) if there.size else (0, length)
        box.append(slice(max(0, low - _MARGIN), min(length, high + _MARGIN)))
    return box[0], box[1], box[2]


def _find_all(image: Array, finder: Callable[[Array], Array], progress: Callable[[float], None]) -> Array:
    """Run the finder over all of an image, see `find`."""
    total = np.zeros((FINDINGS, *image.shape), np.float32)
    weight = np.zeros(image.shape, np.float32)
    x, y, z = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / n for n in FIND_TILE)
    window = (x[:, None, None] * y[:, None] * z).astype(np.float32)
    tiles = list(_tiles(image.shape))
    for number, (there, here) in enumerate(tiles):
        tile = np.zeros(FIND_TILE, np.float32)
        tile[here] = image[there]
        mirrored = finder(np.ascontiguousarray(tile[::-1]))[:, ::-1].copy()
        mirrored[SIDE] = 1 - mirrored[SIDE]
        answer = (finder(tile) + mirrored) / 2
        total[(slice(None), *there)] += answer[(slice(None), *here)] * window[here]
        weight[there] += window[here]
        progress((number + 1) / len(tiles))
    total /= weight
    return total


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
