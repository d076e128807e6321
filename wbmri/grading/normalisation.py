"""What turns the intensities of a scan into multiples of normal muscle: field, level and spread, fitted together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ImageArtefact, IntensityModel, MuscleKernel, Progress, SliceGain
from wbmri.core.scheme import GradingRule
from wbmri.grading.bias_field import BiasField, FieldFit
from wbmri.grading.leakage import unevenness, without_residual_field
from wbmri.grading.mixture import (
    EVEN_SHARES,
    GROUP_HISTOGRAM,
    LogHistogram,
    Mixture,
    fit_mixtures,
    gaussian,
    learn_shares,
    observations,
    posterior,
)
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle, represented

_FIT = PARAMETERS.normalisation
_RESIDUAL = PARAMETERS.residual_field
_MIXTURE = PARAMETERS.mixture
_VOXELS = PARAMETERS.voxels
_LOCAL = PARAMETERS.local_mixture

_BLOCK_HISTOGRAM = LogHistogram(_LOCAL.lowest, _LOCAL.highest, _LOCAL.step)


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Field, level and spread of normal muscle.

    Parameters
    ----------
    field
        What the intensities are divided by.
    mode
        Level of normal muscle, in intensity units.
    kernel
        How one tissue spreads about its level.
    """

    field: BiasField
    mode: float
    kernel: MuscleKernel

    def recorded(self, artefacts: Mapping[int, ImageArtefact], gains: tuple[SliceGain, ...] = ()) -> IntensityModel:
        """Return the fit, what disturbs the image, and what its slices were divided by, as a reading records them."""
        kernel = replace(self.kernel, least_contrast=round(self.kernel.least_contrast, 5))
        return IntensityModel(self.field.recorded(), kernel, artefacts, gains)

    def log_ratio(self, muscle: Muscle) -> NDArray[np.float64]:
        """Logarithm of each muscle voxel's corrected intensity over the mode."""
        # A voxel without signal has no logarithm; it counts as very dark.
        quiet = np.log(np.maximum(muscle.quiet.astype(np.float64) / self.mode, 1e-6))
        return quiet - self.field.log_at(muscle.index, muscle.spacing)


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """The intensities of one group and what explains them.

    Parameters
    ----------
    places
        Which labelled voxels were measured, shape (n,).
    values
        Their log ratios, shape (n,).
    counts
        Observations per bin of the log ratios.
    mixture
        The share of oedema in them.
    """

    places: NDArray[np.intp]
    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    mixture: Mixture


def measure_groups(
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    members: Sequence[NDArray[np.intp]],
    kernel: MuscleKernel,
    *,
    fine: bool,
) -> list[Measured]:
    """Explain the intensities of groups, edges, blood and fluid left out.

    Parameters
    ----------
    muscle, log_ratio
        The labelled voxels and the logarithm of each over the level of normal muscle.
    members
        Which of them belong to each group.
    kernel
        How one tissue spreads about its level.
    fine
        Whether all hypotheses are tried; the few that are tried otherwise serve to correct the bias field.
    """
    chosen = muscle.inner & (log_ratio < np.log(_FIT.fluid_ratio))
    measured = [places[chosen[places]] for places in members]
    # What the edge of an outline that is not sure holds is not known.
    # Nor do outlines tell how much fat lies in a group that fat has replaced in part.
    sure = [
        own.size > 0 and muscle.confidence[muscle.label[own[0]]] >= _VOXELS.sure and not muscle.fat[places].any()
        for places, own in zip(members, measured, strict=True)
    ]
    weights = [
        represented(muscle, places, chosen[places]) if fine and known else np.ones(own.size)
        for places, own, known in zip(members, measured, sure, strict=True)
    ]
    whole = np.array(
        [
            _whole(muscle, own, weight) if known else np.nan
            for own, weight, known in zip(measured, weights, sure, strict=True)
        ],
    )
    counts = np.stack(
        [GROUP_HISTOGRAM.counts(log_ratio[own], weight) for own, weight in zip(measured, weights, strict=True)]
    )
    mixtures = fit_mixtures(counts, whole, kernel, fine=fine)
    made = []
    for one, (own, mixture) in enumerate(zip(measured, mixtures, strict=True)):
        values = log_ratio[own]
        faint = fine and 0 < _contrast(mixture) < _MIXTURE.faint
        # Where an outline is not sure, edges may be its mistakes.
        if faint and not (sure[one] and _has_edges(muscle, own, values, mixture, kernel)):
            points = muscle.index[own] * np.asarray(muscle.spacing)
            even = without_residual_field(values, points, float(np.prod(muscle.spacing)) / 1000.0)
            (other,) = fit_mixtures(
                GROUP_HISTOGRAM.counts(even, weights[one])[None], whole[one : one + 1], kernel, fine=fine
            )
            if other.quantile(0.5) < _RESIDUAL.left * mixture.quantile(0.5):
                values, mixture = even, other
        made.append(Measured(own, values, counts[one], mixture))
    return made


