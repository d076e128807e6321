"""Scoring a cohort on this machine: what is done is passed over, the rest is spread over workers."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from wbmri.case import check_dataset
from wbmri.cohort.discovery import Cohort
from wbmri.cohort.job import Job, Result, State, job_maker
from wbmri.cohort.resources import Crew, plan_crew
from wbmri.cohort.worker import glance
from wbmri.cohort.worker_process import Abandoned, CaseProcess
from wbmri.core import Progress
from wbmri.pipeline import ScoringOptions

_WAIT_S = 1.0
"""Pause before a visit that another run is scoring is looked at again."""


@dataclass(frozen=True, slots=True)
class VisitProgress:
    """Where the work on one visit stands.

    Parameters
    ----------
    name
        ``sub-X_ses-Y``.
    done, doing
        Share of the visit that is done, and what is being done.
    """

    name: str
    done: float
    doing: str


Watch = Callable[[VisitProgress], None]


def unwatched(step: VisitProgress) -> None:
    """Show nothing."""


def run(
    cohort: Cohort,
    out: str | Path,
    options: ScoringOptions | None = None,
    *,
    crew: Crew | Callable[[], Crew] | None = None,
    scheduler: str | None = None,
    force: bool = False,
    retry: bool = False,
    watch: Watch = unwatched,
    stop: threading.Event | None = None,
    show_errors: bool = False,
) -> Iterator[Result]:
    """Score the visits of a cohort and yield what became of each, in the order in which that is known.

    Every visit gets an outcome file beside its case. A visit whose outcome still holds is passed over, so a run that
    was stopped, or killed, goes on where it was; two runs on one `out` share the work.

    Parameters
    ----------
    cohort
        The visits, from `find_visits`.
    out
        Folder of the cases; made if it is missing.
    options
        How every visit is scored, from `ScoringOptions.of`; the defaults if ``None``.
    crew
        Workers and limits, from `plan_crew`, or what finds them once there is something to score, from `crew_planner`;
        as many as the machine holds if ``None``.
    scheduler
        Address of a dask scheduler, or ``local`` for a cluster on this machine; processes of this run if ``None``.
    force
        Whether to score what is done.
    retry
        Whether to score what failed before.
    watch
        Called, in the thread that iterates, with where the work stands; not by a cluster, which tells results alone.
    stop
        Set it to finish what is being scored and begin nothing more. Closing the iterator abandons that, too.
    show_errors
        Whether to show what workers write to stderr.

    Raises
    ------
    CaseError
        If `out` is something else than a dataset of wbmri.
    InputError
        If the scheduler cannot be reached.
    """
    check_dataset(out)
    options = options or ScoringOptions.of()
    stop = stop or threading.Event()
    tasks: Iterator[Job] = map(job_maker(out, options, force=force, retry=retry), cohort)
    # What is settled at the beginning, all of it perhaps, needs neither workers nor the libraries to plan them.
    for job in tasks:
        settled = None if stop.is_set() else glance(job)
        if settled is None:
            tasks = chain([job], tasks)
            break
        yield settled
    else:
        return
    if not isinstance(crew, Crew):
        crew = plan_crew(cohort) if crew is None else crew()
    if scheduler is not None:
        from wbmri.cohort.dask_cluster import run_on_cluster

        yield from run_on_cluster(tasks, scheduler, crew, stop)
    else:
        yield from _run_here(tasks, crew, watch, stop, show_errors=show_errors)


def _run_here(
    tasks: Iterator[Job],
    crew: Crew,
    watch: Watch,
    stop: threading.Event,
    *,
    show_errors: bool,
) -> Iterator[Result]:
    """Score jobs in worker processes of this machine, each served by a thread."""
    # Bounded, so that a reader that is slower than the skipping does not make the waiting results pile up.
    told: queue.Queue[VisitProgress | Result | BaseException | None] = queue.Queue(maxsize=1000)
    lock = threading.Lock()
    busy: queue.SimpleQueue[Job] = queue.SimpleQueue()
    processes = [CaseProcess(crew.threads, crew.limits, show_errors=show_errors) for _ in range(crew.workers)]

    def next_job() -> Job | None:
        if stop.is_set():
            return None
        with lock:
            job = next(tasks, None)
        if job is None:
            with suppress(queue.Empty):
                job = busy.get_nowait()
                stop.wait(_WAIT_S)
        return None if stop.is_set() else job

    def serve(process: CaseProcess) -> None:
        try:
            with process, suppress(Abandoned):
                while (job := next_job()) is not None:
                    result = glance(job) or process.run(job, _teller(told.put, job.visit.name))
                    if result.state is State.BUSY:
                        busy.put(job)
                    else:
                        told.put(result)
            told.put(None)
        except BaseException as error:
            told.put(error)

    threads = [threading.Thread(target=serve, args=(process,), daemon=True) for process in processes]
    for thread in threads:
        thread.start()
    working = len(threads)
    try:
        while working:
            item = told.get()
            if item is None:
                working -= 1
            elif isinstance(item, BaseException):
                raise item
            elif isinstance(item, VisitProgress):
                watch(item)
            else:
                yield item
    finally:
        stop.set()
        for process in processes:
            process.abandon()
        # Whoever still has something to say must not wait for a reader that has gone.
        while any(thread.is_alive() for thread in threads):
            with suppress(queue.Empty):
                told.get(timeout=0.05)


def _teller(put: Callable[[VisitProgress], None], name: str) -> Progress:
    return lambda done, doing: put(VisitProgress(name, done, doing))
