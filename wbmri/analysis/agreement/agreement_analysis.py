"""The whole analysis of agreement, from ratings to figures with intervals."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.agreement.coefficients import confusion, grade_agreement, reader_changes, rows_of, score_agreement
from wbmri.analysis.agreement.ratings import MISSING, Ratings, is_program
from wbmri.analysis.agreement.results import Agreement, LevelKind, Measure, SetAgreement
from wbmri.analysis.statistics import FEWEST_PATIENTS, Resampling, patient_numbers
from wbmri.case import DetectableChange
from wbmri.core import InputError

ROUNDS = 1000
"""Resamples behind the intervals: enough for 95 % percentiles (Efron and Tibshirani 1993)."""

MANY_PATIENTS = 30
"""With fewer patients, percentile intervals are somewhat too narrow, and this is said."""

Steps = Mapping[str, tuple[str, str]]
"""Participant to the sessions of the two visits that make the change."""


def agree(ratings: Ratings, *, change: tuple[str, str] | None = None, rounds: int = ROUNDS, seed: int = 0) -> Agreement:
    """Say how far readers agree.

    Parameters
    ----------
    ratings
        Two or more readers' grades of the same visits.
    change
        Sessions before and after, for change; by default each participant's first and last visit in the order of
        their labels.
    rounds, seed
        Of the resampling of patients; the same give the same intervals.

    Raises
    ------
    InputError
        If no visit was read by two readers.
    """
    pairs = [pair for names in combinations(ratings.readers, 2) if (pair := ratings.of_readers(names)).visits]
    if not pairs:
        raise InputError(
            f"readings of {len(ratings.visits)} visits by {', '.join(ratings.readers) or 'nobody'}",
            "at least one visit that two readers read, or one reader read twice",
            "add the readings of a second reader",
        )
    people = [reader for reader in ratings.readers if not is_program(reader)]
    together = ratings.of_readers(people if len(people) > 1 else ratings.readers)
    if not together.visits:
        together = ratings.of_readers(ratings.readers)
    steps, meant = _steps(together, change)
    overall = _set_agreement(together, steps, rounds, seed)
    return Agreement(
        scheme=f"{ratings.scheme.name} {ratings.scheme.version}",
        maximum=ratings.scheme.maximum,
        readers=ratings.readers,
        change=meant,
        overall=overall,
        pairs=tuple(
            overall if pair.readers == overall.readers else _set_agreement(pair, steps, rounds, seed) for pair in pairs
        ),
        changes=reader_changes(ratings, together, steps, rounds=rounds, seed=seed) if steps else (),
        cautions=_cautions(ratings, overall),
        rounds=rounds,
        seed=seed,
    )


def detectable_change(agreement: Agreement) -> DetectableChange | None:
    """Return what other comparisons may use as the smallest detectable change of the total.

    From change scores where there are any, else from single visits; ``None`` where neither can be given from at least
    `FEWEST_PATIENTS` patients.
    """
    for measure in (Measure.CHANGE, Measure.STATUS):
        score = agreement.overall.score(measure)
        at95, at80 = score.detectable95.value, score.detectable80.value
        if at95 is not None and at80 is not None and score.patients >= FEWEST_PATIENTS:
            return DetectableChange(
                scheme=agreement.scheme,
                maximum=agreement.maximum,
                sdc95=at95,
                sdc80=at80,
                formula=score.detectable_formula,
                patients=score.patients,
                readers=agreement.overall.readers,
            )
    return None


def _set_agreement(ratings: Ratings, steps: Steps, rounds: int, seed: int) -> SetAgreement:
    names, patient = patient_numbers([participant for participant, _ in ratings.visits])
    resampling = Resampling.of(len(names), rounds=rounds, seed=seed)
    scores, plotted = score_agreement(ratings, rows_of(ratings, steps), rounds=rounds, seed=seed)
    graded = ratings.grades != MISSING
    read = ratings.read[..., None]
    return SetAgreement(
        readers=ratings.readers,
        visits=len(ratings.visits),
        patients=len(names),
        not_assessable={
            reader: int((read & ~graded)[:, column].sum()) for column, reader in enumerate(ratings.readers)
        },
        one_sided=int(((read & graded).any(axis=1) & (read & ~graded).any(axis=1)).sum()),
        grades=grade_agreement(ratings, patient, resampling),
        scores=scores,
        matrix=confusion(ratings) if len(ratings.readers) == 2 else None,
        plotted=plotted,
    )


def _steps(ratings: Ratings, change: tuple[str, str] | None) -> tuple[Steps, str]:
    """Return the two visits of each participant that make the change, and which they are in words.

    Visits that all readers read are taken where there are any, so that all of them saw the same change.
    """
    by_all: NDArray[np.bool_] = np.asarray(ratings.read.all(axis=1))
    sessions: dict[str, list[str]] = {}
    for (participant, session), everyone in zip(ratings.visits, by_all, strict=True):
        if everyone or not by_all.any():
            sessions.setdefault(participant, []).append(session)
    if change is not None:
        before, after = (label.removeprefix("ses-") for label in change)
        steps = {who: (before, after) for who, found in sessions.items() if {before, after} <= set(found)}
        if not steps:
            raise InputError(
                f"no participant with the sessions {before} and {after}",
                f"two of {', '.join(sorted({session for found in sessions.values() for session in found}))}",
                "name the sessions before and after",
            )
    else:
        steps = {who: (found[0], found[-1]) for who, found in sessions.items() if len(found) > 1}
    kinds = sorted(set(steps.values()))
    if not kinds:
        return steps, "no participant has two visits"
    if len(kinds) == 1:
        return steps, f"ses-{kinds[0][0]} to ses-{kinds[0][1]}"
    return steps, "each participant's first to last visit, in the order of the session labels"


def _cautions(ratings: Ratings, overall: SetAgreement) -> tuple[str, ...]:
    said = list(ratings.notes)
    if overall.patients < FEWEST_PATIENTS:
        said.append(f"Intervals are not given for fewer than {FEWEST_PATIENTS} patients; there are {overall.patients}.")
    elif overall.patients < MANY_PATIENTS:
        said.append(
            f"Intervals from {overall.patients} patients are somewhat too narrow, as percentile intervals from fewer "
            f"than {MANY_PATIENTS} are.",
        )
    if overall.visits > overall.patients:
        said.append(
            f"{overall.visits} visits of {overall.patients} patients are pooled for status; intervals come from "
            "resampling patients with all their visits.",
        )
    missing = sum(overall.not_assessable.values())
    if missing:
        said.append(
            f"Groups without a grade count as missing ({missing} grades missing, {overall.one_sided} groups graded by "
            "some readers only): grades are compared where both readers gave one, sums over the groups that all "
            "graded.",
        )
    undefined = sum(
        entry.kappa_linear.value is None and entry.units > 0
        for entry in overall.grades
        if entry.level.kind is LevelKind.GROUP
    )
    if undefined:
        said.append(
            f"Kappa is not defined for {undefined} groups, to which both readers gave one and the same grade "
            "throughout; AC1 and exact agreement are.",
        )
    partial = int(np.count_nonzero(~ratings.read.all(axis=1)))
    if len(ratings.readers) > 2 and partial:
        said.append(
            f"{partial} of {len(ratings.visits)} visits were not read by every reader; intraclass correlations take "
            "the visits read by all readers compared.",
        )
    if any(map(is_program, ratings.readers)) and not all(map(is_program, ratings.readers)):
        said.append(
            "Agreement with the automatic grades is too high where a reader saw them before grading; the history of "
            "each reading says whether that was so.",
        )
    return tuple(said)
