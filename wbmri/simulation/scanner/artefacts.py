"""Image artefacts: ghosts, wrap-around, failed inversion, and the noise of a magnitude image."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body import SmoothField

_WINDOW_MM = 160.0
"""Length along the body over which something moves or the inversion fails, full width at half height."""
_BLOB_MM = 140.0
"""Width of the region where fat is bright, full width at half height."""
_FWHM = 2.3548
"""Full width at half height of a Gaussian with a standard deviation of 1."""


@dataclass(frozen=True, slots=True)
class Artefacts:
    """The faults of a scan; none by default.

    Parameters
    ----------
    ghosts
        Signal of each of the two ghosts that moving tissue leaves beside itself along the phase-encoding axis, relative
        to its own.
    inversion
        Efficiency of the inversion at the worst place of a region where it fails; 1 is no failure. At 0.6 fat is as
        bright there as muscle.
    cut_mm
        How much of the drawn grid lies outside the field of view on the left and on the right.
    wrap
        What lies outside the field of view folds over to the other side with this share of its signal.
    seed
        Where the faults lie.
    """

    ghosts: float = 0.0
    inversion: float = 1.0
    cut_mm: tuple[float, float] = (0.0, 0.0)
    wrap: float = 0.0
    seed: int = 0

    def inverted(
        self,
        body: NDArray[np.bool_],
        spacing: tuple[float, float, float],
    ) -> NDArray[np.float32] | None:
        """Return the share of the failure at each voxel of a grid, 1 at its worst place; None where nothing fails.

        The region lies at the edge of the body, where coils and air disturb the field.
        """
        if self.inversion >= 1:
            return None
        rng = np.random.default_rng([self.seed, 1])
        inside = np.flatnonzero(body.any(axis=(0, 1)))
        level = int(rng.choice(inside))
        columns = np.argwhere(body[:, :, level])
        edge = columns[columns[:, 0].argmin() if rng.random() < 0.5 else columns[:, 0].argmax()]
        bells = [
            np.exp(-0.5 * ((np.arange(n) - place) * step * _FWHM / width) ** 2).astype(np.float32)
            for n, step, place, width in zip(
                body.shape,
                spacing,
                (*edge, level),
                (_BLOB_MM, 2 * _BLOB_MM, _WINDOW_MM),
                strict=True,
            )
        ]
        share: NDArray[np.float32] = bells[0][:, None, None] * bells[1][None, :, None] * bells[2][None, None, :]
        return share

    def ghosted(
        self,
        signal: NDArray[np.float32],
        spacing: tuple[float, float, float],
        axis: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the magnitude of a signal with its ghosts, and the ghosts' own.

        Parameters
        ----------
        signal
            Signal of the slices, shape (i, j, k).
        spacing
            Distance between voxel centres in mm.
        axis
            Phase-encoding axis, along which tissue at one level of the body repeats.
        """
        rng = np.random.default_rng([self.seed, 2])
        inside = np.flatnonzero(signal.any(axis=(0, 1)))
        level, phase = rng.choice(inside), rng.uniform(0, 2 * np.pi)
        window = np.exp(-0.5 * ((np.arange(signal.shape[2]) - level) * spacing[2] * _FWHM / _WINDOW_MM) ** 2)
        shift = int(signal.shape[axis] * rng.uniform(0.2, 0.45))
        moving = (signal * (self.ghosts * window).astype(np.float32)).astype(np.float32)
        ghosts = beside(moving, shift, axis)
        magnitude = np.hypot(signal + np.float32(np.cos(phase)) * ghosts, np.float32(np.sin(phase)) * ghosts)
        return magnitude, ghosts

    def in_view(self, width: int, spacing_mm: float) -> slice:
        """Return which of the columns from left to right lie in the field of view; at least a third always do."""
        low, high = (min(round(cut / spacing_mm), width // 3) for cut in self.cut_mm)
        return slice(low, width - high)


@dataclass(frozen=True, eq=False, slots=True)
class RandomArtefacts:
    """The artefacts of a scan of random appearance, drawn from wide ranges; most scans have few of them.

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
    bright_where: SmoothField

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
            bright_where=SmoothField.random(rng, foot, head, ((200.0, 1.7),), 1),
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
            seen = seen + np.float32(self.ghosts / 2) * beside(image, away, self.ghost_axis)
        width = int(self.wrap_share * len(image))
        if self.wrapped and width:
            inner = fold_over(seen, slice(width, len(seen) - width), self.wrapped)
            seen = np.pad(inner, ((width, width), (0, 0), (0, 0)))
        return seen


def beside(signal: NDArray[np.float32], shift: int, axis: int) -> NDArray[np.float32]:
    """Return both ghosts of a signal together, each as bright as itself and so many voxels to either side."""
    return np.roll(signal, shift, axis) + np.roll(signal, -shift, axis)


def fold_over(signal: NDArray[np.float32], view: slice, share: float) -> NDArray[np.float32]:
    """Return what a field of view shows, with a share of what lies outside it folded over to the other side.

    Parameters
    ----------
    signal
        Signal of the slices, shape (i, j, k).
    view
        What of the first axis lies in the field of view.
    share
        Share of its signal with which the rest folds over.
    """
    seen = signal[view]
    if share <= 0:
        return seen
    seen = seen.copy()
    left, right = signal[: view.start], signal[view.stop :]
    if len(left):
        seen[-len(left) :] += np.float32(share) * left
    if len(right):
        seen[: len(right)] += np.float32(share) * right
    return seen


def rician(signal: NDArray[np.floating], channels: NDArray[np.floating]) -> NDArray[Any]:
    """Return the magnitude of a signal with noise in its real and its imaginary channel, shape (2, i, j, k)."""
    magnitude: NDArray[Any] = np.hypot(signal + channels[0], channels[1])
    return magnitude
