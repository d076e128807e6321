"""The folder OUT that holds cases, a BIDS derivatives dataset that other software recognises, and the tables in it."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from wbmri import __version__
from wbmri.core import CaseError, Reading
from wbmri.core.scheme import Scheme

SCORE_COLUMNS = (
    "participant_id",
    "session_id",
    "label",
    "group",
    "side",
    "region",
    "grade",
    "grade_source",
    "auto_grade",
    "oedema_fraction",
    "oedema_ratio",
    "volume_ml",
    "assessable",
    "reason",
    "confidence",
    "detectable_ratio",
    "detectable_share",
    "share_in_view",
)

SUMMARY_COLUMNS = (
    "participant_id",
    "session_id",
    "total",
    "max_assessable",
    "total_prorated",
    "involved",
    "assessable",
    "grade2",
    "reader",
    "status",
    "engine",
    "scheme",
    "open_totals",
)

LABEL_COLUMNS = ("index", "name", "color")

Row = tuple[str, ...]


def encode_table(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return a table as UTF-8 text, one line per row, cells that hold tabs or line breaks put on one line."""
    lines = ["\t".join(" ".join(cell.split()) for cell in row) for row in (columns, *rows)]
    return ("\n".join(lines) + "\n").encode()


def score_rows(participant: str, session: str, reading: Reading, auto: Reading | None = None) -> list[Row]:
    """Return one row per group with the columns `SCORE_COLUMNS`.

    Parameters
    ----------
    participant, session
        BIDS labels of the person and the visit.
    reading
        The grades that count.
    auto
        The program's reading, where the other is a person's: its grades stand in the column ``auto_grade``.
    """
    rows: list[Row] = []
    for (group, entry), automatic in zip(reading.by_group(), (auto or reading).groups, strict=True):
        evidence = entry.evidence
        rows.append(
            (
                f"sub-{participant}",
                f"ses-{session}",
                str(group.label),
                group.id,
                str(group.side),
                group.region,
                _cell(entry.grade),
                str(entry.source),
                _cell(automatic.auto_grade),
                _cell(evidence.oedema_fraction if evidence else None, 4),
                _cell(evidence.oedema_ratio if evidence else None, 3),
                _cell(evidence.volume_ml if evidence else None, 2),
                "true" if entry.assessable else "false",
                _cell(entry.reason),
                _cell(entry.confidence, 2),
                _cell(evidence.detectable_ratio if evidence else None, 3),
                _cell(evidence.detectable_share if evidence else None, 4),
                _cell(evidence.in_view if evidence else None, 2),
            ),
        )
    return rows


def summary_row(participant: str, session: str, reading: Reading) -> Row:
    """Return the one row of a case with the columns `SUMMARY_COLUMNS`."""
    score = reading.score
    return (
        f"sub-{participant}",
        f"ses-{session}",
        _cell(score.total),
        str(score.whole.max_assessable),
        _cell(score.prorated, 1),
        str(score.involved),
        str(score.whole.assessable),
        str(score.whole.grade2),
        reading.reader,
        str(reading.status),
        reading.engine,
        f"{reading.scheme.name} {reading.scheme.version}",
        score.open_totals or "n/a",
    )


def label_rows(scheme: Scheme) -> list[Row]:
    """Return one row per label of a scheme with the columns `LABEL_COLUMNS`."""
    return [(str(group.label), group.id, group.pair.colour) for group in scheme.groups]


def _cell(value: float | str | None, digits: int | None = None) -> str:
    if value is None:
        return "n/a"
    return str(value) if digits is None else f"{value:.{digits}f}"


_BIDS_VERSION = "1.10.0"

# What BIDS has no name for yet; its validator skips these.
_BIDSIGNORE = b"""\
*_reading.json
*_scores.tsv
*_history.jsonl
*_report.html
*_outcome.json
*_manifest.json
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
    if "\0" in str(out):
        raise CaseError(f"the folder {out}", "a path without NUL characters", "name another folder with --out")
    if out.is_symlink() and not out.exists():
        raise CaseError(f"{out}, a link that leads nowhere", "a folder for the cases", "name another with --out")
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
        (out / ".bidsignore", _BIDSIGNORE),
        (out / "dataset_description.json", (json.dumps(description, indent=2) + "\n").encode()),
    ]


def _is_ours(description: Path) -> bool:
    try:
        made_by = json.loads(description.read_bytes())["GeneratedBy"]
        return any(tool["Name"] == "wbmri" for tool in made_by)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
