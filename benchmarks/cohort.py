"""Measure what `wbmri cohort` promises, on made cohorts of small scans and an engine that takes no time.

    python benchmarks/cohort.py broken    [--visits 200] [--broken 15]   every bad visit is named, the output is BIDS
    python benchmarks/cohort.py kills     [--visits 16] [--kills 20]     kill -9 at random moments changes nothing
    python benchmarks/cohort.py rate      [--visits 24]                  two workers against one, and against loops
    python benchmarks/cohort.py overhead  [--visits 12]                  what a visit costs beyond the Python function
    python benchmarks/cohort.py skip      [--visits 100]                 time to pass over what is done
    python benchmarks/cohort.py memory    [--visits 10000]               growth of the parent's memory
    python benchmarks/cohort.py cluster   [--visits 16]                  dask with two workers, one killed midway
    python benchmarks/cohort.py group     [--visits 1000]                time of the group level

Each prints its figures and ends with an error if a promise is broken. `rate` needs an idle machine.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

IMPORTABLE = Path(__file__).parents[1] / "tests" / "cohort" / "importable"
"""The engine `blocks` and the maker of cohorts, which the tests use too."""

sys.path.insert(0, str(IMPORTABLE))

from made_cohort import Made, make_cohort  # noqa: E402

from wbmri.case import CasePaths  # noqa: E402


def environment() -> dict[str, str]:
    """Return an environment in which other processes find the engine `blocks`."""
    places = [str(IMPORTABLE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(places)}


def command(made: Made, out: Path, level: str, *options: str) -> list[str]:
    """Return the command line for a made cohort."""
    chosen = ("--engine", "blocks", "--scheme", str(made.scheme)) if level == "participant" else ()
    return [sys.executable, "-m", "wbmri", "cohort", str(made.root), str(out), level, *chosen, *options]


def run(arguments: list[str], *, unprivileged: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; if asked for, so that the permissions of files count even for root."""
    if unprivileged and os.geteuid() == 0:
        powers = "-dac_override,-dac_read_search"
        arguments = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *arguments]
    return subprocess.run(arguments, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603


def timed(arguments: list[str]) -> tuple[subprocess.CompletedProcess[str], float, float]:
    """Run a command; return it with the seconds it took, and the processor time of it and its workers."""
    before, start = os.times(), time.perf_counter()
    done = run(arguments)
    end, after = time.perf_counter(), os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return done, end - start, used


def results_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, object]]:
    """Return the results that --json printed, by name of the visit."""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        f"sub-{event['participant']}_ses-{event['session']}": event for event in events if event["event"] == "result"
    }


def tables_of(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every TSV file below OUT."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.rglob("*.tsv"))
    }


