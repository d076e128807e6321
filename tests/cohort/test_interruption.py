"""A run that is killed, stopped or shared leaves no process behind, and its results are those of an undisturbed one."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from wbmri.cohort import (
    summarise,
)

Cohort = Callable[..., SimpleNamespace]


@dataclass(frozen=True)
class Starting:
    """A cohort of one visit, whose engine starts a program that does not end, and the processes of each attempt."""

    root: Path
    started: Path

    def pids(self, attempts: int = 1) -> list[list[int]]:
        """Wait for so many attempts and return worker and program of each."""
        until(lambda: self.started.exists() and self.started.read_text().count("\n") >= attempts)
        return [[int(pid) for pid in line.split()] for line in self.started.read_text().splitlines()]


@pytest.fixture
def starting(maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Starting:
    maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1, ManufacturersModelName="start")
    monkeypatch.setenv("BLOCKS_STARTED", str(tmp_path / "started"))
    return Starting(tmp_path / "bids", tmp_path / "started")


def gone(*pids: int) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_what_an_engine_started_ends_with_a_visit_that_takes_too_long(
    starting: Starting,
    tmp_path: Path,
    legs: tuple[str, ...],
    cohort: Cohort,
) -> None:
    done = cohort(starting.root, tmp_path / "OUT", "participant", *legs, "--time-limit", "3")
    assert [result["cause"] for result in done.results.values()] == ["time limit"]
    (pids,) = starting.pids()
    until(lambda: gone(*pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_an_engine_started_ends_with_its_run(
    starting: Starting,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
    number: signal.Signals,
) -> None:
    process = begin(starting.root, tmp_path / "OUT")
    (pids,) = starting.pids()
    process.send_signal(number)
    until(lambda: gone(*pids))


def test_what_an_engine_started_ends_with_its_worker(
    starting: Starting,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
) -> None:
    process = begin(starting.root, tmp_path / "OUT")
    for life in (1, 2):
        worker, program = starting.pids(life)[-1]
        os.kill(worker, signal.SIGKILL)
        until(lambda program=program: gone(program))
    process.communicate()
    assert process.returncode == 1, "given up after two workers"


@pytest.fixture(scope="module")
def calm(maker: ModuleType, tmp_path_factory: pytest.TempPathFactory, cohort: Cohort) -> SimpleNamespace:
    """Four good visits, and the tables that an undisturbed run makes of them; not to be changed."""
    folder = tmp_path_factory.mktemp("calm")
    made = maker.make_cohort(folder / "bids", 4, 0)
    options = ("--engine", "blocks", "--scheme", str(made.scheme))
    assert cohort(made.root, folder / "OUT", "participant", *options, "--workers", "1").code == 0
    summarise(folder / "OUT", made.root)
    return SimpleNamespace(root=made.root, tables=tables(folder / "OUT"))


def tables(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.tsv"))}


def outcomes(out: Path) -> int:
    """Count the visits that are done."""
    return sum('"ending": "done"' in path.read_text() for path in out.glob("sub-*/ses-*/*_outcome.json"))


def until(ready: Callable[[], bool]) -> None:
    """Wait for something that a process of its own does."""
    end = time.monotonic() + 300
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    import psutil

    return [
        child.pid for child in psutil.Process(pid).children(recursive=True) if "worker" in " ".join(child.cmdline())
    ]


@pytest.fixture
def begin(command: Callable[..., list[str]], legs: tuple[str, ...]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start runs in processes of their own, which end with the test."""
    begun: list[subprocess.Popen[str]] = []

    def start(source: Path, out: Path, *options: object) -> subprocess.Popen[str]:
        workers = () if "--workers" in options else ("--workers", "1")
        line = command(source, out, "participant", *legs, *workers, *options)
        begun.append(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))  # noqa: S603
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def test_kill_9_of_the_run_and_of_its_worker_changes_nothing(
    calm: SimpleNamespace,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
) -> None:
    out = tmp_path / "OUT"
    first = begin(calm.root, out)
    until(lambda: outcomes(out) >= 1)
    workers = children(first.pid)
    first.kill()
    first.wait()
    until(lambda: not any(psutil.pid_exists(pid) for pid in workers))
    assert outcomes(out) < 4
    second = begin(calm.root, out)
    until(lambda: outcomes(out) >= 2)
    os.kill(children(second.pid)[0], signal.SIGKILL)
    second.communicate()
    assert second.returncode == 0, "the visit was given to another worker"
    assert summarise(out, calm.root).failed == ()
    assert tables(out) == calm.tables
    assert len(calm.tables) == 7 + 2 * 4


def test_two_runs_on_one_out_share_the_work(
    calm: SimpleNamespace,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
) -> None:
    runs = [begin(calm.root, tmp_path / "OUT", "--json") for _ in range(2)]
    printed = [process.communicate()[0].splitlines() for process in runs]
    assert [process.returncode for process in runs] == [0, 0]
    states = [[event["state"] for event in map(json.loads, lines) if event["event"] == "result"] for lines in printed]
    assert [len(one) for one in states] == [4, 4]
    both = [*states[0], *states[1]]
    assert (both.count("done"), both.count("skipped")) == (4, 4)


def test_ctrl_c_finishes_what_is_in_work_and_the_next_run_goes_on(
    calm: SimpleNamespace,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
) -> None:
    out = tmp_path / "OUT"
    process = begin(calm.root, out)
    until(lambda: outcomes(out) >= 1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 1
    assert "run the same command again" in err
    before = outcomes(out)
    assert 1 <= before < 4
    again = begin(calm.root, out, "--json")
    assert again.communicate()[0].count('"state": "skipped"') == before
    assert again.returncode == 0


def test_a_cluster_gives_the_same_tables_though_a_worker_is_killed(
    calm: SimpleNamespace,
    tmp_path: Path,
    begin: Callable[..., subprocess.Popen[str]],
) -> None:
    pytest.importorskip("distributed")
    out = tmp_path / "OUT"
    process = begin(calm.root, out, "--scheduler", "local", "--workers", "2")
    until(lambda: outcomes(out) >= 1)
    os.kill(psutil.Process(children(process.pid)[0]).ppid(), signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert summarise(out, calm.root).failed == ()
    assert tables(out) == calm.tables
