"""How much of a muscle is oedematous: a mixture of normal muscle, oedema and voxels that hold some of both.

A threshold far above the noise calls too little of a muscle oedematous, one within the noise too much, and voxels that
patches of oedema fill in part are miscounted by both. Here the intensities of a group are explained as a mixture
instead: normal muscle, oedema at one multiple of it, and voxels that share both, as in the partial-volume mixture of
Santago and Gage 1993 (IEEE Trans Med Imaging 12:566). The outline's outermost slices hold fat besides muscle, which
darkens normal and oedematous voxels alike; how much is learned from all groups of the scan.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST, STEP = -1.2, 1.4, 0.025
"""Range and bins of the histogram of log ratios: fat lies below, blood and fluid above."""

BINS = round((HIGHEST - LOWEST) / STEP)

LEVELS = tuple(float(v) for v in np.linspace(-2.5, 2.5, 11))
"""Where the normal muscle of one group may lie from that of all, in standard deviations of the rest of the field."""

NEAR, FAR, HIGHEST_CONTRAST = 0.04, 0.08, 1.24
"""Steps between the contrasts of oedema that are tried, below and above a contrast of a half, and the highest."""

UNEVEN = (0.05, 0.15)
"""Standard deviations, in log intensity, of oedema about its own mean."""

WIDER = (1.0, 1.4, 2.0)
"""Spread of a group's normal muscle as a multiple of that of all: what is left of the field varies within it, too."""

ROUGH_UNEVEN, ROUGH_WIDER = (0.05,), (1.0,)
"""The same for the few hypotheses that are tried first."""

FAINT, FAINT_DOUBT = 0.3, 5.0
"""Oedema fainter than this contrast is doubted, by this much in log odds where the contrast vanishes."""

FAT_RATIO = 0.2
"""Fat as a multiple of normal muscle, in voxels that share both."""

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Share of muscle in voxels that hold fat besides."""

MIXED = tuple(float(v) for v in np.linspace(0.1, 0.9, 9))
"""Share of oedema in voxels that hold both."""

ROUNDS = 25
"""Rounds of expectation and maximisation."""

ALIKE = 6.0
"""Voxels that count as one observation: neighbours share noise, since each is the median of nine."""

MOST = 300.0
"""More observations no group has, however large it is: what errs there is the field, and it errs for all of them."""

WORTH = 14.0
"""Hypotheses are looked at closely where a rough fit is at most this much in log probability below the best."""

WHOLE = 0.25
"""Between muscle on both sides a voxel hardly ever holds fat if the outline is right: this many pure voxels for each
that was seen."""

OUTLIER = 0.02
"""Share of voxels that are neither: tendon, fat, vessels."""

EVEN_SHARES = (1 / len(SHARES),) * len(SHARES)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the intensities of one tissue spread in a scan.

    Parameters
    ----------
    spread
        Standard deviation of normal muscle in log intensity.
    level_spread
        Standard deviation of a group's own level about that of all muscle.
    shares
        Probability of each of `SHARES` in a voxel that holds fat besides muscle.
    least_contrast
        Oedema lies at least this far, in log intensity, above normal muscle.
    fine
        Whether all hypotheses are tried; the few that are tried otherwise serve to correct the field.
    """

    spread: float
    level_spread: float
    shares: tuple[float, ...] = EVEN_SHARES
    least_contrast: float = 0.14
    fine: bool = True

    def contrasts(self) -> Floats:
        """How far, in log intensity, oedema may lie above the normal muscle of its group."""
        near = np.arange(self.least_contrast + NEAR / 2, 0.5, NEAR)
        far = np.arange(near[-1] + FAR, HIGHEST_CONTRAST, FAR)
        every = np.concatenate([near, far]).astype(np.float64)
        return every if self.fine else every[::2]


