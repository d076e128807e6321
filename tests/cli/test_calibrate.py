"""``wbmri calibrate``: the files that a site's own scans and readings give."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbmri.analysis.calibration import read_controls
from wbmri.case import CasePaths, HistoryEntry
from wbmri.cli import calibrate
from wbmri.core import Acquisition, Evidence, GradeSource, GroupReading, Reading, Reference
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade_of


@dataclass(frozen=True)
class Scored:
    """As much of a case as calibration looks at."""

    participant: str
    paths: CasePaths
    reading: Reading

    def history(self) -> tuple[HistoryEntry, ...]:
        """Nobody has done anything to it."""
        return ()


@pytest.fixture
def cases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let four people's cases be found, graded by a reader to whom 30 % is extensive."""
    scheme, rng = load_scheme(), np.random.default_rng(1)

    def entry(label: int) -> GroupReading:
        fraction = float(rng.choice([0.0, rng.uniform(0.03, 0.3), rng.uniform(0.3, 1.0)]))
        evidence = Evidence(fraction, None, 1.1, 50.0, 1000)
        grade = 2 if fraction >= 0.3 else grade_of(evidence, scheme.grading)
        return GroupReading(label, grade, None, GradeSource.READER, 0, evidence, 1.0, "Read.")

    def made(number: int) -> Scored:
        reference = Reference(100.0, 5.0, "mode", True, mode=110.0 + number, predicted=100.0)
        groups = tuple(entry(group.label) for group in scheme.groups)
        paths = CasePaths(tmp_path, f"{number:02d}", "baseline")
        return Scored(paths.participant, paths, Reading(scheme, groups, Acquisition("STIR", 1.5), "truth", reference))

    def found(paths: list[Path]) -> Iterator[Scored]:
        yield from (made(number) for number in range(4))

    monkeypatch.setattr(calibrate, "_cases", found)


@pytest.mark.usefixtures("cases")
def test_controls_become_a_file_that_scoring_reads(wbmri: Any, tmp_path: Path) -> None:
    out = tmp_path / "site" / "controls.json"
    done = wbmri("calibrate", "controls", tmp_path, "--out", out)
    assert done.code == 0
    assert "4 controls" in done.out
    assert read_controls(out).levels[0].ratio == pytest.approx(1.115, abs=0.01)


@pytest.mark.usefixtures("cases")
def test_readers_become_a_scheme_with_their_thresholds(wbmri: Any, tmp_path: Path) -> None:
    out = tmp_path / "site.toml"
    done = wbmri("calibrate", "readers", tmp_path, "--out", out, "--name", "meyer")
    assert done.code == 0
    assert "168 grades of 4 people" in done.out
    scheme = load_scheme(out)
    assert scheme.name == "meyer"
    assert scheme.grading.extensive_fraction == pytest.approx(0.3, abs=0.08)


@pytest.mark.usefixtures("cases")
def test_what_calibration_writes_is_taken_by_the_commands_that_the_documentation_names_next(
    wbmri: Any,
    toy: Any,
    tmp_path: Path,
) -> None:
    controls, site, out = tmp_path / "controls.json", tmp_path / "site.toml", tmp_path / "OUT"
    assert wbmri("calibrate", "controls", tmp_path, "--out", controls).code == 0
    assert wbmri("calibrate", "readers", tmp_path, "--out", site).code == 0
    own = ("--controls", controls, "--scheme", site)
    done = wbmri("score", toy.baseline, "--labels", toy.labels, "--out", out, *own)
    assert (done.code, done.errors) == (0, [])
    assert (out / "summary.tsv").read_text().split()[-3:] == ["site", "1.0.0", "n/a"]


def test_a_folder_without_cases_is_refused(wbmri: Any, tmp_path: Path) -> None:
    done = wbmri("calibrate", "controls", tmp_path, "--out", tmp_path / "controls.json")
    assert done.code == 2
    assert "score the scans first" in done.err
