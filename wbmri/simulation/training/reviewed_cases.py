"""Training examples from cases whose outlines people have corrected."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, LabelMap, Volume, canonical
from wbmri.registration import linear_on_grid
from wbmri.segmentation.network import (
    COARSE_MM,
    CONTEXT,
    CONTEXT_LEVEL,
    CONTEXT_SIDE,
    FINE_MM,
    SHARP,
    TILE_COARSE,
    TILE_FINE,
    body_level,
    brightness,
)
from wbmri.simulation.body import SmoothField, on_right, pair_numbers
from wbmri.simulation.training.examples import NONE, Example

_TILES = 12
"""Tiles cut from a case before the next one's turn."""
_BEND = ((120.0, 8.0), (60.0, 4.0))
_MISTAKE = ((150.0, 7.0), (70.0, 6.0), (35.0, 2.5))
"""Distance of control points and standard deviation in mm: how a scan is bent, and how wrong the context is."""


@dataclass(frozen=True, eq=False, slots=True)
class Reviewed:
    """A case to learn from.

    Parameters
    ----------
    volume
        The scan, stored along the world axes as far as its orientation allows.
    labels
        Its corrected labels of ``jdm42`` on the same grid, shape (i, j, k).
    level
        Typical intensity of the body.
    """

    volume: Volume
    labels: NDArray[np.uint8]
    level: float

    @classmethod
    def of(cls, volume: Volume, labels: LabelMap) -> "Reviewed":
        """Prepare a case."""
        stored = canonical(volume)
        moved = canonical(Volume(labels.data.astype(np.float32), labels.affine, volume.acquisition))
        coarse = Grid.along_axes(stored.grid.enclosing(COARSE_MM).shape, COARSE_MM, stored.grid.origin)
        seen = linear_on_grid(stored, coarse, SHARP)
        return cls(stored, np.rint(moved.data).astype(np.uint8), body_level(seen))

    def tile(self, rng: np.random.Generator) -> Example:
        """Cut a tile around a group drawn at random, bent and brightened at random."""
        from scipy import ndimage

        label = int(rng.choice(np.unique(self.labels[self.labels > 0])))
        places = np.argwhere(self.labels == label)
        place = self.volume.grid.points(places[rng.integers(len(places))])
        corner = place + rng.uniform(-60, 60, 3) - TILE_COARSE * COARSE_MM / 2
        reach = TILE_COARSE * COARSE_MM
        bend = SmoothField.random(rng, corner, corner + reach, _BEND, 3)
        mistake = SmoothField.random(rng, corner, corner + reach, _MISTAKE, 3)

        def index(spacing_mm: float, count: int, *fields: SmoothField) -> NDArray[np.float64]:
            points = corner + spacing_mm * (np.indices((count,) * 3).reshape(3, -1).T + 0.5)
            moved = points + sum(field(points) for field in fields)
            return self.volume.grid.indices(moved).T.reshape(3, count, count, count)

        fine = index(FINE_MM, TILE_FINE, bend)
        seen = ndimage.map_coordinates(self.volume.data, fine, order=1, mode="constant")
        found = ndimage.map_coordinates(self.labels, fine, order=0, mode="constant")
        guess = ndimage.map_coordinates(self.labels, index(COARSE_MM / 2, 2 * TILE_COARSE, bend, mistake), order=0)
        return Example(
            brightness(seen.astype(np.float32), self.level * float(np.exp(rng.normal(0, 0.2)))),
            _context(guess),
            np.where(found > 0, pair_numbers(found), NONE).astype(np.uint8),
            _right(found),
        )


def reviewed_examples(cases: list[Reviewed], seed: int, first: int, step: int) -> Iterator[Example]:
    """Yield examples from corrected cases without end; see `wbmri.simulation.training.examples.examples`."""
    number = first
    while True:
        rng = np.random.default_rng([seed, number])
        case = cases[int(rng.integers(len(cases)))]
        for _ in range(_TILES):
            yield case.tile(rng)
        number += step


def _context(guess: NDArray[np.uint8]) -> NDArray[np.float32]:
    context = np.zeros((CONTEXT, TILE_COARSE, TILE_COARSE, TILE_COARSE), np.float32)
    cells = np.indices(context.shape[1:])
    right = _right(guess)
    for first in np.ndindex(2, 2, 2):
        part = tuple(slice(f, None, 2) for f in first)
        np.add.at(context, (pair_numbers(guess[part]), *cells), np.float32(1 / 8))
        context[CONTEXT_SIDE] += right[part] * np.float32(1 / 8)
    context[CONTEXT_LEVEL] = 0.5
    return context


def _right(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the side of every voxel: that of the nearest labelled one."""
    from scipy import ndimage

    if not labels.any():
        return np.zeros(labels.shape, bool)
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return on_right(labels[tuple(nearest)])
