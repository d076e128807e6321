"""The folder OUT that holds cases: a BIDS derivatives dataset that other software recognises."""

import json
from pathlib import Path

from wbmri import __version__
from wbmri.core import CaseError

_BIDS_VERSION = "1.10.0"

# What BIDS has no name for yet; its validator skips these.
_BIDSIGNORE = b"""\
*_reading.json
*_scores.tsv
*_history.jsonl
*_report.html
*_outcome.json
figures
readings
*_change.*
/.wbmri
/scores.*
/summary.*
/cohort.*
/changes.*
/transitions.*
/qc.*
/agreement*
/outcomes*
/sdc.json
"""


def check_dataset(out: str | Path) -> None:
    """Refuse a folder that is something else than a dataset of wbmri.

    Raises
    ------
    CaseError
        If `out` is a file, or a dataset that something else made.
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


def dataset_files(out: Path) -> list[tuple[Path, bytes]]:
    """Return the files that make a folder a BIDS derivatives dataset, with their contents."""
    description = {
        "Name": "Muscle oedema scores from whole-body STIR MRI",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "wbmri", "Version": __version__}],
    }
    return [
        ignore_file(out),
        (out / "dataset_description.json", (json.dumps(description, indent=2) + "\n").encode()),
    ]


def ignore_file(out: Path) -> tuple[Path, bytes]:
    """Return the file that tells validators of BIDS what to skip, with its content."""
    return out / ".bidsignore", _BIDSIGNORE


def _is_ours(description: Path) -> bool:
    try:
        made_by = json.loads(description.read_bytes())["GeneratedBy"]
        return any(tool["Name"] == "wbmri" for tool in made_by)
    except (OSError, ValueError, KeyError, TypeError):
        return False
