"""The visits of one person that one reader reads: only when all are signed, what was hidden is shown."""

from collections.abc import Iterable
from pathlib import Path

from wbmri.case import CasePaths, ReadingPaths, find_cases


def unsigned_visits(
    case: CasePaths,
    reader: str,
    *,
    cases: Iterable[CasePaths] | None = None,
    folder: Path | None = None,
) -> tuple[CasePaths, ...]:
    """Return the other visits of a person that a reader has not signed.

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
    return tuple(
        other
        for other in (find_cases(case.out) if cases is None else cases)
        if other.participant == case.participant
        and other.session != case.session
        and not any(ReadingPaths(other, reader, 1, place).reading.is_file() for place in {None, folder})
    )
