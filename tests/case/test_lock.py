"""Several processes on one OUT: nobody writes over another's case, label or row."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wbmri.case import CaseInUseError, CasePaths, holder_of, locked_case, new_label, rebuild_tables, write_case
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
write = tables.write_together
def write_late(*files):
    print("read", flush=True)
    time.sleep(1.5)
    write(*files)
tables.write_together = write_late
tables.rebuild_tables(sys.argv[1])
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
