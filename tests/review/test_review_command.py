"""``wbmri review``: the worklist for those without a screen, and what is said where napari is missing."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from wbmri.case import Case
from wbmri.cli import main
from wbmri.review import open_review


def run(*arguments: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return code, out.getvalue(), err.getvalue()


def test_the_worklist_is_printed_for_people_and_programs(write: Callable[..., Case]) -> None:
    case = write("A", "1")
    write("B", "1")
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    code, out, err = run("review", case.paths.out, "--reader", "anna", "--list")
    assert (code, err) == (0, "")
    assert "sub-A_ses-1" in out
    assert "1/42" in out
    code, out, err = run("review", case.paths.out, "--reader", "anna", "--json")
    listed = json.loads(out)
    assert (code, err) == (0, "")
    first, second = listed["cases"]
    assert (first["case"], first["status"], first["own"], first["read"]) == ("sub-A_ses-1", "in review", "in review", 1)
    assert first["open_by"].startswith("anna on ")
    assert (second["status"], second["total"], second["readings"]) == ("scored", 42, [])
    session.close()


def test_a_blinded_worklist_prints_no_name(write: Callable[..., Case]) -> None:
    case = write("Smith", "baseline")
    code, out, _ = run("review", case.paths.out, "--reader", "anna", "--blinded", "--json")
    assert code == 0
    assert "Smith" not in out
    assert "baseline" not in out
    assert isinstance(json.loads(out)["seed"], int)


def test_a_damaged_case_is_named_and_the_others_listed(write: Callable[..., Case]) -> None:
    out_folder = write("A", "1").paths.out
    write("B", "1").paths.reading.write_text("{")
    code, out, err = run("review", out_folder, "--json")
    assert code == 1
    assert len(json.loads(out)["cases"]) == 2
    assert err.count("\n") == 1
    assert "sub-B_ses-1" in err


def test_without_napari_one_line_says_what_to_install(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbmri.cli.review.find_spec", lambda name: None)
    code, out, err = run("review", case.paths.out)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'wbmri[napari]'" in err


def test_with_napari_the_window_is_opened(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    plugin = SimpleNamespace(launch=lambda out, **how: opened.append((out, how)))
    monkeypatch.setattr("wbmri.cli.review.find_spec", lambda name: object())
    monkeypatch.setitem(__import__("sys").modules, "napari_wbmri", plugin)
    assert run("review", case.paths.out, "--reader", "anna", "--blinded")[0] == 0
    assert opened == [(case.paths.out, {"reader": "anna", "blinded": True})]


def test_a_folder_without_cases_is_unusable(tmp_path: Path) -> None:
    code, _, err = run("review", tmp_path, "--list")
    assert code == 2
    assert "without a case" in err
