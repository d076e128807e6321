"""What is handed to a worker and comes back, and one small file beside each case, the only truth of what is done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case import SCHEMA_VERSION, STRICT, CasePaths, decode, encode, file_digest, write_case_files
from wbmri.cohort.visit import Visit
from wbmri.core import CaseError
from wbmri.io import write_atomic
from wbmri.pipeline import Fingerprint, ScoringOptions


class Ending(StrEnum):
    """How the attempt to score a visit ended."""

    BEGUN = "begun"
    """It did not end: it goes on, or it was killed and the case may be in pieces."""
    DONE = "done"
    FAILED = "failed"


class Cause(StrEnum):
    """What kind of fault made a visit fail."""

    INPUT = "input"
    """The images cannot be used."""
    FILES = "files"
    """A file cannot be read or written."""
    TIME = "time limit"
    MEMORY = "memory limit"
    CRASH = "crash"
    """The worker process died, more than once."""
    PROGRAM = "program"
    """An error that wbmri did not expect."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an outcome rests on; it holds as long as this is the same.

    Parameters
    ----------
    digest
        SHA-256 of the contents of the input.
    stamp
        Digest of places, sizes and times of the input; while it is the same, the contents are not read again.
    decided
        Engine, scheme, versions and whatever else decides the result besides its files.
    """

    digest: str
    stamp: str
    decided: Fingerprint


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ``*_outcome.json`` holds.

    Parameters
    ----------
    participant, session
        BIDS labels.
    ending
        Begun, done or failed.
    basis
        What it rests on; ``None`` where the worker died, or the input was unusable, before that was known.
    reading
        SHA-256 of the reading that was written; if it is not done, that of an earlier one, which counts no more.
    cause, reason
        Why it failed, or that it has not ended.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    participant: str
    session: str
    ending: Ending
    basis: Basis | None
    reading: str | None = None
    cause: Cause | None = None
    reason: str | None = None
    schema_version: int = SCHEMA_VERSION


class Standing(StrEnum):
    """Whether a visit needs to be scored, and why."""

    DONE = "done"
    FAILED = "failed before"
    NEW = "not scored yet"
    INPUT = "the input changed"
    SETTINGS = "other settings"
    VERSION = "another version"
    INCOMPLETE = "the case is not as it was written"


def read_outcome(paths: CasePaths) -> Outcome | None:
    """Read the outcome of a visit; None if there is none, or none that can be read."""
    try:
        return decode(Outcome, paths.outcome.read_bytes(), paths.outcome)
    except (OSError, CaseError):
        return None


def write_outcome(paths: CasePaths, outcome: Outcome) -> None:
    """Write the outcome of a visit, whole or not at all."""
    content = encode(outcome)
    if paths.manifest.exists():
        try:
            write_case_files(paths, [(paths.outcome, content)])
        except CaseError:
            # Whatever is wrong with the case, its outcome must be known.
            pass
        else:
            return
    paths.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(paths.outcome, content)


def standing(paths: CasePaths, outcome: Outcome | None, basis: Basis, *, exact: bool) -> Standing:
    """Say whether an outcome still holds.

    Parameters
    ----------
    paths
        The case.
    outcome
        Its outcome, if there is one.
    basis
        What the input and the settings are now.
    exact
        Whether the contents of the input are compared, or only their stamp.
    """
    if outcome is None or outcome.basis is None:
        return Standing.NEW
    before = outcome.basis
    if (before.digest != basis.digest) if exact else (before.stamp != basis.stamp):
        return Standing.INPUT
    if before.decided.parameters != basis.decided.parameters:
        return Standing.SETTINGS
    if before.decided.versions != basis.decided.versions:
        return Standing.VERSION
    if outcome.ending is Ending.FAILED:
        return Standing.FAILED
    return Standing.DONE if outcome.reading == digest_of_reading(paths) else Standing.INCOMPLETE


def digest_of_reading(paths: CasePaths) -> str | None:
    """Return the SHA-256 of a case's reading; None if a file of the case is missing."""
    needed = (paths.volume, paths.volume_sidecar, paths.labels, paths.labels_sidecar, paths.scores, paths.report)
    if not all(path.is_file() for path in (*needed, paths.reading)):
        return None
    return file_digest(paths.reading)


def scored_since(paths: CasePaths, outcome: Outcome) -> bool:
    """Tell whether a visit that failed was scored in another way afterwards, such as with ``wbmri score --series``."""
    reading = digest_of_reading(paths)
    return outcome.ending is not Ending.DONE and reading is not None and reading != outcome.reading


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
