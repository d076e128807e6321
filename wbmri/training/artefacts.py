"""What goes wrong in some scans: ghosts of motion, arms wrapped in from the sides, fat that stays bright."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.training.posing import Wobble


@dataclass(frozen=True, eq=False, slots=True)
class Artefacts:
    """The artefacts of one scan; most scans have few of them.

    Parameters
    ----------
    ghosts
        Signal of both ghosts together, relative to the body's; 0 for none.
    ghost_axis, ghost_mm
        Where they lie: along which axis, and how far to either side.
    wrapped
        Signal of what is wrapped in from beyond the left and right edges; 0 for none.
    wrap_share
        Width of what is wrapped in, relative to the grid's.
    bright_fat
        Signal of fat where its suppression fails, relative to muscle; 0 if it fails nowhere.
    bright_above
        Height of `bright_where` above which it fails.
    bright_where
        A smooth field, standard deviation about 1.
    """

    ghosts: float
    ghost_axis: int
    ghost_mm: float
    wrapped: float
    wrap_share: float
    bright_fat: float
    bright_above: float
    bright_where: Wobble

    @classmethod
    def random(cls, slice_axis: int, height_mm: float, rng: np.random.Generator) -> Self:
        """Draw what goes wrong; ghosts lie within slices, along the body or across it."""
        foot, head = np.array([-700.0, -500, -350]), np.array([700.0, 500, height_mm + 350])
        return cls(
            ghosts=float(rng.uniform(0.02, 0.12)) if rng.random() < 0.25 else 0.0,
            ghost_axis=int(rng.choice((1, 2) if slice_axis == 0 else (0, 3 - slice_axis))),
            ghost_mm=float(rng.uniform(40, 250)),
            wrapped=float(rng.uniform(0.1, 0.5)) if rng.random() < 0.08 else 0.0,
            wrap_share=float(rng.uniform(0.06, 0.2)),
            bright_fat=float(rng.uniform(0.4, 2.5)) if rng.random() < 0.2 else 0.0,
            bright_above=float(rng.uniform(0.3, 1.5)),
            bright_where=Wobble.random(rng, foot, head, ((200.0, 1.7),), 1),
        )

    def of_fat(self, axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the least signal of fat at places along x, y and z, shape (x, y, z)."""
        least: NDArray[np.float32] = self.bright_fat / (
            1 + np.exp(4 * (np.float32(self.bright_above) - self.bright_where.on_grid(axes)[0]))
        )
        return least

    def added(self, image: NDArray[np.float32], spacing_mm: float) -> NDArray[np.float32]:
        """Return an image with ghosts and with what wraps in; at its edges there is nothing then."""
        seen = image
        if self.ghosts:
            away = max(1, round(self.ghost_mm / spacing_mm))
            both = np.roll(image, away, self.ghost_axis) + np.roll(image, -away, self.ghost_axis)
            seen = seen + np.float32(self.ghosts / 2) * both
        width = int(self.wrap_share * len(image))
        if self.wrapped and width:
            inner = seen[width:-width].copy()
            inner[-width:] += np.float32(self.wrapped) * seen[:width]
            inner[:width] += np.float32(self.wrapped) * seen[-width:]
            seen = np.pad(inner, ((width, width), (0, 0), (0, 0)))
        return seen
