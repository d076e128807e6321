"""The thresholds by which a site's readers grade, from their grades and what was measured in the same groups.

Proportional odds (McCullagh 1980, J R Stat Soc B 42:109): the probability of at least grade k is a logistic function of
the logit of the oedematous share, with one slope and a cut point for each grade. The cut points are the thresholds of a
rule that anybody can follow, so what is fitted stays a scheme like any other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.statistics import Weights, weighted_kappa
from wbmri.core import AUTO, Evidence, GradeSource, InputError, Reading
from wbmri.core.scheme import GradingRule, Scheme
from wbmri.grading import grade_of

FEWEST_GROUPS, FEWEST_PER_GRADE, FEWEST_PEOPLE = 60, 8, 3
"""Grades, grades of each kind and people without which no threshold is fitted."""

SOFT = 0.01
"""Added to a share and to what is left of it, so that none and all have a logit."""

PULL = 0.5
"""Standard deviation, in logits, by which a cut point is expected to lie from that of the scheme."""

LAPSE = 0.06
"""Share of grades that have nothing to do with what was measured: slips, and outlines that miss the muscle."""

BOUNDS = ((-6.0, 6.0), (-4.0, 3.0), (-2.0, 4.0))
"""Where the lower cut point, and the logarithms of the distance to the upper one and of the slope, are looked for."""

FOLDS = 5


@dataclass(frozen=True, slots=True)
class GradedGroup:
    """A person's grade of one group beside what was measured in it."""

    participant: str
    evidence: Evidence
    grade: int


@dataclass(frozen=True, slots=True)
class ReaderCalibration:
    """Thresholds fitted to readings.

    Parameters
    ----------
    scheme
        The scheme with the fitted thresholds.
    groups, participants
        Grades and people behind them.
    before
        Linear weighted kappa between the readers and the scheme as it was.
    after
        The same for fitted thresholds, each person graded by thresholds fitted to the others.
    """

    scheme: Scheme
    groups: int
    participants: int
    before: float
    after: float


def graded_groups(participant: str, reading: Reading) -> tuple[GradedGroup, ...]:
    """Return the groups of a reading that a person graded."""
    person = reading.reader != AUTO
    return tuple(
        GradedGroup(participant, entry.evidence, entry.grade)
        for entry in reading.groups
        if entry.grade is not None and entry.evidence is not None and (person or entry.source is GradeSource.READER)
    )


def calibrate_readers(scheme: Scheme, graded: Iterable[GradedGroup], name: str) -> ReaderCalibration:
    """Fit the thresholds of a scheme to the grades of people.

    Parameters
    ----------
    scheme
        What they graded by.
    graded
        Their grades.
    name
        Name of the scheme that is made.

    Raises
    ------
    InputError
        If there are too few grades, or too few of one kind, to fit anything.
    """
    groups = tuple(graded)
    people = sorted({group.participant for group in groups})
    counts = np.bincount([group.grade for group in groups], minlength=3)
    if len(groups) < FEWEST_GROUPS or len(people) < FEWEST_PEOPLE or counts.min() < FEWEST_PER_GRADE:
        raise InputError(
            f"{len(groups)} grades of {len(people)} people, of which "
            + ", ".join(f"{count} are grade {grade}" for grade, count in enumerate(counts)),
            f"at least {FEWEST_GROUPS} grades of {FEWEST_PEOPLE} people, {FEWEST_PER_GRADE} of each kind",
            "read and sign more visits",
        )
    rule = scheme.grading
    held_out = np.zeros(len(groups), dtype=np.intp)
    fold = {person: number % min(FOLDS, len(people)) for number, person in enumerate(people)}
    for number in sorted(set(fold.values())):
        fitted = fit_rule(rule, [group for group in groups if fold[group.participant] != number])
        for place, group in enumerate(groups):
            if fold[group.participant] == number:
                held_out[place] = grade_of(group.evidence, fitted)
    return ReaderCalibration(
        replace(
            scheme,
            name=name,
            version="1.0.0",
            title=f"{scheme.title}, thresholds fitted to {len(people)} people's readings",
            grading=fit_rule(rule, groups),
        ),
        len(groups),
        len(people),
        before=_kappa(groups, [grade_of(group.evidence, rule) for group in groups]),
        after=_kappa(groups, held_out),
    )


