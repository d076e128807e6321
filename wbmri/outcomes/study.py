"""What became of a cohort: change, responders, and how the score goes with clinical measures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wbmri.agreement.study import ROUNDS
from wbmri.case import SCHEMA_VERSION, STRICT
from wbmri.case.detectable import DetectableChange
from wbmri.comparison import UNPUBLISHED, Response, ResponseRule
from wbmri.outcomes.cohort import ScoredCohort, Step
from wbmri.outcomes.correlating import Correlation, correlations
from wbmri.reading import NOTICE
from wbmri.statistics import (
    FEWEST_PATIENTS,
    Estimate,
    Resampling,
    mean_and_sd,
    moment_terms,
    sign_test,
    signed_rank_test,
    standardised_response_mean,
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
        When a fall of the total counts as a response, in words.
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
        When a fall of the total counts as a response; none is published for MRI.
    detectable
        The site's smallest detectable change, at 95 %.
    rounds, seed
        Of the resampling of patients.
    """
    chosen = rule or ResponseRule()
    limit = None if detectable is None else detectable.sdc95
    steps = cohort.steps
    persons = tuple(_person(step, chosen, limit) for step in steps)
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
        rule=chosen.words,
        detectable=limit,
        responses={response: counted[response] for response in Response},
        mean_change=float(changes.mean()) if changes.size else None,
        sd_change=float(sd[0]) if changes.size > 1 else None,
        srm=resampling.estimate(standardised_response_mean(sums), changes.size),
        sign_p=sign_test(changes),
        signed_rank_p=signed_rank_test(changes),
        correlations=found,
        cautions=_cautions(cohort, steps, persons, found),
        rounds=rounds,
        seed=seed,
    )


def _person(step: Step, rule: ResponseRule, detectable: float | None) -> PersonOutcome:
    change = step.comparison
    return PersonOutcome(
        step.participant,
        step.first.session,
        step.last.session,
        None if change is None else change.before.total,
        None if change is None else change.after.total,
        None if change is None else change.delta,
        Response.UNKNOWN if change is None else rule.judge(change, detectable),
    )


def _cautions(
    cohort: ScoredCohort, steps: tuple[Step, ...], persons: tuple[PersonOutcome, ...], found: tuple[Correlation, ...]
) -> tuple[str, ...]:
    said = [UNPUBLISHED, *(step.problem for step in steps if step.problem)]
    alone = len(cohort.participants) - len(steps)
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
    if any(one.patients < FEWEST_PATIENTS for one in found):
        said.append(f"Intervals are not given for fewer than {FEWEST_PATIENTS} people.")
    if len(found) > 1:
        said.append(
            f"{len(found)} correlations were calculated and none was corrected for their number: some look strong by "
            "chance."
        )
    return tuple(said)
