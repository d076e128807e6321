"""The lines of a reading's history as they are on disk."""

from dataclasses import dataclass
from pathlib import Path

from wbmri.case import Chain, completed_lines, decode, unsealed
from wbmri.core import CaseError
from wbmri.review.history import Entry


@dataclass(frozen=True, slots=True)
class Lines:
    """What is on disk of a history.

    Parameters
    ----------
    entries
        Every completed action, in order.
    length
        How many bytes their lines take.
    chain
        Where the next line goes on.
    """

    entries: tuple[Entry, ...]
    length: int
    chain: Chain


def read_entries(path: Path) -> Lines:
    """Read the history of a reading; a torn last line, of an action that was never completed, does not count.

    Raises
    ------
    CaseError
        If a line is not as it was written.
    """
    lines, chain = completed_lines(path.read_bytes() if path.exists() else b"", path)
    entries = tuple(decode(Entry, unsealed(line), path) for line in lines)
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            raise CaseError(
                f"{path} with line {entry.number} in place {number}",
                "every action once, in order",
                "restore the file from a backup",
            )
    return Lines(entries, sum(len(line) + 1 for line in lines), chain)
