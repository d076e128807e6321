"""How much of a muscle is oedematous: a mixture of normal muscle, oedema and voxels that hold some of both.

A threshold far above the noise calls too little of a muscle oedematous, one within the noise too much, and voxels that
patches of oedema fill in part are miscounted by both. Here the intensities of a group are explained as a mixture
instead: normal muscle, oedema at one multiple of it, and voxels that share both, as in the partial-volume mixture of
Santago and Gage 1993 (IEEE Trans Med Imaging 12:566). Where a muscle ends within a thick slice its voxels hold fat
besides, which darkens normal and oedematous muscle alike; how much is learned from all groups of the scan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wbmri.core import MuscleKernel
from wbmri.grading.parameters import PARAMETERS

_MIXTURE = PARAMETERS.mixture

Floats = NDArray[np.float64]


EVEN_SHARES = (1 / len(_MIXTURE.shares),) * len(_MIXTURE.shares)


@dataclass(frozen=True, slots=True)
class LogHistogram:
    """The bins in which log ratios are counted.

    Parameters
    ----------
    lowest, highest, step
        Their range and width.
    """

    lowest: float
    highest: float
    step: float

    @property
    def bins(self) -> int:
        """Number of bins."""
        return round((self.highest - self.lowest) / self.step)

    @property
    def centres(self) -> Floats:
        """Middle of each bin."""
        return self.lowest + self.step * (np.arange(self.bins, dtype=np.float64) + 0.5)

    def covers(self, values: Floats) -> NDArray[np.bool_]:
        """Tell which log ratios lie in some bin."""
        return (values >= self.lowest) & (values < self.highest)

    def bin_of(self, values: Floats) -> NDArray[np.intp]:
        """Bin of each log ratio, the nearest one for those out of range."""
        made: NDArray[np.intp] = np.clip((values - self.lowest) // self.step, 0, self.bins - 1).astype(np.intp)
        return made

    def counts(self, values: Floats, weight: Floats | None = None) -> Floats:
        """Count log ratios per bin, each by its weight; those out of range are left out."""
        made: Floats = np.histogram(values, self.bins, (self.lowest, self.highest), weights=weight)[0]
        return made.astype(np.float64)


GROUP_HISTOGRAM = LogHistogram(_MIXTURE.lowest, _MIXTURE.highest, _MIXTURE.step)
"""That of a whole group."""


def gaussian(away: Floats, width: Floats | float) -> Floats:
    """Density of a normal distribution so far from its middle."""
    made: Floats = np.exp(-0.5 * (away / width) ** 2)
    made /= width * np.sqrt(2 * np.pi)
    return made


def posterior(score: Floats, negligible: float = 0.0) -> Floats:
    """Probabilities of hypotheses, from the logarithms of what they are but for a factor, shape (n, hypotheses).

    Those less probable than a multiple `negligible` of the best are left out.
    """
    weight: Floats = np.exp(score - score.max(axis=1, keepdims=True))
    weight[weight < negligible] = 0
    weight /= weight.sum(axis=1, keepdims=True)
    return weight


def observations(total: NDArray[np.float32], alike: float, most: float) -> NDArray[np.float32]:
    """How many observations each voxel counts for, where `alike` voxels make one and there are `most` at most."""
    return np.minimum(1 / alike, most / np.maximum(total, 1.0)).astype(np.float32)


def _contrasts(kernel: MuscleKernel, *, fine: bool) -> Floats:
    """How far, in log intensity, oedema may lie above the normal muscle of its group."""
    near = np.arange(kernel.least_contrast + _MIXTURE.near_step / 2, 0.5, _MIXTURE.near_step)
    far = np.arange(near[-1] + _MIXTURE.far_step, _MIXTURE.highest_contrast, _MIXTURE.far_step)
    every = np.concatenate([near, far]).astype(np.float64)
    return every if fine else every[::2]


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
        # Weights add up to 1 but for their last digits, which must not make another grade's probability negative.
        return min(1.0, float(self.weight @ (1.0 - betainc(a, b, share))))

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
    """Densities of the components over the bins: (hypothesis, component, bin); and how far outlines are believed."""

    density: NDArray[np.float32]
    level: Floats
    contrast: Floats
    narrow: Floats
    wide: Floats
    prior: Floats
    pull: float


def _darker(share: float, contrast: Floats) -> Floats:
    """How far fat in a voxel lowers its log intensity, where the muscle in it lies `contrast` above normal."""
    made: Floats = np.log(share + (1 - share) * _MIXTURE.fat_ratio * np.exp(-contrast))
    return made


@lru_cache(maxsize=16)
def _table(kernel: MuscleKernel, *, fine: bool) -> _Table:
    """Densities of normal muscle, oedema and both, each in a voxel full of muscle and in one shared with fat."""
    levels, contrasts = kernel.level_spread * np.array(_MIXTURE.levels), _contrasts(kernel, fine=fine)
    uneven, wider = (
        (np.array(_MIXTURE.uneven), np.array(_MIXTURE.wider))
        if fine
        else (np.array(_MIXTURE.rough_uneven), np.array(_MIXTURE.rough_wider))
    )
    healthy = [a.ravel() for a in np.meshgrid(levels, 0.0, 0.0, wider, indexing="ij")]
    ill = [a.ravel() for a in np.meshgrid(levels, contrasts, uneven, wider, indexing="ij")]
    level, contrast, rough, factor = (np.concatenate(pair) for pair in zip(ill, healthy, strict=True))
    narrow = kernel.spread * factor
    wide = np.hypot(narrow, rough)
    lifted = [np.log1p(share * np.expm1(contrast)) for share in _MIXTURE.mixed]

    def dark(above: Floats, width: Floats) -> Floats:
        made: Floats = np.sum(
            [
                weight * _normal(level + above + _darker(share, above), width)
                for share, weight in zip(_MIXTURE.shares, kernel.shares, strict=True)
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
    prior = -0.5 * (level / kernel.level_spread) ** 2 - 0.5 * ((factor - 1) / _MIXTURE.rarely_wider) ** 2
    # Together the hypotheses with oedema are as probable beforehand as those without, but for faint oedema, which the
    # field's error resembles. While the field itself is fitted, faint oedema had better not be taken for muscle.
    prior = prior - np.where(contrast > 0, np.log(contrasts.size * uneven.size), 0.0)
    if fine:
        prior = prior - np.where(
            contrast > 0, _MIXTURE.faint_doubt * np.clip((_MIXTURE.faint - contrast) / _MIXTURE.faint, 0, 1), 0.0
        )
    pull = _MIXTURE.whole if fine else _MIXTURE.rough_whole
    return _Table(density.astype(np.float32), level, contrast, narrow, wide, prior, pull)


def _normal(middle: Floats, width: Floats) -> Floats:
    return gaussian(GROUP_HISTOGRAM.centres[None, :] - middle[:, None], width[:, None])


def fit_mixtures(counts: Floats, whole: Floats, kernel: MuscleKernel, *, fine: bool) -> list[Mixture]:
    """Explain the intensities of groups.

    Parameters
    ----------
    counts
        Voxels per bin of the log ratios of each group, shape (groups, bins).
    whole
        Share of the voxels that hold nothing but muscle, as far as the outlines tell, shape (groups,); not a number
        where the outline is not right beyond doubt and may hold fat and bone anywhere.
    kernel
        How the intensities of one tissue spread in the scan.
    fine
        Whether all hypotheses are tried; the few that are tried otherwise serve to correct the bias field.
    """
    table = _table(kernel, fine=fine)
    if not fine:
        return _mixtures(table, np.arange(table.level.size), counts, whole)
    rough = _table(kernel, fine=False)
    score = _explain(rough, np.arange(rough.level.size), counts.astype(np.float32), whole).score
    near = _parents(kernel)
    made = []
    for one, best in enumerate(score.max(axis=1)):
        chosen = np.flatnonzero(score[one, near] > best - _MIXTURE.worth)
        made += _mixtures(table, chosen, counts[one : one + 1], whole[one : one + 1])
    return made


def _mixtures(table: _Table, chosen: NDArray[np.intp], counts: Floats, whole: Floats) -> list[Mixture]:
    found = _explain(table, chosen, counts.astype(np.float32), whole)
    made = []
    for one, own in enumerate(posterior(found.score, _MIXTURE.negligible)):
        kept = np.flatnonzero(own)
        at = chosen[kept]
        made.append(
            Mixture(
                found.fraction[one, kept],
                own[kept],
                table.level[at],
                table.contrast[at],
                table.narrow[at],
                table.wide[at],
                min(float(counts[one].sum()), _MIXTURE.most),
                own[kept] @ found.normal[one, kept],
            ),
        )
    return made


@dataclass(frozen=True, eq=False, slots=True)
class _Explained:
    """What is found under each hypothesis.

    Parameters
    ----------
    score
        Logarithm of its probability, but for a constant, shape (groups, hypotheses).
    fraction
        Oedematous share, shape (groups, hypotheses).
    normal
        Probability of a voxel to be normal muscle and nothing else, shape (groups, hypotheses, bins).
    """

    score: Floats
    fraction: Floats
    normal: NDArray[np.float32]


def _explain(table: _Table, chosen: NDArray[np.intp], counts: NDArray[np.float32], whole: Floats) -> _Explained:
    """Find the shares that explain the histograms best under each of the chosen hypotheses."""
    allowed = table.contrast[chosen] > 0
    seen = np.flatnonzero(counts.any(axis=0))
    density = table.density[chosen]
    here = np.ascontiguousarray(density[:, :, seen])
    there = np.ascontiguousarray(here.transpose(0, 2, 1))
    count = np.ascontiguousarray(counts[:, seen])
    floor = np.float32(_MIXTURE.outlier / (_MIXTURE.highest - _MIXTURE.lowest))
    shape = (chosen.size, len(counts), 1)
    start = np.where(allowed[:, None], (0.6, 0.3, 0.1), (1.0, 0.0, 0.0)).astype(np.float32)
    tissue = np.broadcast_to(start[:, None, :], (*shape[:2], 3))
    full = np.full(shape, _MIXTURE.full, np.float32)
    sure = np.isfinite(whole)
    pull = np.where(sure, table.pull, 0.0).astype(np.float32)[None, :, None]
    to = np.where(sure, whole, _MIXTURE.full).astype(np.float32)[None, :, None]
    for _ in range(_MIXTURE.rounds):
        weights = np.concatenate([tissue * full, tissue * (1 - full)], axis=2) * np.float32(1 - _MIXTURE.outlier)
        likelihood = np.matmul(weights, here) + floor
        taken = weights * np.matmul(count / likelihood, there)
        pure = taken[:, :, :3]
        every = np.maximum(taken.sum(axis=2, keepdims=True), 1e-6)
        tissue = (pure + taken[:, :, 3:]) / every
        full = (pure.sum(axis=2, keepdims=True) / every + pull * to) / (1 + pull)
    total = counts.sum(axis=1)
    fits = (np.log(likelihood) * count).sum(axis=2, dtype=np.float64).T
    odds = to * np.log(np.maximum(full, 1e-6)) + (1 - to) * np.log(np.maximum(1 - full, 1e-6))
    fits += (pull * odds)[:, :, 0].T * total[:, None]
    worth = observations(total, _MIXTURE.alike, _MIXTURE.most)
    normal = weights[:, :, :1] * density[:, None, 0] / (np.matmul(weights, density) + floor)
    return _Explained(
        table.prior[chosen] + worth[:, None] * fits,
        (tissue[:, :, 1] + tissue[:, :, 2] / 2).T.astype(np.float64),
        normal.transpose(1, 0, 2),
    )


@lru_cache(maxsize=16)
def _parents(kernel: MuscleKernel) -> NDArray[np.intp]:
    """For each of all hypotheses, the hypothesis nearest to it among the few that are tried first."""
    fine, rough = _table(kernel, fine=True), _table(kernel, fine=False)
    far = np.abs(np.subtract.outer(fine.contrast, rough.contrast))
    far += np.where(np.not_equal.outer(fine.contrast > 0, rough.contrast > 0), 100.0, 0.0)
    far += 10 * np.abs(np.subtract.outer(fine.level, rough.level))
    nearest: NDArray[np.intp] = far.argmin(axis=1)
    return nearest


def learn_shares(counts: Floats, mixtures: Sequence[Mixture]) -> tuple[float, ...]:
    """Learn from all groups how much muscle the voxels hold that hold fat as well.

    Parameters
    ----------
    counts
        Voxels per bin of each group, shape (groups, bins).
    mixtures
        What explains them.
    """
    best = [
        (one.level[at], one.contrast[at], one.narrow[at], one.wide[at], one.fraction[at])
        for one, at in ((mixture, mixture.best) for mixture in mixtures)
    ]
    level, contrast, narrow, wide, oedema = np.array(best).T
    tissues = ((np.zeros_like(level), narrow, 1 - oedema), (contrast, wide, oedema))
    clear = sum(part[:, None] * _normal(level + above, width) for above, width, part in tissues)
    dark = sum(
        part[:, None, None]
        * np.stack([_normal(level + above + _darker(s, above), width) for s in _MIXTURE.shares], axis=1)
        for above, width, part in tissues
    )
    full = np.full(len(level), _MIXTURE.full)
    weights = np.full((len(level), len(_MIXTURE.shares)), 1 / len(_MIXTURE.shares))
    for _ in range(_MIXTURE.rounds):
        whole = full[:, None] * clear
        share = (1 - full)[:, None] * weights
        seen = counts / (whole + (share[:, None, :] @ dark)[:, 0] + 1e-3)
        by_share = share * (dark @ seen[:, :, None])[:, :, 0]
        full = (whole * seen).sum(axis=1)
        every = full + by_share.sum(axis=1)
        full = full / np.maximum(every, 1e-6)
        weights = (by_share + 0.1) / (by_share + 0.1).sum(axis=1, keepdims=True)
    made = 1.0 + by_share.sum(axis=0)
    return tuple(float(v) for v in np.round(made / made.sum(), 3))
