"""Intervals by drawing patients with replacement.

The 42 groups of a child, and the visits of a child, are not independent of each other; children are. So whole patients
are drawn, with all that belongs to them (Efron and Tibshirani 1993, An Introduction to the Bootstrap; for clusters:
Field and Welsh 2007, J R Stat Soc B 69:369).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST_PATIENTS = 5
"""Below this many patients the resamples are too few and too alike for an interval."""

FEWEST_DEFINED = 0.95
"""An interval is given where at least this share of the resamples has a value."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval.

    Parameters
    ----------
    value
        ``None`` where it is not defined.
    low, high
        ``None`` where there is no interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Resampling:
    """Resamples of patients, the same for every figure of an analysis.

    Parameters
    ----------
    draws
        How often each patient is in each resample, shape (rounds + 1, patients); the first row is the sample itself.
    """

    draws: Array

    @classmethod
    def of(cls, patients: int, *, rounds: int, seed: int) -> Self:
        """Draw `rounds` resamples of as many patients; the same seed gives the same resamples."""
        return cls(_draws(patients, rounds, seed))

    def sums(self, terms: Array, patient: NDArray[np.intp]) -> Array:
        """Add up what units contribute, in the sample and in each resample.

        Parameters
        ----------
        terms
            Shape (units, ...).
        patient
            Which patient each unit belongs to, shape (units,).

        Returns
        -------
        numpy.ndarray
            Shape (rounds + 1, ...).
        """
        by_patient = np.zeros((self.draws.shape[1], *terms.shape[1:]))
        np.add.at(by_patient, patient, terms)
        return np.tensordot(self.draws, by_patient, axes=1)

    def estimates(self, values: Array, patients: NDArray[np.intp] | int) -> list[Estimate]:
        """Return value and interval of each column of `values`, shape (rounds + 1, columns).

        The interval is that of the percentiles 2.5 and 97.5.

        Parameters
        ----------
        values
            What was calculated from the sample and from each resample; not a number where it is not defined.
        patients
            How many patients contributed, for each column or for all.
        """
        contributing = np.broadcast_to(patients, values.shape[1:])
        return [_estimate(column, int(count)) for column, count in zip(values.T, contributing, strict=True)]

    def estimate(self, values: Array, patients: int) -> Estimate:
        """Return value and interval of one figure, shape (rounds + 1,)."""
        return _estimate(values, patients)


@lru_cache(maxsize=2)
def _draws(patients: int, rounds: int, seed: int) -> Array:
    """Return the same array to all figures of an analysis, which cannot change it."""
    generator = np.random.default_rng(seed)
    share = np.full(max(patients, 1), 1.0 / max(patients, 1))
    drawn = generator.multinomial(patients, share, size=rounds)[:, :patients]
    draws = np.concatenate((np.ones((1, patients)), drawn.astype(np.float64)))
    draws.setflags(write=False)
    return draws


def _estimate(values: Array, patients: int) -> Estimate:
    value, replicates = float(values[0]), values[1:]
    if not np.isfinite(value):
        return Estimate(None)
    defined = replicates[np.isfinite(replicates)]
    if patients < FEWEST_PATIENTS or defined.size < FEWEST_DEFINED * max(replicates.size, 1):
        return Estimate(value)
    low, high = np.percentile(defined, (2.5, 97.5))
    return Estimate(value, float(low), float(high))


def patient_numbers(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the distinct names in order, and for each entry the place of its name among them."""
    distinct = tuple(dict.fromkeys(names))
    places = {name: place for place, name in enumerate(distinct)}
    return distinct, np.array([places[name] for name in names], np.intp)
