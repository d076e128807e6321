"""The tables of cases, tab-separated as BIDS asks, with ``n/a`` for what is missing."""

from collections.abc import Iterable, Sequence

from wbmri.core import Reading
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
    )


def label_rows(scheme: Scheme) -> list[Row]:
    """Return one row per label of a scheme with the columns `LABEL_COLUMNS`."""
    return [(str(group.label), group.id, group.pair.colour) for group in scheme.groups]


def _cell(value: float | str | None, digits: int | None = None) -> str:
    if value is None:
        return "n/a"
    return str(value) if digits is None else f"{value:.{digits}f}"
