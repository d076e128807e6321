"""Damaged and hostile inputs for every reader: ``python benchmarks/fuzz.py [COUNT] [KIND...]`` prints a table.

Each input is a good file of its kind with some of its parts changed, by the structure of the format: numbers in headers
and tables, elements of DICOM, codestreams, nodes of JSON, lines, and bytes anywhere. A reader must give an answer or an
error of ours, within 10 s and 2 GiB of address space; one for want of memory is counted as escaped, too. The same
number of the same kind is the same input everywhere. Readers run in a process of their own, which is begun again behind
the input that ended it. ``--first N`` begins with input N. The kind ``corpus``, of any count, is what was found before.
"""

import argparse
import faulthandler
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from fuzz_readers import Kind, kinds

from wbmri.core import WbmriError
from wbmri.io import inspect, load

CORPUS = Path(__file__).parents[1] / "tests" / "fuzzing" / "corpus"
COUNT, SECONDS, BYTES = 10_000, 10, 2 * 2**30
OUTCOMES = ("read", "refused", "escaped", "hung")


class Late(BaseException):
    """A reader took too long; no reader catches it."""


def attempt(name: str, kind: Kind, good: bytes, number: int, folder: Path) -> str:
    """Read one input; ``read``, ``refused``, or what escaped."""
    path = folder / kind.name
    path.write_bytes(kind.change(np.random.default_rng([zlib.crc32(name.encode()), number]), good))
    return outcome(kind.read, path)


def corpus() -> list[Path]:
    """Return the inputs that were found before: files, and folders of files that are one input."""
    return sorted(path for path in CORPUS.glob("*/*"))


def found_before(number: int, known: dict[str, Kind], folder: Path) -> str:
    """Read one of the inputs that were found before; ``read``, ``refused``, or what escaped."""
    path = corpus()[number]
    kind = known.get(path.parent.name)
    if kind is None:
        return outcome(lambda given: (inspect(given), load(given)), path)
    return outcome(kind.read, Path(shutil.copyfile(path, folder / kind.name)))


def outcome(read: Callable[[Path], object], path: Path) -> str:
    """Read a file; ``read``, ``refused``, or what escaped."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except WbmriError as error:
        if "MemoryError" in str(error) or any(isinstance(cause, MemoryError) for cause in causes(error)):
            return f"out of memory: {error}"[:200]
        return "refused" if "\n" not in str(error) else "error of several lines"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what led to an error."""
    before = error.__cause__ or error.__context__
    if before is not None:
        yield before
        yield from causes(before)


def child(name: str, first: int, count: int) -> None:
    """Read inputs one after the other; say each number before, and each outcome after it."""
    known = kinds()
    if name == "corpus":
        tried = partial(found_before, known=known)
    else:
        tried = partial(attempt, name, known[name], known[name].good())
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    def late(*_: object) -> None:
        raise Late

    # Time of the processor, so that a busy machine hangs nothing.
    signal.signal(signal.SIGPROF, late)
    with TemporaryDirectory() as folder:
        for number in range(first, first + count):
            os.write(1, f"{number} ".encode())
            # Native code does not hear the timer, and what waits uses no time: then the process is ended.
            faulthandler.dump_traceback_later(9 * SECONDS, exit=True)
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            began = time.monotonic()
            try:
                said = tried(number, folder=Path(folder))
            except Late:
                said = "hung"
            signal.setitimer(signal.ITIMER_PROF, 0)
            # While a decoder works, in a process of its own, this one only waits.
            if time.monotonic() - began > SECONDS:
                said = "hung"
            os.write(1, f"{json.dumps(said)}\n".encode())


def run(name: str, first: int, count: int) -> tuple[Counter[str], dict[str, int]]:
    """Read so many inputs of a kind; count the outcomes, and name the first input of each that is a fault."""
    found: Counter[str] = Counter()
    faults: dict[str, int] = {}
    end = first + count
    while first < end:
        words = [sys.executable, __file__, "--child", name, str(first), str(end - first)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)  # noqa: S603
        lines = done.stdout.split("\n")
        for line in lines[:-1]:
            number, _, answer = line.partition(" ")
            said = json.loads(answer)
            found[said if said in OUTCOMES else "escaped"] += 1
            if said not in ("read", "refused"):
                faults.setdefault(said, int(number))
        first += len(lines) - 1
        if done.returncode != 0 and first < end:
            found["crashed"] += 1
            faults.setdefault(f"ended with {done.returncode}", first)
            first += 1
    return found, faults


def main(first: int, count: int, names: list[str]) -> None:
    """Print a line for each kind, and below it the first input of each fault."""
    columns = (*OUTCOMES, "crashed")
    print(f"{'kind':20}{'inputs':>9}" + "".join(f"{column:>9}" for column in (*columns, "per s")))
    for name in names or ["corpus", *kinds()]:
        start = time.perf_counter()
        found, faults = run(name, first, count) if name != "corpus" else run(name, 0, len(corpus()))
        pace = found.total() / (time.perf_counter() - start)
        shown = "".join(f"{found[column]:9}" for column in columns)
        print(f"{name:20}{found.total():9}{shown}{pace:9.1f}", flush=True)
        for fault, number in faults.items():
            place = number if name != "corpus" else corpus()[number].relative_to(CORPUS)
            print(f"    {place}: {fault}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        asked = argparse.ArgumentParser(description=__doc__)
        asked.add_argument("count", type=int, nargs="?", default=COUNT)
        asked.add_argument("kinds", nargs="*")
        asked.add_argument("--first", type=int, default=0)
        given = asked.parse_args()
        main(given.first, given.count, given.kinds)
