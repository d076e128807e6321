"""Agreement on measurements (intraclass correlation, limits of agreement, detectable change), and tests of change.

As for categories, every figure of agreement follows from sums over units, so that a resample is one addition.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.statistics.bootstrap import Estimate
from wbmri.analysis.statistics.categories import ratio

Array = NDArray[np.float64]

Z95, Z80 = 1.959964, 1.281552
"""Standard normal quantiles within plus and minus which 95 % and 80 % lie."""


@dataclass(frozen=True, eq=False, slots=True)
class MeanSquares:
    """Mean squares of an analysis of variance with units and readers, one measurement each.

    The six targets and four judges of Shrout and Fleiss (1979, Psychol Bull 86:420, Table 2):

    >>> scores = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    >>> squares = MeanSquares.of(MeanSquares.terms(scores).sum(axis=0))
    >>> round(float(squares.icc_2_1), 2), round(float(squares.icc_3_1), 2)
    (0.29, 0.71)

    Parameters
    ----------
    units
        How many units, n.
    readers
        How many readers, k.
    between_units, between_readers, residual
        BMS, JMS and EMS in the terms of Shrout and Fleiss 1979.
    """

    units: Array
    readers: int
    between_units: Array
    between_readers: Array
    residual: Array

    @staticmethod
    def terms(scores: Array) -> Array:
        """Return what each unit adds to the sums.

        Parameters
        ----------
        scores
            Shape (..., k), one column per reader.

        Returns
        -------
        numpy.ndarray
            Shape (..., k + 3): one, the scores, the square of their sum, the sum of their squares.
        """
        ones = np.ones_like(scores[..., :1])
        return np.concatenate(
            (ones, scores, scores.sum(axis=-1, keepdims=True) ** 2, (scores**2).sum(axis=-1, keepdims=True)),
            axis=-1,
        )

    @classmethod
    def of(cls, sums: Array) -> Self:
        """Return the mean squares that sums of `terms`, shape (..., k + 3), give; not a number below two units."""
        n, by_reader = sums[..., 0], sums[..., 1:-2]
        k = by_reader.shape[-1]
        units = np.where(n > 1, n, np.nan)
        correction = by_reader.sum(axis=-1) ** 2 / (units * k)
        rows = sums[..., -2] / k - correction
        columns = (by_reader**2).sum(axis=-1) / units - correction
        residual = np.maximum(sums[..., -1] - correction - rows - columns, 0.0)
        return cls(n, k, rows / (units - 1), columns / (k - 1), residual / ((units - 1) * (k - 1)))

    @property
    def icc_2_1(self) -> Array:
        """ICC(2,1): two-way random effects, absolute agreement, one reader's score (Shrout and Fleiss 1979)."""
        k = self.readers
        spread = self.between_units + (k - 1) * self.residual
        return ratio(
            self.between_units - self.residual,
            spread + k * (self.between_readers - self.residual) / self.units,
        )

    @property
    def icc_3_1(self) -> Array:
        """ICC(3,1): two-way mixed effects, consistency, one reader's score (Shrout and Fleiss 1979)."""
        return ratio(self.between_units - self.residual, self.between_units + (self.readers - 1) * self.residual)


