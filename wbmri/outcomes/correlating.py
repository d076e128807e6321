"""How the score goes with clinical measures, at visits and in change."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wbmri.agreement import Measure
from wbmri.outcomes.cohort import ScoredCohort, ScoredVisit
from wbmri.statistics import Estimate, Resampling, patient_numbers, spearman

Pair = tuple[str, float | None, float | None]
"""Participant, total (or its change), and clinical measure (or its change)."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of the total with one clinical measure.

    Parameters
    ----------
    name
        The clinical measure.
    measure
        Values at visits, or change from a person's first to last visit.
    rho
        With its 95 % interval by resampling patients, who may have several visits.
    units, patients
        Visits (for change: people) with both values, and whose they are.
    without_score, without_measure
        Visits (people) left out because the total, or the clinical measure, is missing.
    points
        What it rests on: participant, total, clinical measure.
    """

    name: str
    measure: Measure
    rho: Estimate
    units: int
    patients: int
    without_score: int
    without_measure: int
    points: tuple[tuple[str, float, float], ...]


def correlations(cohort: ScoredCohort, *, rounds: int, seed: int) -> tuple[Correlation, ...]:
    """Correlate the total with every clinical measure, at visits and in change.

    Parameters
    ----------
    cohort
        Scored visits with their measures.
    rounds, seed
        Of the resampling.
    """
    found = []
    for name in cohort.measures:
        status = [(visit.participant, visit.total, visit.measures.get(name)) for visit in cohort.visits]
        found.append(_correlation(name, Measure.STATUS, status, rounds, seed))
        change = [(step.participant, step.delta, _difference(step.first, step.last, name)) for step in cohort.steps]
        if any(difference for _, _, difference in change):
            found.append(_correlation(name, Measure.CHANGE, change, rounds, seed))
    return tuple(found)


def _difference(first: ScoredVisit, last: ScoredVisit, name: str) -> float | None:
    before, after = first.measures.get(name), last.measures.get(name)
    return None if before is None or after is None else after - before


def _correlation(name: str, measure: Measure, pairs: Iterable[Pair], rounds: int, seed: int) -> Correlation:
    every = list(pairs)
    points = tuple((who, score, value) for who, score, value in every if score is not None and value is not None)
    names, patient = patient_numbers([who for who, _, _ in points])
    resampling = Resampling.of(len(names), rounds=rounds, seed=seed)
    scores, values = (np.array([point[place] for point in points], np.float64) for place in (1, 2))
    rho = spearman(scores, values, resampling.draws[:, patient])
    return Correlation(
        name,
        measure,
        resampling.estimate(rho, len(names)),
        len(points),
        len(names),
        sum(score is None for _, score, _ in every),
        sum(value is None for _, _, value in every),
        points,
    )
