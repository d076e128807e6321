"""A structured report of wbmri read back: all it holds, held against what the report says group by group."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wbmri.analysis.comparison import ChangeDocument
from wbmri.case import ReadingDocument, decode
from wbmri.core import CaseError, InputError, Reading
from wbmri.core.scheme import PRIVATE_CODES, CodedEntry
from wbmri.export.concepts import (
    CHANGE_DOCUMENT,
    DOCUMENT,
    Numbers,
    change_numbers,
    group_numbers,
    sum_change_numbers,
    sum_numbers,
)
from wbmri.export.dicom.comparison_report import whole_numbers
from wbmri.io.dicom import check_elements

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_BYTES = 50_000_000
"""A report has some hundred thousand."""
_SAME = 1e-9
"""A report holds decimals of at most 16 characters."""

Report = TypeVar("Report")
Held = TypeVar("Held", ReadingDocument, ChangeDocument)


@dataclass(frozen=True, slots=True)
class ReportedReading:
    """What a report of wbmri holds.

    Parameters
    ----------
    participant, session
        BIDS labels.
    reading
        The grades with all that belongs to them.
    verified_by
        Who signed the report; empty for one that nobody did.
    """

    participant: str
    session: str
    reading: Reading
    verified_by: str


def read_report(path: str | Path) -> ReportedReading:
    """Read a structured report that `write_report` made.

    Parameters
    ----------
    path
        The DICOM file.

    Raises
    ------
    InputError
        If it is none, or was changed since: what it says of a group differs from the reading it holds.
    """
    return _careful(Path(path), _reading)


def read_comparison(path: str | Path) -> ChangeDocument:
    """Read a structured report that `write_comparison` made.

    Parameters
    ----------
    path
        The DICOM file.

    Raises
    ------
    InputError
        If it is none, or was changed since: what it says of a group differs from the comparison it holds.
    """
    return _careful(Path(path), _comparison)


def _careful(path: Path, read: "Callable[[Path, Dataset], Report]") -> Report:
    from pydicom import dcmread

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unusable(path, "which is too large for a report")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pydicom\..*")
            # From memory, where an element that claims to be longer than the file asks for no more than there is.
            content = path.read_bytes()
            check_elements(BytesIO(content))
            return read(path, dcmread(BytesIO(content)))
    except InputError:
        raise
    except Exception as problem:  # whatever a damaged file does to the parser, it is named to the user
        raise _unusable(path, "which is no DICOM file, or damaged") from problem


def _reading(path: Path, report: "Dataset") -> ReportedReading:
    document = _held(path, report, DOCUMENT, ReadingDocument, "reading")
    reading = document.reading
    expected = {group.id: group_numbers(entry) for group, entry in reading.by_group()}
    expected |= {region: sum_numbers(part) for region, part in reading.score.regions.items()}
    _check(path, report, expected, "reading")
    signed = report.get("VerifyingObserverSequence") or []
    names = [str(one.VerifyingObserverName).rstrip("^") for one in signed]
    return ReportedReading(document.participant, document.session, reading, ", ".join(names))


def _comparison(path: Path, report: "Dataset") -> ChangeDocument:
    document = _held(path, report, CHANGE_DOCUMENT, ChangeDocument, "comparison")
    expected = {row.group: change_numbers(row) for row in document.groups}
    expected |= {region: sum_change_numbers(part) for region, part in document.regions.items()}
    _check(path, report, {"whole": whole_numbers(document), **expected}, "comparison")
    return document


def _held(path: Path, report: "Dataset", concept: CodedEntry, kind: type[Held], what: str) -> Held:
    """Return what a report holds as JSON."""
    whole = next((text for name, text in _texts(report) if name == concept.value), None)
    if whole is None:
        raise _unusable(path, f"without a {what} of wbmri")
    try:
        return decode(kind, whole.encode(), path)
    except CaseError as problem:
        raise _unusable(path, f"whose {what} is damaged or of a newer version of wbmri") from problem


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path.name}, {why}",
        "a structured report that 'wbmri export' wrote",
        "export the case again, or take the report from the archive",
    )


def _check(path: Path, report: "Dataset", expected: Mapping[str, Numbers], what: str) -> None:
    """Hold the numbers of the report against what it holds as JSON."""
    said = dict(_groups(report))
    for name, numbers in expected.items():
        wanted = {concept.value: value for concept, value, _ in numbers}
        there = said.get(name, {})
        if set(there) != set(wanted) or any(not isclose(there[key], wanted[key], rel_tol=_SAME) for key in wanted):
            raise _unusable(path, f"which says something else of {name} than the {what} it holds")


def _items(item: "Dataset") -> "Iterator[Dataset]":
    yield from item.get("ContentSequence") or []


def _texts(report: "Dataset") -> Iterator[tuple[str, str]]:
    """Yield the texts at the top of a report, each with the code of what it is."""
    for item in _items(report):
        name = (item.get("ConceptNameCodeSequence") or [None])[0]
        if item.get("ValueType") == "TEXT" and name is not None and name.get("CodingSchemeDesignator") == PRIVATE_CODES:
            yield str(name.get("CodeValue", "")), str(item.get("TextValue", ""))


def _groups(report: "Dataset") -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield the identifier and the numbers of every measurement group."""
    for outer in _items(report):
        for group in _items(outer):
            names = [str(one.TextValue) for one in _items(group) if _is(one, "112039")]
            if names:
                yield names[0], dict(_numbers(group))


def _is(item: "Dataset", code: str) -> bool:
    name = item.get("ConceptNameCodeSequence") or []
    return bool(name) and name[0].get("CodeValue") == code


def _numbers(group: "Dataset") -> Iterator[tuple[str, float]]:
    for item in _items(group):
        if item.get("ValueType") == "NUM" and item.get("MeasuredValueSequence"):
            measured = item.MeasuredValueSequence[0]
            yield str(item.ConceptNameCodeSequence[0].CodeValue), float(measured.NumericValue)
