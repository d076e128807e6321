"""Agreement on categories: kappa, Gwet's AC and Krippendorff's alpha, and how much two different grades still agree."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Weights(StrEnum):
    """Credit for two grades that differ, from 1 for equal ones down to 0."""

    IDENTITY = "identity"
    CLOSE = "close"
    LINEAR = "linear"
    QUADRATIC = "quadratic"

    def matrix(self, categories: int) -> NDArray[np.float64]:
        """Return the weights of every two categories, shape (categories, categories).

        Identity: 1 for equal categories only. Close: 1 up to a distance of one category. Linear: ``1 - d / (q - 1)``
        (Cicchetti and Allison 1971). Quadratic: ``1 - (d / (q - 1))**2`` (Fleiss and Cohen 1973), with the distance d
        of the categories and their number q.
        """
        places = np.arange(categories)
        distance = np.abs(places[:, None] - places[None, :])
        if self in (Weights.IDENTITY, Weights.CLOSE):
            return np.asarray(distance <= (self is Weights.CLOSE), np.float64)
        power = 1 if self is Weights.LINEAR else 2
        return np.asarray(1.0 - (distance / (categories - 1)) ** power, np.float64)


Array = NDArray[np.float64]


def ratio(top: Array, bottom: Array) -> Array:
    """Divide; not a number where the divisor is 0, but for rounding."""
    usable = np.abs(bottom) > 1e-9
    return np.asarray(np.where(usable, top, np.nan) / np.where(usable, bottom, 1.0))


@dataclass(frozen=True, eq=False, slots=True)
class CategoryTerms:
    """What units add to the sums behind the coefficients of agreement.

    Parameters
    ----------
    pairs
        Share of the unit's pairs of readers with each two categories, shape (..., q, q); its sum is 1 where at least
        two readers graded the unit, else 0.
    coincidences
        The unit's coincidences in Krippendorff's sense, shape (..., q, q); its sum is the number of readers where at
        least two graded the unit, else 0.
    shares
        Share of the unit's readers with each category, shape (..., q); its sum is 1 where anyone graded the unit.
    """

    pairs: Array
    coincidences: Array
    shares: Array


def unit_terms(counts: NDArray[np.integer]) -> CategoryTerms:
    """Return what each unit adds.

    Parameters
    ----------
    counts
        How many readers put the unit into each category, shape (..., q).
    """
    found = np.asarray(counts, np.float64)
    readers = found.sum(axis=-1)[..., None]
    # A reader is never paired with himself: take one off the diagonal.
    products = found[..., :, None] * found[..., None, :] - found[..., :, None] * np.eye(found.shape[-1])
    paired = np.where(readers > 1, readers, np.inf)[..., None]
    coincidences = np.asarray(products / (paired - 1.0))
    return CategoryTerms(coincidences / paired, coincidences, found / np.maximum(readers, 1.0))


def pairwise_agreement(pairs: Array, weights: Array) -> Array:
    """Return the weighted share of agreeing pairs of readers, a mean over units.

    Parameters
    ----------
    pairs
        Sums of `CategoryTerms.pairs`, shape (..., q, q).
    weights
        Shape (q, q).

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where no unit was graded by two readers.
    """
    return ratio((pairs * weights).sum(axis=(-2, -1)), pairs.sum(axis=(-2, -1)))


def gwet_ac(pairs: Array, shares: Array, weights: Array) -> Array:
    """Return Gwet's coefficient: AC1 with identity weights, AC2 with others.

    It stays meaningful where nearly all units are in one category, where kappa does not (Gwet 2008, Br J Math Stat
    Psychol 61:29; with weights and missing ratings: Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition).

    Parameters
    ----------
    pairs, shares
        Sums of those of `CategoryTerms`, shapes (..., q, q) and (..., q).
    weights
        Shape (q, q).

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where no unit was graded by two readers.
    """
    categories = weights.shape[0]
    observed = pairwise_agreement(pairs, weights)
    share = ratio(shares, shares.sum(axis=-1)[..., None])
    chance = weights.sum() / (categories * (categories - 1)) * (share * (1.0 - share)).sum(axis=-1)
    return ratio(observed - chance, 1.0 - chance)


def krippendorff_alpha(coincidences: Array, *, ordinal: bool = True) -> Array:
    """Return Krippendorff's alpha (Krippendorff 2011, Computing Krippendorff's alpha-reliability).

    Parameters
    ----------
    coincidences
        Sums of `CategoryTerms.coincidences`, shape (..., q, q).
    ordinal
        Whether the distance of two categories counts the ratings between them (ordinal) or only whether they differ
        (nominal).

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where all ratings are equal, because nothing could have disagreed.
    """
    totals = coincidences.sum(axis=-1)
    everything = totals.sum(axis=-1)
    if ordinal:
        # The ratings from one category up to another, each end counted half.
        middle = np.cumsum(totals, axis=-1) - totals / 2.0
        distance = (middle[..., :, None] - middle[..., None, :]) ** 2
    else:
        distance = np.broadcast_to(1.0 - np.eye(totals.shape[-1]), coincidences.shape)
    observed = (coincidences * distance).sum(axis=(-2, -1))
    expected = (totals[..., :, None] * totals[..., None, :] * distance).sum(axis=(-2, -1))
    return 1.0 - ratio((everything - 1.0) * observed, expected)


def weighted_kappa(tables: Array, weights: Array) -> Array:
    """Return the weighted kappa of two readers (Cohen 1968, Psychol Bull 70:213).

    Parameters
    ----------
    tables
        Units by the first reader's category (rows) and the second's (columns), shape (..., q, q).
    weights
        Agreement weights, shape (q, q); with identity weights it is the kappa of Cohen 1960.

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where both readers used one and the same category only, or nothing was graded twice.

    Examples
    --------
    Cohen's own example (1960, Table 1): 200 cases and three categories.

    >>> table = np.array([[88.0, 14.0, 18.0], [10.0, 40.0, 10.0], [2.0, 6.0, 12.0]])
    >>> round(float(weighted_kappa(table, Weights.IDENTITY.matrix(3))), 3)
    0.492
    """
    units = tables.sum(axis=(-2, -1))
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    observed = ratio((tables * weights).sum(axis=(-2, -1)), units)
    chance = ratio((rows[..., :, None] * columns[..., None, :] * weights).sum(axis=(-2, -1)), units**2)
    return ratio(observed - chance, 1.0 - chance)
