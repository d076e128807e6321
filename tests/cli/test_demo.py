"""The demo: what README.md promises a first-time user, with the readings of the published case."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest


def test_the_demo_gives_both_readings_and_their_comparison(
    wbmri: Callable[..., SimpleNamespace],
    tmp_path: Path,
) -> None:
    done = wbmri("demo", "--out", tmp_path / "OUT", "--json")
    assert (done.code, done.errors) == (0, [])
    told = json.loads(done.out)
    scores = [told["cases"][visit]["score"] for visit in ("baseline", "followup")]
    for score, total, involved in zip(scores, (48, 19), (42, 19), strict=True):
        assert score["whole"]["assessable"] == 42
        assert score["total"] == pytest.approx(total, abs=2)
        assert score["whole"]["involved"] == pytest.approx(involved, abs=1)
    change = told["change"]
    assert (change["delta"], change["participant"]) == (scores[1]["total"] - scores[0]["total"], "sample")
    assert all(Path(path).is_file() for path in told["files"].values())
