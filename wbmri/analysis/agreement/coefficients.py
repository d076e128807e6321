"""Agreement on the grades of groups, and on their sums, at a visit and in change."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.agreement.ratings import GRADES, MISSING, Ratings
from wbmri.analysis.agreement.results import (
    GradeAgreement,
    Level,
    LevelKind,
    Measure,
    Plotted,
    ReaderChange,
    ScoreAgreement,
)
from wbmri.analysis.statistics import (
    Z80,
    Z95,
    Estimate,
    LimitsOfAgreement,
    MeanSquares,
    Resampling,
    Weights,
    bland_altman,
    gwet_ac,
    krippendorff_alpha,
    mean_and_sd,
    moment_terms,
    pairwise_agreement,
    patient_numbers,
    sign_test,
    signed_rank_test,
    smallest_detectable_change,
    smallest_detectable_difference,
    standardised_response_mean,
    unit_terms,
    weighted_kappa,
)
from wbmri.core.scheme import Scheme


def levels_of(scheme: Scheme) -> tuple[Level, ...]:
    """Return all groups, then each region, then each group."""
    groups = scheme.groups
    return (
        Level(LevelKind.ALL, "all", "All groups", tuple(group.label for group in groups)),
        *(
            Level(
                LevelKind.REGION,
                region,
                region.capitalize(),
                tuple(group.label for group in groups if group.region == region),
            )
            for region in scheme.regions
        ),
        *(Level(LevelKind.GROUP, group.id, group.name, (group.label,)) for group in groups),
    )


def membership(levels: tuple[Level, ...], scheme: Scheme) -> NDArray[np.bool_]:
    """Return which groups belong to each level, shape (levels, groups)."""
    return np.array([[group.label in level.labels for group in scheme.groups] for level in levels])


Array = NDArray[np.float64]


def grade_agreement(ratings: Ratings, patient: NDArray[np.intp], resampling: Resampling) -> tuple[GradeAgreement, ...]:
    """Compare the grades of all readers of `ratings`, group by group and pooled over groups.

    Parameters
    ----------
    ratings
        At the visits to compare.
    patient
        Which patient each visit belongs to, shape (visits,).
    resampling
        Resamples of these patients.
    """
    levels = levels_of(ratings.scheme)
    members = membership(levels, ratings.scheme)

    def pooled(terms: Array) -> Array:
        """Sum over visits and over the groups of each level: shape (samples, levels, ...)."""
        return resampling.sums(np.stack([terms[:, groups].sum(axis=1) for groups in members], axis=1), patient)

    chosen = (ratings.grades[..., None] == np.arange(GRADES)).astype(np.float64)
    terms = unit_terms(chosen.sum(axis=1).astype(np.int64))
    pairs, shares = pooled(terms.pairs), pooled(terms.shares)
    tables = [
        pooled(chosen[:, first, :, :, None] * chosen[:, second, :, None, :])
        for first, second in combinations(range(len(ratings.readers)), 2)
    ]

    def kappa(weights: Weights) -> Array:
        return _mean_defined(np.stack([weighted_kappa(table, weights.matrix(GRADES)) for table in tables]))

    compared = (terms.pairs.sum(axis=(-2, -1)) > 0.5) @ members.T > 0.5
    patients = np.array([np.unique(patient[at]).size for at in compared.T])
    columns = [
        resampling.estimates(values, patients)
        for values in (
            pairwise_agreement(pairs, Weights.IDENTITY.matrix(GRADES)),
            pairwise_agreement(pairs, Weights.CLOSE.matrix(GRADES)),
            kappa(Weights.LINEAR),
            kappa(Weights.QUADRATIC),
            gwet_ac(pairs, shares, Weights.IDENTITY.matrix(GRADES)),
            gwet_ac(pairs, shares, Weights.QUADRATIC.matrix(GRADES)),
            krippendorff_alpha(pooled(terms.coincidences)),
        )
    ]
    units = np.rint(pairs[0].sum(axis=(-2, -1))).astype(int)
    return tuple(
        GradeAgreement(level, int(units[place]), int(patients[place]), *(column[place] for column in columns))
        for place, level in enumerate(levels)
    )


def confusion(ratings: Ratings) -> tuple[tuple[int, ...], ...]:
    """Count the groups of two readers by grade 0, 1, 2 and none, at the visits both read."""
    first, second = np.moveaxis(ratings.grades[ratings.read.all(axis=1)], 1, 0)
    order = (*range(GRADES), -1)
    return tuple(tuple(int(((first == row) & (second == column)).sum()) for column in order) for row in order)


def _mean_defined(values: Array) -> Array:
    """Mean over the first axis of what is a number; not a number where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.asarray(np.where(count, np.where(known, values, 0.0).sum(axis=0), np.nan) / np.maximum(count, 1))


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
    ratings: Ratings,
    steps: Mapping[str, tuple[int, int]],
    *,
    rounds: int,
    seed: int,
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


MEAN_OF_READERS = "mean of readers"


def reader_changes(
    ratings: Ratings,
    people: Ratings,
    steps: Mapping[str, tuple[str, str]],
    *,
    rounds: int,
    seed: int,
) -> tuple[ReaderChange, ...]:
    """Describe the change of the total as each reader gave it, and as the mean of `people`.

    Parameters
    ----------
    ratings
        Of all readers; each is judged on the groups this reader graded at both visits.
    people
        The readers whose mean is taken, on the groups that all of them graded.
    steps
        Participant to the sessions of the two visits that make the change.
    rounds, seed
        Of the resampling.
    """
    every = np.ones(len(ratings.scheme.groups), np.bool_)
    found = []
    for column, reader in enumerate(ratings.readers):
        alone = Ratings(
            ratings.scheme,
            (reader,),
            ratings.visits,
            ratings.grades[:, [column]],
            ratings.read[:, [column]],
        )
        found.append(_reader_change(reader, change_scores(alone, every, rows_of(alone, steps)), rounds, seed))
    together = change_scores(people, every, rows_of(people, steps))
    found.append(_reader_change(MEAN_OF_READERS, together, rounds, seed))
    return tuple(one for one in found if one.patients)


def rows_of(ratings: Ratings, steps: Mapping[str, tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Return the rows of the two visits of each participant whose visits are both there."""
    rows = {visit: row for row, visit in enumerate(ratings.visits)}
    return {
        participant: (rows[participant, before], rows[participant, after])
        for participant, (before, after) in steps.items()
        if (participant, before) in rows and (participant, after) in rows
    }


def _reader_change(reader: str, scores: Scores, rounds: int, seed: int) -> ReaderChange:
    changes = scores.values.mean(axis=1) if scores.participants else np.zeros(0)
    count = changes.size
    resampling = Resampling.of(count, rounds=rounds, seed=seed)
    sums = resampling.sums(moment_terms(changes), np.arange(count))
    _, sd = mean_and_sd(sums)
    return ReaderChange(
        reader=reader,
        patients=count,
        mean=float(changes.mean()) if count else None,
        sd=float(sd[0]) if count > 1 else None,
        srm=resampling.estimate(standardised_response_mean(sums), count),
        fell=int((changes < 0).sum()),
        same=int((changes == 0).sum()),
        rose=int((changes > 0).sum()),
        sign_p=sign_test(changes),
        signed_rank_p=signed_rank_test(changes),
    )
