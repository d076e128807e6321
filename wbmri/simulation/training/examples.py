"""Training examples, tiles at 3 mm and views of the whole body at 8 mm, with their truth, made from seeds alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError
from wbmri.segmentation.network import (
    AIR,
    BONE,
    CLASSES,
    COARSE_MM,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    EVEN,
    FAT,
    FIND_TILE,
    FINE_MM,
    OTHER,
    PAIRS,
    TILE_COARSE,
    TILE_FINE,
    body_level,
    brightness,
    coarse_context,
    context_tile,
    cube,
    locate_groups,
)
from wbmri.simulation.body import LabelledBody, Located, Tissue, WarpedBody, pair_numbers
from wbmri.simulation.scanner import Appearance
from wbmri.simulation.training.domain_randomisation import PART_MM, Surroundings, field_of_view

SAMPLES = 8
"""A voxel of 8 mm is the mean of 2 x 2 x 2 that are drawn."""
SAMPLE_MM = COARSE_MM / 2
_NOISE_MM = 1.8
"""What remains of a scan's noise, times the voxel size: a voxel averages over several of the scanner's."""

_CLASS = np.full(len(Tissue), OTHER, np.uint8)
_CLASS[[Tissue.CORTICAL.code, Tissue.BONE.code]] = BONE
_CLASS[[Tissue.FAT.code, Tissue.SKIN.code]] = FAT
_CLASS[Tissue.AIR.code] = AIR


@dataclass(frozen=True, eq=False, slots=True)
class Survey:
    """What a scan shows of a body.

    Parameters
    ----------
    drawn
        The body, shape (x, y, z), all lengths even.
    spacing_mm
        Voxel size.
    """

    drawn: Located
    spacing_mm: float

    @classmethod
    def of(
        cls,
        body: WarpedBody,
        view: NDArray[np.float64],
        spacing_mm: float,
        around: Surroundings,
    ) -> Self:
        """Draw what lies in a field of view.

        Parameters
        ----------
        body
            The body.
        view
            Lowest and highest corner in mm, shape (2, 3).
        spacing_mm
            Voxel size.
        around
            What is drawn around the muscle groups.
        """
        shape = [2 * int(n) for n in np.ceil((view[1] - view[0]) / spacing_mm / 2)]
        drawn = body.render(Grid.along_axes(shape, spacing_mm, view[0] + spacing_mm / 2))
        return cls(replace(drawn, tissue=around.drawn(drawn, spacing_mm)), spacing_mm)

    def scanned(self, look: Appearance, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return what a scanner shows, on the same grid."""
        return look.scanned(look.paint(self.drawn), self.spacing_mm, rng, _NOISE_MM / self.spacing_mm)

    def seen(self, look: Appearance, rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Return what is seen at 8 mm of a body drawn at `SAMPLE_MM`, and the level that is taken for the body's.

        Raises
        ------
        InputError
            If the look shows nothing.
        """
        seen = means(self.scanned(look, rng))
        return seen, body_level(seen) * look.level_error

    def classes(self) -> NDArray[np.uint8]:
        """Return the class of every voxel that is drawn."""
        drawn = self.drawn
        return np.where(drawn.labels > 0, pair_numbers(drawn.labels), _CLASS[drawn.tissue]).astype(np.uint8)

    def truth(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Return the truth of a body drawn at `SAMPLE_MM`, by coarse voxel.

        Returns
        -------
        counts, shape (25, x / 2, y / 2, z / 2)
            How many of the `SAMPLES` are of each class.
        right, level, shape (x / 2, y / 2, z / 2)
            Share of the right half, and height in the body.
        """
        classes = self.classes()
        shape = tuple(n // 2 for n in classes.shape)
        counts = np.zeros((CLASSES, *shape), np.uint8)
        cells = np.indices(shape)
        for first in np.ndindex(2, 2, 2):
            np.add.at(counts, (classes[tuple(slice(f, None, 2) for f in first)], *cells), 1)
        return counts, means(self.drawn.right.astype(np.float32)), means(self.drawn.level)


def means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of 2 x 2 x 2 voxels."""
    x, y, z = (n // 2 for n in values.shape)
    found: NDArray[np.float32] = values.reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)
    return found


Finding = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""The finder: from a tile to its answer, see `wbmri.segmentation.network.weights.Networks.finder`."""

LOOKS = 2
"""Appearances each drawn body is used with."""
TILES = 16
"""Tiles cut from each of them."""
_FOUND = 0.75
"""Share of tiles whose context is the finder's answer; of the rest it is the truth misplaced."""

NONE = CLASSES
"""Class of a voxel that belongs to no muscle group, where nothing more is known of it."""


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """What the network sees and should say of one tile.

    Parameters
    ----------
    image
        Brightness, shape (64, 64, 64).
    context
        What a first guess says, shape (24, 24, 24, 24).
    classes
        Class of each voxel, uint8, shape (64, 64, 64).
    right
        Truth of the side, the same shape.
    """

    image: NDArray[np.float32]
    context: NDArray[np.float32]
    classes: NDArray[np.uint8]
    right: NDArray[np.bool_]


def examples(
    anatomies: list[tuple[LabelledBody, float]],
    finder: Finding,
    seed: int,
    first: int,
    step: int,
) -> Iterator[Example]:
    """Yield examples without end.

    Parameters
    ----------
    anatomies
        Anatomies with the share of bodies made of each.
    finder
        The network that finds the muscles roughly.
    seed
        The same seed gives the same examples.
    first, step
        Number of the first body, and how many to go on by (for several workers).
    """
    for body, rng in random_bodies(anatomies, seed, first, step):
        yield from _examples_of(body, finder, rng)


def random_bodies(
    anatomies: list[tuple[LabelledBody, float]],
    seed: int,
    first: int,
    step: int,
) -> Iterator[tuple[WarpedBody, np.random.Generator]]:
    """Yield bodies without end, each with what is to be drawn of it next; parameters as of `examples`."""
    share = np.array([share for _, share in anatomies])
    number = first
    while True:
        rng = np.random.default_rng([seed, number])
        anatomy = anatomies[rng.choice(len(anatomies), p=share / share.sum())][0]
        yield WarpedBody.random(anatomy, rng), rng
        number += step


def _examples_of(body: WarpedBody, finder: Finding, rng: np.random.Generator) -> Iterator[Example]:
    view = field_of_view(body, rng)
    around = Surroundings.random(rng)
    coarse, fine = (Survey.of(body, view, spacing_mm, around) for spacing_mm in (SAMPLE_MM, FINE_MM))
    places = np.argwhere(coarse.drawn.labels)
    if not len(places):
        return
    pairs = pair_numbers(coarse.drawn.labels[tuple(places.T)])
    present = np.unique(pairs)
    classes, right = fine.classes(), fine.drawn.right
    mistaken = _context(Survey.of(body.mistaken(rng), view, SAMPLE_MM, around))
    for _ in range(LOOKS):
        look = Appearance.random(body.height_mm, rng)
        try:
            seen, level = coarse.seen(look, rng)
        except InputError:
            # A look that shows nothing teaches nothing.
            continue
        found, _ = coarse_context(locate_groups(brightness(seen, level), finder, lambda _: None))
        image = brightness(fine.scanned(look, rng), level)
        for _ in range(TILES):
            near = places[pairs == rng.choice(present)]
            middle = near[rng.integers(len(near))] / 2 + rng.uniform(-60, 60, 3) / COARSE_MM
            x, y, z = (EVEN * round(n / EVEN) for n in middle - TILE_COARSE / 2)
            first = tuple(n * TILE_FINE // TILE_COARSE for n in (x, y, z))
            yield Example(
                cube(image, first, TILE_FINE),
                context_tile(found if rng.random() < _FOUND else mistaken, (x, y, z)),
                cube(classes, first, TILE_FINE),
                cube(right, first, TILE_FINE),
            )


def _context(survey: Survey) -> NDArray[np.float32]:
    """Return what a survey shows as `wbmri.segmentation.network.sliding_window.coarse_context` returns it."""
    counts, right, level = survey.truth()
    context = np.empty((CONTEXT, *counts.shape[1:]), np.float32)
    context[1 : PAIRS + 1] = counts[1 : PAIRS + 1] / np.float32(SAMPLES)
    context[0] = 1 - context[1 : PAIRS + 1].sum(0)
    context[CONTEXT_SIDE], context[CONTEXT_LEVEL] = right, level
    return context


_LOOKS, _CUTS = 3, 6
"""Appearances each drawn body is used with, and pieces cut from each of them."""
_CROPPED = 0.5
"""Share of pieces that are cut from a part of the scan."""
_LEAST_BODY = 2000
"""Drawn voxels of the body that a view must show; feet or a head alone teach where no muscle group is."""


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


def views(anatomies: list[tuple[LabelledBody, float]], seed: int, first: int, step: int) -> Iterator[View]:
    """Yield views without end; see `wbmri.simulation.training.examples.examples`."""
    for body, rng in random_bodies(anatomies, seed, first, step):
        yield from _views_of(body, rng)


def _views_of(body: WarpedBody, rng: np.random.Generator) -> Iterator[View]:
    survey = Survey.of(body, field_of_view(body, rng), SAMPLE_MM, Surroundings.random(rng))
    if np.count_nonzero(survey.drawn.tissue) < _LEAST_BODY:
        return
    truth = survey.truth()
    for _ in range(_LOOKS):
        try:
            seen, level = survey.seen(Appearance.random(body.height_mm, rng), rng)
        except InputError:
            # A look that shows nothing teaches nothing.
            continue
        whole = View(brightness(seen, level), *truth)
        for _ in range(_CUTS):
            yield _cut(_cropped(whole, rng) if rng.random() < _CROPPED else whole, rng)


def _cropped(whole: View, rng: np.random.Generator) -> View:
    """Return what a scan of a part would show: as few as 180 mm along the body, now and then less of its width."""
    parts = []
    for axis, length in enumerate(whole.image.shape):
        least = round(PART_MM[0] / COARSE_MM) if axis == 2 else round(0.4 * length)
        size = (
            length
            if axis == 1 or (axis == 0 and rng.random() < 0.7)
            else int(rng.integers(min(least, length), length + 1))
        )
        start = int(rng.integers(0, length - size + 1))
        parts.append(slice(start, start + size))
    box = tuple(parts)
    return View(whole.image[box], whole.counts[(slice(None), *box)], whole.right[box], whole.level[box])


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
