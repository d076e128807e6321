"""The demo: what README.md promises a first-time user, with the readings of the published case."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace


def test_the_demo_gives_both_readings_and_their_comparison(
    wbmri: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    done = wbmri("demo", "--out", tmp_path / "OUT", "--json")
    assert (done.code, done.errors) == (0, [])
    told = json.loads(done.out)
    scores = [told["cases"][visit]["score"] for visit in ("baseline", "followup")]
    assert [(score["total"], score["whole"]["involved"], score["whole"]["assessable"]) for score in scores] == [
        (48, 42, 42),
        (19, 19, 42),
    ]
    assert (told["change"]["delta"], told["change"]["participant"]) == (-29, "sample")
    assert all(Path(path).is_file() for path in told["files"].values())