def _has_edges(
    muscle: Muscle,
    own: NDArray[np.intp],
    values: NDArray[np.float64],
    mixture: Mixture,
    kernel: MuscleKernel,
) -> bool:
    """Tell whether places a centimetre apart differ by more than noise."""
    clear = values > mixture.own_level - _RESIDUAL.clear * kernel.spread
    return bool(clear.any()) and unevenness(values[clear], muscle.index[own[clear]], muscle.spacing) > kernel.spread


def _whole(muscle: Muscle, measured: NDArray[np.intp], weight: NDArray[np.float64]) -> float:
    """Share of the voxels that hold nothing but muscle, as far as the outlines tell."""
    return float(np.average(np.exp((muscle.share[measured] - 1) / _FIT.unfilled), weights=weight))


def _contrast(mixture: Mixture) -> float:
    """Return the expected contrast of the oedema, 0 where there is none."""
    return 0.0 if mixture.ratio is None else float(np.log(mixture.ratio))


def fit_scale(muscle: Muscle, rule: GradingRule, level_spread: float, progress: Progress) -> Fit:
    """Fit the field, and the level and spread of normal muscle, together with the mixtures of all groups.

    Parameters
    ----------
    muscle
        The labelled voxels.
    rule
        From which ratio on muscle is oedematous.
    level_spread
        Standard deviation of a group's own level about that of all healthy muscle, log; a scan whose darker groups
        differ more raises it.
    progress
        Called with the share of the work that is done.

    Raises
    ------
    InputError
        If no voxel of muscle has a positive intensity.
    """
    fitting = FieldFit(muscle)
    field, mode = fitting.start()
    kernel = MuscleKernel(_FIT.first_spread, _FIT.loose_level_spread, EVEN_SHARES, float(np.log(rule.oedema_ratio)))
    fit = Fit(field, mode, kernel)
    blocks = _blocks_of(muscle)
    members = [np.flatnonzero(muscle.label == label) for label in np.unique(muscle.label)]
    for number in range(_FIT.rounds + _FIT.local_rounds):
        progress(0.2 + 0.6 * number / (_FIT.rounds + _FIT.local_rounds), "correcting the field")
        log_ratio = fit.log_ratio(muscle)
        if number < _FIT.rounds:
            groups = measure_groups(muscle, log_ratio, members, fit.kernel, fine=False)
            normal = _normal(muscle, fitting, log_ratio[fitting.sample], groups)
            spread = round(_spread(muscle, groups), 3)
            kernel = replace(kernel, spread=spread, shares=_shares(groups))
        else:
            normal = _normal_in_blocks(blocks, log_ratio, fitting.sample)
        field, mode = fitting.again(normal)
        fit = Fit(field, mode, kernel)
    progress(0.8, "measuring normal muscle")
    log_ratio = fit.log_ratio(muscle)
    groups = measure_groups(muscle, log_ratio, members, kernel, fine=False)
    spread = round(_spread(muscle, groups), 3)
    level_spread = round(_level_spread(groups, level_spread), 4)
    return Fit(field, mode, replace(kernel, spread=spread, shares=_shares(groups), level_spread=level_spread))


def _shares(groups: Sequence[Measured]) -> tuple[float, ...]:
    return learn_shares(np.stack([group.counts for group in groups]), [group.mixture for group in groups])


def _normal(
    muscle: Muscle,
    fitting: FieldFit,
    log_ratio: NDArray[np.float64],
    groups: Sequence[Measured],
) -> NDArray[np.float64]:
    """Probability of each sample to be normal, by the mixture of its group."""
    normal = np.zeros((256, GROUP_HISTOGRAM.bins))
    for group in groups:
        if group.places.size:
            normal[muscle.label[group.places[0]]] = group.mixture.normal
    seen = GROUP_HISTOGRAM.covers(log_ratio)
    return np.where(seen, normal[fitting.label, GROUP_HISTOGRAM.bin_of(log_ratio)], 0.0)


def _level_spread(groups: Sequence[Measured], usual: float) -> float:
    """How much healthy groups of this scan differ by their own level: those below that of all hold no oedema."""
    level = np.array([group.mixture.own_level for group in groups if group.places.size])
    below = level[level < 0]
    return max(usual, float(np.sqrt((below @ below + _FIT.level_prior * usual**2) / (below.size + _FIT.level_prior))))


def _spread(muscle: Muscle, groups: Sequence[Measured]) -> float:
    """Spread of normal muscle about its group's own level, from the side on which no oedema lies."""
    away = np.concatenate([(group.values - group.mixture.own_level)[muscle.filled[group.places]] for group in groups])
    below = -away[(away <= 0) & (away > -_FIT.lower_side)]
    measured = float(np.quantile(below, _FIT.one_sigma)) if below.size else _FIT.least_spread
    return float(np.hypot(max(_FIT.least_spread, measured), _FIT.field_spread))