def broken(folder: Path, options: argparse.Namespace) -> None:
    """Score a cohort with broken visits and validate what comes of it."""
    made = make_cohort(folder / "bids", options.visits, options.broken)
    start = time.perf_counter()
    done = run(command(made, folder / "out", "participant", "--json"), unprivileged=True)
    seconds = time.perf_counter() - start
    found = results_of(done)
    unnamed = [name for name, said in made.bad.items() if said not in str(found[name]["reason"])]
    missed = [name for name in made.good if found[name]["state"] != "done"]
    group = run(command(made, folder / "out", "group"), unprivileged=True)
    validated = subprocess.run(  # noqa: S603
        [str(Path(sys.executable).parent / "bids-validator-deno"), str(folder / "out"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [one for one in json.loads(validated.stdout)["issues"]["issues"] if one["severity"] == "error"]
    print(f"{len(made.good)} good and {len(made.bad)} broken visits in {seconds:.0f} s")
    for name in made.bad:
        print(f"  {name}: {found[name]['reason']}")
    print(f"good ones not done: {missed}; bad ones not named: {unnamed}; exit codes {done.returncode}, ", end="")
    print(f"{group.returncode}; errors of the validator: {len(errors)}")
    assert not missed
    assert not unnamed
    assert (done.returncode, group.returncode) == (1, 1)
    assert not errors


def kills(folder: Path, options: argparse.Namespace) -> None:
    """Kill the parent and workers at random moments, and compare what comes of it with an undisturbed run."""
    made = make_cohort(folder / "bids", options.visits, 0)
    run(command(made, folder / "calm", "participant"))
    run(command(made, folder / "calm", "group"))
    expected = tables_of(folder / "calm")
    chance = random.Random(options.seed)  # noqa: S311
    killed = {"parent": 0, "worker": 0}
    round_ = 0
    while sum(killed.values()) < options.kills:
        round_ += 1
        out = folder / f"killed-{round_}"
        while sum(killed.values()) < options.kills:
            process = subprocess.Popen(  # noqa: S603
                command(made, out, "participant"),
                env=environment(),
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(1.0, options.longest))
            victim = process.pid
            what = chance.choice(list(killed))
            if what == "worker":
                workers = children(process.pid)
                if not workers:
                    process.kill()
                    process.wait()
                    continue
                victim = chance.choice(workers)
            if process.poll() is not None:
                break
            os.kill(victim, signal.SIGKILL)
            killed[what] += 1
            if what == "parent":
                process.wait()
            else:
                process.wait(timeout=600)
            check_outcomes(out)
        done = run(command(made, out, "participant", "--json"))
        states = [result["state"] for result in results_of(done).values()]
        run(command(made, out, "group"))
        same = tables_of(out) == expected
        print(
            f"round {round_}: {killed} so far; last run: {len(states)} visits, {states.count('done')} scored; ",
            end="",
        )
        print("tables byte for byte the same" if same else "TABLES DIFFER", flush=True)
        assert same


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def check_outcomes(out: Path) -> None:
    """See that whatever is called done is a whole case."""
    from wbmri.case import read_case
    from wbmri.cohort import Ending, digest_of_reading, read_outcome

    for path in out.glob("sub-*/ses-*/*_outcome.json"):
        person, visit = (part.name.partition("-")[2] for part in (path.parents[1], path.parent))
        paths = CasePaths(out, person, visit)
        outcome = read_outcome(paths)
        if outcome is not None and outcome.ending is Ending.DONE:
            assert outcome.reading == digest_of_reading(paths)
            case = read_case(paths.reading)
            case.labels().check_grid(case.volume())


def rate(folder: Path, options: argparse.Namespace) -> None:
    """Compare the time per visit of one worker, of two, of a loop over the Python function, and of two loops at once.

    The start is left out: a cohort of few visits is scored, and one of many, and the difference counts. Two loops that
    know nothing of each other are what two processors can give; those of one core share its units.
    """
    few, many = (make_cohort(folder / name, count, 0) for name, count in (("few", 6), ("many", 6 + options.visits)))

    def each(arguments: Callable[[Made, Path], list[str]], name: str) -> tuple[float, float]:
        costs = []
        for made in (few, many):
            out = folder / f"{name}-{made.root.name}"
            done, seconds, used = timed(arguments(made, out))
            assert done.returncode == 0, done.stderr
            costs.append((seconds, used))
        wall, cpu = ((costs[1][k] - costs[0][k]) / options.visits for k in (0, 1))
        print(f"{name}: {wall:.3f} s a visit, {cpu:.3f} s of processor time", flush=True)
        return wall, cpu

    def workers(count: int) -> Callable[[Made, Path], list[str]]:
        return lambda made, out: command(made, out, "participant", "--workers", str(count), "--threads", "1")

    def loop_over(made: Made, out: Path) -> list[str]:
        return [sys.executable, __file__, "loop", "--folder", str(made.root), "--out", str(out)]

    os.environ |= dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"),
        "1",
    )
    # In turn and twice, the better one of each: a machine's pace drifts by more than what is to be seen.
    kinds = {"loop": loop_over, "one worker": workers(1), "two workers": workers(2)}
    rounds = [[each(arguments, f"{name} {turn}") for name, arguments in kinds.items()] for turn in (1, 2)]
    alone, one, two = ((min(a[0], b[0]), min(a[1], b[1])) for a, b in zip(*rounds, strict=True))
    spent = []
    for made in (few, many):
        start = time.perf_counter()
        loops = [
            subprocess.Popen(loop_over(made, folder / f"{side}-{made.root.name}"), env=environment())  # noqa: S603
            for side in ("left", "right")
        ]
        assert [process.wait() for process in loops] == [0, 0]
        spent.append(time.perf_counter() - start)
    both = (spent[1] - spent[0]) / (2 * options.visits)
    print(f"two loops at once: {both:.3f} s a visit, {alone[0] / both:.2f} times the rate of one")
    print(f"two workers: {one[0] / two[0]:.2f} times the rate of one")
    print(f"one worker over the loop: {100 * (one[0] / alone[0] - 1):+.1f} % of time, ", end="")
    print(f"{100 * (one[1] / alone[1] - 1):+.1f} % of processor time")


def loop(folder: Path, options: argparse.Namespace) -> None:
    """Score the visits of a cohort one after the other with the Python function."""
    from wbmri.cohort import find_visits
    from wbmri.pipeline import ScoringOptions, score_case
    from wbmri.segmentation import make_engine

    how, engine = ScoringOptions.of(engine="blocks", scheme=folder.parent / "legs.toml"), make_engine("blocks")
    for visit in find_visits(folder):
        paths = CasePaths(options.out, visit.participant, visit.session)
        score_case(visit.inputs, paths, how, engine=engine)


def overhead(folder: Path, options: argparse.Namespace) -> None:
    """Time what a visit costs beyond `score_case`: in the worker around it, and between worker and run.

    Both are timed where they arise, so that the pace of the machine, which drifts by more, is left out.
    """
    import wbmri.pipeline.visit_score as scoring
    from wbmri.cohort import Crew, Limits, attempt, find_visits, job_maker
    from wbmri.cohort import run as run_cohort
    from wbmri.pipeline import ScoringOptions
    from wbmri.segmentation import make_engine

    os.environ |= environment()
    made = make_cohort(folder / "bids", options.visits, 0)
    how, engine = ScoringOptions.of(engine="blocks", scheme=made.scheme), make_engine("blocks")
    score_case, inside = scoring.score_case, []

    def timed_score_case(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        result = score_case(*arguments, **named)
        inside.append(time.perf_counter() - start)
        return result

    scoring.score_case = timed_score_case
    around, job_of = [], job_maker(folder / "here", how)
    for visit in find_visits(made.root):
        start = time.perf_counter()
        assert attempt(job_of(visit), lambda name: engine).state.value == "done"
        around.append(time.perf_counter() - start - inside[-1])
    spent, last = [], time.perf_counter()
    for result in run_cohort(find_visits(made.root), folder / "out", how, crew=Crew(1, 1, Limits(60, 4000), "")):
        now = time.perf_counter()
        spent.append(now - last - result.seconds)
        last = now
    # The first visit pays for what is loaded once.
    alone, worker, between = (sum(times[1:]) / (options.visits - 1) for times in (inside, around, spent))
    print(f"score_case {alone:.3f} s a visit; beyond it {1000 * worker:.1f} ms in the worker and ", end="")
    print(f"{1000 * between:.1f} ms between worker and run: {100 * (worker + between) / alone:.1f} %")


def skip(folder: Path, options: argparse.Namespace) -> None:
    """Score one visit, make many of it, and time a run that has nothing to do."""
    made, out = many_cases(folder, options.visits)
    for attempt in ("first", "second"):
        done, seconds, used = timed(command(made, out, "participant", "--json"))
        states = [result["state"] for result in results_of(done).values()]
        assert states.count("skipped") == options.visits, done.stderr
        print(f"{attempt} run: {options.visits} finished visits passed over in {seconds:.2f} s, ", end="")
        print(f"{used:.2f} s of processor time")


def many_cases(folder: Path, visits: int) -> tuple[Made, Path]:
    """Score a dozen visits and copy them under other names, outcomes and all."""
    from wbmri.cohort import (
        Basis,
        Ending,
        Outcome,
        digest_of,
        digest_of_reading,
        find_visits,
        job_maker,
        read_outcome,
        stamp_of,
        write_outcome,
    )
    from wbmri.pipeline import ScoringOptions

    first = make_cohort(folder / "few", 12, 0)
    run(command(first, folder / "few-out", "participant"))
    made = make_cohort(folder / "bids", visits, 0)
    out = folder / "out"
    job_of = job_maker(out, ScoringOptions.of(engine="blocks", scheme=made.scheme))
    sources = [
        CasePaths(folder / "few-out", *(part.partition("-")[2] for part in name.split("_"))) for name in first.good
    ]
    for number, visit in enumerate(find_visits(made.root)):
        source = sources[number % len(sources)]
        job = job_of(visit)
        copy_case(source, job.paths)
        basis = Basis(digest_of(visit), stamp_of(visit), job.fingerprint)
        reading = digest_of_reading(job.paths)
        write_outcome(job.paths, Outcome(visit.participant, visit.session, Ending.DONE, basis, reading))
    assert read_outcome(job.paths) is not None
    shutil.copy(folder / "few-out" / "dataset_description.json", out)
    return made, out


def copy_case(source: CasePaths, target: CasePaths) -> None:
    """Copy the files of a case under another name."""
    for path in source.folder.rglob("*"):
        place = target.folder / str(path.relative_to(source.folder)).replace(source.name, target.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.name.endswith("_reading.json"):
            content = json.loads(path.read_bytes())
            content |= {"participant": target.participant, "session": target.session}
            place.write_text(json.dumps(content, indent=2))
        elif path.is_file() and not path.name.endswith("_outcome.json"):
            shutil.copy(path, place)


def memory(folder: Path, options: argparse.Namespace) -> None:
    """Run through a long table of visits that all fail at once, and watch the parent's memory."""
    import psutil

    from wbmri.cohort import Crew, Limits, find_visits
    from wbmri.cohort import run as run_cohort
    from wbmri.pipeline import ScoringOptions

    make_cohort(folder / "bids", 2, 0)
    here = psutil.Process()
    crew = Crew(2, 1, Limits(60.0, 4000.0), "")
    grown = {}
    for count in (options.visits // 10, options.visits):
        table = folder / f"{count}.tsv"
        rows = [f"{number:05d}\t1\tmissing-{number}.nii.gz" for number in range(count)]
        table.write_text("\n".join(["participant\tsession\tpath", *rows]) + "\n")
        how = ScoringOptions.of(engine="blocks", scheme=folder / "legs.toml")
        base = here.memory_info().rss
        most, start = 0, time.perf_counter()
        for number, result in enumerate(run_cohort(find_visits(table), folder / f"out-{count}", how, crew=crew)):
            assert result.state.value == "failed"
            if number % 50 == 0:
                most = max(most, here.memory_info().rss - base)
        grown[count] = most / 2**20
        print(f"{count} visits: parent grew by {grown[count]:.1f} MB, {time.perf_counter() - start:.0f} s", flush=True)


def cluster(folder: Path, options: argparse.Namespace) -> None:
    """Score a cohort through dask, kill one of its two workers midway, and compare with a run without dask."""
    made = make_cohort(folder / "bids", options.visits, 0)
    run(command(made, folder / "calm", "participant"))
    run(command(made, folder / "calm", "group"))
    process = subprocess.Popen(  # noqa: S603
        command(made, folder / "dask", "participant", "--scheduler", "local", "--workers", "2"),
        env=environment(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    while finished(folder / "dask") < options.visits // 3:
        time.sleep(0.2)
    os.kill(dask_workers(process.pid)[0], signal.SIGKILL)
    code = process.wait()
    run(command(made, folder / "dask", "group"))
    same = tables_of(folder / "dask") == tables_of(folder / "calm")
    print(f"a worker of two killed after a third of {options.visits} visits: exit code {code}, same tables: {same}")
    assert same
    assert code == 0


def finished(out: Path) -> int:
    """Count the visits that are done."""
    return sum('"ending": "done"' in path.read_text() for path in out.glob("sub-*/ses-*/*_outcome.json"))


def dask_workers(pid: int) -> list[int]:
    """Return the processes of a local cluster that have started a worker of wbmri."""
    import psutil

    every = psutil.Process(pid).children(recursive=True)
    scoring = [one for one in every if "wbmri.cohort.worker" in " ".join(one.cmdline())]
    return [one.ppid() for one in scoring]


def group(folder: Path, options: argparse.Namespace) -> None:
    """Time the group level on many cases."""
    made, out = many_cases(folder, options.visits)
    done, seconds, used = timed(command(made, out, "group"))
    print(f"{done.stdout.strip()}\nin {seconds:.1f} s, {used:.1f} s of processor time; qc.html has ", end="")
    print(f"{(out / 'qc.html').stat().st_size / 2**20:.1f} MB")
    assert done.returncode == 0, done.stderr


PROMISES: dict[str, tuple[Callable[[Path, argparse.Namespace], None], int]] = {
    "broken": (broken, 200),
    "kills": (kills, 16),
    "rate": (rate, 24),
    "loop": (loop, 0),
    "overhead": (overhead, 12),
    "skip": (skip, 100),
    "memory": (memory, 10_000),
    "cluster": (cluster, 16),
    "group": (group, 1000),
}


def folders(chosen: Path | None) -> Iterator[Path]:
    """Yield the folder to work in, a temporary one if none is named."""
    if chosen is not None:
        yield chosen
        return
    with TemporaryDirectory(prefix="wbmri-cohort-") as made:
        yield Path(made)


def main() -> None:
    """Measure one promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("promise", choices=PROMISES)
    parser.add_argument("--visits", type=int)
    parser.add_argument("--broken", type=int, default=15)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--longest", type=float, default=25.0, help="seconds until a kill, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    measure, visits = PROMISES[options.promise]
    options.visits = options.visits or visits
    for folder in folders(options.folder):
        measure(folder, options)


if __name__ == "__main__":
    main()
