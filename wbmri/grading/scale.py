"""What turns the intensities of a scan into multiples of normal muscle: field, level and spread, fitted together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.cells import cells_of, normal_share
from wbmri.grading.field import Field, FieldFit
from wbmri.grading.masks import Muscle
from wbmri.grading.mixture import FAINT, HIGHEST, LOWEST, Kernel, Mixture, bin_of, fit_mixture, histogram, learn_shares
from wbmri.grading.shading import without_shading
from wbmri.progress import Progress
from wbmri.scheme import GradingRule

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

SURE = 0.99
"""From this confidence on an outline is taken to be right: a person gave it."""

SHADED = 0.3
"""Faint oedema of which less than this share is left without what is smooth was shading."""

OUTERMOST_LEAST = 100
"""Groups with fewer voxels on their outermost slices say nothing about those."""


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

    field: Field
    mode: float
    kernel: Kernel

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
    outermost
        Counts per bin of those on the outermost slices.
    mixture
        The share of oedema in them.
    """

    places: NDArray[np.intp]
    values: NDArray[np.float64]
    outermost: NDArray[np.intp]
    mixture: Mixture


def measure_group(muscle: Muscle, log_ratio: NDArray[np.float64], places: NDArray[np.intp], kernel: Kernel) -> Measured:
    """Explain the intensities of one group, edges, blood and fluid left out.

    Parameters
    ----------
    muscle, log_ratio
        The labelled voxels and the logarithm of each over the level of normal muscle.
    places
        Which of them belong to the group.
    kernel
        How one tissue spreads about its level.
    """
    measured = places[muscle.inner[places] & (log_ratio[places] < np.log(FLUID_RATIO))]
    values, slab = log_ratio[measured], muscle.slab[measured]
    inside, outermost = histogram(values[slab]), histogram(values[~slab])
    sure = bool(places.size and muscle.confidence[muscle.label[places[0]]] >= SURE)
    mixture = fit_mixture(inside, outermost, kernel, outline_sure=sure)
    if kernel.fine and 0 < _contrast(mixture) < FAINT:
        even = without_shading(values, muscle.points[measured], float(np.prod(muscle.spacing)) / 1000.0)
        other = fit_mixture(histogram(even[slab]), histogram(even[~slab]), kernel, outline_sure=sure)
        if other.quantile(0.5) < SHADED * mixture.quantile(0.5):
            return Measured(measured, even, outermost, other)
    return Measured(measured, values, outermost, mixture)


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
    kernel = Kernel(FIRST_SPREAD, LOOSE, least_contrast=float(np.log(rule.oedema_ratio)), fine=False)
    fit = Fit(field, mode, kernel)
    cells = cells_of(muscle)
    members = {int(label): np.flatnonzero(muscle.label == label) for label in np.unique(muscle.label)}
    for number in range(ROUNDS + CELL_ROUNDS):
        progress(0.2 + 0.6 * number / (ROUNDS + CELL_ROUNDS), "correcting the field")
        log_ratio = fit.log_ratio(muscle)
        if number < ROUNDS:
            groups = {label: measure_group(muscle, log_ratio, places, fit.kernel) for label, places in members.items()}
            normal = _normal(fitting, log_ratio[fitting.sample], groups)
            spread = round(_spread(muscle, log_ratio, groups), 3)
            kernel = replace(kernel, spread=spread, shares=_shares(groups))
        else:
            normal = normal_share(cells, log_ratio, fitting.sample, FIRST_SPREAD)
        field, mode = fitting.again(normal)
        fit = Fit(field, mode, kernel)
    progress(0.8, "measuring normal muscle")
    log_ratio = fit.log_ratio(muscle)
    groups = {label: measure_group(muscle, log_ratio, places, kernel) for label, places in members.items()}
    spread = round(_spread(muscle, log_ratio, groups), 3)
    return Fit(field, mode, replace(kernel, spread=spread, shares=_shares(groups), level_spread=OWN, fine=True))


def _shares(groups: Mapping[int, Measured]) -> tuple[float, ...]:
    telling = [group for group in groups.values() if group.outermost.sum() >= OUTERMOST_LEAST]
    return learn_shares([(group.outermost, group.mixture) for group in telling])


def _normal(fitting: FieldFit, log_ratio: NDArray[np.float64], groups: Mapping[int, Measured]) -> NDArray[np.float64]:
    """Probability of each sample to be normal, by the mixture of its group."""
    made = np.zeros(log_ratio.size)
    bins = bin_of(log_ratio)
    seen = (log_ratio >= LOWEST) & (log_ratio < HIGHEST)
    for label, group in groups.items():
        own = seen & (fitting.label == label)
        made[own] = group.mixture.normal[bins[own]]
    return made


def _spread(muscle: Muscle, log_ratio: NDArray[np.float64], groups: Mapping[int, Measured]) -> float:
    """Spread of normal muscle about its group's own level, from the side on which no oedema lies."""
    level = np.zeros(256)
    for label, group in groups.items():
        level[label] = group.mixture.own_level
    chosen = muscle.inner & muscle.slab
    away = (log_ratio - level[muscle.label])[chosen if chosen.any() else muscle.inner]
    below = -away[(away <= 0) & (away > -LOWER_SIDE)]
    measured = float(np.quantile(below, 0.6827)) if below.size else LEAST_SPREAD
    return float(np.hypot(max(LEAST_SPREAD, measured), UNKNOWN_SPREAD))
