"""Exports name nobody: seeded values are in no byte of them, visits of a person stay together, the key stays apart."""

import gzip
import re
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from typer.testing import CliRunner

import wbmri
from wbmri.case import Case
from wbmri.cli.program import app
from wbmri.core import Grid, InputError, Reading
from wbmri.export.dicom import read_report
from wbmri.pipeline import ExportedCase, ExportFormat, export_case

MakeCase = Callable[..., Case]

OWN_WORDS = ("haselnuss", "a restless child", "like a feather", "seen as marked", "anna")
OF_THE_STUDY = frozenset({
    "PatientName", "PatientID", "IssuerOfPatientID", "AccessionNumber", "PatientBirthDate", "PatientAge", "PatientSize",
    "PatientWeight", "ReferringPhysicianName", "StudyDescription", "StudyID", "StudyDate", "StudyTime",
    "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "PositionReferenceIndicator", "InstitutionName",
})  # fmt: skip
"""What puts objects beside the scan, and what its images say of themselves: there with the source as it is."""


@pytest.fixture(scope="module")
def visit(
    coronal: Grid,
    make_case: MakeCase,
    sign_case: Callable[[Case], Reading],
    identity: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Case]:
    """A study that identifies a person everywhere, and its case, signed with words of the reader's own."""
    folder = tmp_path_factory.mktemp("visit")
    blank = make_case(folder / "blank", coronal)
    study = folder / identity.PLACES[0]
    study.mkdir()
    for number, path in enumerate(export_case(blank.paths.folder, folder / "plain", to=["mr"]).files):
        image = dcmread(path)
        identity.seed(image, number)
        image.save_as(study / f"{identity.PLACES[1]}_{number}.dcm")
    volume = wbmri.load(study)
    case = make_case(folder / "OUT", volume.grid, volume=volume)
    sign_case(case)
    return study, case


