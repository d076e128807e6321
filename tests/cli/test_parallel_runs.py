"""Several runs of ``wbmri score`` on one OUT at once."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from wbmri.case import CasePaths, find_cases, locked_case


def test_two_runs_without_a_label_become_two_people(toy: Any, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "wbmri", "score", str(toy.baseline), "--labels", str(toy.labels), "--out"]
    runs = [subprocess.Popen([*words, str(tmp_path / "OUT")], stdout=subprocess.DEVNULL) for _ in range(2)]  # noqa: S603
    assert [run.wait() for run in runs] == [0, 0]
    assert [paths.name for paths in find_cases(tmp_path / "OUT")] == ["sub-01_ses-01", "sub-02_ses-01"]
    assert len((tmp_path / "OUT" / "summary.tsv").read_text().splitlines()) == 3


def test_a_case_that_is_open_in_review_is_not_scored_again(wbmri: Any, toy: Any, out: Path) -> None:
    paths = CasePaths(out, "toy", "baseline")
    before = paths.reading.read_bytes(), paths.history.read_bytes()
    again = ("score", toy.baseline, "--labels", toy.labels, "--out", out, "--sub", "toy", "--ses", "baseline")
    with locked_case(paths, "anna"):
        refused = wbmri(*again)
    assert refused.code == 2
    assert refused.errors[-1].startswith("wbmri: sub-toy_ses-baseline, in use by anna on ")
    assert (paths.reading.read_bytes(), paths.history.read_bytes()) == before
    assert wbmri(*again).code == 0


def test_a_run_that_fails_takes_no_label(wbmri: Any, tmp_path: Path) -> None:
    assert wbmri("score", tmp_path / "missing.nii.gz", "--out", tmp_path / "OUT").code == 2
    assert not (tmp_path / "OUT").exists()