@dataclass(frozen=True, eq=False, slots=True)
class Mixture:
    """What the mixture says about one group.

    Parameters
    ----------
    fraction
        Oedematous share of the muscle at each hypothesis, shape (n,).
    weight
        Probability of each hypothesis, shape (n,), adding up to 1.
    level
        Log intensity of the group's own normal muscle at each hypothesis, shape (n,).
    contrast
        How far oedema lies above it, in log intensity, at each hypothesis, shape (n,); 0 without oedema.
    narrow, wide
        Standard deviation of normal and of oedematous voxels at each hypothesis, shape (n,).
    effective
        Number of independent observations behind the fractions.
    normal
        Probability of a voxel inside the outline to be normal muscle and nothing else, for each bin.
    """

    fraction: Floats
    weight: Floats
    level: Floats
    contrast: Floats
    narrow: Floats
    wide: Floats
    effective: float
    normal: Floats

    @property
    def mean(self) -> float:
        """Expected oedematous share."""
        return float(self.weight @ self.fraction)

    def above(self, share: float) -> float:
        """Probability that more than a share of the muscle is oedematous."""
        from scipy.special import betainc

        a = self.effective * self.fraction + 0.5
        b = self.effective * (1.0 - self.fraction) + 0.5
        return float(self.weight @ (1.0 - betainc(a, b, share)))

    def quantile(self, probability: float) -> float:
        """Share of the muscle that is exceeded with a probability of 1 - `probability`."""
        low, high = 0.0, 1.0
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if self.above(middle) > 1 - probability else (low, middle)
        return (low + high) / 2

    @property
    def ratio(self) -> float | None:
        """Oedema as a multiple of the group's normal muscle; ``None`` where there is no oedema for certain."""
        weight = self.weight * self.fraction
        return float(np.exp(weight @ self.contrast / weight.sum())) if weight.sum() > 0 else None

    @property
    def own_level(self) -> float:
        """Expected log intensity of the group's own normal muscle over that of all."""
        return float(self.weight @ self.level)

    @property
    def best(self) -> int:
        """The most probable hypothesis."""
        return int(np.argmax(self.weight))


@dataclass(frozen=True, eq=False, slots=True)
class _Table:
    """Densities of the components over the bins: (hypothesis, component, bin)."""

    density: NDArray[np.float32]
    level: Floats
    contrast: Floats
    narrow: Floats
    wide: Floats
    prior: Floats


