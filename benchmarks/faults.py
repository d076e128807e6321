"""Programs that fail while they write: ``python benchmarks/faults.py [MOST] [PROGRAM...]`` prints a table.

Each program is run once to count the steps that change its files, then once for each step and each fault: it is killed
before the step or in the middle of a write, or from there on the disk is full or read-only, or its folder has gone. Of
many steps, `MOST` are taken for each fault, at equal distances. Afterwards everything that was written or answered for
must be there, as it was before or as it becomes, and as its manifests say; the same command must then succeed, and
leave the files that an undisturbed run leaves, and no others.

| column | what went wrong |
|---|---|
| lost | something that was answered for, or that was there before, is not there afterwards |
| mixed | files are of two times, or not as a manifest says |
| stuck | the command, given again, did not succeed |
| left | files are left over when it has |
| escaped | it ended with an error that names no cause, or not at all |

The exit code says whether anything did.
"""

import argparse
import os
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from faults_injected import AWAY, FAULTS, KILL, VANISHED, Injector
from faults_programs import PROGRAMS, Program

from wbmri.core import WbmriError

MOST, SECONDS = 60, 120
SAID, ESCAPED = 3, 4
WRONG = ("lost", "mixed", "stuck", "left", "escaped")


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Parameters
    ----------
    status
        What the system says.
    steps
        How many steps it took, if it came to its end.
    answered
        What it answered for.
    """

    status: int
    steps: int
    answered: frozenset[str]


def run(program: Program, folder: Path, fault: str = "", at: int = 0) -> Ended:
    """Run a program in a process of its own."""
    read, write = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(read)
        _in_child(program, folder, Injector(folder, fault, at, folder / program.gone), write)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        lines = told.read().decode().splitlines()
    _, status = os.waitpid(child, 0)
    steps = [int(line.removeprefix("steps ")) for line in lines if line.startswith("steps ")]
    return Ended(status, steps[0] if steps else 0, frozenset(line for line in lines if not line.startswith("steps ")))


def _in_child(program: Program, folder: Path, injector: Injector, told: int) -> None:
    """Run it, say what it answers for, and end the process."""
    code, log, say = 0, os.open(os.devnull, os.O_WRONLY), os.write
    if "FAULTS_SHOW" not in os.environ:
        os.dup2(log, 1)
        os.dup2(log, 2)
    signal.alarm(SECONDS)
    injector.install()
    try:
        program.run(folder, lambda what: say(told, f"{what}\n".encode()) and None)
        say(told, f"steps {injector.steps}\n".encode())
    except (WbmriError, OSError):
        code = SAID
        traceback.print_exc()
    except BaseException:
        code = ESCAPED
        traceback.print_exc()
    os._exit(code)


def files(folder: Path) -> frozenset[str]:
    """Return the places of all files, but those by which programs wait for each other, and where a reader left off."""
    return frozenset(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "locks" and not path.name.endswith("_place.json")
    )


def trial(program: Program, template: Path, expected: "Expected", fault: str, at: int) -> list[str]:
    """Let one step fail; return what went wrong, with words that say where."""
    with TemporaryDirectory() as place:
        folder = Path(place, "work")
        shutil.copytree(template, folder)
        ended = run(program, folder, fault, at)
        wrong = []
        killed = os.WIFSIGNALED(ended.status) and os.WTERMSIG(ended.status) == signal.SIGKILL
        if (fault == KILL) != killed and (fault == KILL or os.WEXITSTATUS(ended.status) not in (0, SAID)):
            wrong.append(f"escaped: status {ended.status}")
        answered = ended.answered
        if fault == VANISHED:
            if _made_anew(program, folder, expected):
                answered = frozenset()
            _bring_back(folder / program.gone)
        wrong += program.problems(folder, answered, (expected.before, expected.after))
        _let_time_pass(folder)
        again = run(program, folder)
        if again.status != 0:
            return [*wrong, f"stuck: status {again.status}"]
        after = program.result(folder)
        if after != expected.after:
            wrong.append("mixed: another result when it is run again")
        here = files(folder)
        wrong += [f"left: {name}" for name in sorted(here - expected.files)]
        wrong += [f"lost: {name}" for name in sorted(expected.files - here)]
        return wrong


def _let_time_pass(folder: Path) -> None:
    """Make what is hidden an hour old, for what another program may be writing is left alone for a while."""
    hour_ago = time.time() - 3600
    for path in folder.rglob(".*"):
        os.utime(path, (hour_ago, hour_ago), follow_symlinks=False)


def _made_anew(program: Program, folder: Path, expected: "Expected") -> bool:
    """Tell whether all that was to come lies in a folder that was made in the place of the one that had gone."""
    with suppress(WbmriError, OSError):
        return bool(program.result(folder) == expected.after)
    return False


def _bring_back(gone: Path) -> None:
    away = gone.with_name(gone.name + AWAY)
    if away.exists():
        # What was made in its place meanwhile is what a person would find and move away.
        shutil.rmtree(gone, ignore_errors=True)
        away.rename(gone)


@dataclass(frozen=True)
class Expected:
    """What a program finds and leaves where nothing fails."""

    before: object
    after: object
    files: frozenset[str]
    steps: int


def undisturbed(program: Program, template: Path) -> Expected:
    """Run a program twice, as a disturbed one is, and return what it leaves."""
    with TemporaryDirectory() as place:
        folder = Path(place, "work")
        shutil.copytree(template, folder)
        before = program.result(folder)
        first = run(program, folder)
        after = program.result(folder)
        if first.status != 0 or before == after or run(program, folder).status != 0:
            raise RuntimeError(f"{program.name} does nothing, or fails where nothing does: status {first.status}")
        if program.result(folder) != after:
            raise RuntimeError(f"{program.name} leaves something else when it is run again")
        wrong = program.problems(folder, first.answered, (before, after))
        if wrong:
            raise RuntimeError(f"{program.name} leaves {wrong}")
        return Expected(before, after, files(folder), first.steps)


def main(most: int, names: list[str]) -> bool:
    """Print a line for each program and fault, and below it where something went wrong; tell whether nothing did."""
    all_is_well = True
    print(f"{'program':12}{'fault':14}{'steps':>7}{'tried':>7}" + "".join(f"{one:>9}" for one in WRONG) + f"{'s':>8}")
    known = {one.name: one for one in PROGRAMS}
    for program in [known[name] for name in names] or PROGRAMS:
        with TemporaryDirectory() as place:
            template = Path(place, "template")
            template.mkdir()
            program.prepare(template)
            expected = undisturbed(program, template)
            for fault in FAULTS:
                start = time.perf_counter()
                count = min(most, expected.steps)
                taken = sorted({1 + round(k * (expected.steps - 1) / max(1, count - 1)) for k in range(count)})
                found: Counter[str] = Counter()
                where: dict[str, int] = {}
                for at in taken:
                    wrong = trial(program, template, expected, fault, at)
                    found.update({one.partition(":")[0] for one in wrong})
                    for one in wrong:
                        where.setdefault(one, at)
                all_is_well &= not where
                shown = "".join(f"{found[one]:9}" for one in WRONG)
                passed = time.perf_counter() - start
                print(f"{program.name:12}{fault:14}{expected.steps:7}{len(taken):7}{shown}{passed:8.1f}", flush=True)
                for one, at in where.items():
                    print(f"    {at}: {one}", flush=True)
    return all_is_well


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("most", type=int, nargs="?", default=MOST)
    asked.add_argument("programs", nargs="*", help=", ".join(one.name for one in PROGRAMS))
    given = asked.parse_args()
    sys.exit(not main(given.most, given.programs))
