"""What a command tells the terminal beside its result: exit code, one line for a fault, where long work stands."""

import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from wbmri.core import Progress

DONE, FAILED, UNUSABLE = 0, 1, 2


def fail(message: str, code: int, *, debug: bool = False) -> int:
    """Say on one line of stderr what went wrong, below the traceback if that is wanted, and return the exit code."""
    if debug:
        traceback.print_exc()
    print(f"wbmri: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return code


def left_out_code(left_out: Iterable[Exception]) -> int:
    """Name each case that is missing from the tables of OUT, and return the exit code that says so."""
    return max((fail(f"left out of the tables: {error}", FAILED) for error in left_out), default=DONE)


_LONG_WORK_S = 2.0


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give the work a function to report its progress with, and clear the bar when it ends."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda fraction, doing: bar.update(task, completed=fraction, description=doing)


def _plain_lines() -> Progress:
    """Report each new activity on a line of its own, once the work has turned out to be long."""
    start = time.monotonic()
    last = ""

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if doing != last and time.monotonic() - start > _LONG_WORK_S:
            last = doing
            print(f"{fraction:4.0%} {doing}", file=sys.stderr, flush=True)  # noqa: T201

    return report
