"""Training examples: tiles at 3 mm with their truth and a first guess as context, made from seeds alone.

The first guess is the finder's answer, as when the engine runs, or the truth misplaced: so that the outlines learn both
what the finder is like and to correct more than it gets wrong on bodies like those it was trained on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.segmentation.network.context import context_of
from wbmri.segmentation.network.finding import find
from wbmri.segmentation.network.frame import (
    AIR,
    BONE,
    CLASSES,
    COARSE_MM,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    FAT,
    FINE_MM,
    OTHER,
    TILE_COARSE,
    TILE_FINE,
    brightness,
)
from wbmri.segmentation.network.tiling import context_tile
from wbmri.training.anatomy import TISSUES, Anatomy
from wbmri.training.appearance import Appearance
from wbmri.training.drawing import Drawn, draw
from wbmri.training.posing import Posed
from wbmri.training.surveys import Survey

Finding = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""The finder: from a tile to its answer, see `wbmri.segmentation.network.weights.Networks.finder`."""

_WHOLE = 0.5
"""Share of scans that show the whole body; the rest show a part."""
LOOKS = 2
"""Appearances each drawn body is used with."""
TILES = 8
"""Tiles cut from each of them."""
_FOUND = 0.6
"""Share of tiles whose context is the finder's answer; of the rest it is the truth misplaced."""
_NOISE = 0.6
"""What remains of a scan's noise at 3 mm: a voxel averages over several of the scanner's."""

NONE = CLASSES
"""Class of a voxel that belongs to no muscle group, where nothing more is known of it."""

_CLASS = np.full(len(TISSUES), OTHER, np.uint8)
_CLASS[[TISSUES.index(name) for name in ("cortical", "marrow")]] = BONE
_CLASS[[TISSUES.index(name) for name in ("fat", "skin")]] = FAT
_CLASS[TISSUES.index("air")] = AIR


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
    anatomies: list[tuple[Anatomy, float]], finder: Finding, seed: int, first: int, step: int
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
    anatomies: list[tuple[Anatomy, float]], seed: int, first: int, step: int
) -> Iterator[tuple[Posed, np.random.Generator]]:
    """Yield bodies without end, each with what is to be drawn of it next; parameters as of `examples`."""
    share = np.array([share for _, share in anatomies])
    number = first
    while True:
        rng = np.random.default_rng([seed, number])
        anatomy = anatomies[rng.choice(len(anatomies), p=share / share.sum())][0]
        yield Posed.random(anatomy, rng), rng
        number += step


def field_of_view(body: Posed, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the lowest and the highest corner of what a scan shows, in mm, shape (2, 3): the whole body or a part."""
    whole = rng.random() < _WHOLE
    length = body.height_mm + 100 if whole else rng.uniform(200, min(1000, body.height_mm))
    bottom = -50 if whole else rng.uniform(-40, body.height_mm - length + 40)
    half = np.array([rng.uniform(170, 260), rng.uniform(75, 140)])
    middle = rng.normal(0, [15, 8])
    return np.array([[*(middle - half), bottom], [*(middle + half), bottom + length]])


def _examples_of(body: Posed, finder: Finding, rng: np.random.Generator) -> Iterator[Example]:
    view = field_of_view(body, rng)
    survey = Survey.of(body, view)
    pairs = (survey.drawn.labels + 1) // 2
    present = np.unique(pairs[pairs > 0])
    if not present.size:
        return
    for _ in range(LOOKS):
        look = Appearance.random(body, rng)
        try:
            seen, level = survey.scanned(look, rng)
        except InputError:
            # A look that shows nothing teaches nothing.
            continue
        found, _ = context_of(find(brightness(seen, level), finder, lambda _: None))
        for _ in range(TILES):
            places = np.argwhere(pairs == rng.choice(present))
            centre = places[rng.integers(len(places))] / 2 + rng.uniform(-60, 60, 3) / COARSE_MM
            x, y, z = (int(n) for n in np.rint(centre - TILE_COARSE / 2))
            corner = view[0] + COARSE_MM * np.array([x, y, z])
            guess = context_tile(found, (x, y, z)) if rng.random() < _FOUND else _context(body.mistaken(rng), corner)
            yield _tile(body, look, level, view, corner, guess, rng)


def _tile(
    body: Posed,
    look: Appearance,
    level: float,
    view: NDArray[np.float64],
    corner: NDArray[np.float64],
    guess: NDArray[np.float32],
    rng: np.random.Generator,
) -> Example:
    """Make the example whose lowest corner lies at `corner` (mm)."""
    spacing = np.full(3, FINE_MM)
    origin = corner + FINE_MM / 2
    drawn = draw(body, (TILE_FINE,) * 3, spacing, origin)
    inside = _inside(view, drawn.labels.shape, spacing, origin)
    seen = look.scanned(look.paint(drawn, spacing, origin), spacing, rng, _NOISE) * inside
    return Example(brightness(seen, level), guess, classes_of(drawn) * inside, drawn.right)


def _context(body: Posed, corner: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the context of a tile: two samples a coarse voxel along each axis."""
    half = COARSE_MM / 2
    drawn = draw(body, (2 * TILE_COARSE,) * 3, np.full(3, half), corner + half / 2)
    context = np.zeros((CONTEXT, TILE_COARSE, TILE_COARSE, TILE_COARSE), np.float32)
    pairs = (drawn.labels + 1) // 2
    where = np.indices(context.shape[1:])
    for first in np.ndindex(2, 2, 2):
        part = tuple(slice(f, None, 2) for f in first)
        np.add.at(context, (pairs[part], *where), np.float32(1 / 8))
        context[CONTEXT_SIDE] += drawn.right[part] * np.float32(1 / 8)
        context[CONTEXT_LEVEL] += drawn.level[part] * np.float32(1 / 8)
    return context


def classes_of(drawn: Drawn) -> NDArray[np.uint8]:
    """Return the class of every voxel that is drawn."""
    return np.where(drawn.labels > 0, (drawn.labels + 1) // 2, _CLASS[drawn.tissue]).astype(np.uint8)


def _inside(
    view: NDArray[np.float64], shape: tuple[int, ...], spacing: NDArray[np.float64], origin: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return 1 inside the field of view and 0 outside, shape of the grid."""
    masks = []
    for axis in range(3):
        place = origin[axis] + spacing[axis] * np.arange(shape[axis])
        masks.append(((place >= view[0, axis]) & (place <= view[1, axis])).astype(np.uint8))
    inside: NDArray[np.uint8] = masks[0][:, None, None] * masks[1][:, None] * masks[2]
    return inside
