"""Training views: whole bodies or parts of one at 8 mm with their truth, made from seeds alone, for the finder."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.segmentation.network.frame import AIR, CLASSES, COARSE_MM, FIND_TILE, body_level, brightness
from wbmri.training.anatomy import Anatomy
from wbmri.training.appearance import Appearance
from wbmri.training.drawing import Drawn, draw
from wbmri.training.examples import classes_of, field_of_view, random_bodies
from wbmri.training.posing import Posed

SAMPLES = 8
"""A voxel of 8 mm is the mean of 2 x 2 x 2 that are drawn."""
_LOOKS, _CUTS = 3, 3
"""Appearances each drawn body is used with, and pieces cut from each of them."""
_NOISE = 0.45
"""What remains of a scan's noise in the voxels that are drawn."""
_LEAST_MUSCLE = 200
"""Drawn voxels of muscle that a view must show."""


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """What the finder sees of a piece of a scan, and what it should say.

    Parameters
    ----------
    image
        Brightness, shape `FIND_TILE`.
    counts
        How many of a voxel's `SAMPLES` are of each class, uint8, shape (25, *FIND_TILE).
    right, level
        Share of the right half, and height in the body, shape `FIND_TILE`.
    """

    image: NDArray[np.float32]
    counts: NDArray[np.uint8]
    right: NDArray[np.float32]
    level: NDArray[np.float32]


def views(anatomies: list[tuple[Anatomy, float]], seed: int, first: int, step: int) -> Iterator[View]:
    """Yield views without end; see `wbmri.training.examples.examples`."""
    for body, rng in random_bodies(anatomies, seed, first, step):
        yield from _views_of(body, rng)


def _views_of(body: Posed, rng: np.random.Generator) -> Iterator[View]:
    view = field_of_view(body, rng)
    size = np.ceil((view[1] - view[0]) / COARSE_MM).astype(int)
    spacing = np.full(3, COARSE_MM / 2)
    origin = view[0] + spacing / 2
    drawn = draw(body, (2 * int(size[0]), 2 * int(size[1]), 2 * int(size[2])), spacing, origin)
    if np.count_nonzero(drawn.labels) < _LEAST_MUSCLE:
        return
    truth = _truth(drawn)
    for _ in range(_LOOKS):
        look = Appearance.random(body, rng)
        fine = look.scanned(look.paint(drawn, spacing, origin), spacing, rng, _NOISE)
        seen = _means(fine)
        try:
            level = body_level(seen) * look.level_error
        except InputError:
            # A look that shows nothing teaches nothing.
            continue
        whole = View(brightness(seen, level), *truth)
        for _ in range(_CUTS):
            yield _cut(whole, rng)


def _means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y, z = (n // 2 for n in values.shape)
    means: NDArray[np.float32] = values.reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)
    return means


def _truth(drawn: Drawn) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Return the counts of the classes, the share of the right half and the height, by coarse voxel."""
    classes = classes_of(drawn)
    shape = tuple(n // 2 for n in classes.shape)
    counts = np.zeros((CLASSES, *shape), np.uint8)
    cells = np.indices(shape)
    for first in np.ndindex(2, 2, 2):
        np.add.at(counts, (classes[tuple(slice(f, None, 2) for f in first)], *cells), 1)
    return counts, _means(drawn.right.astype(np.float32)), _means(drawn.level)


def _cut(whole: View, rng: np.random.Generator) -> View:
    """Return a piece of a view, of the size the finder takes; air where the view ends."""
    there, here = [], []
    for length, tile in zip(whole.image.shape, FIND_TILE, strict=True):
        spare = tile - length
        start = int(rng.integers(0, spare + 1)) if spare >= 0 else -int(rng.integers(0, 1 - spare))
        low, high = max(0, start), min(tile, start + length)
        here.append(slice(low, high))
        there.append(slice(low - start, high - start))
    place, of = tuple(here), tuple(there)
    image, right, level = (np.zeros(FIND_TILE, np.float32) for _ in range(3))
    counts = np.zeros((CLASSES, *FIND_TILE), np.uint8)
    counts[AIR] = SAMPLES
    for piece, values in ((image, whole.image), (right, whole.right), (level, whole.level)):
        piece[place] = values[of]
    counts[(slice(None), *place)] = whole.counts[(slice(None), *of)]
    return View(image, counts, right, level)
