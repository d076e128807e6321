"""The process that scores visits: jobs come in on stdin and messages go out on stdout, one JSON object a line."""

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from wbmri.case import CaseInUseError, CasePaths, check_replaceable, holder_of, locked_case, read_case
from wbmri.cohort.job import (
    Basis,
    Cause,
    Ending,
    Job,
    Outcome,
    Result,
    Standing,
    State,
    digest_of_reading,
    read_outcome,
    scored_since,
    standing,
    write_outcome,
)
from wbmri.cohort.visit import digest_of, stamp_of
from wbmri.core import AUTO, CaseError, Progress, WbmriError, in_words, silent
from wbmri.segmentation import Engine

EngineOf = Callable[[str, str], Engine]
"""Returns the engine of a name on a device, each time the same one."""


def look(job: Job) -> Standing:
    """Say whether a visit needs to be scored, from its outcome and the stamp of its files, without reading them."""
    outcome = read_outcome(job.paths)
    if outcome is None:
        return Standing.NEW
    try:
        basis = Basis("", stamp_of(job.visit), job.fingerprint)
    except OSError:
        return Standing.NEW
    return standing(job.paths, outcome, basis, exact=False)


def glance(job: Job) -> Result | None:
    """Settle a visit without reading any image, if that is possible; None if it may have to be scored."""
    if job.visit.problem is not None:
        outcome = read_outcome(job.paths)
        if outcome is not None and scored_since(job.paths, outcome):
            return _result(job, State.KEPT)
        result = fail_locked(job, None, Cause.INPUT, job.visit.problem)
        # Another run that is just writing the same changes nothing: it cannot be scored.
        return _failed(job, Cause.INPUT, job.visit.problem) if result.state is State.BUSY else result
    return None if job.force else _settled(job, look(job))


def attempt(
    job: Job,
    engine_of: EngineOf,
    *,
    tell: Callable[[Basis], None] = lambda basis: None,
    progress: Progress = silent,
) -> Result:
    """Score a visit unless that is already done, and write its outcome.

    Parameters
    ----------
    job
        The visit.
    engine_of
        Gives the engine, so that it is loaded once for many visits.
    tell
        Called with what the outcome will rest on, before the work begins.
    progress
        Called with the share that is done and what is being done.

    Returns
    -------
    Result
        What was done; an error is a result too.
    """
    start = time.monotonic()
    try:
        with locked_case(job.paths):
            result = _attempt(job, engine_of, tell, progress)
    except CaseInUseError as error:
        result = _in_use(job, error)
    return replace(result, seconds=round(time.monotonic() - start, 2))


def fail(job: Job, basis: Basis | None, cause: Cause, reason: str) -> Result:
    """Write that a visit failed, and return it as a result."""
    visit = job.visit
    said = " ".join(reason.split())
    before = read_outcome(job.paths)
    # Whatever case is there now was made from something else, unless a person made it after an earlier failure.
    kept = before is not None and scored_since(job.paths, before)
    stale = before.reading if before is not None and kept else digest_of_reading(job.paths)
    made = Outcome(visit.participant, visit.session, Ending.FAILED, basis, stale, cause, said)
    if before != made:
        write_outcome(job.paths, made)
    return _failed(job, cause, said)


def _failed(job: Job, cause: Cause, reason: str) -> Result:
    """Return that a visit failed, and write nothing."""
    return _result(job, State.FAILED, cause=cause, reason=" ".join(reason.split()))


def fail_locked(job: Job, basis: Basis | None, cause: Cause, reason: str) -> Result:
    """Do the same for a visit whose lock nobody of this run holds."""
    try:
        with locked_case(job.paths):
            return fail(job, basis, cause, reason)
    except CaseInUseError as error:
        return _in_use(job, error)


def _in_use(job: Job, error: CaseInUseError) -> Result:
    """Return what becomes of a visit whose case is locked: a run will let go of it soon, a person may not."""
    holder = holder_of(job.paths.lock)
    if holder is None or holder.reader == AUTO:
        return _result(job, State.BUSY)
    return _result(job, State.KEPT, reason=error.received)


