"""What a BIDS dataset says of its participants and sessions, and what became of them."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wbmri.analysis.clinical import Outcomes, ScoredCohort, by_label, outcomes
from wbmri.case import ClinicalRow, read_clinical
from wbmri.cohort.data_dictionary import Column
from wbmri.core import InputError, Reading

IDENTIFYING = re.compile(
    r"name|birth|dob|mrn|patient.?id|medical.?record|address|phone|e?mail|ssn|insurance|date|acq_time",
    re.IGNORECASE,
)
"""Columns that are never carried into OUT."""


@dataclass(frozen=True)
class Facts:
    """What is known of people and visits.

    Parameters
    ----------
    columns
        The columns, with the descriptions of their sidecar.
    people
        Participant label to its cells, by column.
    left_out
        Columns that may identify a person and were not read.
    order
        Participant label to the order of its sessions, where the dataset states it.
    """

    columns: tuple[Column, ...] = ()
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def cells(self, participant: str) -> tuple[str, ...]:
        """Return the cells of a person, ``n/a`` for what is not known."""
        known = self.people.get(participant, {})
        return tuple(known.get(column.name) or "n/a" for column in self.columns)

    def in_order(self, participant: str, sessions: Sequence[str]) -> list[str]:
        """Put the sessions of a person into the order of time: as the dataset states it, else by their labels."""
        stated = {label: place for place, label in enumerate(self.order.get(participant, ()))}
        return sorted(by_label(participant, sessions), key=lambda label: stated.get(label, len(stated)))


def read_facts(dataset: Path, taken: set[str]) -> Facts:
    """Read ``participants.tsv`` with its sidecar, and the order of visits in ``sub-*_sessions.tsv``.

    Parameters
    ----------
    dataset
        A BIDS dataset, or anything else, of which nothing is known.
    taken
        Column names of the table they are joined to; equal ones get the prefix ``participant_``.

    Raises
    ------
    InputError
        If ``participants.tsv`` has no participant_id, or a participant twice.
    """
    order = {}
    for path in sorted(dataset.glob("sub-*/sub-*_sessions.tsv")):
        order[path.parent.name.removeprefix("sub-")] = _order(path)
    table = dataset / "participants.tsv"
    if not table.is_file():
        return Facts(order=order)
    rows = _rows(table)
    if not rows or "participant_id" not in rows[0]:
        raise InputError(f"{table.name} without participant_id", "that column, and a row or more", "correct the table")
    ids = [row["participant_id"] for row in rows]
    if len(set(ids)) < len(ids):
        raise InputError(f"{table.name} with a participant twice", "one row for each", "correct the table")
    headings = [name for name in rows[0] if name != "participant_id"]
    kept = [name for name in headings if not IDENTIFYING.search(name)]
    said = _sidecar(table.with_suffix(".json"))
    new = {name: f"participant_{name}" if name in taken else name for name in kept}
    people = {
        row["participant_id"].removeprefix("sub-"): {new[name]: (row[name] or "").strip() for name in kept}
        for row in rows
    }
    columns = tuple(
        Column(new[name], said.get(name, "As in participants.tsv: of the person, not of the visit")) for name in kept
    )
    return Facts(columns, people, tuple(name for name in headings if name not in kept), order)


def _order(path: Path) -> tuple[str, ...]:
    rows = [row for row in _rows(path) if row.get("session_id")]
    if rows and all((row.get("acq_time") or "n/a") != "n/a" for row in rows):
        rows.sort(key=lambda row: row["acq_time"])
    return tuple(row["session_id"].removeprefix("ses-") for row in rows)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _sidecar(path: Path) -> dict[str, str]:
    """Return the descriptions of columns that a sidecar gives; a damaged one gives none."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return {name: entry["Description"] for name, entry in content.items() if "Description" in entry}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def describe(
    readings: Mapping[tuple[str, str], Reading],
    dataset: Path | None,
    facts: Facts,
) -> tuple[Outcomes | None, tuple[str, ...]]:
    """Describe change, responders, and how the score goes with clinical measures.

    Parameters
    ----------
    readings
        Participant and session to the reading.
    dataset
        The BIDS dataset, for the numbers in ``participants.tsv`` and ``sub-X_sessions.tsv``.
    facts
        For the order of visits.

    Returns
    -------
    Outcomes or None
        ``None`` without readings.
    tuple of str
        Why a table was left out, a sentence for each.
    """
    if not readings:
        return None, ()
    rows: list[ClinicalRow] = []
    left_out = []
    people = {participant for participant, _ in readings}
    for path in () if dataset is None else _tables(dataset):
        try:
            rows += (_unnamed(row) for row in read_clinical(path) if row.participant in people)
        except InputError as error:
            left_out.append(str(error))
    return outcomes(ScoredCohort.of(readings, rows, facts.in_order)), tuple(left_out)


def _tables(dataset: Path) -> Iterator[Path]:
    yield from dataset.glob("participants.tsv")
    yield from sorted(dataset.glob("sub-*/sub-*_sessions.tsv"))


def _unnamed(row: ClinicalRow) -> ClinicalRow:
    """Leave out what may identify the person, which a number may, too."""
    return replace(row, measures={name: value for name, value in row.measures.items() if not IDENTIFYING.search(name)})
