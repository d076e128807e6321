"""What is handed to a worker, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from wbmri.case import CasePaths
from wbmri.cohort.job_record import Cause
from wbmri.cohort.settings import Decided, Settings
from wbmri.cohort.visit import Visit


@dataclass(frozen=True, slots=True)
class Job:
    """One visit to score, as it is handed to a worker.

    Parameters
    ----------
    visit
        The visit.
    out
        Folder of the cases.
    settings
        How to score it.
    decided
        What that comes down to; found once for all visits of a run.
    force
        Whether to score it even if it is done.
    retry
        Whether to score it if it failed before.
    """

    visit: Visit
    out: str
    settings: Settings
    decided: Decided
    force: bool = False
    retry: bool = False

    @property
    def paths(self) -> CasePaths:
        """The case it becomes."""
        return CasePaths(Path(self.out), self.visit.participant, self.visit.session)


def job_maker(
    out: str | Path,
    settings: Settings,
    *,
    force: bool = False,
    retry: bool = False,
) -> Callable[[Visit], Job]:
    """Return what makes the jobs of a run from its visits."""
    place = str(Path(out).absolute())
    decided = cache(lambda given: settings.decided(given=given))
    return lambda visit: Job(visit, place, settings, decided(bool(visit.labels)), force, retry)


class State(StrEnum):
    """What a run did with a visit."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was done before, and the outcome still holds."""
    KEPT = "kept"
    """A person's reading is there, or a case that was scored otherwise after the visit had failed."""
    BUSY = "busy"
    """Another run is scoring it, or a person has it open."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did with a visit.

    Parameters
    ----------
    participant, session
        BIDS labels.
    state
        What was done.
    cause, reason
        Why it failed.
    again
        Whether it had failed before and was not tried again.
    seconds
        How long it took.
    """

    participant: str
    session: str
    state: State
    cause: Cause | None = None
    reason: str | None = None
    again: bool = False
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """``sub-X_ses-Y``."""
        return f"sub-{self.participant}_ses-{self.session}"
