"""What was known beside the scans: clinical measures, treatments, and the change a site can detect."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case.documents import SCHEMA_VERSION, STRICT, decode
from wbmri.case.paths import bids_label
from wbmri.core import NOTICE, CaseError, InputError, read_table

DAYS_PER_MONTH = 30.4375
"""A twelfth of a Julian year."""

DEMOGRAPHICS = frozenset(
    ("age", "sex", "gender", "group", "handedness", "ethnicity", "race", "site", "species", "strain", "strain_rrid"),
)
"""Columns that say who a person is, as BIDS names them: no clinical measure, even where they hold numbers."""

_PERSON, _VISIT, _TIME, _MONTHS, _TREATMENT = "participant_id", "session_id", "acq_time", "months", "treatment"
_MISSING = ("n/a", "")


@dataclass(frozen=True, slots=True)
class ClinicalRow:
    """One row of a table of people or of visits.

    Parameters
    ----------
    participant, session
        BIDS labels without their prefixes; the session is ``None`` in a table of people.
    months
        Time since the person's first visit in the table; ``None`` where the table has no times.
    measures
        Column to value, for all columns of numbers, such as ``cmas``, ``mmt8``, ``ck`` or ``prednisone``, but for
        `DEMOGRAPHICS`; what is missing is left out.
    treatment
        What was given from this visit on, in the table's words.
    """

    participant: str
    session: str | None
    months: float | None
    measures: Mapping[str, float]
    treatment: str | None


def read_clinical(path: str | Path) -> tuple[ClinicalRow, ...]:
    """Read clinical measures from ``participants.tsv``, ``sub-X_sessions.tsv``, or a table with both identifiers.

    Times are read from the column ``months``, or from ``acq_time`` (ISO 8601), of which only the months since the first
    visit are kept; treatments from ``treatment``. Every other column whose entries are numbers is a measure,
    but for `DEMOGRAPHICS`, such as age.

    Parameters
    ----------
    path
        A tab-separated table with a header.

    Raises
    ------
    InputError
        If the file cannot be read, names no people, names a visit twice, or has words in a column of numbers.
    """
    path = Path(path)
    rows = _rows(path)
    owner = re.fullmatch(r"sub-([0-9A-Za-z]+)_sessions\.tsv", path.name)
    if not rows or (_PERSON not in rows[0] and (owner is None or _VISIT not in rows[0])):
        raise InputError(
            f"{path} without a column {_PERSON}",
            f"a tab-separated table with the columns {_PERSON} and, for visits, {_VISIT}",
            "name the columns as BIDS does",
        )
    people = [bids_label(row[_PERSON] if _PERSON in row else str(owner and owner[1]), "sub") for row in rows]
    visits = [bids_label(row[_VISIT], "ses") if _VISIT in row else None for row in rows]
    keys = list(zip(people, visits, strict=True))
    twice = next((key for key, rows_of_it in Counter(keys).items() if rows_of_it > 1), None)
    if twice is not None:
        raise InputError(
            f"{path} with sub-{twice[0]}{'' if twice[1] is None else f', ses-{twice[1]}'} more than once",
            "one row for each",
            "remove the row that is not right",
        )
    columns = _measures(path, rows)
    months = _months(path, rows, people)
    return tuple(
        ClinicalRow(
            person,
            visit,
            month,
            {name: float(row[name]) for name in columns if row[name] not in _MISSING},
            treatment if (treatment := row.get(_TREATMENT, "")) not in _MISSING else None,
        )
        for person, visit, month, row in zip(people, visits, months, rows, strict=True)
    )


def read_units(path: str | Path) -> dict[str, str]:
    """Return the unit of each column for which the JSON file beside a table states one, as BIDS asks.

    Raises
    ------
    InputError
        If that file is there and cannot be read.
    """
    sidecar = Path(path).with_suffix(".json")
    if not sidecar.exists():
        return {}
    try:
        content = json.loads(sidecar.read_bytes())
        return {str(name): str(entry["Units"]) for name, entry in content.items() if "Units" in entry}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(
            f"{sidecar}, which cannot be read",
            "a JSON object with one entry per column",
            "repair it",
        ) from error


def _rows(path: Path) -> list[dict[str, str]]:
    table = read_table(path)
    if table.uneven:
        raise InputError(
            f"line {table.uneven[0]} of {path} with another number of columns than its header",
            "one entry per column, n/a where it is missing",
            "correct the line",
        )
    return [{name: value.strip() for name, value in row.items()} for row in table.rows]


def _measures(path: Path, rows: list[dict[str, str]]) -> list[str]:
    """Return the columns that hold numbers."""
    found = []
    for name in rows[0]:
        if name in (_PERSON, _VISIT, _TIME, _MONTHS, _TREATMENT) or name.casefold() in DEMOGRAPHICS:
            continue
        given = [row[name] for row in rows if row[name] not in _MISSING]
        numbers = [value for value in given if _number(value) is not None]
        if numbers and len(numbers) < len(given):
            word = next(value for value in given if value not in numbers)
            raise InputError(
                f"{path} with {word!r} in the column {name} of numbers",
                "numbers or n/a",
                "correct the entry",
            )
        if numbers:
            found.append(name)
    return found


def _months(path: Path, rows: list[dict[str, str]], people: Iterable[str]) -> list[float | None]:
    if _MONTHS in rows[0]:
        return [_number(row[_MONTHS]) for row in rows]
    if _TIME not in rows[0]:
        return [None] * len(rows)
    times: list[datetime | None] = []
    for row in rows:
        try:
            stated = None if row[_TIME] in _MISSING else datetime.fromisoformat(row[_TIME])
        except ValueError as error:
            raise InputError(
                f"{path} with the {_TIME} {row[_TIME]!r}",
                "a time such as 2021-03-14T10:30:00",
                "correct it",
            ) from error
        times.append(None if stated is None else stated.replace(tzinfo=None))
    first: dict[str, datetime] = {}
    for person, time in zip(people, times, strict=True):
        if time is not None:
            first[person] = min(time, first.get(person, time))
    return [
        None if time is None else (time - first[person]).total_seconds() / 86400 / DAYS_PER_MONTH
        for person, time in zip(people, times, strict=True)
    ]


def _number(text: str) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """How far the total of one person must change to be told from the readers' error.

    It holds for readers, schemes and ways of reading like those it was measured with.

    Parameters
    ----------
    scheme
        Name and version of the scheme, such as ``jdm42 1``.
    maximum
        The scheme's highest total, for which it holds.
    sdc95, sdc80
        Points by which a total must differ, at 95 % and at 80 %; for the score of one reader.
    formula
        Which formula they were calculated with.
    patients
        From how many patients.
    readers
        By which readers.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    scheme: str
    maximum: int
    sdc95: float
    sdc80: float
    formula: str
    patients: int
    readers: tuple[str, ...]
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if not 0 <= self.sdc80 <= self.sdc95:
            raise InputError(
                f"a detectable change of {self.sdc95:g} points at 95 % and {self.sdc80:g} at 80 %",
                "0 <= sdc80 <= sdc95",
                "calculate them with 'wbmri agreement'",
            )


def read_detectable_change(path: str | Path) -> DetectableChange:
    """Read the file ``sdc.json`` that ``wbmri agreement --out`` wrote.

    Raises
    ------
    InputError
        If there is no such file, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"no file {path}",
            "the sdc.json of a site's double reads",
            "write it with 'wbmri agreement READINGS --out'",
        )
    try:
        return decode(DetectableChange, path.read_bytes(), path)
    except CaseError as error:
        raise InputError(error.received, error.expected, "write it again with 'wbmri agreement'") from error
