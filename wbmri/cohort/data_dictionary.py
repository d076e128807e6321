"""What the columns of the group tables mean, and the tables as Parquet, with types."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from wbmri.case import SCHEMA_VERSION
from wbmri.core import InputError, Json


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
)

SUMMARY = (
    *_CASE,
    Column("total", "Sum of the grades; n/a if too few groups are assessable", int),
    Column("max_assessable", "Highest sum that the assessable groups could reach", int),
    Column("total_prorated", "Total scaled to all groups", float),
    Column("involved", "Groups with grade 1 or 2", int),
    Column("assessable", "Groups with a grade", int),
    Column("grade2", "Groups with grade 2", int),
    Column("reader", "Who read the case; auto for the program"),
    Column("status", "How far the reading has come"),
    Column("engine", "Segmentation engine behind the outlines"),
    Column("scheme", "Scheme of the groups and its version"),
)

QC = (
    Column("qc", "Mark of a person on the QC page", levels={"pass": "usable", "fail": "left out of changes and plots"}),
    Column("outlier", "How far the case lies from the others: largest modified z-score (Iglewicz and Hoaglin)", float),
)

_PAIR = (
    Column("participant_id", "Person, as in the BIDS dataset"),
    Column("baseline", "Earlier visit"),
    Column("followup", "Later visit"),
)

CHANGES = (
    *_PAIR,
    Column("total_before", "Sum of the grades at the earlier visit, over the groups assessable at both", int),
    Column("total_after", "The same at the later visit", int),
    Column("delta", "Later less earlier; n/a if too few groups are assessable at both visits", int),
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
