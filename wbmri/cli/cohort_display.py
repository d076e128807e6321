"""How the work on a cohort is shown: a live table on a terminal, lines in a log, or events for programs."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from wbmri.cli.display import show_json
from wbmri.cli.terminal import DONE, FAILED, fail, shown_progress
from wbmri.cohort import (
    Cohort,
    Crew,
    Result,
    Skipped,
    State,
    VisitFilter,
    VisitProgress,
    preview,
    run,
    seconds_per_visit,
    summarise,
    visits_of,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wbmri.pipeline import ScoringOptions


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
    working: dict[str, VisitProgress] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    attempted: int = 0

    def step(self, step: VisitProgress) -> None:
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

    def step(self, step: VisitProgress) -> None:
        """Show where the work on a visit stands."""

    def result(self, result: Result) -> None:
        """Show a result."""


class _Events:
    """One JSON object a line on stdout."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._doing: dict[str, str] = {}
        self._say({"event": "begin", "visits": tally.total})

    def step(self, step: VisitProgress) -> None:
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

    def step(self, step: VisitProgress) -> None:
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

    def step(self, step: VisitProgress) -> None:
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


def show_preview(
    cohort: Cohort,
    out: Path,
    options: "ScoringOptions",
    crew: Crew,
    *,
    force: bool,
    retry: bool,
    as_json: bool,
) -> int:
    """Show what a run would do, and roughly how long it would take."""
    from wbmri.cli.display import show_table

    counts = {"score": 0, "skip": 0, "fail": 0}
    rows: list[dict[str, object]] = []
    skipped: list[Skipped] = []
    for one in preview(cohort, out, options, force=force, retry=retry):
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            counts[one.action] += 1
            rows.append({"visit": one.name, **{k: v for k, v in asdict(one).items() if k != "name"}})
    each = seconds_per_visit(out, "labels" if cohort.labels is not None else options.engine_name)
    left = None if each is None else each * counts["score"] / crew.workers
    if as_json:
        lines = [{"event": "visit", **row} for row in rows]
        lines += [{"event": "left out", **asdict(one)} for one in skipped]
        lines.append({"event": "plan", **counts, "workers": crew.workers, "threads": crew.threads, "seconds": left})
        for line in lines:
            print(json.dumps(line))  # noqa: T201
        return DONE
    if rows:
        show_table("visits", rows, as_json=False)
    for one in skipped:
        print(f"left out: {one.path}: {one.why}")  # noqa: T201
    roughly = "no case of this engine was timed in OUT yet"
    if left is not None and each is not None:
        roughly = f"roughly {duration(left)}, at {each:.0f} s a visit"
    print(  # noqa: T201
        f"{counts['score']} to score, {counts['skip']} done, {counts['fail']} cannot be scored or failed before; "
        f"{crew.workers} workers of {crew.threads} threads ({crew.why}): {roughly}. Nothing was written.",
    )
    return DONE


def score_visits(
    cohort: Cohort,
    out: Path,
    options: "ScoringOptions",
    crew: Callable[[], Crew],
    *,
    scheduler: str | None,
    force: bool,
    retry: bool,
    show_errors: bool,
    as_json: bool,
) -> int:
    """Score the visits, show the work, and name at the end what failed."""
    tally = Tally(visits_of(cohort))
    stop = threading.Event()
    stopped = False
    with shown(tally, as_json=as_json) as display, _interruptible(stop):
        try:
            for result in run(
                cohort,
                out,
                options,
                crew=crew,
                scheduler=scheduler,
                force=force,
                retry=retry,
                watch=display.step,
                stop=stop,
                show_errors=show_errors,
            ):
                display.result(result)
        except KeyboardInterrupt:
            stopped = True
    stopped = stopped or (stop.is_set() and tally.left > 0)
    failed = tally.counts[State.FAILED]
    counts = {state.value: tally.counts[state] for state in State if state is not State.BUSY}
    if as_json:
        print(json.dumps({"event": "end", **counts, "left": tally.left, "stopped": stopped}))  # noqa: T201
    else:
        words = ", ".join(f"{count} {state}" for state, count in counts.items())
        print(f"{tally.total} visits: {words}; outcomes and cases in {out}")  # noqa: T201
    if stopped:
        return fail(f"stopped with {tally.left} visits left; run the same command again to go on", FAILED)
    if failed:
        return fail(f"{failed} of {tally.total} visits failed, each for the reason given with it", FAILED)
    return DONE


@contextmanager
def _interruptible(stop: threading.Event) -> Iterator[None]:
    """Make the first Ctrl-C finish what is being scored, and a second one, or SIGTERM, abandon it."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.is_set() or number == signal.SIGTERM:
            raise KeyboardInterrupt
        stop.set()
        print("wbmri: finishing the cases in work; Ctrl-C again abandons them", file=sys.stderr)  # noqa: T201

    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread alone
        return
    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def put_together(
    source: Path,
    out: Path,
    chosen: VisitFilter,
    *,
    parquet: bool,
    reports: bool,
    as_json: bool,
) -> int:
    """Put the cases together, and say what was made and what is missing."""
    with shown_progress() as progress:
        made = summarise(out, source, chosen=chosen, parquet=parquet, reports=reports, progress=progress)
    if as_json:
        show_json(made)
    else:
        print(  # noqa: T201
            f"{made.cases} cases, {made.pairs} comparisons, {len(made.excluded)} cases marked fail: tables, plots, "
            f"the outcomes {out / 'outcomes.html'} and the QC page {out / 'qc.html'}",
        )
        for name, why in made.not_comparable:
            print(f"not compared: {name}: {why}")  # noqa: T201
        for why in made.unusable:
            print(f"left out of the outcomes: {why}")  # noqa: T201
        if made.left_out:
            print(f"participants.tsv: left out {', '.join(made.left_out)}, which may identify a person")  # noqa: T201
    return max((fail(f"{name}: {why}", FAILED) for name, why in made.failed), default=DONE)
