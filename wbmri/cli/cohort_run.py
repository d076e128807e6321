"""What the participant level shows: the plan before, the work while it is done, and what came of it."""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from wbmri.cli.cohort_display import Tally, duration, shown
from wbmri.cli.outcome import DONE, FAILED, fail
from wbmri.cohort import Cohort, Crew, Settings, Skipped, State, run
from wbmri.cohort.preview import preview, seconds_per_visit
from wbmri.cohort.running import visits_of


def show_preview(
    cohort: Cohort, out: Path, settings: Settings, crew: Crew, *, force: bool, retry: bool, as_json: bool
) -> int:
    """Show what a run would do, and roughly how long it would take."""
    from wbmri.cli.show import show_table

    counts = {"score": 0, "skip": 0, "fail": 0}
    rows: list[dict[str, object]] = []
    skipped: list[Skipped] = []
    for one in preview(cohort, out, settings, force=force, retry=retry):
        if isinstance(one, Skipped):
            skipped.append(one)
        else:
            counts[one.action] += 1
            rows.append({"visit": one.name, **{k: v for k, v in asdict(one).items() if k != "name"}})
    each = seconds_per_visit(out, settings.engine_of(given=cohort.labels is not None))
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
        f"{crew.workers} workers of {crew.threads} threads ({crew.why}): {roughly}. Nothing was written."
    )
    return DONE


def score_visits(
    cohort: Cohort,
    out: Path,
    settings: Settings,
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
                settings,
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