def fit_rule(rule: GradingRule, groups: Sequence[GradedGroup]) -> GradingRule:
    """Fit the two shares and the marked ratio, by maximum likelihood drawn towards those of the rule.

    Parameters
    ----------
    rule
        The thresholds to start from.
    groups
        People's grades.
    """
    logit = _logit(np.array([group.evidence.oedema_fraction for group in groups]))
    median = np.array([group.evidence.median_ratio for group in groups])
    grade = np.array([group.grade for group in groups])
    prior = _logit(np.array([rule.involved_fraction, rule.extensive_fraction]))
    lowest = rule.oedema_ratio + 0.05
    ratios = np.unique(np.round([*np.arange(max(1.3, lowest), 3.01, 0.2), rule.marked_ratio], 3))
    fits = [_fit_cuts(logit, grade, median > ratio, prior) for ratio in ratios]
    # The rule's own ratio wins ties: where no group lies between two ratios, nothing speaks for a change.
    best = max(range(len(fits)), key=lambda k: (round(fits[k][0], 6), -abs(ratios[k] - rule.marked_ratio)))
    involved, extensive = (float(v) for v in np.round(_share(fits[best][1]), 3))
    return replace(
        rule,
        involved_fraction=max(involved, 0.0),
        extensive_fraction=min(max(extensive, involved + 0.001), 0.999),
        marked_ratio=float(ratios[best]),
    )


def _fit_cuts(
    logit: NDArray[np.float64],
    grade: NDArray[np.intp],
    marked: NDArray[np.bool_],
    prior: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    """Return the log likelihood and the two cut points, in logits."""
    from scipy.optimize import minimize
    from scipy.special import expit

    x, y = logit[~marked], grade[~marked]
    sure = float(np.log(np.where(grade[marked] == 2, 1 - LAPSE, LAPSE / 2)).sum())

    def cost(parameters: NDArray[np.float64]) -> float:
        first, gap, slope = parameters[0], np.exp(parameters[1]), np.exp(parameters[2])
        at_least = np.stack(
            [np.ones(x.size), expit(slope * (x - first)), expit(slope * (x - first - gap)), np.zeros(x.size)],
        )
        own = at_least[y, np.arange(x.size)] - at_least[y + 1, np.arange(x.size)]
        cuts = np.array([first, first + gap])
        likely = (1 - LAPSE) * np.maximum(own, 0.0) + LAPSE / 3
        return float(-np.log(likely).sum() + 0.5 * (((cuts - prior) / PULL) ** 2).sum())

    start = np.array([prior[0], np.log(prior[1] - prior[0]), np.log(2.0)])
    found = minimize(cost, start, method="L-BFGS-B", bounds=BOUNDS)
    first, gap = float(found.x[0]), float(np.exp(found.x[1]))
    return sure - float(found.fun), np.array([first, first + gap])


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    made: NDArray[np.float64] = np.log((share + SOFT) / (1 - share + SOFT))
    return made


def _share(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = np.exp(logit)
    made: NDArray[np.float64] = np.clip((odds * (1 + SOFT) - SOFT) / (1 + odds), 0.0, 1.0)
    return made


def _kappa(groups: Sequence[GradedGroup], found: Sequence[int] | NDArray[np.intp]) -> float:
    table = np.zeros((3, 3))
    np.add.at(table, (np.array([group.grade for group in groups]), np.asarray(found)), 1.0)
    return float(weighted_kappa(table, Weights.LINEAR.matrix(3)))
