"""Whether what a reader did is on disk."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Saving:
    """How far the disk has followed.

    Parameters
    ----------
    folder
        Where the reading is saved.
    unsaved
        Actions that are in memory only.
    problem
        Why they are, what the reader can do, in one line; ``None`` while all is well.
    """

    folder: Path
    unsaved: int = 0
    problem: str | None = None
