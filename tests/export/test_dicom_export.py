"""DICOM objects of a case: in place, of the right person, valid, the same each time."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

import wbmri
from wbmri.case import Case, read_case
from wbmri.core import Candidate, Grid, InputError, Reading, Volume
from wbmri.io import read_labels
from wbmri.pipeline import ExportedCase, export_case

Exported = tuple[Case, dict[str, Path]]
MakeCase = Callable[..., Case]
Sign = Callable[[Case], Reading]
Digests = Callable[[Path], dict[str, str]]
LPS = np.array([-1.0, -1.0, 1.0])


def objects(made: ExportedCase) -> dict[str, Dataset]:
    """Return one object of each kind."""
    return {
        "mr" if path.parent.name.endswith("_mr") else path.stem.rpartition("_")[2]: dcmread(path) for path in made.files
    }


def itk_values(folder: Path, ras: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what ITK, which knows nothing of wbmri, shows at points of a folder of slices."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    places = np.array([image.TransformPhysicalPointToContinuousIndex(point.tolist()) for point in ras * LPS])
    whole = np.rint(places).astype(int)
    assert np.abs(places - whole).max() < 0.01
    return np.array([image.GetPixel([int(n) for n in place]) for place in whole], dtype=float)


def segments_at(path: Path, ras: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of the segment at points, as highdicom reads it."""
    from highdicom.seg import segread

    volume = segread(path).get_volume(combine_segments=True)
    index = np.rint(volume.map_reference_to_indices(ras * LPS)).astype(int)
    return np.array(volume.array[tuple(index.T)], dtype=np.int64)


