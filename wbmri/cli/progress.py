"""Where long work stands: a bar on a terminal, plain lines otherwise, both on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wbmri.core import Progress

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
