"""What a person said of the cases on the QC page: ``OUT/qc.tsv``."""

import csv
from dataclasses import dataclass
from pathlib import Path

from wbmri.case import CasePaths, bids_label
from wbmri.cohort.outcome import file_digest
from wbmri.errors import InputError

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
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = [name for name in MARK_COLUMNS[:3] if name not in (rows.fieldnames or ())]
        if missing:
            raise InputError(
                f"{path.name} without the columns {', '.join(missing)}",
                f"the columns {', '.join(MARK_COLUMNS)}",
                "save it again from the QC page",
            )
        marks = [_mark(row, rows.line_num) for row in rows if (row["mark"] or "n/a").strip() not in ("", "n/a")]
    names = [mark.name for mark in marks]
    twice = sorted({name for name in names if names.count(name) > 1})
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


def _mark(row: dict[str, str | None], line: int) -> QcMark:
    def cell(name: str) -> str:
        value = (row.get(name) or "").strip()
        return "" if value == "n/a" else value

    if cell("mark") not in (PASS, FAIL):
        raise InputError(
            f"line {line} of {MARKS_FILE} with the mark {cell('mark')!r}", f"{PASS}, {FAIL} or n/a", "correct the mark"
        )
    return QcMark(
        bids_label(cell("participant_id"), "sub"),
        bids_label(cell("session_id"), "ses"),
        cell("mark"),
        cell("reading"),
        cell("reader"),
        cell("note"),
    )