@dataclass(frozen=True, eq=False, slots=True)
class _Blocks:
    """A division of muscle into small parts.

    Parameters
    ----------
    block
        Number of the block of each voxel, shape (n,).
    count
        Number of blocks.
    seen
        Voxels that speak for their block, shape (n,).
    """

    block: NDArray[np.intp]
    count: int
    seen: NDArray[np.bool_]


def _blocks_of(muscle: Muscle) -> _Blocks:
    """Divide every group into blocks."""
    block = (muscle.points // np.asarray(_LOCAL.block_mm)).astype(np.intp)
    key = ((muscle.label.astype(np.intp) * 1024 + block[:, 0]) * 1024 + block[:, 1]) * 1024 + block[:, 2]
    places, number = np.unique(key, return_inverse=True)
    return _Blocks(number, places.size, muscle.core)


def _normal_in_blocks(
    blocks: _Blocks,
    log_ratio: NDArray[np.float64],
    chosen: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Probability of voxels to be normal muscle, given all voxels of their blocks.

    Parameters
    ----------
    blocks
        The division.
    log_ratio
        Logarithm of each voxel's corrected intensity over the level of normal muscle, shape (n,).
    chosen
        The voxels asked for.
    """
    shape = (blocks.count, _BLOCK_HISTOGRAM.bins)
    inside = blocks.seen & _BLOCK_HISTOGRAM.covers(log_ratio)
    bins = _BLOCK_HISTOGRAM.bin_of(log_ratio)
    flat = blocks.block[inside] * shape[1] + bins[inside]
    counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float32)
    used = np.unique(blocks.block[chosen])
    share = np.zeros(shape)
    share[used] = _fit_blocks(counts[used])
    made = share[blocks.block[chosen], bins[chosen]]
    return np.where(inside[chosen], made, 0.0)


@cache
def _block_table() -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
    """Densities (hypothesis, component, bin), logarithms of the prior, and which hypotheses hold oedema."""
    # Levels and bins meet: which of them count as darker hangs on their last digits, so they are counted up from below.
    levels = np.arange(-_LOCAL.level_range, _LOCAL.level_range + _LOCAL.level_step / 2, _LOCAL.level_step)
    level, contrast = (a.ravel() for a in np.meshgrid(levels, (0.0, *_LOCAL.contrasts), indexing="ij"))
    # A bin is as wide as the noise: the width of the bin adds to the spread.
    narrow, wide = np.hypot(_FIT.first_spread, _LOCAL.step / np.sqrt(12)), np.hypot(_FIT.first_spread, _LOCAL.uneven)
    away = _BLOCK_HISTOGRAM.centres[None, :] - level[:, None]
    mixed = np.mean(
        [gaussian(away - np.log1p(s * np.expm1(contrast))[:, None], narrow) for s in _LOCAL.mixed],
        axis=0,
    )
    dark = np.where((away < 0) & (away > -_LOCAL.dark_range), 1 / _LOCAL.dark_range, 0.0)
    density = np.stack([gaussian(away, narrow), gaussian(away - contrast[:, None], wide), mixed, dark], axis=1)
    prior = -0.5 * (level / _LOCAL.level_spread) ** 2 - np.where(contrast > 0, np.log(len(_LOCAL.contrasts)), 0.0)
    return density.astype(np.float32), prior, contrast > 0


def _fit_blocks(counts: NDArray[np.float32]) -> NDArray[np.float64]:
    """Explain the histogram of each block and return the probability of being normal, shape (blocks, bins)."""
    density, prior, ill = _block_table()
    floor = np.float32(_LOCAL.outlier / (_LOCAL.highest - _LOCAL.lowest))
    shape = (counts.shape[0], density.shape[0], density.shape[1])
    weight = np.broadcast_to(np.array(_LOCAL.start, np.float32), shape).copy()
    weight[:, ~ill, 0] += weight[:, ~ill, 1] + weight[:, ~ill, 2]
    weight[:, ~ill, 1:3] = 0
    for _ in range(_LOCAL.rounds):
        likelihood = np.einsum("xhc,hcb->xhb", weight, density, optimize=True) + floor
        weight = weight * np.einsum("xhb,hcb->xhc", counts[:, None, :] / likelihood, density, optimize=True)
        weight /= np.maximum(weight.sum(axis=2, keepdims=True), 1e-6)
    likelihood = np.einsum("xhc,hcb->xhb", weight, density, optimize=True) + floor
    worth = observations(counts.sum(axis=1), _LOCAL.alike, _LOCAL.most)
    score = prior + worth[:, None] * np.einsum("xhb,xb->xh", np.log(likelihood), counts, optimize=True)
    made: NDArray[np.float64] = np.einsum(
        "xh,xhb->xb",
        posterior(score),
        weight[:, :, :1] * density[None, :, 0] / likelihood,
        optimize=True,
    )
    return made