def export_seeded(visit: tuple[Path, Case], out: Path, **options: object) -> ExportedCase:
    return export_case(visit[1].paths.folder, out, to=list(ExportFormat), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def named(visit: tuple[Path, Case], identity: Any, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Every byte of an export with its source, in all formats."""
    out = tmp_path_factory.mktemp("named")
    export_seeded(visit, out, source=visit[0])
    return bytes(identity.every_byte(out))


@pytest.fixture(scope="module")
def renamed(visit: tuple[Path, Case], tmp_path_factory: pytest.TempPathFactory) -> tuple[ExportedCase, Path, Path]:
    """The same, de-identified: what was made, its folder and the key file."""
    folder = tmp_path_factory.mktemp("renamed")
    key = folder / "key.json"
    return export_seeded(visit, folder / "out", source=visit[0], deidentify=key), folder / "out", key


def test_the_search_finds_what_is_packed(named: bytes, identity: Any, tmp_path: Path) -> None:
    assert {"Quirinus", "MRN4711Q", "1.2.826.0.1.777.1"} <= set(identity.left(named, identity.values))
    (tmp_path / "packed.nii.gz").write_bytes(gzip.compress(b"x MRN4711Q"))
    assert identity.left(identity.every_byte(tmp_path), ["MRN4711Q"]) == ["MRN4711Q"]
    assert b"page 1 of" in named  # the foot of a page of the report


def test_none_of_70_seeded_values_is_in_any_byte_of_what_was_de_identified(
    renamed: tuple[ExportedCase, Path, Path], identity: Any
) -> None:
    assert len(identity.values) >= 70
    made, out, key = renamed
    assert made.deidentified
    assert not made.identified
    content = identity.every_byte(out)
    assert identity.left(content, [*identity.values, *OWN_WORDS, "sub-07", "ses-before"]) == []
    secret = re.search(r"[0-9a-f]{64}", key.read_text())
    assert secret is not None
    assert secret[0].encode() not in content


def test_with_its_source_an_export_holds_no_more_of_it_than_the_study_needs(named: bytes, identity: Any) -> None:
    free = [value for keyword, value in identity.TAGS.items() if keyword not in OF_THE_STUDY]
    series = [identity.UIDS["SeriesInstanceUID"], identity.UIDS["IrradiationEventUID"]]
    assert identity.left(named, [*free, *series, *identity.HIDDEN[:3], *identity.PLACES]) == []


def test_without_a_source_an_export_holds_nothing_of_it(
    visit: tuple[Path, Case], identity: Any, tmp_path: Path
) -> None:
    formats = [one for one in ExportFormat if one is not ExportFormat.PDF]  # as it is with one
    export_case(visit[1].paths.folder, tmp_path / "out", to=formats)
    assert identity.left(identity.every_byte(tmp_path / "out"), identity.values) == []


def objects(made: ExportedCase) -> dict[str, Dataset]:
    return {path.stem.rpartition("_")[2]: dcmread(path) for path in made.files if path.suffix == ".dcm"}


def test_visits_of_a_person_stay_together_and_as_far_apart(visit: tuple[Path, Case], tmp_path: Path) -> None:
    study, case = visit
    later = tmp_path / "later"
    later.mkdir()
    for path in study.iterdir():
        image = dcmread(path)
        image.StudyDate, image.StudyInstanceUID, image.StudyTime = "20240805", "1.2.826.0.1.777.9", "235959"
        image.save_as(later / path.name)

    def export(name: str, source: Path, key: str) -> dict[str, Dataset]:
        options = {"source": source, "deidentify": tmp_path / key}
        return objects(export_case(case.paths.folder, tmp_path / name, to=["seg"], **options))  # type: ignore[arg-type]

    first, again = export("1", study, "key.json"), export("2", study, "key.json")
    second, other = export("3", later, "key.json"), export("4", study, "other.json")
    days = [date.fromisoformat(found["seg"].StudyDate) for found in (first, second)]
    assert (days[1] - days[0]).days == (date(2024, 8, 5) - date(2024, 2, 3)).days
    assert (date(2024, 2, 3) - days[0]).days >= 366
    for kind, found in first.items():
        assert found == again[kind]
        assert found.PatientID == second[kind].PatientID != other[kind].PatientID
        assert found.StudyInstanceUID == first["seg"].StudyInstanceUID != second[kind].StudyInstanceUID
    assert first["seg"].FrameOfReferenceUID == second["seg"].FrameOfReferenceUID
    assert [one.TrackingUID for one in first["seg"].SegmentSequence] == [
        one.TrackingUID for one in second["seg"].SegmentSequence
    ]


def test_what_was_de_identified_is_valid_and_keeps_the_grades(
    visit: tuple[Path, Case],
    renamed: tuple[ExportedCase, Path, Path],
    tmp_path: Path,
    check_dicom: Callable[[Path], list[str]],
) -> None:
    made = renamed[0]
    for path in (one for one in made.files if one.suffix == ".dcm"):
        found = dcmread(path)
        # Label maps are younger than the judge.
        assert (found.Modality == "SEG" and found.SegmentationType == "LABELMAP") or check_dicom(path) == [], path.name
        assert (found.PatientIdentityRemoved, found.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED")
        methods = [one.CodeValue for one in found.DeidentificationMethodCodeSequence]
        assert methods == ["113100", "113104", "113107"]
    report = read_report(next(path for path in made.files if path.name.endswith("_sr.dcm")))
    grades = [(entry.grade, entry.reason, entry.evidence) for entry in report.reading.groups]
    plain = export_case(visit[1].paths.folder, tmp_path / "plain", to=["mr"])
    assert grades == [(entry.grade, entry.reason, entry.evidence) for entry in plain.reading.groups]
    assert re.fullmatch(r"r[0-9a-f]{12}", report.verified_by)
    assert f"sub-{report.participant}_ses-{report.session}_sr.dcm" in {path.name for path in made.files}


def test_the_key_stays_as_it_is_and_apart(visit: tuple[Path, Case], tmp_path: Path) -> None:
    study, case = visit
    key, out = tmp_path / "key.json", tmp_path / "out"

    def export(place: Path) -> None:
        export_case(case.paths.folder, out, to=["mr"], source=study, deidentify=place)

    export(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    export(key)
    assert key.read_bytes() == before
    for inside in (out / "key.json", out / "deep" / ".." / "key.json", case.paths.out / "key.json"):
        with pytest.raises(InputError, match="a key file inside"):
            export(inside)
        assert not inside.exists()
    mine = tmp_path / "diary.txt"
    for words in ("dear diary", "{}", before.decode()[:40], before.decode().replace('"version": 1', '"version": 2')):
        mine.write_text(words)
        with pytest.raises(InputError, match="no key file of wbmri"):
            export(mine)
        assert mine.read_text() == words
    with pytest.raises(InputError, match="No such file"):
        export(tmp_path / "nowhere" / "key.json")


def test_who_cannot_be_renamed_is_refused(visit: tuple[Path, Case], tmp_path: Path) -> None:
    study, case = visit
    with pytest.raises(InputError, match="without a source"):
        export_case(case.paths.folder, tmp_path / "out", to=["mr"], deidentify=tmp_path / "key.json")
    nameless = tmp_path / "nameless"
    nameless.mkdir()
    for path in study.iterdir():
        image = dcmread(path)
        image.PatientID = ""
        image.save_as(nameless / path.name)
    with pytest.raises(InputError, match="without a patient's number"):
        export_case(case.paths.folder, tmp_path / "out", to=["mr"], source=nameless, deidentify=tmp_path / "key.json")
    assert not (tmp_path / "out").exists()


def test_the_command_warns_of_the_pixels_and_names_nobody(
    visit: tuple[Path, Case], identity: Any, tmp_path: Path
) -> None:
    study, case = visit
    arguments = ["export", str(case.paths.folder), "--out", str(tmp_path / "out"), "--source", str(study)]
    said = CliRunner().invoke(app, [*arguments, "--to", "mr", "--deidentify", str(tmp_path / "key.json")])
    assert said.exit_code == 0
    assert "Nobody has cleaned the pixels" in said.output
    assert identity.left(said.output.encode(), [*identity.values, *OWN_WORDS]) == []
