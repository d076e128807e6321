"""Quality control of a cohort: the cases that look unlike the others, and what a person said of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbmri.case import CasePaths, bids_label, file_digest
from wbmri.core import InputError, Reading, read_table

MARKS_FILE = "qc.tsv"
MARK_COLUMNS = ("participant_id", "session_id", "mark", "reading", "reader", "note")

PASS, FAIL = "pass", "fail"

SHORT = 12
"""So many digits of a reading's SHA-256 tell which reading a mark was set for."""


@dataclass(frozen=True, slots=True)
class QcMark:
    """A mark of one case.

    Parameters
    ----------
    participant, session
        BIDS labels.
    mark
        ``pass`` or ``fail``.
    reading
        Beginning of the SHA-256 of the reading it was set for; empty if that was not noted.
    reader, note
        Who set it, and why.
    """

    participant: str
    session: str
    mark: str
    reading: str = ""
    reader: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """``sub-X_ses-Y``."""
        return f"sub-{self.participant}_ses-{self.session}"

    def holds(self, digest: str) -> bool:
        """Tell whether it was set for the reading with this SHA-256, or for any."""
        return not self.reading or digest.startswith(self.reading)


def read_marks(out: str | Path) -> tuple[QcMark, ...]:
    """Read ``OUT/qc.tsv``, which the QC page saves and people may edit; empty if it is not there.

    Raises
    ------
    InputError
        If a column is missing, a label is none, a mark is neither ``pass`` nor ``fail``, or a case has two.
    """
    path = Path(out, MARKS_FILE)
    if not path.is_file():
        return ()
    table = read_table(path)
    missing = [name for name in MARK_COLUMNS[:3] if name not in table.columns]
    if missing:
        raise InputError(
            f"{path.name} without the columns {', '.join(missing)}",
            f"the columns {', '.join(MARK_COLUMNS)}",
            "save it again from the QC page",
        )
    marks = [
        _mark(row, line)
        for row, line in zip(table.rows, table.lines, strict=True)
        if row["mark"].strip() not in ("", "n/a")
    ]
    twice = sorted(name for name, marked in Counter(mark.name for mark in marks).items() if marked > 1)
    if twice:
        raise InputError(f"{path.name} with two marks for {twice[0]}", "one mark for each case", "remove one of them")
    return tuple(marks)


def marked_cases(out: str | Path, mark: str) -> tuple[str, ...]:
    """Return the names of the cases whose mark, set for the reading they have now, is this one."""
    names = []
    for one in read_marks(out):
        reading = CasePaths(Path(out), one.participant, one.session).reading
        if one.mark == mark and reading.is_file() and one.holds(file_digest(reading)):
            names.append(one.name)
    return tuple(names)


def _mark(row: dict[str, str], line: int) -> QcMark:
    def cell(name: str) -> str:
        value = row.get(name, "").strip()
        return "" if value == "n/a" else value

    if cell("mark") not in (PASS, FAIL):
        raise InputError(
            f"line {line} of {MARKS_FILE} with the mark {cell('mark')!r}",
            f"{PASS}, {FAIL} or n/a",
            "correct the mark",
        )
    return QcMark(
        bids_label(cell("participant_id"), "sub"),
        bids_label(cell("session_id"), "ses"),
        cell("mark"),
        cell("reading"),
        cell("reader"),
        cell("note"),
    )


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
