"""A worker process seen from outside: it is given visits, watched, and replaced when it dies."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from wbmri.cohort.job import Basis, Cause, Job, Result
from wbmri.cohort.worker import Message, fail_locked, jobs, messages
from wbmri.core import Progress, silent
from wbmri.segmentation.network import THREADS_VARIABLE

_THREAD_VARIABLES = (
    THREADS_VARIABLE,
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)

_GLANCE_S = 0.2
"""How often a worker's time and memory are looked at."""

_LIVES = 2
"""A visit at which this many workers died is given up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visit may take.

    Parameters
    ----------
    seconds
        Time.
    megabytes
        Resident memory of the worker.
    """

    seconds: float
    megabytes: float


class Abandoned(Exception):  # noqa: N818 - it is no error
    """The run was stopped while a visit was being scored."""


class CaseProcess:
    """One worker; its process is started with the first visit.

    Parameters
    ----------
    threads
        Threads that numeric libraries may use in it.
    limits
        What one visit may take.
    show_errors
        Whether what the worker writes to stderr is shown.
    """

    def __init__(self, threads: int, limits: Limits, *, show_errors: bool = False) -> None:
        self._threads = threads
        self._limits = limits
        self._show_errors = show_errors
        self._process: subprocess.Popen[bytes] | None = None
        self._said: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._abandoned = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def abandon(self) -> None:
        """Stop the work, from another thread; `run` then raises `Abandoned`."""
        self._abandoned.set()

    def run(self, job: Job, progress: Progress = silent) -> Result:
        """Score one visit, and see to it that an outcome is written whatever becomes of the worker.

        Raises
        ------
        Abandoned
            If the run was stopped; then no outcome is written.
        """
        start = time.monotonic()
        for life in range(1, _LIVES + 1):
            result = self._run(job, progress, last=life == _LIVES)
            if result is not None:
                break
        assert result is not None  # noqa: S101 - the last life always ends in a result
        # A worker that lives times itself, without the loading of its libraries.
        return result if result.seconds else replace(result, seconds=round(time.monotonic() - start, 2))

    def _run(self, job: Job, progress: Progress, *, last: bool) -> Result | None:
        """Score one visit; None if the worker died and the visit may be tried again."""
        process = self._process or self._start()
        basis: Basis | None = None
        try:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(jobs().dump_json(job) + b"\n")
            process.stdin.flush()
        except OSError:
            return self._died(job, basis, last=last)
        began = time.monotonic()
        next_look = began
        while True:
            if self._abandoned.is_set():
                self._end()
                raise Abandoned
            if time.monotonic() >= next_look:
                over = self._over_limit(process, began)
                if over is not None:
                    self._end()
                    return fail_locked(job, basis, *over)
                next_look = time.monotonic() + _GLANCE_S
            try:
                message = self._said.get(timeout=_GLANCE_S)
            except queue.Empty:
                continue
            if message is None:
                return self._died(job, basis, last=last)
            if message.result is not None:
                return message.result
            basis = message.basis or basis
            if message.doing:
                progress(message.done, message.doing)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "wbmri.cohort.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if self._show_errors else subprocess.DEVNULL,
            env=os.environ | dict.fromkeys(_THREAD_VARIABLES, str(self._threads)),
            # Ctrl-C on the terminal reaches the run alone.
            start_new_session=True,
        )
        self._process, self._said = process, queue.SimpleQueue()
        threading.Thread(target=_listen, args=(process, self._said.put), daemon=True).start()
        # Loading the libraries is no part of the first visit's time.
        while not self._abandoned.is_set():
            try:
                if self._said.get(timeout=_GLANCE_S) is None:
                    self._said.put(None)
                break
            except queue.Empty:
                continue
        return process

    def _over_limit(self, process: "subprocess.Popen[bytes]", began: float) -> tuple[Cause, str] | None:
        import psutil

        if time.monotonic() - began > self._limits.seconds:
            return Cause.TIME, f"more than {self._limits.seconds:g} s; expected less; raise --time-limit and retry"
        try:
            used = psutil.Process(process.pid).memory_info().rss / 2**20
        except psutil.Error:
            return None  # it just died, which the end of its messages says
        if used > self._limits.megabytes:
            limit = f"{self._limits.megabytes / 1024:.1f} GB"
            return Cause.MEMORY, f"more than {limit} of memory; expected less; raise --memory-limit and retry"
        return None

    def _died(self, job: Job, basis: Basis | None, *, last: bool) -> Result | None:
        code = self._end()
        if not last:
            return None
        how = f"code {code}"
        if code is not None and code < 0:
            how = signal.Signals(-code).name
        reason = f"the worker died {_LIVES} times ({how}); expected it to live; retry with --retry-failed --show-errors"
        return fail_locked(job, basis, Cause.CRASH, reason)

    def _end(self) -> int | None:
        """End the worker with all that it has started, and return its exit code; None if there is no worker."""
        process, self._process = self._process, None
        if process is None:
            return None
        with suppress(OSError):
            # It leads a group of its own, whose number is not given away before it is waited for.
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        code = process.wait()
        with suppress(OSError):  # what was not sent yet
            assert process.stdin is not None  # noqa: S101
            process.stdin.close()
        return code


def _listen(process: "subprocess.Popen[bytes]", put: Callable[[Message | None], None]) -> None:
    assert process.stdout is not None  # noqa: S101
    with process.stdout, suppress(ValueError):  # the last message may have been cut off by a kill
        for line in process.stdout:
            put(messages().validate_json(line))
    put(None)
