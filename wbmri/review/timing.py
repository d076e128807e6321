"""How long people read: one row for each reading that was begun, from its history."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from wbmri.case import ReadingPaths, find_cases
from wbmri.core import CaseError
from wbmri.review.history import Action, ReadingState, read_entries


@dataclass(frozen=True, slots=True)
class ReadingTime:
    """How long one person read one case.

    Parameters
    ----------
    case
        ``sub-X_ses-Y``.
    reader, run
        Whose reading it is, and which.
    mode
        How the case was read.
    signed
        Whether it is finished.
    decided
        How many groups are decided.
    seconds
        Reading time, pauses of more than two minutes left out.
    median_seconds
        Half of the first decisions on a group took no longer than this; ``None`` where there is none.
    changed
        How many decisions replaced an earlier one of the same group.
    corrected
        How many groups have corrected outlines.
    sittings
        In how many sittings it was read.
    """

    case: str
    reader: str
    run: int
    mode: str
    signed: bool
    decided: int
    seconds: float
    median_seconds: float | None
    changed: int
    corrected: int
    sittings: int


def reading_times(out: str | Path) -> tuple[ReadingTime, ...]:
    """Return how long each reading of a dataset took, by case, reader and run.

    Raises
    ------
    CaseError
        If a history is damaged.
    """
    return tuple(
        _time_of(paths) for case in find_cases(out) for paths in ReadingPaths.begun(case) if paths.history.is_file()
    )


def _time_of(paths: ReadingPaths) -> ReadingTime:
    entries = read_entries(paths.history).entries
    state = ReadingState().after_all(entries)
    if state.terms is None:
        raise CaseError(f"{paths.history} that opens no reading", "a history from its first line on", "restore it")
    first = [one.seconds for one in entries if one.action is Action.DECIDED and one.before is None]
    closed = sum(one.action is Action.CLOSED for one in entries[:-1])
    return ReadingTime(
        case=paths.case.name,
        reader=paths.reader,
        run=paths.run,
        mode=str(state.terms.mode),
        signed=paths.reading.is_file(),
        decided=len(state.decisions),
        seconds=round(state.seconds, 1),
        median_seconds=round(median(first), 1) if first else None,
        changed=sum(one.action is Action.DECIDED and one.before is not None for one in state.done),
        corrected=len(state.edited),
        sittings=1 + closed,
    )