def containers(item: Dataset) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the tracking identifier and the numbers of each measurement group of a report."""
    for inner in item.get("ContentSequence", []):
        texts = [one.TextValue for one in inner.get("ContentSequence", []) if one.ValueType == "TEXT"]
        numbers = {
            one.ConceptNameCodeSequence[0].CodeValue: str(one.MeasuredValueSequence[0].NumericValue)
            for one in inner.get("ContentSequence", [])
            if one.ValueType == "NUM"
        }
        if numbers and texts:
            yield texts[0], numbers
        yield from containers(inner)


def test_ten_landmarks_of_the_derived_series_lie_where_they_lay(exported: Exported) -> None:
    case, places = exported
    volume = case.volume()
    marks = np.random.default_rng(2).integers(0, np.array(volume.shape), (10, 3))
    shown = itk_values(places["mr"], volume.grid.points(marks))
    assert shown / volume.data[tuple(marks.T)] == pytest.approx(np.ones(10), rel=1e-6)


def test_rows_run_from_the_patients_right_to_the_left(exported: Exported) -> None:
    case, places = exported
    image = dcmread(min(places["mr"].iterdir()))
    row, column = np.reshape([float(x) for x in image.ImageOrientationPatient], (2, 3))
    across = case.volume().grid.slice_axis
    assert row[1 if across == 0 else 0] > 0.99  # to the left, or the back
    assert column[1] > 0.99 if across == 2 else column[2] < -0.99  # to the back, or the feet
    for value in (*image.ImagePositionPatient, *image.ImageOrientationPatient, *image.PixelSpacing):
        assert len(value.original_string) <= 16


def test_every_outline_comes_back_voxel_for_voxel(exported: Exported) -> None:
    case, places = exported
    labels = case.labels()
    every = np.argwhere(np.ones(labels.data.shape, bool))
    assert np.array_equal(segments_at(places["seg.dcm"], labels.grid.points(every)), labels.data.ravel())


def test_dcmqi_reads_the_outlines_where_they_lie(
    exported: Exported, tmp_path: Path, dcmqi: Callable[..., None]
) -> None:
    case, places = exported
    dcmqi(
        "segimage2itkimage", "--inputDICOM", places["seg.dcm"], "--outputDirectory", tmp_path, "--outputType", "nii",
        "--mergeSegments",
    )  # fmt: skip
    data, grid = read_labels(tmp_path / "1.nii.gz")
    labels = case.labels()
    every = np.argwhere(labels.data > 0)
    there = np.rint(grid.indices(labels.grid.points(every))).astype(int)
    assert np.array_equal(data[tuple(there.T)], labels.data[tuple(every.T)])


def test_a_segment_says_what_it_is(exported: Exported) -> None:
    case, places = exported
    found = dcmread(places["seg.dcm"])
    assert found.SegmentationType == "BINARY"
    grid = case.volume().grid
    assert found.NumberOfFrames == 42 * grid.shape[grid.slice_axis]
    deltoid, forearm = found.SegmentSequence[8], found.SegmentSequence[21]
    kind = deltoid.SegmentedPropertyTypeCodeSequence[0]
    assert (deltoid.SegmentLabel, kind.CodeValue, kind.CodingSchemeDesignator) == ("Deltoid, left", "35259002", "SCT")
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    other = forearm.SegmentedPropertyTypeCodeSequence[0]
    assert (other.CodeValue, other.CodingSchemeDesignator) == ("forearm_pos_773b", "99WBMRI")
    assert other.SegmentedPropertyTypeModifierCodeSequence[0].CodeValue == "24028007"
    assert len({one.TrackingUID for one in found.SegmentSequence}) == 42


def test_the_report_says_what_was_read(exported: Exported, tmp_path: Path, dcmqi: Callable[..., None]) -> None:
    case, places = exported
    dcmqi("tid1500reader", "--inputDICOM", places["sr.dcm"], "--outputMetadata", tmp_path / "sr.json")
    found = json.loads((tmp_path / "sr.json").read_text("utf-8"))
    assert (found["CompletionFlag"], found["VerificationFlag"]) == ("PARTIAL", "UNVERIFIED")
    groups = {one["TrackingIdentifier"]: one for one in found["Measurements"]}

    def number(group: str, code: str) -> float | None:
        items = groups[group].get("measurementItems", [])
        return next((float(one["value"]) for one in items if one["quantity"]["CodeValue"] == code), None)

    for group, entry in case.reading.by_group():
        assert number(group.id, "grade") == entry.grade
        assert groups[group.id]["ReferencedSegment"] == group.label
        assert groups[group.id]["Laterality"]["CodeMeaning"].lower() == group.side
    assert number("whole", "total") == case.reading.score.total
    assert number("leg", "involved") == case.reading.score.regions["leg"].involved
    assert "outside the field of view" in json.dumps(groups["leg_posterior_right"])


def test_the_judge_of_dicom_finds_no_error(exported: Exported, check_dicom: Callable[[Path], list[str]]) -> None:
    _, places = exported
    for path in (min(places["mr"].iterdir()), places["seg.dcm"], places["sr.dcm"]):
        assert check_dicom(path) == [], path.name


def test_the_derived_series_is_known_as_composed(exported: Exported) -> None:
    _, places = exported
    kinds = {one.kind for one in wbmri.inspect(places["mr"].parent).series}
    assert kinds <= {"STIR composed by the scanner", "other", "derived image"}
    assert "STIR composed by the scanner" in kinds


def test_a_total_that_nobody_decided_is_not_in_the_report(
    coronal: Grid, make_case: MakeCase, make_reading: Callable[..., Reading], tmp_path: Path
) -> None:
    either = (Candidate("shading", 0.6, 100.0, 42, 28), Candidate("oedema", 0.4, 90.0, 60, 40))
    case = make_case(tmp_path / "OUT", coronal, replace(make_reading(), candidates=either))
    made = export_case(case.paths.folder, tmp_path / "dicom", to=["sr"])
    report = dcmread(made.files[0])
    sums = dict(containers(report))
    assert "total" not in sums["whole"]
    assert sums["whole"]["involved"] == "28.0"
    said = [one.TextValue for one in report.ContentSequence if one.ValueType == "TEXT"]
    assert "42, 28 groups involved, 60 %: shading" in said


@pytest.fixture(scope="module")
def study(coronal: Grid, make_case: MakeCase, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Volume]:
    """A study of a person, and its scan."""
    folder = tmp_path_factory.mktemp("hospital")
    case = make_case(folder / "OUT", coronal, participant="99")
    made = export_case(case.paths.folder, folder, to=["mr"])
    for path in made.files:
        image = dcmread(path)
        image.SpecificCharacterSet = "ISO_IR 100"
        image.PatientName, image.PatientID, image.PatientBirthDate = "Müller^Änne", "MRN-4711", "20150607"
        image.StudyInstanceUID, image.FrameOfReferenceUID = "1.2.826.0.1.777", "1.2.826.0.1.888"
        image.AccessionNumber, image.StudyDate, image.InstitutionName = "ACC-1", "20240203", "Kinderklinik"
        image.save_as(path)
    return made.files[0].parent, wbmri.load(made.files[0].parent)


@pytest.fixture(scope="module")
def plain(
    study: tuple[Path, Volume], make_case: MakeCase, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Case, ExportedCase]:
    """The case of the study, and its export without the study; not to be changed."""
    folder = tmp_path_factory.mktemp("plain")
    case = make_case(folder / "OUT", study[1].grid, volume=study[1])
    return case, export_case(case.paths.folder, folder / "dicom")


def test_a_label_map_holds_the_same_outlines_in_one_frame_a_slice(
    plain: tuple[Case, ExportedCase], tmp_path: Path
) -> None:
    labels = plain[0].labels()
    (path,) = export_case(plain[0].paths.folder, tmp_path, to=["labelmap"]).files
    found = dcmread(path)
    assert (found.SegmentationType, found.NumberOfFrames) == ("LABELMAP", labels.data.shape[labels.grid.slice_axis])
    every = np.argwhere(np.ones(labels.data.shape, bool))
    assert np.array_equal(segments_at(path, labels.grid.points(every)), labels.data.ravel())
    back = wbmri.segment(plain[0].volume(), labels=path)
    assert np.array_equal(back.data, labels.data)
    tracked = {one.SegmentNumber: one.get("TrackingUID") for one in found.SegmentSequence}
    binary = objects(plain[1])["seg"].SegmentSequence
    assert [tracked[one.SegmentNumber] for one in binary] == [one.TrackingUID for one in binary]


def test_the_same_case_gives_the_same_bytes(plain: tuple[Case, ExportedCase], tmp_path: Path, digests: Digests) -> None:
    case, made = plain
    export_case(case.paths.folder, tmp_path)
    assert digests(tmp_path) == digests(made.files[-1].parent)


def test_a_signed_reading_is_verified_by_its_reader(
    plain: tuple[Case, ExportedCase], sign_case: Sign, tmp_path: Path
) -> None:
    before = objects(plain[1])
    shutil.copytree(plain[0].paths.out, tmp_path / "OUT")
    case = read_case(tmp_path / "OUT" / "sub-07" / "ses-before")
    sign_case(case)
    made = export_case(case.paths.folder, tmp_path / "after", to=["seg", "sr", "mr"])
    after = objects(made)
    assert before["mr"] == after["mr"]  # the same scan
    report = after["sr"]
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == ("COMPLETE", "VERIFIED", "FINAL")
    assert report.VerifyingObserverSequence[0].VerifyingObserverName == "anna^"
    assert dict(containers(report))["deltoid_left"]["grade"] == "2.0"
    kinds = [one.SegmentAlgorithmType for one in after["seg"].SegmentSequence]
    assert [label for label, kind in enumerate(kinds, start=1) if kind == "SEMIAUTOMATIC"] == [9]
    for kind in ("seg", "sr"):
        assert before[kind].SOPInstanceUID != after[kind].SOPInstanceUID
    tracked = [[one.TrackingUID for one in found["seg"].SegmentSequence] for found in (before, after)]
    assert tracked[0] == tracked[1]
    corner = case.labels().grid.points(np.array([[0, 0, 0], [0, 0, 2], [0, 0, 3]]))
    assert segments_at(made.files[0], corner).tolist() == [9, 9, 0]


def test_without_a_source_nothing_but_the_participant_label_is_written(plain: tuple[Case, ExportedCase]) -> None:
    made = plain[1]
    assert not made.identified
    for path in made.files:
        content = path.read_bytes()
        for secret in ("ller", "MRN-4711", "20150607", "1.2.826.0.1.777", "1.2.826.0.1.888", "ACC-1", "20240203"):
            assert secret.encode() not in content, (path.name, secret)
        assert dcmread(path).PatientID == "sub-07"


def test_with_its_source_a_case_goes_into_the_study_it_came_from(
    study: tuple[Path, Volume],
    make_case: MakeCase,
    sign_case: Sign,
    tmp_path: Path,
    check_dicom: Callable[[Path], list[str]],
) -> None:
    folder, volume = study
    case = make_case(tmp_path / "OUT", volume.grid, volume=volume)
    sign_case(case)
    made = export_case(case.paths.folder, tmp_path / "dicom", source=folder)
    assert made.identified
    for found in objects(made).values():
        assert (str(found.PatientName), found.PatientID) == ("Müller^Änne", "MRN-4711")
        assert (found.StudyInstanceUID, found.AccessionNumber) == ("1.2.826.0.1.777", "ACC-1")
        assert found.StudyDate == "20240203"
    image = objects(made)["mr"]
    assert image.FrameOfReferenceUID == "1.2.826.0.1.888"
    sources = {dcmread(path).SOPInstanceUID for path in folder.iterdir()}
    assert {one.ReferencedSOPInstanceUID for one in image.SourceImageSequence} < sources
    assert objects(made)["sr"].VerifyingObserverSequence[0].VerifyingOrganization == "Kinderklinik"
    assert all(check_dicom(path) == [] for path in made.files)


def test_a_source_of_somebody_else_is_refused(study: tuple[Path, Volume], make_case: MakeCase, tmp_path: Path) -> None:
    folder, volume = study
    other = replace(volume, data=volume.data[::-1, :, :])
    case = make_case(tmp_path / "A", volume.grid, volume=other)
    with pytest.raises(InputError, match="shows something else"):
        export_case(case.paths.folder, tmp_path / "dicom", to=["mr"], source=folder)
    moved = Grid.along_axes(volume.shape, volume.spacing, (0, 0, 0))
    case = make_case(tmp_path / "B", moved, volume=Volume(volume.data, moved.affine))
    with pytest.raises(InputError, match="lies elsewhere"):
        export_case(case.paths.folder, tmp_path / "dicom", to=["mr"], source=folder)
    with pytest.raises(InputError, match="image files, which belong to no study"):
        export_case(case.paths.folder, tmp_path / "dicom", to=["mr"], source=case.paths.volume)
    assert not (tmp_path / "dicom").exists()


def test_a_sheared_volume_is_refused(coronal: Grid, make_case: MakeCase, tmp_path: Path) -> None:
    affine = coronal.affine.copy()
    affine[0, 2] += 1.0
    case = make_case(tmp_path / "OUT", Grid(coronal.shape, affine))
    with pytest.raises(InputError, match="right angles"):
        export_case(case.paths.folder, tmp_path / "dicom", to=["mr"])


def test_an_unknown_format_and_a_missing_extra_are_named(
    coronal: Grid, make_case: MakeCase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_case(tmp_path / "OUT", coronal).paths.folder
    with pytest.raises(InputError, match="the format 'nifti'"):
        export_case(folder, tmp_path / "dicom", to=["nifti"])
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(InputError, match=r"wbmri\[dicom\]"):
        export_case(folder, tmp_path / "dicom", to=["seg"])
    assert len(export_case(folder, tmp_path / "dicom", to=["mr"]).files) == coronal.shape[1]
