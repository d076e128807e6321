"""What became of a cohort: change, responders, and how the score goes with clinical measures."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wbmri.analysis.agreement import ROUNDS, Measure
from wbmri.analysis.clinical.scored_cohort import ScoredCohort, ScoredVisit, VisitPair
from wbmri.analysis.comparison import UNPUBLISHED, Response, ResponseRule, judge_response
from wbmri.analysis.statistics import (
    FEWEST_PATIENTS,
    Estimate,
    Resampling,
    mean_and_sd,
    moment_terms,
    patient_numbers,
    sign_test,
    signed_rank_test,
    spearman,
    standardised_response_mean,
)
from wbmri.case import SCHEMA_VERSION, STRICT, DetectableChange, encode_table
from wbmri.core import NOTICE, unreviewed_count

NOT_JUDGED = "Response is not judged: no smallest detectable change is known, and no rule was asked for."

Point = tuple[str, float | None, float | None]
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
    """Correlate the total with every clinical measure, at visits and in change; what is known of people, once for each.

    Parameters
    ----------
    cohort
        Scored visits with their measures.
    rounds, seed
        Of the resampling.
    """
    found = []
    for name in cohort.measures:
        visits = cohort.first_visits if name in cohort.of_people else cohort.visits
        status = [(visit.participant, visit.total, visit.measures.get(name)) for visit in visits]
        found.append(_correlation(name, Measure.STATUS, status, rounds, seed))
        change = [(pair.participant, pair.delta, _difference(pair.first, pair.last, name)) for pair in cohort.pairs]
        if any(difference for _, _, difference in change):
            found.append(_correlation(name, Measure.CHANGE, change, rounds, seed))
    return tuple(found)


def _difference(first: ScoredVisit, last: ScoredVisit, name: str) -> float | None:
    before, after = first.measures.get(name), last.measures.get(name)
    return None if before is None or after is None else after - before


def _correlation(name: str, measure: Measure, pairs: Iterable[Point], rounds: int, seed: int) -> Correlation:
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


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """One person's first and last visit.

    Parameters
    ----------
    participant, first, last
        BIDS labels of the person and of both visits.
    before, after
        Totals over the groups assessable at both visits; ``None`` where the visits cannot be compared.
    delta
        Their difference; ``None`` also where too few groups are assessable at both visits.
    response
        Judged by the rule.
    """

    participant: str
    first: str
    last: str
    before: int | None
    after: int | None
    delta: int | None
    response: Response


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a cohort.

    Parameters
    ----------
    people, visits
        How many.
    persons
        Everyone with two visits or more.
    rule
        When a fall of the total counts as a response, or why nobody is judged, in words.
    detectable
        The smallest detectable change that was used, in points; ``None`` where none is known.
    responses
        Response to the number of people.
    mean_change, sd_change, srm
        Of the total, over the people whose change is known.
    sign_p, signed_rank_p
        Two-sided p-values of the change; ``None`` for fewer than two.
    correlations
        With every clinical measure, at visits and in change.
    cautions
        What is missing and what to know before relying on it, one sentence each.
    rounds, seed
        Of the resampling behind the intervals.
    unreviewed
        How many of the visits no person has signed, in a sentence; empty where there are none.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    people: int
    visits: int
    persons: tuple[PersonOutcome, ...]
    rule: str
    detectable: float | None
    responses: Mapping[Response, int]
    mean_change: float | None
    sd_change: float | None
    srm: Estimate
    sign_p: float | None
    signed_rank_p: float | None
    correlations: tuple[Correlation, ...]
    cautions: tuple[str, ...]
    rounds: int
    seed: int
    unreviewed: str = ""
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION


def outcomes(
    cohort: ScoredCohort,
    *,
    rule: ResponseRule | None = None,
    detectable: DetectableChange | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Outcomes:
    """Describe the change of a cohort and correlate the score with clinical measures.

    Parameters
    ----------
    cohort
        Scored visits with their measures.
    rule
        When a fall of the total counts as a response, where that is asked for; none is published for MRI, and without
        one nobody is judged while the smallest detectable change is unknown.
    detectable
        The site's smallest detectable change, at 95 %.
    rounds, seed
        Of the resampling of patients.
    """
    limit = None if detectable is None else detectable.sdc95
    pairs = cohort.pairs
    persons = tuple(_person(pair, rule, limit) for pair in pairs)
    changes = np.array([person.delta for person in persons if person.delta is not None], np.float64)
    resampling = Resampling.of(changes.size, rounds=rounds, seed=seed)
    sums = resampling.sums(moment_terms(changes), np.arange(changes.size))
    sd = mean_and_sd(sums)[1]
    counted = Counter(person.response for person in persons)
    found = correlations(cohort, rounds=rounds, seed=seed)
    return Outcomes(
        people=len(cohort.participants),
        visits=len(cohort.visits),
        persons=persons,
        rule=NOT_JUDGED if rule is None and limit is None else (rule or ResponseRule()).words,
        detectable=limit,
        responses={response: counted[response] for response in Response},
        mean_change=float(changes.mean()) if changes.size else None,
        sd_change=float(sd[0]) if changes.size > 1 else None,
        srm=resampling.estimate(standardised_response_mean(sums), changes.size),
        sign_p=sign_test(changes),
        signed_rank_p=signed_rank_test(changes),
        correlations=found,
        cautions=_cautions(cohort, pairs, persons, found),
        rounds=rounds,
        seed=seed,
        unreviewed=unreviewed_count(visit.reading.reviewed for visit in cohort.visits),
    )


def _person(pair: VisitPair, rule: ResponseRule | None, detectable: float | None) -> PersonOutcome:
    change = pair.comparison
    return PersonOutcome(
        pair.participant,
        pair.first.session,
        pair.last.session,
        None if change is None else change.before.total,
        None if change is None else change.after.total,
        None if change is None else change.delta,
        Response.UNKNOWN if change is None else judge_response(change, rule, detectable),
    )


def _cautions(
    cohort: ScoredCohort,
    pairs: tuple[VisitPair, ...],
    persons: tuple[PersonOutcome, ...],
    found: tuple[Correlation, ...],
) -> tuple[str, ...]:
    said = [UNPUBLISHED, *(pair.problem for pair in pairs if pair.problem)]
    alone = len(cohort.participants) - len(pairs)
    if alone:
        said.append(f"{alone} of {len(cohort.participants)} people have one visit only, and no change.")
    unknown = sum(person.delta is None for person in persons)
    if unknown:
        said.append(f"The change of {unknown} of {len(persons)} people is not known.")
    said += [
        f"{one.name}, {one.measure}: {one.without_measure} without the measure and {one.without_score} without a score "
        f"are left out; {one.units} remain."
        for one in found
        if one.without_measure or one.without_score
    ]
    said += [
        f"{name} is known of people, not of visits: it counts once for each, beside the first visit. A measure that "
        "changes belongs into a table of visits."
        for name in sorted(cohort.of_people)
    ]
    if any(one.patients < FEWEST_PATIENTS for one in found):
        said.append(f"Intervals are not given for fewer than {FEWEST_PATIENTS} people.")
    if len(found) > 1:
        said.append(
            f"{len(found)} correlations were calculated and none was corrected for their number: some look strong by "
            "chance.",
        )
    return tuple(said)


def outcome_tables(found: Outcomes) -> dict[str, bytes]:
    """Return the tables by file name: one row per person, and one per correlation."""
    persons = [
        (
            f"sub-{one.participant}",
            f"ses-{one.first}",
            f"ses-{one.last}",
            *(_cell(value) for value in (one.before, one.after, one.delta)),
            str(one.response),
        )
        for one in found.persons
    ]
    correlations = [
        (
            one.name,
            str(one.measure),
            str(one.units),
            str(one.patients),
            *(_cell(value) for value in (one.rho.value, one.rho.low, one.rho.high)),
            str(one.without_score),
            str(one.without_measure),
        )
        for one in found.correlations
    ]
    return {
        "outcomes.tsv": encode_table(
            ("participant_id", "first", "last", "before", "after", "delta", "response"),
            persons,
        ),
        "outcomes_correlations.tsv": encode_table(
            (
                "clinical_measure",
                "measure",
                "units",
                "patients",
                "rho",
                "rho_low",
                "rho_high",
                "without_score",
                "without_measure",
            ),
            correlations,
        ),
    }


def _cell(value: float | None) -> str:
    if value is None:
        return "n/a"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
