"""Whether a cohort changed: sign test, Wilcoxon's signed-rank test and the standardised response mean."""

import numpy as np
from numpy.typing import NDArray

from wbmri.statistics.measures import mean_and_sd

Array = NDArray[np.float64]


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
    """
    from scipy.stats import binomtest

    changed = changes[changes != 0]
    if changed.size < 2:
        return None
    return float(binomtest(int((changed > 0).sum()), changed.size).pvalue)


def signed_rank_test(changes: Array) -> float | None:
    """Return the two-sided p-value of the signed-rank test (Wilcoxon 1945, Biometrics Bulletin 1:80).

    Zeros are left out, as Wilcoxon did. Exact for small samples, by the normal approximation for larger ones with ties.

    Parameters
    ----------
    changes
        One per patient, shape (n,).

    Returns
    -------
    float or None
        ``None`` for fewer than two changes that are not zero.
    """
    from scipy.stats import wilcoxon

    changed = changes[changes != 0]
    if changed.size < 2:
        return None
    return float(wilcoxon(changed).pvalue)


def standardised_response_mean(sums: Array) -> Array:
    """Return mean change over standard deviation of change (Liang, Fossel and Larson 1990, Med Care 28:632).

    Parameters
    ----------
    sums
        Sums of `wbmri.statistics.moment_terms` of the changes, shape (..., 3).

    Returns
    -------
    numpy.ndarray
        Shape (...); not a number where all changes are equal.
    """
    mean, sd = mean_and_sd(sums)
    return np.asarray(np.where(sd > 1e-12, mean, np.nan) / np.where(sd > 1e-12, sd, 1.0))
