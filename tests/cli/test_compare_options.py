"""``wbmri compare`` scores its inputs by the same options as ``wbmri score``."""

from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from wbmri.case import find_cases
from wbmri.cli.compare import compare
from wbmri.cli.score import score


def test_compare_knows_every_option_of_score() -> None:
    assert set(signature(score).parameters) - {"inputs"} <= set(signature(compare).parameters)


@pytest.mark.usefixtures("few_drawings")
def test_inputs_are_compared_with_label_maps_and_sessions_of_their_own(wbmri: Any, toy: Any, tmp_path: Path) -> None:
    out = tmp_path / "OUT"
    visits = (toy.baseline, toy.followup, "--labels", toy.labels, "--labels", toy.labels, "--ses", "a", "--ses", "b")
    done = wbmri("compare", *visits, "--out", out)
    assert (done.code, done.errors) == (0, [])
    assert [paths.name for paths in find_cases(out)] == ["sub-01_ses-a", "sub-01_ses-b"]
    assert (out / "sub-01" / "sub-01_from-a_to-b_change.json").is_file()
    refused = wbmri("compare", *visits[:4], "--out", tmp_path / "OTHER")
    assert refused.code == 2
    assert "1 label maps for 2 visits" in refused.errors[-1]
    assert not (tmp_path / "OTHER").exists()
