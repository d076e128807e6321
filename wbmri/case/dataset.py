"""The folder OUT that holds cases: a BIDS derivatives dataset and the tables over all its cases."""

import json
from itertools import count
from pathlib import Path

from wbmri import __version__
from wbmri.case.paths import CasePaths
from wbmri.case.storage import Case, read_case
from wbmri.case.tables import SCORE_COLUMNS, SUMMARY_COLUMNS, encode_table, score_rows, summary_row
from wbmri.case.transaction import write_together
from wbmri.errors import CaseError

_BIDS_VERSION = "1.10.0"

# What BIDS has no name for yet; its validator skips these.
_BIDSIGNORE = b"""\
*_reading.json
*_scores.tsv
*_history.jsonl
*_report.html
*_change.*
/scores.tsv
/summary.tsv
"""


def open_dataset(out: str | Path) -> Path:
    """Make OUT a BIDS derivatives dataset of wbmri if it is not one yet, and return it.

    Raises
    ------
    CaseError
        If OUT is a file, or a dataset that something else made.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise CaseError(f"{out}, which is a file", "a folder for the cases", "name another folder with --out")
    description = out / "dataset_description.json"
    if description.exists() and not _is_ours(description):
        raise CaseError(
            f"{out}, a dataset that wbmri did not make",
            "a new folder or one that wbmri wrote",
            "name another folder with --out, such as derivatives/wbmri inside that dataset",
        )
    out.mkdir(parents=True, exist_ok=True)
    content = {
        "Name": "Muscle oedema scores from whole-body STIR MRI",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "wbmri", "Version": __version__}],
    }
    encoded = (json.dumps(content, indent=2) + "\n").encode()
    if not description.exists() or description.read_bytes() != encoded:
        write_together([(out / ".bidsignore", _BIDSIGNORE), (description, encoded)], out)
    return out


def _is_ours(description: Path) -> bool:
    try:
        made_by = json.loads(description.read_bytes())["GeneratedBy"]
        return any(tool["Name"] == "wbmri" for tool in made_by)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def find_cases(out: str | Path) -> tuple[CasePaths, ...]:
    """Return the complete cases of OUT, by participant and session."""
    return tuple(CasePaths.find(path) for path in sorted(Path(out).glob("sub-*/ses-*/anat/*_reading.json")))


def rebuild_tables(out: str | Path) -> tuple[CaseError, ...]:
    """Write ``OUT/scores.tsv`` and ``OUT/summary.tsv`` anew from the cases, and return what kept any case out."""
    out = Path(out)
    cases: list[Case] = []
    damaged: list[CaseError] = []
    for paths in find_cases(out):
        try:
            cases.append(read_case(paths.reading))
        except CaseError as error:
            damaged.append(error)
    scores = [row for case in cases for row in score_rows(case.participant, case.session, case.reading)]
    summary = [summary_row(case.participant, case.session, case.reading) for case in cases]
    write_together(
        [
            (out / "scores.tsv", encode_table(SCORE_COLUMNS, scores)),
            (out / "summary.tsv", encode_table(SUMMARY_COLUMNS, summary)),
        ],
        out,
    )
    return tuple(damaged)


def free_label(folder: Path, entity: str) -> str:
    """Return the lowest of ``01``, ``02`` and so on for which ``folder`` has no ``<entity>-<label>`` yet."""
    return next(label for n in count(1) if not (folder / f"{entity}-{(label := f'{n:02d}')}").exists())
