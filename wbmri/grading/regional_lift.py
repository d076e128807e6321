"""Regions of the body whose muscle is brighter altogether: shading, or oedema that leaves no normal muscle to see.

Muscle alone cannot tell the two, but by how sharply it ends. So the levels of normal muscle over the body are put
beside what is not muscle in the same places, for every choice of regions: a smooth field alone, or a smooth field and a
lift of these regions (Gaussian processes, Rasmussen and Williams 2006, section 2.7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.core.scheme import Scheme, Side
from wbmri.grading.bias_field import FLAT
from wbmri.grading.image_artefacts import surroundings_of
from wbmri.grading.mixture import Mixture
from wbmri.grading.normalisation import Fit, Measured, measure_groups
from wbmri.grading.other_tissue import Cells, cells_of, witness
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle

_LIFT = PARAMETERS.regional_lift
_FIELD = PARAMETERS.bias_field

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RegionalLift:
    """Regions whose muscle may be brighter by disease and not by the field.

    Parameters
    ----------
    labels
        Their groups.
    name
        What a reader calls them.
    log_ratio
        How much brighter than the rest, log.
    weight
        Probability that it is disease, and of these regions.
    """

    labels: tuple[int, ...]
    name: str
    log_ratio: float
    weight: float

    def taken_off(self, muscle: Muscle) -> Muscle:
        """Return the muscle as it would be without the lift."""
        lower = np.where(np.isin(muscle.label, self.labels), np.float32(np.exp(-self.log_ratio)), np.float32(1))
        return replace(muscle, quiet=muscle.quiet * lower)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Regions that may be ill together.

    Parameters
    ----------
    name, labels
        What a reader calls them, and their groups.
    prior
        Logarithm of how probable they are among all choices.
    seldom
        Whether it is on one side of the body only, or takes more than half of the regions.
    most
        Whether it takes more than half of the regions on both sides, so that the rest may be dark instead.
    """

    name: str
    labels: tuple[int, ...]
    prior: float
    seldom: bool
    most: bool = False


def _choices(scheme: Scheme) -> Iterator[_Choice]:
    """Yield every choice of regions, on both sides or on one; few or nearly all are more probable than half of them."""
    regions = list(scheme.regions)
    if len(regions) < 2:
        return
    sizes = [size for size in range(1, len(regions)) if min(size, len(regions) - size) <= _LIFT.most_regions]
    every = [chosen for size in sizes for chosen in combinations(regions, size)]
    prior = -np.log(2.0) * np.array([min(len(chosen), len(regions) - len(chosen)) for chosen in every])
    prior -= np.log(np.exp(prior).sum())
    for chosen, own in zip(every, prior, strict=True):
        groups = [group for group in scheme.groups if group.region in chosen]
        many = 2 * len(chosen) > len(regions)
        name = chosen[0] if len(chosen) == 1 else f"{', '.join(chosen[:-1])} and {chosen[-1]}"
        yield _Choice(
            name, tuple(group.label for group in groups), float(own + np.log(1 - _LIFT.one_sided)), many, many
        )
        for side in Side:
            labels = tuple(group.label for group in groups if group.side == side)
            yield _Choice(f"{name} on the {side}", labels, float(own + np.log(_LIFT.one_sided / 2)), seldom=True)


@dataclass(frozen=True, eq=False, slots=True)
class _Sites:
    """Levels of normal muscle over the body: place in mm, label and log level of each, and its variance."""

    points: Floats
    label: NDArray[np.intp]
    level: Floats
    variance: Floats


