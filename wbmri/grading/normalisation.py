"""What turns the intensities of a scan into multiples of normal muscle: field, level and spread, fitted together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ImageArtefact, IntensityModel, MuscleKernel, Progress
from wbmri.core.scheme import GradingRule
from wbmri.grading.bias_field import BiasField, FieldFit
from wbmri.grading.leakage import unrest, without_shading
from wbmri.grading.local_histograms import cells_of, normal_share
from wbmri.grading.mixture import (
    BINS,
    EVEN_SHARES,
    FAINT,
    HIGHEST,
    LOWEST,
    Mixture,
    bin_of,
    fit_mixtures,
    histogram,
    learn_shares,
)
from wbmri.grading.voxels import SURE, Muscle, represented

ROUNDS = 3
"""Rounds in which the mixtures of all groups correct the field, and the field the mixtures."""

CELL_ROUNDS = 1
"""Rounds in which the field follows what is normal in small cells, after that."""

FIRST_SPREAD = 0.07
"""Spread of normal muscle, in log intensity, before it is measured."""

LOOSE, OWN = 0.1, 0.06
"""Standard deviation of a group's own level, in log intensity, while the field is fitted and after."""

LEAST_SPREAD, UNKNOWN_SPREAD = 0.02, 0.03
"""No muscle is more even than the first; the second is what of the field is left within a group."""

LOWER_SIDE = 0.3
"""How far below its level, in log intensity, normal muscle is looked for; darker voxels share their place with fat."""

FLUID_RATIO = 4.0
"""Above this multiple of normal muscle a voxel holds blood or fluid: oedema of muscle does not reach it."""

SHADED = 0.3
"""Faint oedema of which less than this share is left without what is smooth was shading, unless it has edges."""

CLEAR = 2.0
"""Voxels darker than normal muscle by this many of its spreads share their place with fat."""

UNFILLED = 0.2
"""How fast voxels that are wholly muscle get rare as neighbouring slices leave more of them empty. On drawn bodies
those that seem to be filled by 0.96, 0.93 and 0.88 are wholly muscle in 89, 72 and 52 of 100."""


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

    def recorded(self, artefacts: Mapping[int, ImageArtefact]) -> IntensityModel:
        """Return the fit, and what disturbs the image, as a reading records them."""
        kernel = replace(self.kernel, least_contrast=round(self.kernel.least_contrast, 5))
        return IntensityModel(self.field.recorded(), kernel, artefacts)

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
    chosen = muscle.inner & (log_ratio < np.log(FLUID_RATIO))
    measured = [places[chosen[places]] for places in members]
    # What the edge of an outline that is not sure holds is not known.
    sure = [own.size > 0 and muscle.confidence[muscle.label[own[0]]] >= SURE for own in measured]
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
    counts = np.stack([histogram(log_ratio[own], weight) for own, weight in zip(measured, weights, strict=True)])
    mixtures = fit_mixtures(counts, whole, kernel, fine=fine)
    made = []
    for one, (own, mixture) in enumerate(zip(measured, mixtures, strict=True)):
        values = log_ratio[own]
        faint = fine and 0 < _contrast(mixture) < FAINT
        # Where an outline is not sure, edges may be its mistakes.
        if faint and not (sure[one] and _has_edges(muscle, own, values, mixture, kernel)):
            points = muscle.index[own] * np.asarray(muscle.spacing)
            even = without_shading(values, points, float(np.prod(muscle.spacing)) / 1000.0)
            (other,) = fit_mixtures(histogram(even, weights[one])[None], whole[one : one + 1], kernel, fine=fine)
            if other.quantile(0.5) < SHADED * mixture.quantile(0.5):
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
    clear = values > mixture.own_level - CLEAR * kernel.spread
    return bool(clear.any()) and unrest(values[clear], muscle.index[own[clear]], muscle.spacing) > kernel.spread


def _whole(muscle: Muscle, measured: NDArray[np.intp], weight: NDArray[np.float64]) -> float:
    """Share of the voxels that hold nothing but muscle, as far as the outlines tell."""
    return float(np.average(np.exp((muscle.share[measured] - 1) / UNFILLED), weights=weight))


def _contrast(mixture: Mixture) -> float:
    """Return the expected contrast of the oedema, 0 where there is none."""
    return 0.0 if mixture.ratio is None else float(np.log(mixture.ratio))


def fit_scale(muscle: Muscle, rule: GradingRule, progress: Progress) -> Fit:
    """Fit the field, and the level and spread of normal muscle, together with the mixtures of all groups.

    Parameters
    ----------
    muscle
        The labelled voxels.
    rule
        From which ratio on muscle is oedematous.
    progress
        Called with the share of the work that is done.

    Raises
    ------
    InputError
        If no voxel of muscle has a positive intensity.
    """
    fitting = FieldFit(muscle)
    field, mode = fitting.start()
    kernel = MuscleKernel(FIRST_SPREAD, LOOSE, EVEN_SHARES, float(np.log(rule.oedema_ratio)))
    fit = Fit(field, mode, kernel)
    cells = cells_of(muscle)
    members = [np.flatnonzero(muscle.label == label) for label in np.unique(muscle.label)]
    for number in range(ROUNDS + CELL_ROUNDS):
        progress(0.2 + 0.6 * number / (ROUNDS + CELL_ROUNDS), "correcting the field")
        log_ratio = fit.log_ratio(muscle)
        if number < ROUNDS:
            groups = measure_groups(muscle, log_ratio, members, fit.kernel, fine=False)
            normal = _normal(muscle, fitting, log_ratio[fitting.sample], groups)
            spread = round(_spread(muscle, groups), 3)
            kernel = replace(kernel, spread=spread, shares=_shares(groups))
        else:
            normal = normal_share(cells, log_ratio, fitting.sample, FIRST_SPREAD)
        field, mode = fitting.again(normal)
        fit = Fit(field, mode, kernel)
    progress(0.8, "measuring normal muscle")
    log_ratio = fit.log_ratio(muscle)
    groups = measure_groups(muscle, log_ratio, members, kernel, fine=False)
    spread = round(_spread(muscle, groups), 3)
    return Fit(field, mode, replace(kernel, spread=spread, shares=_shares(groups), level_spread=OWN))


def _shares(groups: Sequence[Measured]) -> tuple[float, ...]:
    return learn_shares(np.stack([group.counts for group in groups]), [group.mixture for group in groups])


def _normal(
    muscle: Muscle,
    fitting: FieldFit,
    log_ratio: NDArray[np.float64],
    groups: Sequence[Measured],
) -> NDArray[np.float64]:
    """Probability of each sample to be normal, by the mixture of its group."""
    normal = np.zeros((256, BINS))
    for group in groups:
        if group.places.size:
            normal[muscle.label[group.places[0]]] = group.mixture.normal
    seen = (log_ratio >= LOWEST) & (log_ratio < HIGHEST)
    return np.where(seen, normal[fitting.label, bin_of(log_ratio)], 0.0)


def _spread(muscle: Muscle, groups: Sequence[Measured]) -> float:
    """Spread of normal muscle about its group's own level, from the side on which no oedema lies."""
    away = np.concatenate([(group.values - group.mixture.own_level)[muscle.filled[group.places]] for group in groups])
    below = -away[(away <= 0) & (away > -LOWER_SIDE)]
    measured = float(np.quantile(below, 0.6827)) if below.size else LEAST_SPREAD
    return float(np.hypot(max(LEAST_SPREAD, measured), UNKNOWN_SPREAD))