def histogram(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Count log ratios per bin; those out of range are left out."""
    return np.histogram(values, BINS, (LOWEST, HIGHEST))[0].astype(np.intp)


def bin_of(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Bin of each log ratio, the nearest one for those out of range."""
    made: NDArray[np.intp] = np.clip((values - LOWEST) // STEP, 0, BINS - 1).astype(np.intp)
    return made


def _centres() -> Floats:
    return np.arange(BINS, dtype=np.float64) * STEP + (LOWEST + STEP / 2)


def _darker(share: float, contrast: Floats) -> Floats:
    """How far fat in a voxel lowers its log intensity, where the muscle in it lies `contrast` above normal."""
    made: Floats = np.log(share + (1 - share) * FAT_RATIO * np.exp(-contrast))
    return made


@lru_cache(maxsize=16)
def _table(kernel: Kernel) -> _Table:
    """Densities of normal muscle, oedema and both, each in a voxel full of muscle and in one shared with fat."""
    levels, contrasts = kernel.level_spread * np.array(LEVELS), kernel.contrasts()
    uneven, wider = (
        (np.array(UNEVEN), np.array(WIDER)) if kernel.fine else (np.array(ROUGH_UNEVEN), np.array(ROUGH_WIDER))
    )
    healthy = [a.ravel() for a in np.meshgrid(levels, 0.0, 0.0, wider, indexing="ij")]
    ill = [a.ravel() for a in np.meshgrid(levels, contrasts, uneven, wider, indexing="ij")]
    level, contrast, rough, factor = (np.concatenate(pair) for pair in zip(ill, healthy, strict=True))
    narrow = kernel.spread * factor
    wide = np.hypot(narrow, rough)
    lifted = [np.log1p(share * np.expm1(contrast)) for share in MIXED]

    def dark(above: Floats, width: Floats) -> Floats:
        made: Floats = np.sum(
            [
                weight * _normal(level + above + _darker(share, above), width)
                for share, weight in zip(SHARES, kernel.shares, strict=True)
            ],
            axis=0,
        )
        return made

    density = np.stack(
        [
            _normal(level, narrow),
            _normal(level + contrast, wide),
            np.mean([_normal(level + above, narrow) for above in lifted], axis=0),
            dark(np.zeros(level.size), narrow),
            dark(contrast, wide),
            np.mean([dark(above, narrow) for above in lifted[::4]], axis=0),
        ],
        axis=1,
    )
    prior = -0.5 * (level / kernel.level_spread) ** 2
    # Together the hypotheses with oedema are as probable beforehand as those without, but for faint oedema, which the
    # field's error resembles. While the field itself is fitted, faint oedema had better not be taken for muscle.
    prior = prior - np.where(contrast > 0, np.log(contrasts.size * uneven.size), 0.0)
    if kernel.fine:
        prior = prior - np.where(contrast > 0, FAINT_DOUBT * np.clip((FAINT - contrast) / FAINT, 0, 1), 0.0)
    return _Table(density.astype(np.float32), level, contrast, narrow, wide, prior)


def _normal(middle: Floats, width: Floats) -> Floats:
    made: Floats = np.exp(-0.5 * ((_centres()[None, :] - middle[:, None]) / width[:, None]) ** 2)
    made /= width[:, None] * np.sqrt(2 * np.pi)
    return made


def fit_mixture(
    inside: NDArray[np.intp], outermost: NDArray[np.intp], kernel: Kernel, *, outline_sure: bool
) -> Mixture:
    """Explain the intensities of one group.

    Parameters
    ----------
    inside, outermost
        Counts per bin of the log ratios of the voxels between muscle on both sides across the slices, and of the
        others.
    kernel
        How the intensities of one tissue spread in the scan.
    outline_sure
        Whether the outline is right beyond doubt; one that is not holds fat and bone as well.
    """
    whole = WHOLE if outline_sure else 0.0
    counts = np.stack([inside, outermost]).astype(np.float32)
    table = _table(kernel)
    chosen = np.arange(table.level.size)
    if kernel.fine:
        rough = _table(replace(kernel, fine=False))
        score = _explain(rough, np.arange(rough.level.size), counts, whole).score
        chosen = np.flatnonzero(score[_parents(kernel)] > score.max() - WORTH)
    found = _explain(table, chosen, counts, whole)
    weight = np.exp(found.score - found.score.max())
    weight /= weight.sum()
    return Mixture(
        found.fraction,
        weight,
        table.level[chosen],
        table.contrast[chosen],
        table.narrow[chosen],
        table.wide[chosen],
        min(float(counts.sum()), MOST),
        weight @ found.normal,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Explained:
    """Logarithm of each hypothesis' probability, but for a constant, its oedematous share, and what it calls normal."""

    score: Floats
    fraction: Floats
    normal: NDArray[np.float32]


def _explain(table: _Table, chosen: NDArray[np.intp], counts: NDArray[np.float32], whole_inside: float) -> _Explained:
    """Find the shares that explain the histograms best under each of the chosen hypotheses."""
    density, allowed = table.density[chosen], table.contrast[chosen] > 0
    total = counts.sum(axis=1)
    size = max(float(total.sum()), 1.0)
    score, fraction = table.prior[chosen].copy(), np.zeros(chosen.size)
    floor = np.float32(OUTLIER / (HIGHEST - LOWEST))
    normal = np.zeros((chosen.size, BINS), np.float32)
    for kind in (1, 0):
        if total[kind] == 0:
            continue
        seen = np.flatnonzero(counts[kind])
        count, here = counts[kind, seen], np.ascontiguousarray(density[:, :, seen])
        start = np.where(allowed[:, None], (0.6, 0.3, 0.1), (1.0, 0.0, 0.0))
        tissue, full = start.astype(np.float32), np.full((chosen.size, 1), 0.5 if kind else 0.97, np.float32)
        whole = np.float32(0.0 if kind else whole_inside)
        for _ in range(ROUNDS):
            weights = np.concatenate([tissue * full, tissue * (1 - full)], axis=1) * np.float32(1 - OUTLIER)
            likelihood = np.matmul(weights[:, None, :], here)[:, 0] + floor
            taken = weights * np.matmul(here, (count / likelihood)[:, :, None])[:, :, 0]
            every = np.maximum(taken.sum(axis=1, keepdims=True), 1e-6)
            tissue = (taken[:, :3] + taken[:, 3:]) / every
            full = (taken[:, :3].sum(axis=1, keepdims=True) / every + whole) / (1 + whole)
        fits = np.log(likelihood) @ count
        if whole:
            fits += whole * total[kind] * np.log(full[:, 0])
        score += min(1 / ALIKE, MOST / size) * fits
        fraction += (tissue[:, 1] + tissue[:, 2] / 2) * total[kind] / size
        every_bin = np.matmul(weights[:, None, :], density)[:, 0] + floor
        normal = weights[:, :1] * density[:, 0] / every_bin
    return _Explained(score, fraction, normal)


@lru_cache(maxsize=16)
def _parents(kernel: Kernel) -> NDArray[np.intp]:
    """For each hypothesis of a fine kernel, the hypothesis nearest to it among the few that are tried first."""
    fine, rough = _table(kernel), _table(replace(kernel, fine=False))
    far = np.abs(np.subtract.outer(fine.contrast, rough.contrast))
    far += np.where(np.not_equal.outer(fine.contrast > 0, rough.contrast > 0), 100.0, 0.0)
    far += 10 * np.abs(np.subtract.outer(fine.level, rough.level))
    nearest: NDArray[np.intp] = far.argmin(axis=1)
    return nearest


def learn_shares(fitted: Iterable[tuple[NDArray[np.intp], Mixture]]) -> tuple[float, ...]:
    """Learn from all groups how much muscle the voxels of the outermost slices hold, where they hold fat as well.

    Parameters
    ----------
    fitted
        Counts of each group's outermost voxels, with its mixture.
    """
    made = np.ones(len(SHARES))
    for counts, mixture in fitted:
        best = mixture.best
        one = slice(best, best + 1)
        level = mixture.level[one]
        oedema = mixture.fraction[best]
        full = np.full(2, 0.5)
        weights = np.full((2, len(SHARES)), 1 / len(SHARES))
        tissue = np.array([1 - oedema, oedema])[:, None]
        above = (np.zeros(1), mixture.contrast[one])
        width = (mixture.narrow[one], mixture.wide[one])
        clear = np.concatenate([_normal(level + a, w) for a, w in zip(above, width, strict=True)])
        dark = np.stack(
            [
                np.concatenate([_normal(level + a + _darker(s, a), w) for s in SHARES])
                for a, w in zip(above, width, strict=True)
            ]
        )
        for _ in range(ROUNDS):
            whole = tissue * full[:, None] * clear
            part = tissue[:, :, None] * (1 - full)[:, None, None] * weights[:, :, None] * dark
            likelihood = whole.sum(axis=0) + part.sum(axis=(0, 1)) + 1e-3
            by_share = np.einsum("tsb,b->s", part, counts / likelihood)
            in_full = float((whole / likelihood).sum(axis=0) @ counts)
            every = in_full + by_share.sum()
            if every <= 0:
                break
            full[:] = in_full / every
            weights[:] = (by_share + 0.1) / (by_share + 0.1).sum()
        made += by_share
    return tuple(float(v) for v in np.round(made / made.sum(), 3))
