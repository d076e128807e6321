"""Oedema with known truth, and what goes wrong in a scan at known places."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        origin: tuple[float, float, float],
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
        place = np.array([*edge, level]) * spacing + origin
        bells = [
            np.exp(-0.5 * ((o + s * np.arange(n) - p) * _FWHM / width) ** 2).astype(np.float32)
            for n, s, o, p, width in zip(
                body.shape,
                spacing,
                origin,
                place,
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
        ghosts = np.roll(moving, shift, axis) + np.roll(moving, -shift, axis)
        magnitude = np.hypot(signal + np.float32(np.cos(phase)) * ghosts, np.float32(np.sin(phase)) * ghosts)
        return magnitude, ghosts

    def in_view(self, width: int, spacing_mm: float) -> slice:
        """Return which of the columns from left to right lie in the field of view; at least a third always do."""
        low, high = (min(round(cut / spacing_mm), width // 3) for cut in self.cut_mm)
        return slice(low, width - high)

    def folded(self, signal: NDArray[np.float32], view: slice) -> NDArray[np.float32]:
        """Return what the field of view shows, with what lies outside it folded over to the other side."""
        seen = signal[view]
        if self.wrap <= 0:
            return seen
        seen = seen.copy()
        left, right = signal[: view.start], signal[view.stop :]
        if len(left):
            seen[-len(left) :] += np.float32(self.wrap) * left
        if len(right):
            seen[: len(right)] += np.float32(self.wrap) * right
        return seen


_PATCH_MM = 11.0
"""Radius of a patch: the smoothing of the random field whose peaks are oedematous."""
_DIFFUSE_MM = 40.0
"""The same for diffuse oedema, which lies in one piece."""
_UNEVEN = 0.12
"""Standard deviation of the signal within diffuse oedema, relative to what it is raised by."""
_DIFFUSE_SHARE = 7 / 34
"""Homogeneous in 7 of 34 children with juvenile dermatomyositis, patchy in 27 (Malattia 2014, Ann Rheum Dis 73)."""


@dataclass(frozen=True, slots=True)
class Involvement:
    """Oedema of one group.

    Parameters
    ----------
    fraction
        Share of the group's voxels that are oedematous.
    ratio
        Their signal as a multiple of healthy muscle; if diffuse, on average.
    diffuse
        Whether they lie in one piece that shades off, instead of in patches of one brightness.
    """

    fraction: float
    ratio: float
    diffuse: bool = False


def oedema_ratio(
    labels: NDArray[np.uint8],
    spacing: tuple[float, float, float],
    involved: Mapping[int, Involvement],
    seed: int,
) -> NDArray[np.float32]:
    """Return the signal of each voxel as a multiple of healthy muscle: 1 outside the patches.

    Parameters
    ----------
    labels
        Muscle labels, shape (i, j, k).
    spacing
        Voxel size in mm.
    involved
        Oedema per label.
    seed
        Where the patches lie; the same seed puts them in the same places of the same labels.
    """
    from scipy import ndimage

    ratio = np.ones(labels.shape, np.float32)
    boxes = ndimage.find_objects(labels)
    for label, oedema in involved.items():
        box = boxes[label - 1] if label <= len(boxes) else None
        if box is None or oedema.fraction <= 0:
            continue
        mask = labels[box] == label
        noise = np.random.default_rng([seed, label]).standard_normal(mask.shape).astype(np.float32)
        grain_mm = _DIFFUSE_MM if oedema.diffuse else _PATCH_MM
        field = ndimage.gaussian_filter(noise, [grain_mm / size for size in spacing])[mask]
        wet = field > np.quantile(field, 1 - oedema.fraction)
        bright = np.full(field.shape, oedema.ratio, np.float32)
        if oedema.diffuse and wet.any():
            deep = (field - field[wet].mean()) / max(float(field[wet].std()), 1e-9)
            bright += np.float32((oedema.ratio - 1) * _UNEVEN) * np.clip(deep, -3, 3)
        ratio[box][mask] = np.where(wet, bright, np.float32(1))
    return ratio


def random_involvement(labels: NDArray[np.uint8], seed: int, borderline: float = 0.3) -> dict[int, Involvement]:
    """Draw the oedema of each group in view: none, mild, marked, or on the border between two grades.

    Parameters
    ----------
    labels
        Muscle labels.
    seed
        Same seed, same oedema.
    borderline
        Share of the groups whose involved fraction lies close to 2.5 % or 50 %, or whose signal is hardly raised.
    """
    rng = np.random.default_rng(seed)
    involved = {}
    for label in np.unique(labels[labels > 0]).tolist():
        close, which = rng.random() < borderline, int(rng.integers(3))
        fraction, ratio = rng.uniform(0.1, 0.95), rng.uniform(1.5, 2.8)
        if close:
            fraction = (rng.uniform(0.015, 0.035), rng.uniform(0.45, 0.55), fraction)[which]
            ratio = rng.uniform(1.15, 1.4) if which == 2 else ratio
        if close or which:
            involved[label] = Involvement(float(fraction), float(ratio), bool(rng.random() < _DIFFUSE_SHARE))
    return involved
