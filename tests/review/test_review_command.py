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


def test_how_long_each_reading_took_is_told_from_its_history(
    write: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("wbmri.review.actions.monotonic", lambda: now[0])
    case = write("A", "1")
    code, out, err = run("review", case.paths.out, "--times")
    assert (code, out, err) == (0, "Nothing was read here.\n", "")
    session = open_review(case.paths, "anna")
    for label, seconds in ((1, 4.0), (2, 10.0), (1, 500.0), (3, 6.0)):
        now[0] += seconds
        session.grade(label, label % 2 if seconds < 100 else 2)
    session.close()
    code, out, err = run("review", case.paths.out, "--times", "--json")
    assert (code, err) == (0, "")
    (row,) = json.loads(out)["readings"]
    # A pause of 500 s is none of it.
    assert (row["case"], row["reader"], row["decided"], row["changed"]) == ("sub-A_ses-1", "anna", 3, 1)
    assert (row["seconds"], row["median_seconds"], row["signed"], row["sittings"]) == (20.0, 6.0, False, 1)
    code, out, err = run("review", case.paths.out, "--times")
    assert "anna" in out
    assert "0.3" in out
    code, out, err = run("review", case.paths.out, "--unblind", "sub-A", "--reader", "anna")
    assert (code, err) == (0, "")
    assert out.startswith("sub-A is unblinded for anna")
