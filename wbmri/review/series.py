"""The visits of one person that one reader reads: what was hidden is shown once all are signed, or by the study."""

from collections.abc import Iterable
from pathlib import Path

from wbmri.case import CasePaths, ReadingPaths, dataset_lock, encode_table, find_cases
from wbmri.core import InputError, read_table
from wbmri.io import write_atomic

_UNBLINDED, _COLUMNS = "unblinded.tsv", ("participant_id", "reader")

_EVERYONE = "n/a"


def unsigned_visits(
    case: CasePaths,
    reader: str,
    *,
    cases: Iterable[CasePaths] | None = None,
    folder: Path | None = None,
) -> tuple[CasePaths, ...]:
    """Return the other visits of a person that a reader has still to sign: none where the study has unblinded them.

    What one visit shows when it is opened would lead whoever has still to read another one of the same person.

    Parameters
    ----------
    case
        The visit that is read.
    reader
        Id of the person who reads.
    cases
        The cases of the dataset, where they are known.
    folder
        Where the readings are kept, if not in the folders ``readings`` of the cases.
    """
    if {f"{case.participant} {reader}", f"{case.participant} {_EVERYONE}"} & set(_unblinded(case.out)):
        return ()
    return tuple(
        other
        for other in (find_cases(case.out) if cases is None else cases)
        if other.participant == case.participant
        and other.session != case.session
        and not any(ReadingPaths(other, reader, 1, place).reading.is_file() for place in {None, folder})
    )


def unblind(out: Path, participant: str, reader: str | None = None) -> Path:
    """Let what was hidden of a person be seen in readings that are signed, though other visits are not.

    Parameters
    ----------
    out
        The dataset.
    participant
        BIDS label of the person.
    reader
        Id of the reader who may see it; ``None`` for everyone.

    Returns
    -------
    Path
        The table that says so.

    Raises
    ------
    InputError
        If there is no such person.
    """
    known = sorted({case.participant for case in find_cases(out)})
    if participant not in known:
        raise InputError(
            f"the person {participant!r}, of whom {out} holds no case",
            f"one of {', '.join(known) or '(nobody)'}",
            "correct the label",
        )
    path = out / ".wbmri" / _UNBLINDED
    with dataset_lock(out, "unblinded"):
        rows = {*_unblinded(out), f"{participant} {reader or _EVERYONE}"}
        write_atomic(path, encode_table(_COLUMNS, [tuple(row.split(" ")) for row in sorted(rows)]))
    return path


def _unblinded(out: Path) -> tuple[str, ...]:
    """Return who may see what of whom, as pairs with a space between."""
    path = out / ".wbmri" / _UNBLINDED
    if not path.is_file():
        return ()
    return tuple(f"{row['participant_id']} {row['reader']}" for row in read_table(path).rows)
