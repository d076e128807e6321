"""Several processes on one OUT: nobody writes over another's case, label or row."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from wbmri.case import (
    CaseInUseError,
    CaseLock,
    CasePaths,
    holder_of,
    locked_case,
    new_label,
    rebuild_tables,
    write_case,
)
from wbmri.case.lock import SILENT_S
from wbmri.core import LabelMap, Reading, Volume

HOLD = """
import sys
from wbmri.case import CasePaths, locked_case
with locked_case(CasePaths(sys.argv[1], "X", "Y"), "anna"):
    print("held", flush=True)
    sys.stdin.read()
"""

TAKE = """
import sys
from pathlib import Path
from wbmri.case import new_label
sys.stdin.readline()
for _ in range(20):
    with new_label(sys.argv[1], "sub") as label:
        Path(sys.argv[1], f"sub-{label}", "case").touch()
        print(label)
"""

REBUILD_SLOWLY = """
import sys, time
import wbmri.case.collection as tables
write = tables.write_dataset_files
def write_late(*given, **named):
    print("read", flush=True)
    time.sleep(1.5)
    write(*given, **named)
tables.write_dataset_files = write_late
tables.rebuild_tables(sys.argv[1])
"""


RACE = """
import sys, time
from pathlib import Path
import wbmri.case.lock as locks
# Whoever judges a lock takes its time until it acts, so that others come in between.
judge = locks._alive
def slowly(*lock):
    found = judge(*lock)
    time.sleep(0.001 * (int(sys.argv[2]) * 7 % 5))
    return found
locks._alive = slowly
for name in sys.stdin:
    path = Path(sys.argv[1], name.strip())
    lock, other = locks.CaseLock.take(path, sys.argv[2])
    print("won" if lock is not None else "lost", flush=True)
"""


@contextmanager
def process(program: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """Run a program whose end of standard input lets it go on."""
    words = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:  # noqa: S603
        try:
            yield started
        finally:
            started.kill()


def go(processes: list["subprocess.Popen[str]"]) -> list[str]:
    """Let processes go on together, and return what they print."""
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    printed = [one.communicate(timeout=120)[0] for one in processes]
    assert [one.returncode for one in processes] == [0] * len(processes)
    return printed


def test_a_case_that_another_process_holds_is_refused_and_says_who_has_it(tmp_path: Path) -> None:
    paths = CasePaths(tmp_path / "OUT", "X", "Y")
    with process(HOLD, paths.out) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CaseInUseError, match="sub-X_ses-Y, in use by anna on "), locked_case(paths):
            pass
        with locked_case(CasePaths(paths.out, "X", "other")):
            pass
        other.kill()
        other.wait()
        # Its lock is still there, and means nothing.
        assert paths.lock.exists()
        with locked_case(paths):
            holder = holder_of(paths.lock)
            assert holder is not None
            assert holder.process == os.getpid()
    assert not paths.lock.exists()


def stale_lock(path: Path, **facts: object) -> None:
    holder = {
        "reader": "zoe", "host": socket.gethostname(), "process": 2**22 + 1, "started": None,
        "since": "2026-01-31T09:30:00Z", "token": "0" * 16, "schema_version": 1,
    } | facts  # fmt: skip
    path.write_text(json.dumps(holder))


@pytest.mark.parametrize("kind", ["dead", "damaged"])
def test_a_lock_that_nobody_holds_has_one_new_holder_however_many_want_it(tmp_path: Path, kind: str) -> None:
    rounds = 40 if kind == "dead" else 3
    with ExitStack() as stack:
        racers = [stack.enter_context(process(RACE, tmp_path, number)) for number in range(6)]
        for number in range(rounds):
            name = f"{number}_lock.json"
            stale_lock(tmp_path / name)
            if kind == "damaged":
                (tmp_path / name).write_text("{")
            for racer in racers:
                assert racer.stdin is not None
                racer.stdin.write(f"{name}\n")
                racer.stdin.flush()
            said = [racer.stdout.readline().strip() for racer in racers if racer.stdout is not None]
            assert sorted(said) == ["lost"] * 5 + ["won"], number
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{number}_lock.json" for number in range(rounds))


def test_a_lock_that_was_stamped_a_year_ahead_counts_from_now(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    stale_lock(path, host="ward-pc")
    ahead = time.time() + 365 * 86400
    os.utime(path, (ahead, ahead))
    taken, other = CaseLock.take(path, "anna")
    assert taken is None
    assert other is not None
    assert other.reader == "zoe"
    # Its holder has time for a sign of life; without one it is taken over as any other.
    assert abs(path.stat().st_mtime - time.time()) < 60
    silent = path.stat().st_mtime - SILENT_S - 1
    os.utime(path, (silent, silent))
    taken, _ = CaseLock.take(path, "anna")
    assert taken is not None
    taken.release()
    assert list(tmp_path.iterdir()) == []


def test_a_holder_that_was_taken_for_dead_does_not_give_back_the_lock_of_another(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    mine, _ = CaseLock.take(path, "anna")
    assert mine is not None
    stale_lock(path, host="ward-pc", reader="ben", token="1" * 16)
    mine.release()
    holder = holder_of(path)
    assert holder is not None
    assert holder.reader == "ben"


def test_a_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    out = tmp_path / "OUT"
    with locked_case(CasePaths(out, "X", "Y")):
        assert out.is_dir()
    assert not out.exists()


def test_no_two_processes_take_the_same_label(tmp_path: Path) -> None:
    with process(TAKE, tmp_path) as one, process(TAKE, tmp_path) as two:
        labels = " ".join(go([one, two])).split()
    assert sorted(labels) == [f"{number:02d}" for number in range(1, 41)]


def test_labels_count_on_from_what_is_there_and_are_given_back_unused(tmp_path: Path) -> None:
    out = tmp_path / "OUT"
    with new_label(out, "sub") as label:
        assert label == "01"
    assert not out.exists()
    for name in ("sub-01", "sub-02", "sub-04", "ses-03"):
        (out / name).mkdir(parents=True)
    with new_label(out, "sub") as label, new_label(out, "sub") as next_label:
        assert (label, next_label) == ("03", "05")


def test_no_row_is_lost_where_processes_rebuild_the_tables(
    tmp_path: Path,
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: Callable[[], Reading],
) -> None:
    def write(participant: str) -> None:
        write_case(tmp_path, participant, "Y", small_volume, small_labels, make_reading(), "", {})

    write("X")
    with process(REBUILD_SLOWLY, tmp_path) as slow:
        assert slow.stdout is not None
        assert slow.stdout.readline() == "read\n"
        write("Z")
        rebuild_tables(tmp_path)
        assert slow.wait() == 0
    rows = (tmp_path / "summary.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows] == ["sub-X", "sub-Z"]