def mean_and_sd(values: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation (n - 1) from the sums of 1, x and x squared, shape (..., 3)."""
    n = np.where(values[..., 0] > 1, values[..., 0], np.nan)
    mean = values[..., 1] / n
    return mean, np.sqrt(np.maximum(values[..., 2] - n * mean**2, 0.0) / (n - 1))


def moment_terms(values: Array) -> Array:
    """Return what each value adds to the sums for `mean_and_sd`, shape (..., 3)."""
    return np.stack((np.ones_like(values), values, values**2), axis=-1)


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Bias and 95 % limits of agreement of two readers, each with its 95 % interval.

    Parameters
    ----------
    bias
        Mean difference, second reader less first.
    sd
        Standard deviation of the differences.
    lower, upper
        Bias less and plus 1.96 standard deviations.
    intervals
        How the intervals were obtained.
    """

    bias: Estimate
    sd: float
    lower: Estimate
    upper: Estimate
    intervals: str


def bland_altman(differences: Array) -> LimitsOfAgreement | None:
    """Return the limits of agreement (Bland and Altman 1986, Lancet 327:307).

    The standard error of the bias is ``sqrt(s**2 / n)``, that of a limit ``sqrt(3 s**2 / n)``, for independent
    differences.

    Parameters
    ----------
    differences
        One per unit, shape (n,); ``None`` is returned below three.

    Examples
    --------
    >>> limits = bland_altman(np.array([-1.0, 0.0, 2.0, 1.0, -2.0]))
    >>> limits.bias.value, round(limits.lower.value, 2), round(limits.upper.value, 2)
    (0.0, -3.1, 3.1)
    """
    from scipy.stats import t

    n = differences.size
    if n < 3:
        return None
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    wide = float(t.ppf(0.975, n - 1)) * sd / sqrt(n)

    def around(value: float, half: float) -> Estimate:
        return Estimate(value, value - half, value + half)

    return LimitsOfAgreement(
        around(bias, wide),
        sd,
        around(bias - Z95 * sd, sqrt(3) * wide),
        around(bias + Z95 * sd, sqrt(3) * wide),
        "t distribution (Bland and Altman 1986)",
    )


def smallest_detectable_change(residual: Array, z: float, *, averaged: int = 1) -> Array:
    """Return the smallest detectable change from change scores of two or more readers.

    ``SDC = z * SD(difference of the readers' change scores) / (sqrt(2) * sqrt(k))`` (Bruynesteyn 2005, Ann Rheum Dis
    64:179), with the mean of k readers as the score. For two readers SD / sqrt(2) is the root of the residual mean
    square, which stands for it with more readers.

    Parameters
    ----------
    residual
        Residual mean square of the change scores, see `MeanSquares`.
    z
        `Z95`, or `Z80` as proposed by Navarro-Compan 2014 (Ann Rheum Dis 73:1067).
    averaged
        k, how many readers' scores are averaged into the score that is used.
    """
    return np.asarray(z * np.sqrt(residual / averaged))


def smallest_detectable_difference(residual: Array, z: float, *, averaged: int = 1) -> Array:
    """Return the smallest detectable difference from status scores of one visit.

    ``SDD = z * sqrt(2) * SEM / sqrt(k)``, with the root of the residual mean square as SEM (Lassere 1999, J Rheumatol
    26:731). It takes the errors of the two visits as independent, so that it is too large where both visits are read
    side by side (Bruynesteyn 2005).
    """
    return np.asarray(sqrt(2) * smallest_detectable_change(residual, z, averaged=averaged))


def spearman(first: Array, second: Array, draws: Array) -> Array:
    """Return Spearman's rank correlation (Spearman 1904, Am J Psychol 15:72), with mid-ranks for ties.

    Parameters
    ----------
    first, second
        The two measures of the same units, shape (units,), without gaps.
    draws
        How often each unit is in each sample, shape (samples, units).

    Returns
    -------
    numpy.ndarray
        Shape (samples,); not a number where one of the measures does not vary.
    """
    ranks = [draws @ _below(measure).T for measure in (first, second)]
    n = draws.sum(axis=1)
    usable = np.where(n > 2, n, np.nan)[:, None]
    centred = [rank - (draws * rank).sum(axis=1, keepdims=True) / usable for rank in ranks]
    together = (draws * centred[0] * centred[1]).sum(axis=1)
    apart = np.sqrt((draws * centred[0] ** 2).sum(axis=1) * (draws * centred[1] ** 2).sum(axis=1))
    return ratio(together, apart)


def _below(measure: Array) -> Array:
    """How much each unit (columns) counts towards the rank of each other (rows): 1 if lower, half if equal."""
    return np.asarray((measure[None, :] < measure[:, None]) + 0.5 * (measure[None, :] == measure[:, None]))


EXACT_UP_TO = 50
"""Up to this many changes the signed-rank test counts every assignment of signs."""


def sign_test(changes: Array) -> float | None:
    """Return the two-sided p-value of the exact sign test (Conover 1999, Practical Nonparametric Statistics, 3.4).

    Parameters
    ----------
    changes
        One per patient, shape (n,); zeros are left out.

    Returns
    -------
    float or None
        ``None`` for fewer than two changes that are not zero: one patient proves nothing.

    Examples
    --------
    >>> sign_test(np.array([-29.0, -4.0, -11.0, -2.0, 0.0]))
    0.125
    """
    from scipy.stats import binomtest

    changed = changes[changes != 0]
    if changed.size < 2:
        return None
    return float(binomtest(int((changed > 0).sum()), changed.size).pvalue)


def signed_rank_test(changes: Array) -> float | None:
    """Return the two-sided p-value of the signed-rank test (Wilcoxon 1945, Biometrics Bulletin 1:80).

    Zeros are left out, as Wilcoxon did, and ties share their mean rank. Exact up to `EXACT_UP_TO` changes, ties
    included; by the normal approximation beyond (Hollander, Wolfe and Chicken 2014, Nonparametric Statistical Methods,
    3.1).

    Parameters
    ----------
    changes
        One per patient, shape (n,).

    Returns
    -------
    float or None
        ``None`` for fewer than two changes that are not zero.
    """
    from scipy.stats import norm, rankdata

    changed = changes[changes != 0]
    if changed.size < 2:
        return None
    ranks = rankdata(np.abs(changed))
    up = float(ranks[changed > 0].sum())
    if changed.size <= EXACT_UP_TO:
        return _exact(ranks, up)
    z = (up - ranks.sum() / 2) / np.sqrt((ranks**2).sum() / 4)
    return float(2 * norm.sf(abs(z)))


def _exact(ranks: Array, up: float) -> float:
    """Return the two-sided p-value of a sum of ranks, from the sums that all assignments of signs give."""
    # Mean ranks are multiples of one half: twice the rank is an index.
    steps = np.rint(2 * ranks).astype(int)
    chance = np.zeros(steps.sum() + 1)
    chance[0] = 1.0
    for step in steps:
        chance = (chance + np.concatenate((np.zeros(step), chance[: chance.size - step]))) / 2
    place = round(2 * up)
    return float(min(1.0, 2 * min(chance[: place + 1].sum(), chance[place:].sum())))


def standardised_response_mean(sums: Array) -> Array:
    """Return mean change over standard deviation of change (Liang, Fossel and Larson 1990, Med Care 28:632).

    Parameters
    ----------
    sums
        Sums of `wbmri.analysis.statistics.moment_terms` of the changes, shape (..., 3).

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where all changes are equal.
    """
    mean, sd = mean_and_sd(sums)
    return ratio(mean, sd)
