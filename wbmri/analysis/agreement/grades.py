"""Agreement on the grades of groups, regions and all of them."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.agreement.ratings import GRADES, Ratings
from wbmri.analysis.agreement.results import GradeAgreement, Level, LevelKind
from wbmri.analysis.statistics import (
    Resampling,
    Weights,
    gwet_ac,
    krippendorff_alpha,
    pairwise_agreement,
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
