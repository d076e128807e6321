"""Agreement on sums of grades: the score of a visit, and its change between two."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.agreement.levels import levels_of, membership
from wbmri.agreement.model import Level, LevelKind, Measure, Plotted, ScoreAgreement
from wbmri.agreement.ratings import MISSING, Ratings
from wbmri.statistics import (
    Z80,
    Z95,
    Estimate,
    LimitsOfAgreement,
    MeanSquares,
    Resampling,
    bland_altman,
    mean_and_sd,
    moment_terms,
    patient_numbers,
    smallest_detectable_change,
    smallest_detectable_difference,
)

Array = NDArray[np.float64]

CHANGE_FORMULA = (
    "SDC = z x SD(difference of the readers' change scores) / (sqrt 2 x sqrt k), k readers averaged "
    "(Bruynesteyn 2005); SD / sqrt 2 is the root of the residual mean square"
)
STATUS_FORMULA = (
    "SDD = z x sqrt 2 x SEM / sqrt k from single visits, k readers averaged (Lassere 1999); too large where both "
    "visits are read side by side"
)


@dataclass(frozen=True, eq=False, slots=True)
class Scores:
    """What readers gave in sum to the same units.

    Parameters
    ----------
    participants
        Whose each unit is.
    values
        Shape (units, readers).
    """

    participants: tuple[str, ...]
    values: Array


def score_agreement(
    ratings: Ratings, steps: Mapping[str, tuple[int, int]], *, rounds: int, seed: int
) -> tuple[tuple[ScoreAgreement, ...], dict[Measure, Plotted]]:
    """Compare the sums of all readers of `ratings`, over all groups and by region.

    Parameters
    ----------
    ratings
        At the visits to compare.
    steps
        Participant to the rows of the two visits that make the change.
    rounds, seed
        Of the resampling.

    Returns
    -------
    tuple
        One entry per measure and level; and, for two readers, the totals to plot.
    """
    levels = tuple(level for level in levels_of(ratings.scheme) if level.kind is not LevelKind.GROUP)
    members = membership(levels, ratings.scheme)
    found, plotted = [], {}
    for level, groups in zip(levels, members, strict=True):
        for measure in Measure:
            scores = (
                status_scores(ratings, groups) if measure is Measure.STATUS else change_scores(ratings, groups, steps)
            )
            found.append(_agreement(level, measure, scores, rounds, seed))
            if level.kind is LevelKind.ALL and len(ratings.readers) == 2 and scores.participants:
                first, second = (tuple(float(one) for one in column) for column in scores.values.T)
                plotted[measure] = Plotted(scores.participants, first, second)
    return tuple(found), plotted


def status_scores(ratings: Ratings, groups: NDArray[np.bool_]) -> Scores:
    """Return every reader's sum over the groups that all of them graded, at the visits that all of them read.

    A visit is left out where fewer groups are left than the scheme asks of a total.
    """
    graded = (ratings.grades != MISSING).all(axis=1) & groups
    rows = np.flatnonzero(ratings.read.all(axis=1) & _enough(graded, groups, ratings))
    values = (ratings.grades[rows] * graded[rows, None, :]).sum(axis=2).astype(np.float64)
    return Scores(tuple(ratings.visits[row][0] for row in rows), values)


def change_scores(ratings: Ratings, groups: NDArray[np.bool_], steps: Mapping[str, tuple[int, int]]) -> Scores:
    """Return every reader's change of that sum, over the groups that all of them graded at both visits."""
    whose = tuple(steps)
    before, after = (np.array([steps[name][place] for name in whose], np.intp) for place in (0, 1))
    graded = ((ratings.grades[before] != MISSING) & (ratings.grades[after] != MISSING)).all(axis=1) & groups
    everyone = (ratings.read[before] & ratings.read[after]).all(axis=1)
    kept = np.flatnonzero(everyone & _enough(graded, groups, ratings))
    delta = ratings.grades[after[kept]].astype(np.int16) - ratings.grades[before[kept]]
    values = (delta * graded[kept, None, :]).sum(axis=2).astype(np.float64)
    return Scores(tuple(whose[place] for place in kept), values)


def _enough(graded: NDArray[np.bool_], groups: NDArray[np.bool_], ratings: Ratings) -> NDArray[np.bool_]:
    needed = ratings.scheme.grading.minimum_assessable_share * groups.sum()
    return np.asarray(graded.sum(axis=1) >= needed)


def _agreement(level: Level, measure: Measure, scores: Scores, rounds: int, seed: int) -> ScoreAgreement:
    names, patient = patient_numbers(scores.participants)
    resampling = Resampling.of(len(names), rounds=rounds, seed=seed)
    readers = scores.values.shape[1]
    squares = MeanSquares.of(resampling.sums(MeanSquares.terms(scores.values), patient))
    of_change = measure is Measure.CHANGE
    detectable = smallest_detectable_change if of_change else smallest_detectable_difference

    def estimate(values: Array) -> Estimate:
        return resampling.estimate(values, len(names))

    return ScoreAgreement(
        level=level,
        measure=measure,
        units=len(scores.participants),
        patients=len(names),
        means=tuple(float(mean) for mean in scores.values.mean(axis=0)) if names else (),
        icc_2_1=estimate(squares.icc_2_1),
        icc_3_1=estimate(squares.icc_3_1),
        detectable95=estimate(detectable(squares.residual, Z95)),
        detectable80=estimate(detectable(squares.residual, Z80)),
        mean_detectable95=estimate(detectable(squares.residual, Z95, averaged=readers)),
        mean_detectable80=estimate(detectable(squares.residual, Z80, averaged=readers)),
        detectable_formula=CHANGE_FORMULA if of_change else STATUS_FORMULA,
        limits=_limits(scores, patient, resampling) if readers == 2 else None,
    )


def _limits(scores: Scores, patient: NDArray[np.intp], resampling: Resampling) -> LimitsOfAgreement | None:
    """Limits of agreement; their intervals by the paper's formula only where each patient counts once."""
    differences = scores.values[:, 1] - scores.values[:, 0]
    found = bland_altman(differences)
    if found is None or len(set(scores.participants)) == len(scores.participants):
        return found
    mean, sd = mean_and_sd(resampling.sums(moment_terms(differences), patient))
    patients = resampling.draws.shape[1]
    bias, lower, upper = (resampling.estimate(mean + factor * Z95 * sd, patients) for factor in (0, -1, 1))
    return LimitsOfAgreement(bias, found.sd, lower, upper, "resampling of patients, who have several visits each")
