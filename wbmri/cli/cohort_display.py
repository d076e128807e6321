"""How the work on a cohort is shown: a live table on a terminal, lines in a log, or events for programs."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Protocol

from wbmri.cohort import Result, State, Step

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass
class Tally:
    """How far a run has come.

    Parameters
    ----------
    total
        Visits of the cohort.
    counts
        Results by state.
    working
        What is being scored now, by name.
    """

    total: int
    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    working: dict[str, Step] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    attempted: int = 0

    def step(self, step: Step) -> None:
        """Note where the work on a visit stands."""
        self.working[step.name] = step

    def add(self, result: Result) -> None:
        """Note a result."""
        self.working.pop(result.name, None)
        self.counts[result.state] += 1
        self.attempted += result.seconds > 0

    @property
    def ended(self) -> int:
        """Visits whose result is known."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Visits whose result is not known."""
        return self.total - self.ended

    @property
    def rate(self) -> float:
        """Visits scored in a minute; those that were passed over do not count."""
        return 60 * self.attempted / max(1e-9, time.monotonic() - self.began)

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at this rate; None while nothing was scored."""
        return 60 * self.left / self.rate if self.attempted else None


class Shown(Protocol):
    """Where progress is shown."""

    def step(self, step: Step) -> None:
        """Show where the work on a visit stands."""

    def result(self, result: Result) -> None:
        """Show a result."""


class _Events:
    """One JSON object a line on stdout."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._doing: dict[str, str] = {}
        self._say({"event": "begin", "visits": tally.total})

    def step(self, step: Step) -> None:
        self._tally.step(step)
        if self._doing.get(step.name) != step.doing:
            self._doing[step.name] = step.doing
            self._say({"event": "step", "case": step.name, "done": round(step.done, 3), "doing": step.doing})

    def result(self, result: Result) -> None:
        self._tally.add(result)
        self._doing.pop(result.name, None)
        self._say({"event": "result", **asdict(result), "left": self._tally.left})

    def _say(self, event: dict[str, object]) -> None:
        print(json.dumps(event), flush=True)  # noqa: T201


class _Lines:
    """One line for each result on stderr."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def step(self, step: Step) -> None:
        self._tally.step(step)

    def result(self, result: Result) -> None:
        tally = self._tally
        tally.add(result)
        if result.state is State.SKIPPED:
            return
        left = tally.seconds_left
        eta = "" if left is None or not tally.left else f", about {duration(left)} left"
        said = f"{result.state}: {result.reason}" if result.reason else f"{result.state}"
        took = f" in {result.seconds:.1f} s" if result.seconds else ""
        print(f"{tally.ended}/{tally.total} {result.name} {said}{took}{eta}", file=sys.stderr, flush=True)  # noqa: T201


class _Table:
    """A live table on a terminal, with failures above it."""

    def __init__(self, tally: Tally) -> None:
        from rich.console import Console
        from rich.live import Live

        self._tally = tally
        self.live = Live(get_renderable=self._drawn, console=Console(stderr=True), refresh_per_second=4, transient=True)

    def step(self, step: Step) -> None:
        self._tally.step(step)

    def result(self, result: Result) -> None:
        self._tally.add(result)
        if result.state is State.FAILED:
            self.live.console.print(f"{result.name} failed: {result.reason}", markup=False, highlight=False)

    def _drawn(self) -> "RenderableType":
        from rich import box
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        tally = self._tally
        counts = Table("Done", "Passed over", "Failed", "Left", "Per minute", "Time left", box=box.SIMPLE_HEAD)
        left = tally.seconds_left
        counts.add_row(
            str(tally.counts[State.DONE]),
            str(tally.counts[State.SKIPPED] + tally.counts[State.KEPT]),
            str(tally.counts[State.FAILED]),
            str(tally.left),
            f"{tally.rate:.1f}" if tally.attempted else "",
            "" if left is None else duration(left),
        )
        cases = Table(box=None, show_header=False, pad_edge=False)
        for step in sorted(tally.working.values(), key=lambda step: step.name):
            cases.add_row(step.name, ProgressBar(1.0, step.done, width=24), f"{step.done:4.0%}", step.doing)
        return Group(counts, cases)


@contextmanager
def shown(tally: Tally, *, as_json: bool) -> Iterator[Shown]:
    """Show the work where it suits: events, a live table, or lines."""
    if as_json:
        yield _Events(tally)
    elif sys.stderr.isatty():
        table = _Table(tally)
        with table.live:
            yield table
    else:
        yield _Lines(tally)


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
