"""Scoring a cohort on this machine or on a dask cluster: what is done is passed over, workers share the rest."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from wbmri.case import check_dataset
from wbmri.cohort.discovery import Cohort
from wbmri.cohort.job import Cause, Job, Result, State, job_maker
from wbmri.cohort.run_plan import Crew, plan_crew
from wbmri.cohort.worker import fail_locked, glance, jobs, results
from wbmri.cohort.worker_process import Abandoned, CaseProcess, Limits
from wbmri.core import InputError, Progress
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


LOCAL = "local"
"""Stands for a cluster of this machine, for the length of the run."""

_AHEAD = 2
"""So many visits for each worker are with the scheduler at a time."""

_GLANCE_S = 0.2


def run_on_cluster(tasks: Iterator[Job], address: str, crew: Crew, stop: threading.Event) -> Iterator[Result]:
    """Score jobs on the workers of a scheduler.

    Every worker scores in a process of its own, as a run on one machine does, so that the limits hold and a crash costs
    no worker. Workers must see the files of the input and of OUT under the same paths.

    Parameters
    ----------
    tasks
        The jobs.
    address
        Of a dask scheduler, such as ``tcp://host:8786``, or `LOCAL`.
    crew
        Workers of a local cluster, and the limits of a visit.
    stop
        Set it to finish what was handed out and begin nothing more.

    Raises
    ------
    InputError
        If dask is missing, or the scheduler does not answer.
    """
    ahead: dict[Any, Job] = {}
    busy: list[tuple[float, Job]] = []
    with _connected(address, crew) as client:
        try:
            while True:
                room = _AHEAD * max(1, len(client.scheduler_info()["workers"]))
                while len(ahead) < room and not stop.is_set():
                    job = next(tasks, None)
                    if job is None and busy and time.monotonic() > busy[0][0]:
                        job = busy.pop(0)[1]
                    if job is None:
                        break
                    settled = glance(job)
                    if settled is not None:
                        yield settled
                        continue
                    task = client.submit(score_job, jobs().dump_json(job).decode(), crew, key=None, pure=False)
                    ahead[task] = job
                if not ahead and (stop.is_set() or not busy):
                    return
                for task in [task for task in ahead if task.done()]:
                    job = ahead.pop(task)
                    result = _result(task, job)
                    if result.state is State.BUSY:
                        busy.append((time.monotonic() + _WAIT_S, job))
                    else:
                        yield result
                time.sleep(_GLANCE_S)
        finally:
            client.cancel(list(ahead))


def score_job(job: str, crew: Crew) -> str:
    """Score one job, on a dask worker; both are JSON."""
    idle = _idle(crew.threads, crew.limits)
    try:
        process = idle.get_nowait()
    except Empty:
        process = CaseProcess(crew.threads, crew.limits)
    try:
        return results().dump_json(process.run(jobs().validate_json(job))).decode()
    finally:
        idle.put(process)


@cache
def _idle(threads: int, limits: Limits) -> "SimpleQueue[CaseProcess]":
    """Return the processes of this dask worker that have loaded the engine and wait for a job."""
    return SimpleQueue()


def _result(task: Any, job: Job) -> Result:
    """Return the result of a task; that of one whose workers kept dying is a failure."""
    from distributed import KilledWorker

    try:
        return results().validate_json(task.result())
    except KilledWorker:
        reason = "every cluster worker that took it died; expected it to live; retry with --retry-failed"
        return fail_locked(job, None, Cause.CRASH, reason)


@contextmanager
def _connected(address: str, crew: Crew) -> Iterator[Any]:
    """Connect to a scheduler, or start a cluster of this machine for as long."""
    if find_spec("distributed") is None:
        raise InputError("--scheduler without dask", "the extra 'cluster'", "pip install 'wbmri[cluster]'")
    from distributed import Client, LocalCluster

    if address == LOCAL:
        # The processes that score watch their memory themselves.
        options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "memory_limit": 0}
        with LocalCluster(n_workers=crew.workers, **options) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address)  # waits as long as the user's configuration of dask says
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no dask scheduler at {address} ({type(error).__name__})",
            "the address of a running scheduler, such as tcp://host:8786, or 'local'",
            "start one with 'dask scheduler', see docs/cohort.md",
        ) from error
    with client:
        yield client
