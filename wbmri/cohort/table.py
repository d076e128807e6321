"""The visits that a table lists, one a row."""

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from wbmri.cohort.visit import Visit
from wbmri.errors import InputError

COLUMNS = ("participant", "session", "path")
BETWEEN_STATIONS = ";"

ENDINGS = {".tsv": "\t", ".csv": ","}


def table_visits(path: Path) -> Iterator[Visit]:
    """Yield the visits of a table in its order.

    Parameters
    ----------
    path
        A .tsv or .csv file in UTF-8 with the columns ``participant`` (or ``participant_id``), ``session`` (or
        ``session_id``) and ``path``, and optionally ``labels``. Several files in one cell are separated by ``;``;
        paths are relative to the table.

    Raises
    ------
    InputError
        If a column is missing, or a row lacks a value or has labels that BIDS does not allow.
    """
    seen: dict[str, int] = {}
    for row in _rows(path):
        seen[row.name] = seen.get(row.name, 0) + 1
    told: set[str] = set()
    for row in _rows(path):
        if seen[row.name] == 1:
            yield row
        elif row.name not in told:
            told.add(row.name)
            problem = f"{seen[row.name]} rows of {path.name} for one visit; expected one; correct the table"
            yield Visit(row.participant, row.session, (), problem=problem)


def _rows(path: Path) -> Iterator[Visit]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=ENDINGS[path.suffix.lower()])
        names = {name.removesuffix("_id"): name for name in rows.fieldnames or () if name}
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise InputError(
                f"{path.name} without the columns {', '.join(missing)}",
                f"the columns {', '.join(COLUMNS)}, and labels if outlines are given",
                "add them to its first line",
            )
        for row in rows:
            try:
                yield _visit(row, names, path.parent.resolve())
            except InputError as error:
                raise InputError(
                    f"line {rows.line_num} of {path.name}: {error.received}", error.expected, error.remedy
                ) from error


def _visit(row: Mapping[str, str | None], names: Mapping[str, str], folder: Path) -> Visit:
    def paths(cell: str) -> tuple[str, ...]:
        parts = (part.strip() for part in cell.split(BETWEEN_STATIONS))
        return tuple(os.path.normpath(folder / part) for part in parts if part and part != "n/a")

    participant, session, path = ((row[names[name]] or "").strip() for name in COLUMNS)
    inputs = paths(path)
    if not inputs:
        raise InputError("an empty path", "a DICOM folder or image files", "fill the cell, or remove the row")
    labels = paths(row[names["labels"]] or "") if "labels" in names else ()
    return Visit(participant, session, inputs, labels)
