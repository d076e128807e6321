"""What a run would do with each visit of a cohort, and roughly how long it would take; nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from wbmri.case import CasePaths, find_cases, read_case
from wbmri.cohort.discovery import Cohort
from wbmri.cohort.job import Job, Standing, job_maker, read_outcome
from wbmri.cohort.visit import Skipped, sizes_of
from wbmri.cohort.worker import look
from wbmri.core import AUTO, CaseError
from wbmri.pipeline import ScoringOptions

_TIMED = 25
"""So many cases of OUT are asked how long they took."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do with one visit.

    Parameters
    ----------
    name
        ``sub-X_ses-Y``.
    action
        ``score``, ``skip`` or ``fail``.
    why
        The reason.
    images
        Number of inputs.
    megabytes
        Size of the files.
    """

    name: str
    action: str
    why: str
    images: int
    megabytes: float


def preview(
    cohort: Cohort,
    out: str | Path,
    options: ScoringOptions,
    *,
    force: bool = False,
    retry: bool = False,
) -> Iterator[Preview | Skipped]:
    """Yield what a run with the same arguments would do with each visit, and what belongs to none; nothing is written.

    Parameters
    ----------
    cohort, out, options, force, retry
        As for `wbmri.cohort.run`.
    """
    job_of = job_maker(out, options, force=force, retry=retry)
    for found in cohort.look():
        if isinstance(found, Skipped):
            yield found
            continue
        action, why = ("fail", found.problem) if found.problem else _action(job_of(found))
        yield Preview(found.name, action, why, len(found.inputs), round(sum(sizes_of(found)) / 1e6, 1))


def seconds_per_visit(out: str | Path, engine: str) -> float | None:
    """Return how long a visit took with an engine, the median of some cases of OUT; None if there is none."""
    taken = (_seconds(paths, engine) for paths in find_cases(out))
    known = list(islice((seconds for seconds in taken if seconds), _TIMED))
    return median(known) if known else None


def _seconds(paths: CasePaths, engine: str) -> float | None:
    try:
        case = read_case(paths.reading)
        # The history also tells how long people read; the program's own last entry tells how long scoring took.
        scored = [entry for entry in case.history() if entry.who == AUTO]
        return sum(scored[-1].seconds.values()) if scored and case.reading.engine == engine else None
    except CaseError:
        return None


def _action(job: Job) -> tuple[str, str]:
    found = look(job)
    if job.force and found in (Standing.DONE, Standing.FAILED):
        return "score", f"{found}, asked for again"
    if found is Standing.DONE:
        return "skip", found
    if found is Standing.FAILED and not job.retry:
        outcome = read_outcome(job.paths)
        return "fail", f"failed before: {outcome.reason if outcome else ''}"
    return "score", found