def _sites(muscle: Muscle, field: Floats, groups: Sequence[Measured]) -> _Sites:
    """Put the level of each group where its blocks lie."""
    points, labels, levels, variances = [], [], [], []
    for group in groups:
        own = _lowest_mode(group.mixture) if group.places.size else None
        if own is None:
            continue
        place = muscle.points[group.places]
        _, block = np.unique(place[:, 2] // _FIELD.block_mm, return_inverse=True)
        size = np.bincount(block)
        kept = size >= min(_FIELD.block_voxels, size.max())
        middle = np.stack([np.bincount(block, place[:, axis]) for axis in range(3)], axis=1) / size[:, None]
        points.append(middle[kept])
        levels.append((np.bincount(block, field[group.places]) / size + own[0])[kept])
        variances.append(np.full(int(kept.sum()), own[1]))
        labels.append(np.full(int(kept.sum()), int(muscle.label[group.places[0]])))
    return _Sites(np.concatenate(points), np.concatenate(labels), np.concatenate(levels), np.concatenate(variances))


def _lowest_mode(mixture: Mixture) -> tuple[float, float] | None:
    """Where the lowest mode of a group lies, log, and its variance; ``None`` where oedema hides it."""
    whole = mixture.fraction > _LIFT.whole
    if float(mixture.weight @ (whole & (mixture.contrast > _LIFT.clear))) > 0.5:
        return None
    # Oedema that leaves no normal muscle is itself the lowest mode that is seen.
    seen = mixture.level + np.where(whole, mixture.contrast, 0.0)
    mean = float(mixture.weight @ seen)
    return mean, float(mixture.weight @ (seen - mean) ** 2)


class _Levels:
    """The Gaussian process behind the levels of muscle.

    Parameters
    ----------
    sites
        The levels.
    strength
        The field's amplitude as a multiple of that with which it is fitted.
    """

    def __init__(self, sites: _Sites, strength: float) -> None:
        covariance = _LIFT.loose**2 + _LIFT.group**2 * (sites.label[:, None] == sites.label[None, :])
        for amplitude, reach in _FIELD.processes:
            apart = (sites.points[:, None, :] - sites.points[None, :, :]) / np.asarray(reach)
            covariance = covariance + (strength * amplitude) ** 2 * np.exp(-0.5 * (apart**2).sum(axis=2))
        covariance = covariance + np.diag(_LIFT.place**2 + sites.variance)
        self._inverse = np.linalg.inv(covariance)
        rest = sites.level - float(np.median(sites.level))
        self._weighed = self._inverse @ rest
        self.alone = -0.5 * (float(rest @ self._weighed) + float(np.linalg.slogdet(covariance)[1]))

    def lifted(self, up: Floats) -> float:
        """Logarithm of the evidence for a lift of some sites, but for a constant, as `alone` is that for none."""
        precision = 1 / _LIFT.spread**2
        gain = float(up @ self._inverse @ up) + precision
        found = (float(up @ self._weighed) + precision * _LIFT.usual) / gain
        fit = 0.5 * gain * found**2 - 0.5 * precision * _LIFT.usual**2
        return self.alone + fit - 0.5 * float(np.log(gain / precision))


def regional_lifts(
    scan: Volume, groups: NDArray[np.uint8], muscle: Muscle, fit: Fit, scheme: Scheme
) -> tuple[RegionalLift, ...]:
    """Find the regions whose muscle may be brighter by disease where the fitted field flattened it.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    muscle
        The labelled voxels.
    fit
        The field that was fitted to them, as if all lifts were shading.
    scheme
        Which groups make which regions.

    Returns
    -------
    tuple of RegionalLift
        Choices of regions that are nearly as probable as the first; empty where the field lifts no region by as much as
        could be told.
    """
    field = fit.field.log_at(muscle.index, muscle.spacing)
    size = np.bincount(muscle.label, minlength=256).astype(np.float64)
    mean = np.bincount(muscle.label, field, minlength=256) / np.maximum(size, 1)
    lifts = []
    for choice in _choices(scheme):
        own = np.isin(np.arange(256), choice.labels) & (size > 0)
        rest = ~own & (size > 0)
        least = _LIFT.least[choice.seldom]
        if own.any() and rest.any() and (lift := float(mean[own].mean() - mean[rest].mean())) > least:
            lifts.append((choice, lift))
    if not lifts:
        return ()
    wide = replace(fit.kernel, level_spread=_LIFT.level_spread)
    members = [np.flatnonzero(muscle.label == label) for label in np.unique(muscle.label)]
    sites = _sites(muscle, field, measure_groups(muscle, fit.log_ratio(muscle), members, wide, fine=False))
    levels = [_Levels(sites, strength) for strength in _LIFT.strengths]
    smooth = max(one.alone for one in levels)
    scored = []
    for choice, lift in lifts:
        up = np.isin(sites.label, choice.labels).astype(np.float64)
        # Muscle alone cannot tell, so that what it says is not believed without limit.
        by_muscle = float(np.clip(max(one.lifted(up) for one in levels) - smooth, -_LIFT.limit, _LIFT.limit))
        scored.append((choice.prior + by_muscle, choice, lift))
    scored.sort(key=lambda one: one[0] + one[2] / _LIFT.step, reverse=True)
    # Where the field had darkened these regions, oedema lifts them by more than is left to see.
    return _judged(scored[: _LIFT.looked_at], cells_of(surroundings_of(scan, groups, FLAT, fit.mode)), muscle, fit)


def _judged(
    scored: Sequence[tuple[float, _Choice, float]], cells: Cells, muscle: Muscle, fit: Fit
) -> tuple[RegionalLift, ...]:
    """Put lifts beside what is not muscle in the same places, and return the most probable ones."""
    shape = np.asarray(muscle.shape) - 1
    place = np.clip(np.round(cells.points / np.asarray(muscle.spacing)), 0, shape).astype(np.intp)
    shading = fit.field.log_at(place, muscle.spacing)
    # Where the field had darkened these regions, oedema lifts them by more than is left to see.
    tried = [(choice, lift * more) for _, choice, lift in scored for more in _LIFT.more]
    fields = [shading - lift * cells.shares[:, list(choice.labels)].sum(axis=1) for choice, lift in tried]
    told = np.array(witness(cells, shading, fields)).reshape(len(scored), len(_LIFT.more))
    odds = told + np.array([[score] for score, *_ in scored])
    for_disease = 1 / (1 + np.exp(-float(np.logaddexp.reduce(odds.ravel()) - np.log(len(_LIFT.more)))))
    best = odds.max(axis=1)
    order = np.argsort(-best, kind="stable")[: _LIFT.most_lifts]
    kept = [int(number) for number in order if best[number] > best.max() - _LIFT.nearly]
    share = np.exp(best[kept] - best.max())
    if any(scored[number][1].most for number in kept):
        for_disease = min(for_disease, _LIFT.surest_of_most)
    made = []
    for number, weight in zip(kept, for_disease * share / share.sum(), strict=True):
        choice, lift = scored[number][1], scored[number][2] * _LIFT.more[int(np.argmax(odds[number]))]
        made.append(RegionalLift(choice.labels, choice.name, lift, float(weight)))
    return tuple(made)
