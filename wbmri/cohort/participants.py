"""What a BIDS dataset says of its participants, what the columns of the group tables mean, and their Parquet files."""

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wbmri.analysis.clinical import Outcomes, ScoredCohort, by_label, outcomes
from wbmri.case import SCHEMA_VERSION, ClinicalRow, read_clinical
from wbmri.core import InputError, Json, Reading, read_table


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    name
        Its heading.
    description
        What it holds.
    kind
        ``str``, ``int``, ``float`` or ``bool``.
    units
        Its unit, if it has one.
    levels
        What its values mean, where they are few.
    """

    name: str
    description: str
    kind: type = str
    units: str | None = None
    levels: Mapping[str, str] = field(default_factory=dict)


_CASE = (
    Column("participant_id", "Person, as in the BIDS dataset"),
    Column("session_id", "Visit"),
)
_GROUP = (
    Column("label", "Number of the muscle group in the label map and the scheme", int),
    Column("group", "Muscle group of the scheme"),
    Column("side", "Side of the body", levels={"left": "the person's left", "right": "the person's right"}),
    Column("region", "Region of the body, for subtotals"),
)
_GRADES = {"0": "no oedema", "1": "mild to moderate, or in part of the muscle", "2": "marked, or in most of it"}

SCORES = (
    *_CASE,
    *_GROUP,
    Column("grade", "Grade that counts", int, levels=_GRADES),
    Column("grade_source", "Who gave it", levels={"auto": "the program", "reader": "a person"}),
    Column("auto_grade", "Grade that the program proposed", int, levels=_GRADES),
    Column("oedema_fraction", "Share of the measured muscle that is oedematous, 0 to 1", float),
    Column("oedema_ratio", "Mean intensity of the oedematous part over the normal-muscle level", float),
    Column("volume_ml", "Volume of the outline", float, "mL"),
    Column("assessable", "Whether the group has a grade", bool),
    Column("reason", "Why it has none"),
    Column("confidence", "How far the proposed grade can be relied on, 0 to 1", float),
    Column("detectable_ratio", "Faintest oedema, over the normal-muscle level, that the scan can tell here", float),
    Column("detectable_share", "Smallest share of such oedema that the scan can tell here, 0 to 1", float),
    Column("share_in_view", "Share of a cut group that the field of view shows, 0 to 1; n/a if it is whole", float),
)

SUMMARY = (
    *_CASE,
    Column("total", "Sum of the grades; n/a if too few groups are assessable, or the scan leaves it open", int),
    Column("max_assessable", "Highest sum that the assessable groups could reach", int),
    Column("total_prorated", "Total scaled to all groups", float),
    Column("involved", "Groups with grade 1 or 2", int),
    Column("assessable", "Groups with a grade", int),
    Column("grade2", "Groups with grade 2", int),
    Column("reader", "Who read the case; auto for the program"),
    Column("status", "How far the reading has come"),
    Column("engine", "Segmentation engine behind the outlines"),
    Column("scheme", "Scheme of the groups and its version"),
    Column("open_totals", "Totals between which the program cannot decide, the most probable first; n/a if it can"),
)

QC = (
    # "pass" is a mark here, and no password.
    Column("qc", "Mark of a person on the QC page", levels={"pass": "usable", "fail": "left out of changes and plots"}),  # nosec B105
    Column("outlier", "How far the case lies from the others: largest modified z-score (Iglewicz and Hoaglin)", float),
)

_PAIR = (
    Column("participant_id", "Person, as in the BIDS dataset"),
    Column("baseline", "Earlier visit"),
    Column("followup", "Later visit"),
)

CHANGES = (
    *_PAIR,
    Column(
        "total_before",
        "Sum of the grades at the earlier visit, over the groups assessable at both; n/a if left open",
        int,
    ),
    Column("total_after", "The same at the later visit", int),
    Column(
        "delta", "Later less earlier; n/a if too few groups are assessable at both visits, or a total is left open", int
    ),
    Column("delta_percent", "Change relative to the earlier visit", float, "%"),
    Column("involved_before", "Groups with grade 1 or 2 at the earlier visit", int),
    Column("involved_after", "The same at the later visit", int),
    Column("assessable", "Groups assessable at both visits", int),
    Column("resolved", "Groups whose grade fell to 0, by more than measuring twice may give", int),
    Column("better", "Groups whose grade fell likewise, but not to 0", int),
    Column("same", "Groups with equal grades, or with shares of oedema that do not tell the grades apart", int),
    Column("worse", "Groups whose grade rose likewise from 1 to 2", int),
    Column("new", "Groups whose grade rose likewise from 0", int),
    Column("not_assessable", "Groups not assessable at one of the visits", int),
    Column("note", "Why the visits cannot be compared, or what to be careful with"),
)

TRANSITIONS = (
    *_PAIR,
    *_GROUP,
    Column("grade_before", "Grade at the earlier visit", int, levels=_GRADES),
    Column("grade_after", "Grade at the later visit", int, levels=_GRADES),
    Column("delta", "Later less earlier", int),
    Column("transition", "What became of the group; the same if its shares of oedema do not tell the grades apart"),
)


def names(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the headings."""
    return tuple(column.name for column in columns)


def encode_dictionary(columns: Sequence[Column]) -> bytes:
    """Return the data dictionary of a table, in the form of a BIDS sidecar."""
    content: dict[str, Json] = {}
    for column in columns:
        entry: dict[str, Json] = {"Description": column.description}
        if column.units:
            entry["Units"] = column.units
        if column.levels:
            entry["Levels"] = dict(column.levels)
        content[column.name] = entry
    return (json.dumps(content | {"schema_version": SCHEMA_VERSION}, indent=2, ensure_ascii=False) + "\n").encode()


def check_parquet() -> None:
    """Refuse early if the package for it is missing.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise InputError("--parquet without pyarrow", "the extra 'parquet'", "pip install 'wbmri[parquet]'")


def encode_parquet(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a table as Parquet; what is missing is null.

    Parameters
    ----------
    columns
        The columns with their types.
    rows
        Cells as in the TSV file.
    """
    import pyarrow
    import pyarrow.parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    arrays = [
        pyarrow.array([_value(row[place], column.kind) for row in rows], types[column.kind])
        for place, column in enumerate(columns)
    ]
    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, types[column.kind], metadata={"description": column.description})
            for column in columns
        ],
    )
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema=schema), file)
    return file.getvalue()


def _value(cell: str, kind: type) -> Any:
    if cell == "n/a":
        return None
    return cell == "true" if kind is bool else kind(cell)


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
    return list(read_table(path).rows)


def _sidecar(path: Path) -> dict[str, str]:
    """Return the descriptions of columns that a sidecar gives; a damaged one gives none."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return {name: str(entry["Description"]) for name, entry in content.items() if "Description" in entry}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
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
