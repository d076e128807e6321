"""From cases and a clinical table to the page of a cohort, through the command."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from wbmri.analysis.clinical import Outcomes, outcomes, read_cohort
from wbmri.case import DetectableChange, decode, encode, write_case
from wbmri.cli import main
from wbmri.core import NOTICE, LabelMap, Reading, Volume
from wbmri.report.cohort import outcome_files

FILES = {
    "outcomes.html",
    "outcomes.json",
    "outcomes.tsv",
    "outcomes_change.pdf",
    "outcomes_change.svg",
    "outcomes_correlations.pdf",
    "outcomes_correlations.svg",
    "outcomes_correlations.tsv",
}


@pytest.fixture(scope="module")
def dataset(
    make_reading: Callable[..., Reading],
    small_volume: Volume,
    small_labels: LabelMap,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Two people at two visits, from 60 and 40 points to 20, and one at a single visit."""
    out = tmp_path_factory.mktemp("dataset")
    totals = {
        ("01", "baseline"): 60,
        ("01", "month6"): 20,
        ("02", "baseline"): 40,
        ("02", "month6"): 20,
        ("03", "1"): 8,
    }
    lines = ["participant_id\tsession_id\tcmas\tck"]
    for (who, when), total in totals.items():
        reading = make_reading(lambda label, total=total: 2 if label <= total // 2 else 0)
        write_case(out, who, when, small_volume, small_labels, reading, "<html></html>", {})
        lines.append(f"sub-{who}\tses-{when}\t{52 - total // 2}\tn/a")
    (out / "sessions.tsv").write_text("\n".join(lines))
    (out / "sdc.json").write_bytes(encode(DetectableChange("jdm42 1", 84, 7.0, 5.0, "SDC", 20, ("ab", "cd"))))
    return out


def test_the_command_writes_the_page_the_tables_and_the_figures(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clinical = str(dataset / "sessions.tsv")
    sdc = str(dataset / "sdc.json")
    assert main(["outcomes", str(dataset), "--clinical", clinical, "--sdc", sdc, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "3 people, 5 visits; change known of 2" in printed
    assert "2 response" in printed
    assert "1 of 3 people have one visit only" in printed
    assert NOTICE in printed
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(written) == FILES
    found = decode(Outcomes, written["outcomes.json"], tmp_path)
    assert found.detectable == 7.0
    assert outcome_files(found) == written
    assert written["outcomes.tsv"].decode().splitlines()[1:] == [
        "sub-01\tses-baseline\tses-month6\t60\t20\t-40\tresponse",
        "sub-02\tses-baseline\tses-month6\t40\t20\t-20\tresponse",
    ]
    page = written["outcomes.html"].decode()
    for words in (NOTICE, "No response criterion is published", "cmas"):
        assert words in page
    assert "<script" not in page


def test_the_rule_can_be_set(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outcomes", str(dataset), "--least-fall", "60", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["responses"] == {"complete response": 0, "response": 1, "no response": 1, "not known": 0} | {
        "not judged": 0,
    }
    assert main(["outcomes", str(dataset)]) == 0
    printed_text = capsys.readouterr().out
    assert "Response is not judged" in printed_text
    assert "2 not judged" in printed_text
    assert "Automatic, not reviewed: 5 of 5 visits" in printed_text
    assert printed["correlations"] == []
    assert outcomes(read_cohort(dataset)).correlations == ()


def test_a_folder_without_cases_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outcomes", str(tmp_path)]) == 2
    assert "without cases" in capsys.readouterr().err
