"""The process that scores visits: jobs come in on stdin and messages go out on stdout, one JSON object a line.

It ends when stdin does, so that no worker outlives the run that started it.
"""

import os
import queue
import signal
import sys
import threading
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from wbmri.cohort.attempt import attempt
from wbmri.cohort.job import Job, Result
from wbmri.cohort.outcome import Basis


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

    import wbmri.scoring.visit  # noqa: F401  # loaded before the clock of the first visit starts
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
    os._exit(0)


if __name__ == "__main__":
    main()
