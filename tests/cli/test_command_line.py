"""The command line itself: help, choices, exit codes and one-line errors."""

import json
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

import wbmri as package

Command = Callable[..., SimpleNamespace]

COMMANDS = ("demo", "inspect", "score", "compare", "review", "cohort", "agreement", "outcomes", "engines", "schemes")


def in_new_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603


def test_help_names_every_command_and_the_notice(wbmri: Command) -> None:
    done = wbmri("--help")
    assert done.code == 0
    assert all(command in done.out for command in COMMANDS)
    assert "not a medical device" in " ".join(done.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(wbmri: Command, command: str) -> None:
    done = wbmri(command, "--help")
    assert done.code == 0
    assert "--json" in done.out


def test_help_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from wbmri.cli import main; main(['--help']); main(['score', '--help'])\n"
        "heavy = {'numpy', 'scipy', 'SimpleITK', 'skimage', 'matplotlib', 'nibabel', 'pydicom'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    assert in_new_process("-c", code).stdout.splitlines()[-1] == "LOADED []"


def test_python_m_wbmri_is_the_same_program() -> None:
    done = in_new_process("-m", "wbmri", "--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"wbmri {package.__version__}")
    assert in_new_process("-m", "wbmri", "inspect", "/nowhere/at/all").returncode == 2


def test_schemes_and_engines_are_listed_for_people_and_programs(wbmri: Command) -> None:
    assert "jdm42" in wbmri("schemes").out
    assert json.loads(wbmri("schemes", "--json").out)["schemes"][0] == {
        "name": "jdm42", "version": "1.0.0", "groups": 42, "maximum": 84,
        "title": "Muscle oedema on whole-body STIR, 42 groups, 0-84",
    }  # fmt: skip
    assert "labels" in wbmri("engines").out
    engines = {engine["name"]: engine for engine in json.loads(wbmri("engines", "--json").out)["engines"]}
    assert engines["labels"]["available"] is True
    assert any(engine["available"] for name, engine in engines.items() if name != "labels")


@pytest.mark.parametrize(
    "arguments",
    [
        ("scores",),
        ("score",),
        ("score", "x.nii"),
        ("score", "x.nii", "--out", "OUT", "--colour", "red"),
        ("compare", "only-one", "--out", "OUT"),
        ("schemes", "extra"),
        ("--nonsense",),
    ],
)
def test_arguments_that_cannot_be_used_get_one_line_and_code_2(wbmri: Command, arguments: tuple[str, ...]) -> None:
    done = wbmri(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("wbmri: ")
    assert done.err.count("\n") == 1
    assert "--help" in done.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_adds_the_traceback_wherever_it_stands(wbmri: Command, place: str) -> None:
    words = ["inspect", "/nowhere/at/all"]
    done = wbmri("--debug", *words) if place == "before" else wbmri(*words, "--debug")
    assert done.code == 2
    assert "Traceback" in done.err
    assert done.err.splitlines()[-1].startswith("wbmri: /nowhere/at/all")


def test_an_unexpected_failure_is_one_line_too_and_code_1(wbmri: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault\nin the program")

    monkeypatch.setattr("wbmri.io.inspect", broken)
    done = wbmri("inspect", "anything")
    assert done.code == 1
    assert (
        done.err == "wbmri: ZeroDivisionError: a fault in the program; run again with --debug to see where it arose\n"
    )


def test_the_public_names_are_there_and_no_others() -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name in dir(package)
    with pytest.raises(AttributeError, match="oedema"):
        package.oedema  # noqa: B018
