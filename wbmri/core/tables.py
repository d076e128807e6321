"""Tables in text, as people and spreadsheets write them: read whole, or refused in one line."""

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from wbmri.core.errors import InputError

_MOST_BYTES = 2**26
"""A table of a cohort of thousands has some megabytes."""
_LONGEST_CELL = 100_000


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text.

    Parameters
    ----------
    name
        Name of its file.
    columns
        Its headings.
    rows
        The cells of each line by heading, "" where a line is too short.
    lines
        Number of each row's line in the file.
    uneven
        Numbers of lines with more or fewer cells than headings.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    uneven: tuple[int, ...]


def read_table(path: Path, delimiter: str = "\t", *, quotes: bool = False) -> Table:
    """Read a table with headings in its first line, in UTF-8 with or without a byte-order mark.

    Parameters
    ----------
    path
        The file.
    delimiter
        What stands between cells.
    quotes
        Whether cells may stand in quotation marks, as in CSV.

    Raises
    ------
    InputError
        If there is no such file, it is larger than any such table, or it is not text in UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise InputError(
                f"the table {path.name} of {size / 1e6:.0f} MB",
                f"at most {_MOST_BYTES / 1e6:.0f} MB",
                "check that it is the right file",
            )
        content = path.read_bytes().decode("utf-8-sig")
        if "\0" in content:
            raise ValueError("it holds NUL characters")
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(
            StringIO(content, newline=""),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
        )
        columns = tuple(heading.strip() for heading in next(reader, ()))
        numbered = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except (OSError, ValueError, csv.Error) as problem:
        raise InputError(
            f"the table {path.name}, which cannot be read ({problem})",
            "a table of text in UTF-8 with headings in its first line",
            "save it again as text, UTF-8",
        ) from problem
    return Table(
        path.name,
        columns,
        tuple(dict(zip(columns, [*cells, *[""] * len(columns)], strict=False)) for _, cells in numbered),
        tuple(line for line, _ in numbered),
        tuple(line for line, cells in numbered if len(cells) != len(columns)),
    )
