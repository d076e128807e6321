"""The way of a body with known truth and known outlines, from its DICOM folder as a scanner left it to its files."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom import dcmread

from wbmri.case import read_case

IDENTIFYING = {"PN", "UI", "DA"}


@pytest.fixture(scope="module")
def visit(bench: Path, wbmri: Callable[..., SimpleNamespace], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the baseline visit, scored with the true outlines."""
    out = tmp_path_factory.mktemp("bench") / "OUT"
    outlines = ("--engine", "labels", "--labels", bench / "pair" / "baseline" / "truth_labels.nii.gz")
    scan = bench / "pair_dicom" / "baseline"
    done = wbmri("score", scan, "--out", out, "--sub", "pair", "--ses", "baseline", *outlines)
    assert done.code == 0, done.err
    return out / "sub-pair" / "ses-baseline"


def test_every_group_is_graded_nearly_as_it_truly_is(visit: Path, bench: Path) -> None:
    with (bench / "pair" / "baseline" / "truth_grades.csv").open(newline="") as file:
        truth = {int(row["label"]): int(row["grade"]) for row in csv.DictReader(file)}
    reading = read_case(visit).reading
    assert reading.score.whole.assessable == 42
    assert reading.score.total == pytest.approx(sum(truth.values()), abs=1)
    assert reading.score.involved == pytest.approx(sum(grade > 0 for grade in truth.values()), abs=1)
    assert sum(entry.grade == truth[entry.label] for entry in reading.groups) >= 40


def test_only_the_five_stir_stations_were_read(visit: Path) -> None:
    case = read_case(visit)
    load = case.reading.provenance[0]
    assert len(load.parameters["stations"]) == 5
    assert [station.name for station in case.reading.acquisition.stations] == [f"station-{k}" for k in range(1, 6)]
    assert case.reading.acquisition.inversion_time_ms == 160


def test_nothing_that_identifies_the_person_is_in_any_file(visit: Path, bench: Path) -> None:
    secrets = set()
    for path in sorted((bench / "pair_dicom" / "baseline").rglob("*")):
        if path.is_file():
            header = dcmread(path, stop_before_pixels=True)
            secrets |= {str(one.value) for one in header if one.VR in IDENTIFYING}
            secrets |= {str(header.get(key)) for key in ("PatientID", "AccessionNumber", "InstitutionName", "StudyID")}
    secrets = {value for value in secrets - {"None"} if len(value) > 3}
    assert len(secrets) > 10
    content = b"".join(path.read_bytes() for path in visit.rglob("*") if path.suffix != ".gz" and path.is_file())
    assert json.dumps("station-1").encode() in content
    assert sorted(secret for secret in secrets if secret.encode() in content) == []
