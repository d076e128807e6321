"""Inspecting what was scored: outlines of one case group by group, of OUT a line for each case."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

Command = Callable[..., SimpleNamespace]


def test_a_case_shows_the_quality_of_its_outlines(out: Path, wbmri: Command) -> None:
    done = wbmri("inspect", out / "sub-toy" / "ses-baseline")
    assert (done.code, done.errors) == (0, [])
    assert "sub-toy_ses-baseline: outlines by labels" in done.out
    # The blocks of the toy are no muscles.
    assert "of 42 outlines are not plausible" in done.out
    assert "is expected" in done.out
    mosaic = out / "sub-toy" / "ses-baseline" / "figures" / "sub-toy_ses-baseline_acq-wbstir_desc-muscles_mosaic.png"
    assert str(mosaic) in done.out
    assert mosaic.read_bytes().startswith(b"\x89PNG")


def test_a_case_as_json_gives_every_group(out: Path, wbmri: Command) -> None:
    told = json.loads(wbmri("inspect", out / "sub-toy" / "ses-baseline", "--json").out)
    rows = {row["group"]: row for row in told["quality"]}
    assert len(rows) == 42
    assert rows["deltoid_left"]["volume_ml"] > 0
    assert set(told["flags"]) == {group for group, row in rows.items() if row["flags"]}


def test_out_shows_a_line_for_each_case(out: Path, wbmri: Command) -> None:
    lines = wbmri("inspect", out).out.splitlines()
    assert [line.split()[:2] for line in lines if "sub-toy" in line] == [
        ["sub-toy_ses-baseline", "48"],
        ["sub-toy_ses-month6", "19"],
    ]


def test_scoring_names_the_outlines_that_are_not_plausible(scored: SimpleNamespace) -> None:
    assert "not plausible, look at them first" in scored.baseline.out
    assert "more: see the report, or 'wbmri inspect" in scored.baseline.out
