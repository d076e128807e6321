"""Where every group roughly is: a first network looks at the whole scan at 8 mm, tile by tile."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.channels import (
    AIR,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    FIND_TILE,
    FINDINGS,
    LEVEL,
    PAIRS,
    SIDE,
    brightness,
)


def context_of(found: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the context on the coarse grid, and the share of the right half everywhere.

    Parameters
    ----------
    found
        What the finder says, see `wbmri.segmentation.network.finder.find`.

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


Array = NDArray[np.float32]

_SIGNAL = 0.4
"""Tissue other than fat is brighter than this multiple of the body's level."""
_MEAN_OVER = 3
"""Voxels along each axis over which the signal is averaged, so that the noise of the air stays below that."""
_NEAR = 3
"""Voxels around such tissue in which there may be muscle that is shaded, and fat and skin."""


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
        tiles overlap each counts the more, the closer to its middle. Away from the body all is air.
    """
    from scipy import ndimage

    near = _near_body(image)
    # Each tile takes as long, whether it shows the body or air.
    box = ndimage.find_objects(near.view(np.uint8))[0]
    found = np.zeros((FINDINGS, *image.shape), np.float32)
    found[(slice(None), *box)] = _find_all(image[box], finder, progress) * near[box]
    found[AIR, ~near] = 1
    return found


def _near_body(image: Array) -> NDArray[np.bool_]:
    """Return where the body may be; everywhere if nothing is bright. In noise alone the finder sees bodies, too."""
    from scipy import ndimage

    bright = ndimage.uniform_filter(image, _MEAN_OVER) > brightness(np.full(1, _SIGNAL, np.float32), 1.0)
    near: NDArray[np.bool_] = ndimage.binary_dilation(bright, iterations=_NEAR)
    return near if near.any() else np.ones(image.shape, bool)


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
