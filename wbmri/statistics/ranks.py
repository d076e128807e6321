"""Rank correlation of two measures, in a sample and in its resamples."""

import numpy as np
from numpy.typing import NDArray

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
    return np.asarray(np.where(apart > 1e-9, together, np.nan) / np.where(apart > 1e-9, apart, 1.0))


def _below(measure: Array) -> Array:
    """How much each unit (columns) counts towards the rank of each other (rows): 1 if lower, half if equal."""
    return np.asarray((measure[None, :] < measure[:, None]) + 0.5 * (measure[None, :] == measure[:, None]))
