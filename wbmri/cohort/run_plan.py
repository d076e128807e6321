"""Before a run: how many workers a machine holds, what each may take, and what would be done with each visit."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import median

from wbmri.case import CasePaths, find_cases, read_case
from wbmri.cohort.discovery import Cohort
from wbmri.cohort.job import Job, Standing, job_maker, read_outcome
from wbmri.cohort.visit import Skipped, Visit, sizes_of
from wbmri.cohort.worker import look
from wbmri.cohort.worker_process import Limits
from wbmri.core import AUTO, CaseError, InputError
from wbmri.pipeline import ScoringOptions

WORKER_MB = 1600.0
"""Resident memory, at its peak, of a worker that scores a small scan with the default engine.

Measured at the peak: 1680 MB for a scan of 4.3 million voxels and 2134 MB for one of 17.3 million. This and
`MB_PER_MEGAVOXEL` lie 5 to 8 % above that.
"""

MB_PER_MEGAVOXEL = 40.0
"""What a larger scan adds to that for each million voxels."""

UNKNOWN_MEGAVOXELS = 20.0
"""Size of a whole body, where no visit could be looked at."""

FREE_SHARE = 0.9
"""Share of the free memory that is used."""

SECONDS = 3600.0
"""Time that a visit may take."""

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers of a run.

    Parameters
    ----------
    workers
        How many processes.
    threads
        Threads in each.
    limits
        What one visit may take.
    why
        What decided the number, in words.
    """

    workers: int
    threads: int
    limits: Limits
    why: str


def plan_crew(
    cohort: Cohort,
    workers: int | None = None,
    threads: int | None = None,
    seconds: float = SECONDS,
    gigabytes: float | None = None,
) -> Crew:
    """Choose the workers for a cohort: no more than processors, nor than memory allows.

    Parameters
    ----------
    cohort
        The visits; the largest one decides.
    workers
        At most so many processes; as many as there are processors if ``None``.
    threads
        Threads in each; the processors shared evenly if ``None``.
    seconds, gigabytes
        What one visit may take. By default memory is shared evenly.

    Raises
    ------
    InputError
        If a number is not positive.
    """
    return crew_planner(cohort, workers, threads, seconds, gigabytes)()


def crew_planner(
    cohort: Cohort,
    workers: int | None = None,
    threads: int | None = None,
    seconds: float = SECONDS,
    gigabytes: float | None = None,
) -> Callable[[], Crew]:
    """Return what `plan_crew` returns, but found when it is called: where all is done no scan need be opened.

    The numbers are checked at once.
    """
    for name, value in (("workers", workers), ("threads", threads), ("seconds", seconds), ("gigabytes", gigabytes)):
        if value is not None and value <= 0:
            raise InputError(f"{value} {name}", "a positive number", f"correct the number of {name}")

    @cache
    def plan() -> Crew:
        processors = processor_count()
        wanted = workers or processors
        free = FREE_SHARE * free_memory_mb()
        each = gigabytes * 1024 if gigabytes else WORKER_MB + MB_PER_MEGAVOXEL * largest_megavoxels(cohort)
        held = max(1, int(free // each))
        chosen = min(wanted, held)
        why = f"{wanted} asked for" if workers else f"{processors} processors"
        if chosen < wanted:
            why = f"{free / 1024:.1f} GB of free memory, {each / 1024:.1f} GB for each"
        limit = gigabytes * 1024 if gigabytes else free / chosen
        return Crew(chosen, threads or max(1, processors // chosen), Limits(seconds, limit), why)

    return plan


def processor_count() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory_mb() -> float:
    """Return the memory that can still be used, within the limits of a container or a batch job."""
    import psutil

    free = float(psutil.virtual_memory().available)
    for limit, used in _CGROUPS:
        with suppress(OSError, ValueError):  # the limit may be the word "max"
            free = min(free, float(Path(limit).read_text()) - float(Path(used).read_text()))
    return max(free, 0.0) / 2**20


def largest_megavoxels(cohort: Cohort) -> float:
    """Return the voxels, in millions, of the visit whose files are largest."""
    largest: Visit | None = None
    most = 0
    for found in cohort.look():
        if isinstance(found, Visit) and found.problem is None and (size := sum(sizes_of(found))) > most:
            largest, most = found, size
    with suppress(InputError, OSError):
        if largest is not None:
            return _megavoxels(largest)
    return UNKNOWN_MEGAVOXELS


def _megavoxels(visit: Visit) -> float:
    from wbmri.io import inspect

    inspection = inspect([Path(path) for path in visit.inputs])
    stations = [station for series in inspection.series if series.chosen for station in series.stations]
    voxels = (station.size[0] * station.size[1] * station.size[2] for station in stations)
    return sum(voxels) / 1e6 if stations else UNKNOWN_MEGAVOXELS


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
