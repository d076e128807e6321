"""Which cases look unlike the others, so that a person looks at them first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.reading import Reading

LEAST_CASES = 8
"""Among fewer cases nothing can be said to be unusual."""

UNUSUAL = 3.5
"""Modified z-scores beyond this are outliers (Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers)."""

_SHOWN = 3
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Traits:
    """What a case is judged by.

    Parameters
    ----------
    numbers
        One number for each of `TRAITS`, nan where it is not known.
    volumes
        Logarithm of the volume of each group relative to the median of all, nan where it has none, by label.
    groups
        Names of these groups.
    """

    numbers: tuple[float, ...]
    volumes: tuple[float, ...]
    groups: tuple[str, ...]


TRAITS = (
    ("total", 0),
    ("mean confidence", -1),
    ("implausible outlines", 1),
    ("groups not assessable", 1),
    ("spread of normal muscle", 1),
)
"""Name of each trait, and on which side it is unusual; 0 for both."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """How unusual a case is.

    Parameters
    ----------
    score
        Largest modified z-score of its traits; 0 among too few cases.
    why
        The most unusual traits in words.
    """

    score: float
    why: tuple[str, ...]


def traits_of(reading: Reading) -> Traits:
    """Collect what a case is judged by."""
    entries = reading.by_group()
    volumes = np.array([entry.evidence.volume_ml if entry.evidence else np.nan for _, entry in entries])
    volumes[~(volumes > 0)] = np.nan
    known = np.isfinite(volumes)
    shares = np.log(volumes / np.median(volumes[known])) if known.any() else volumes
    reference = reading.reference
    prorated = reading.score.prorated
    numbers = (
        np.nan if prorated is None else prorated,
        np.mean([entry.confidence for entry in reading.groups]),
        sum(bool(entry.flags) for entry in reading.groups),
        sum(not entry.assessable for entry in reading.groups),
        reference.spread / reference.level if reference is not None and reference.level > 0 else np.nan,
    )
    return Traits(
        # Rounded, so that the last digits of equal cases do not make a spread beside which any difference is vast.
        tuple(round(float(number), _DIGITS) for number in numbers),
        tuple(round(float(share), _DIGITS) for share in shares),
        tuple(group.name for group, _ in entries),
    )


def find_outliers(cases: Sequence[Traits]) -> list[Outlier]:
    """Return how unusual each case is among all, cases of other schemes apart."""
    found = [Outlier(0.0, ())] * len(cases)
    for groups in sorted({case.groups for case in cases}):
        places = [place for place, case in enumerate(cases) if case.groups == groups]
        if len(places) < LEAST_CASES:
            continue
        names = [name for name, _ in TRAITS] + [f"volume of {group}" for group in groups]
        sides = [side for _, side in TRAITS] + [0] * len(groups)
        values = np.array([(*cases[place].numbers, *cases[place].volumes) for place in places])
        scores = modified_z(values)
        against = np.where(np.array(sides) == 0, np.abs(scores), scores * np.array(sides))
        for place, row, signed in zip(places, against, scores, strict=True):
            order = [int(k) for k in np.argsort(-row, kind="stable")]
            why = [f"{names[k]} {'high' if signed[k] > 0 else 'low'} ({row[k]:.1f})" for k in order if row[k] > UNUSUAL]
            found[place] = Outlier(round(float(max(row.max(), 0.0)), 2), tuple(why[:_SHOWN]))
    return found


def modified_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 0.6745 (x - median) / MAD of each column; 0 where a value is missing or all are equal.

    Where more than half of the values are equal and the MAD is 0, 0.7979 (x - median) / (mean absolute deviation)
    stands in, as Iglewicz and Hoaglin advise.

    Parameters
    ----------
    values
        Shape (cases, traits), nan for missing.
    """
    scores = np.zeros(values.shape)
    for k, column in enumerate(values.T):
        known = np.isfinite(column)
        if not known.any():
            continue
        away = column[known] - np.median(column[known])
        spread = float(np.median(np.abs(away))) / 0.6745
        if spread == 0:
            spread = float(np.mean(np.abs(away))) / 0.7979
        if spread > 0:
            scores[known, k] = away / spread
    return scores
