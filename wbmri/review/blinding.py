"""Blinding: what a reader may see before signing, names that give nothing away, and when what was hidden is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from wbmri.case import CasePaths, ReadingPaths, dataset_lock, encode_table, find_cases
from wbmri.core import InputError, read_table
from wbmri.io import write_atomic


def default_seed(reader: str) -> int:
    """Return a seed that follows from the reader's id: two readers see the cases in different orders."""
    return int.from_bytes(sha256(f"reader {reader}".encode()).digest()[:4], "big")


def rank(case: CasePaths, seed: int) -> bytes:
    """Return what the cases are sorted by; a further case does not change the order of the others."""
    return sha256(f"{seed} {case.name}".encode()).digest()


def code(case: CasePaths, seed: int) -> str:
    """Return a name for a case, such as ``case 3F9A61``, that says neither who it is nor which visit."""
    return f"case {rank(case, seed).hex()[:6].upper()}"


def without_names(text: str, case: CasePaths, title: str) -> str:
    """Return a text with another title where it names a case or its files."""
    for name, instead in (
        (str(case.folder), "the folder of this case"),
        (case.name, title),
        (f"sub-{case.participant}", "…"),
        (f"ses-{case.session}", "…"),
    ):
        text = text.replace(name, instead)
    return text


class Mode(StrEnum):
    """How a case is read; fixed when a reading is begun."""

    ASSISTED = "assisted"
    BLINDED = "blinded"
    SECOND = "second reader"
    ADJUDICATION = "adjudication"


@dataclass(frozen=True, slots=True)
class Visible:
    """What a screen may show.

    Parameters
    ----------
    suggestions
        The program's grades, with the evidence they come from.
    other_readers
        What other people decided.
    clinical
        Clinical data of the person.
    visits
        Who the person is and which visit this is, other visits included.
    """

    suggestions: bool
    other_readers: bool
    clinical: bool
    visits: bool


HIDING = (Mode.BLINDED, Mode.SECOND)
"""Modes in which something is hidden until the reader has signed every visit of the person."""

_WHILE_READING = {
    Mode.ASSISTED: Visible(True, True, True, True),
    Mode.SECOND: Visible(True, False, True, True),
    Mode.BLINDED: Visible(False, False, False, False),
    Mode.ADJUDICATION: Visible(True, True, True, True),
}


def visible(mode: Mode, *, revealed: bool) -> Visible:
    """Return what may be seen in a mode; once it is revealed, everything."""
    return Visible(True, True, True, True) if revealed else _WHILE_READING[mode]


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
