"""A reader's process is killed between and within actions: nothing that was completed is lost.

Run as a program, this file is the process that is killed: for each seed on standard input it forks one that reads the
case at random, and says so before the view moves and after each action.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

import numpy as np
import pytest

from wbmri.case import Case
from wbmri.core import Reason
from wbmri.review import Session, ViewState, open_review
from wbmri.review.label_editor import LabelChange

ROUNDS = 50


def state(session: Session) -> str:
    """Everything that must come back, but for the place."""
    parts = sorted(session.decisions.items()), session.undo_words, session.redo_words
    return hashlib.sha256(repr(parts).encode() + session.labels.tobytes()).hexdigest()


def act(session: Session, rng: np.random.Generator) -> None:
    label = int(rng.integers(1, 43))
    match rng.integers(8):
        case 0 | 1:
            session.grade(label, int(rng.integers(3)))
        case 2:
            session.not_assessable(label, Reason.OTHER, f"note {rng.integers(100)}")
        case 3:
            session.accept(label)
        case 4:
            index = rng.integers(0, session.labels.size, 60)
            session.edit(LabelChange.setting(session.labels, index, int(rng.integers(0, 43))), "paint")
        case 5:
            session.undo()
        case 6:
            session.redo()
        case 7:
            x, y, z = (float(number) for number in rng.normal(size=3))
            place = ViewState(label, (x, y, z), float(rng.uniform(1, 9)))
            tell("moving", repr(place))
            session.move(place)


def tell(*words: str) -> None:
    """Write one line at once: a process that is killed leaves it whole or not at all."""
    sys.stdout.write("\t".join(words) + "\n")
    sys.stdout.flush()


def read_until_killed(folder: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    session = open_review(folder, "anna")
    tell("done", state(session), repr(session.view_state))
    while True:
        act(session, rng)
        tell("done", state(session), repr(session.view_state))


def main(folder: str, spare: str) -> None:
    # What a killed process wrote stays with the system; only a loss of power would show what the disk has, and it is
    # slow.
    os.fsync = lambda _: None  # type: ignore[assignment]
    # Whatever is loaded at first use is loaded before the forks.
    warm = open_review(spare, "anna")
    rng = np.random.default_rng(0)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        for _ in range(20):
            act(warm, rng)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            read_until_killed(folder, int(line))
        os.waitpid(process, 0)
        tell("killed")


@contextmanager
def reader_process(case: Case, spare: Case) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, __file__, str(case.paths.folder), str(spare.paths.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:  # noqa: S603
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the reader is killed as a forked process")
def test_a_reading_survives_being_killed_fifty_times(write: Callable[..., Case]) -> None:
    case, spare = write(), write("SPARE")
    rng = np.random.default_rng(5)
    in_flight = 0
    with reader_process(case, spare) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(ROUNDS):
            process.stdin.write(f"{number}\n")
            told = [process.stdout.readline().split("\t") for _ in range(rng.integers(2, 12))]
            time.sleep(rng.uniform(0, 0.004))
            holder = open_review(case.paths, "ben").holder
            assert holder is not None
            os.kill(holder.process, signal.SIGKILL)
            while (line := process.stdout.readline()) != "killed\n":
                told.append(line.split("\t"))
            done = [words for words in told if words[0] == "done"]
            places = {words[-1].strip() for words in (done[-1], told[-1])}
            session = open_review(case.paths, "anna")
            assert not session.read_only
            assert repr(session.view_state) in places, number
            if state(session) != done[-1][1]:
                # The action that was under way is there as a whole: without its line, all is as it was told.
                in_flight += 1
                session.close()
                history = session.paths.history
                lines = history.read_bytes().splitlines(keepends=True)
                while b'"closed"' in lines[-1]:
                    lines.pop()
                history.write_bytes(b"".join(lines[:-1]))
                before = open_review(case.paths, "anna")
                assert state(before) == done[-1][1], number
                before.close()
            else:
                session.close()
    # How often a kill meets an action half done is a matter of the machine's pace; not always, or nothing was told.
    assert in_flight < ROUNDS
    assert len(session.paths.history.read_bytes().splitlines()) > 4 * ROUNDS


if __name__ == "__main__":
    main(*sys.argv[1:])
