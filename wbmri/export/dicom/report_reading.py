"""A structured report of wbmri read back: the whole reading, held against what the report says group by group."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

from wbmri.case import ReadingDocument, decode
from wbmri.core import CaseError, InputError, Reading
from wbmri.core.scheme import PRIVATE_CODES
from wbmri.export.concepts import DOCUMENT, group_numbers, sum_numbers
from wbmri.io.dicom import check_deflated

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_BYTES = 50_000_000
"""A report has some hundred thousand."""
_SAME = 1e-9
"""A report holds decimals of at most 16 characters."""


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
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unusable(path, "which is too large for a report")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pydicom\..*")
            return _read(path)
    except InputError:
        raise
    except Exception as problem:  # whatever a damaged file does to the parser, it is named to the user
        raise _unusable(path, "which is no DICOM file, or damaged") from problem


def _read(path: Path) -> ReportedReading:
    from pydicom import dcmread

    check_deflated(path)
    # From memory, where an element that claims to be longer than the file asks for no more than there is.
    report = dcmread(BytesIO(path.read_bytes()))
    whole = next((text for name, text in _texts(report) if name == DOCUMENT.value), None)
    if whole is None:
        raise _unusable(path, "without a reading of wbmri")
    try:
        document = decode(ReadingDocument, whole.encode(), path)
    except CaseError as problem:
        raise _unusable(path, "whose reading is damaged or of a newer version of wbmri") from problem
    _check(path, report, document.reading)
    signed = report.get("VerifyingObserverSequence") or []
    names = [str(one.VerifyingObserverName).rstrip("^") for one in signed]
    return ReportedReading(document.participant, document.session, document.reading, ", ".join(names))


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path.name}, {why}",
        "a structured report that 'wbmri export' wrote",
        "export the case again, or take the report from the archive",
    )


def _check(path: Path, report: "Dataset", reading: Reading) -> None:
    """Hold the numbers of the report against the reading."""
    said = dict(_groups(report))
    expected = {group.id: group_numbers(entry) for group, entry in reading.by_group()}
    expected |= {region: sum_numbers(part) for region, part in reading.score.regions.items()}
    for name, numbers in expected.items():
        wanted = {concept.value: value for concept, value, _ in numbers}
        there = said.get(name, {})
        if set(there) != set(wanted) or any(not isclose(there[key], wanted[key], rel_tol=_SAME) for key in wanted):
            raise _unusable(path, f"which says something else of {name} than the reading it holds")


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
