"""Made cohorts, an engine of another package that other processes find too, and the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import distribution
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from wbmri.cli import main

IMPORTABLE = str(Path(__file__).parent / "importable")


@pytest.fixture(scope="session", autouse=True)
def engine_package() -> Iterator[None]:
    """The engine `blocks` is installed, here and in every process that is started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(IMPORTABLE)
        patch.setenv("PYTHONPATH", IMPORTABLE, prepend=os.pathsep)
        assert distribution("blocks-engine").version == "1.0"
        yield


@pytest.fixture(scope="session")
def maker(engine_package: None) -> ModuleType:
    """The maker of cohorts, since test files do not import each other."""
    return import_module("made_cohort")


@dataclass(frozen=True)
class Done:
    """What a command did.

    Parameters
    ----------
    code, out, err
        Exit code and what it printed.
    results
        Its results by visit, if it printed events.
    end
        The last event.
    """

    code: int
    out: str
    err: str
    results: dict[str, dict[str, object]] = field(default_factory=dict)
    end: dict[str, object] = field(default_factory=dict)

    @property
    def states(self) -> dict[str, object]:
        """State of each visit."""
        return {name: result["state"] for name, result in self.results.items()}


Cohort = Callable[..., Done]


def arguments(source: Path, out: Path, level: str, *options: object) -> list[str]:
    """Return a command line."""
    return [sys.executable, "-m", "wbmri", "cohort", str(source), str(out), level, *map(str, options)]


@pytest.fixture(scope="session")
def command() -> Callable[..., list[str]]:
    """The command line that starts a run in a process of its own."""
    return arguments


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    """Run `wbmri cohort` in a process of its own, and read its events."""

    def run(source: Path, out: Path, level: str, *options: object, bound: bool = False) -> Done:
        line = arguments(source, out, level, *options, "--json")
        if bound and os.geteuid() == 0:
            powers = "-dac_override,-dac_read_search"
            line = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *line]
        done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603
        events = [json.loads(text) for text in done.stdout.splitlines()]
        results = {f"sub-{e['participant']}_ses-{e['session']}": e for e in events if e["event"] == "result"}
        return Done(done.returncode, done.stdout, done.stderr, results, events[-1] if events else {})

    return run


@pytest.fixture(scope="session")
def here() -> Cohort:
    """Run `wbmri cohort` in this process, which saves the seconds that a process of its own takes to start."""

    def run(source: Path, out: Path, level: str, *options: object) -> Done:
        said, complained = StringIO(), StringIO()
        with redirect_stdout(said), redirect_stderr(complained):
            code = main(["cohort", str(source), str(out), level, *map(str, options)])
        return Done(code, said.getvalue(), complained.getvalue())

    return run


@pytest.fixture
def legs(tmp_path: Path, maker: ModuleType) -> tuple[str, ...]:
    """The options that score a made cohort."""
    scheme = tmp_path / "legs.toml"
    scheme.write_text(maker.SCHEME)
    return ("--engine", "blocks", "--scheme", str(scheme))
