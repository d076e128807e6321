"""Training views: whole bodies or parts of one at 8 mm with their truth, made from seeds alone, for the finder."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.segmentation.network.frame import AIR, CLASSES, FIND_TILE, brightness
from wbmri.training.anatomy import Anatomy
from wbmri.training.appearance import Appearance
from wbmri.training.examples import field_of_view, random_bodies
from wbmri.training.posing import Posed
from wbmri.training.surveys import SAMPLE_MM, SAMPLES, Survey

_LOOKS, _CUTS = 3, 3
"""Appearances each drawn body is used with, and pieces cut from each of them."""
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
    survey = Survey.of(body, field_of_view(body, rng), SAMPLE_MM)
    if np.count_nonzero(survey.drawn.labels) < _LEAST_MUSCLE:
        return
    truth = survey.truth()
    for _ in range(_LOOKS):
        try:
            seen, level = survey.seen(Appearance.random(body, rng), rng)
        except InputError:
            # A look that shows nothing teaches nothing.
            continue
        whole = View(brightness(seen, level), *truth)
        for _ in range(_CUTS):
            yield _cut(whole, rng)


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
