"""The same work on a dask cluster; its workers may die, because the outcome files alone say what is done."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import Any

from wbmri.cohort.job import Job, Result, State
from wbmri.cohort.job_record import Cause
from wbmri.cohort.resources import Crew
from wbmri.cohort.worker import fail_locked, glance, jobs, results
from wbmri.cohort.worker_process import CaseProcess, Limits
from wbmri.core import InputError

LOCAL = "local"
"""Stands for a cluster of this machine, for the length of the run."""

_AHEAD = 2
"""So many visits for each worker are with the scheduler at a time."""

_GLANCE_S = 0.2
_WAIT_S = 1.0
"""Pause before a visit that another run is scoring is looked at again."""


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