def _attempt(job: Job, engine_of: EngineOf, tell: Callable[[Basis], None], progress: Progress) -> Result:
    from wbmri.pipeline import score_case, without_names

    visit, paths = job.visit, job.paths
    basis: Basis | None = None

    def nameless(text: str) -> str:
        return without_names(text, visit.inputs, visit.labels, paths)

    try:
        progress(0.0, "reading")
        basis = Basis(digest_of(visit), stamp_of(visit), job.fingerprint)
        outcome = read_outcome(paths)
        settled = None if job.force else _settled(job, standing(paths, outcome, basis, exact=True))
        if settled is not None:
            if outcome is not None and outcome.basis != basis:
                write_outcome(paths, replace(outcome, basis=basis))  # the same contents, moved or touched
            return settled
        if _by_a_person(paths):
            return _result(job, State.KEPT)
        tell(basis)
        # From here on the case on disk may be in pieces, and must not pass for the one that was done before.
        write_outcome(paths, _begun(job))
        score_case(
            visit.inputs[0] if len(visit.inputs) == 1 else visit.inputs,
            paths,
            job.options,
            engine=None if visit.labels else engine_of(job.options.engine_name, job.options.device),
            progress=progress,
        )
        done = Outcome(visit.participant, visit.session, Ending.DONE, basis, digest_of_reading(paths))
        write_outcome(paths, done)
        return _result(job, State.DONE)
    except WbmriError as error:
        return fail(job, basis, Cause.INPUT, nameless(str(error)))
    except MemoryError:
        return fail(job, basis, Cause.MEMORY, "not enough memory; expected less to be needed; use fewer workers")
    except OSError as error:
        of_case = error.filename and Path(str(error.filename)).is_relative_to(paths.folder)
        name = Path(str(error.filename)).name if of_case else "a file"
        said = f"{name}: {error.strerror}; expected a file that can be used; check permissions and the disk"
        return fail(job, basis, Cause.FILES, nameless(said))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return fail(job, basis, Cause.PROGRAM, nameless(in_words(error)))


def _begun(job: Job) -> Outcome:
    visit, earlier = job.visit, digest_of_reading(job.paths)
    reason = "scoring was begun and not ended; expected it to end; run the participant level again"
    return Outcome(visit.participant, visit.session, Ending.BEGUN, None, earlier, reason=reason)


def _settled(job: Job, found: Standing) -> Result | None:
    """Return what becomes of a visit that need not be scored; None if it has to be."""
    if found is Standing.DONE:
        return _result(job, State.SKIPPED)
    if found is Standing.FAILED and not job.retry:
        outcome = read_outcome(job.paths)
        if outcome is not None and scored_since(job.paths, outcome):
            return _result(job, State.KEPT)
        if outcome is not None:
            return _result(job, State.FAILED, cause=outcome.cause, reason=outcome.reason, again=True)
    if found is Standing.INCOMPLETE and _by_a_person(job.paths):
        return _result(job, State.KEPT)
    return None


def _by_a_person(paths: CasePaths) -> bool:
    """Tell whether a person began the reading of a case."""
    try:
        check_replaceable(paths)
    except CaseError:
        with suppress(CaseError):
            read_case(paths.reading)
            return True
    return False


def _result(
    job: Job,
    state: State,
    *,
    cause: Cause | None = None,
    reason: str | None = None,
    again: bool = False,
) -> Result:
    return Result(job.visit.participant, job.visit.session, state, cause, reason, again)


@dataclass(frozen=True, slots=True)
class Message:
    """What a worker says: that it is ready, where it stands, what it works on, or the result.

    Parameters
    ----------
    done, doing
        Share of the visit that is done, and what is being done.
    basis
        What the outcome will rest on.
    result
        The result; the worker is free again.
    """

    done: float = 0.0
    doing: str = ""
    basis: Basis | None = None
    result: Result | None = None


@cache
def jobs() -> TypeAdapter[Job]:
    """Return what reads and writes jobs as JSON."""
    return TypeAdapter(Job)


@cache
def messages() -> TypeAdapter[Message]:
    """Return what reads and writes messages as JSON."""
    return TypeAdapter(Message)


@cache
def results() -> TypeAdapter[Result]:
    """Return what reads and writes results as JSON."""
    return TypeAdapter(Result)


def main() -> None:
    """Score visits until stdin ends."""
    # What a library prints must not come between the messages.
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    # The run decides what becomes of its workers when a person presses Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(waiting,), daemon=True).start()

    from wbmri.pipeline import score_case  # noqa: F401  # loaded before the clock of the first visit starts
    from wbmri.segmentation import make_engine

    engine_of = cache(make_engine)

    def say(message: Message) -> None:
        out.write(messages().dump_json(message) + b"\n")

    say(Message(doing="ready"))
    while True:
        job = jobs().validate_json(waiting.get())
        result = attempt(
            job,
            engine_of,
            tell=lambda basis: say(Message(basis=basis)),
            progress=lambda done, doing: say(Message(done=done, doing=doing)),
        )
        say(Message(result=result))


def _listen(waiting: "queue.SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        waiting.put(line)
    # The run is gone: end at once, with all that an engine may have started.
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
