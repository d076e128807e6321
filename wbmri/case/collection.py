"""All the cases of OUT, and the tables over them."""

from pathlib import Path

from wbmri.case.dataset import SCORE_COLUMNS, SUMMARY_COLUMNS, encode_table, score_rows, summary_row
from wbmri.case.lock import dataset_lock
from wbmri.case.paths import CasePaths
from wbmri.case.recorded_files import write_dataset_files
from wbmri.case.signed_reading import reading_of_record
from wbmri.case.storage import Case, read_case
from wbmri.core import CaseError, Reading
from wbmri.io import finish_writing

TABLES_LOCK = "tables"
"""Whoever reads the cases to write the tables over them holds it meanwhile; see `dataset_lock`."""


def find_cases(out: str | Path) -> tuple[CasePaths, ...]:
    """Return the complete cases of OUT, by participant and session."""
    finish_writing(Path(out))
    return tuple(CasePaths.find(path) for path in sorted(Path(out).glob("sub-*/ses-*/anat/*_desc-oedema_reading.json")))


def cases_at(path: str | Path) -> tuple[CasePaths, ...]:
    """Return the case whose folder or reading.json this is, or the cases of OUT; nothing where it is something else."""
    path = Path(path)
    if path.name.endswith("_reading.json") or any(path.glob("anat/*_reading.json")):
        return (CasePaths.find(path),)
    return find_cases(path)


def rebuild_tables(out: str | Path) -> tuple[CaseError, ...]:
    """Write ``OUT/scores.tsv`` and ``OUT/summary.tsv`` anew from the cases, each with its reading of record.

    Returns
    -------
    tuple of CaseError
        One for each case that cannot be read and is therefore missing from the tables.
    """
    with dataset_lock(Path(out), TABLES_LOCK):
        return _rebuild(Path(out))


def _rebuild(out: Path) -> tuple[CaseError, ...]:
    cases: list[tuple[Case, Reading]] = []
    left_out: list[CaseError] = []
    found = find_cases(out)
    for paths in found:
        try:
            case = read_case(paths.reading)
            cases.append((case, reading_of_record(case)))
        except CaseError as error:
            left_out.append(error)
    scores = [row for case, record in cases for row in score_rows(case.participant, case.session, record, case.reading)]
    summary = [summary_row(case.participant, case.session, record) for case, record in cases]
    write_dataset_files(
        out,
        [
            (out / "scores.tsv", encode_table(SCORE_COLUMNS, scores)),
            (out / "summary.tsv", encode_table(SUMMARY_COLUMNS, summary)),
        ],
        about=found,
    )
    return tuple(left_out)
