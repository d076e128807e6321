"""Whether a cohort changed, and how two measures go together: tests and rank correlation."""

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.statistics.categories import ratio
from wbmri.analysis.statistics.measurements import mean_and_sd

Array = NDArray[np.float64]


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
