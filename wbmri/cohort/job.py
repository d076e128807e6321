"""What is handed to a worker, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from wbmri.case import CasePaths
from wbmri.cohort.job_record import Cause
from wbmri.cohort.visit import Visit
from wbmri.pipeline import Fingerprint, ScoringOptions


@dataclass(frozen=True, slots=True)
class Job:
    """One visit to score, as it is handed to a worker.

    Parameters
    ----------
    visit
        The visit.
    out
        Folder of the cases.
    options
        How to score it, with its own label maps.
    fingerprint
        What decides the result besides its files; found once for all visits of a run.
    force
        Whether to score it even if it is done.
    retry
        Whether to score it if it failed before.
    """

    visit: Visit
    out: str
    options: ScoringOptions
    fingerprint: Fingerprint
    force: bool = False
    retry: bool = False

    @property
    def paths(self) -> CasePaths:
        """The case it becomes."""
        return CasePaths(Path(self.out), self.visit.participant, self.visit.session)


def job_maker(
    out: str | Path,
    options: ScoringOptions,
    *,
    force: bool = False,
    retry: bool = False,
) -> Callable[[Visit], Job]:
    """Return what makes the jobs of a run from its visits."""
    place = str(Path(out).absolute())
    fingerprints: dict[tuple[bool, tuple[str, ...]], Fingerprint] = {}

    def job(visit: Visit) -> Job:
        own = replace(options.with_labels(visit.labels), series=visit.series or options.series)
        kind = (bool(visit.labels), own.series)
        if kind not in fingerprints:
            fingerprints[kind] = own.fingerprint()
        return Job(visit, place, own, fingerprints[kind], force, retry)

    return job


class State(StrEnum):
    """What a run did with a visit."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was done before, and the outcome still holds."""
    KEPT = "kept"
    """A person's reading is there or open, or a case that was scored otherwise after the visit had failed."""
    BUSY = "busy"
    """Another run is scoring it."""


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
        Why it failed, or who has it open.
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
