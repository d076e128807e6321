"""What is chosen of a folder, why, and when it is refused; `inspect` says what `load` does."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbmri.core import InputError
from wbmri.io import Inspection, inspect, load


def chosen(found: Inspection) -> list[str]:
    return [one.key for one in found.series if one.chosen]


def reason(found: Inspection, key: str) -> str:
    return next(one.why for one in found.series if one.key == key)


def kinds(found: Inspection) -> list[str]:
    return [one.kind for one in found.series]


def whole(dicom: Any, folder: Path, facts: dict[str, Any], number: int, stations: int = 3) -> None:
    """Write one tall stack over the same piece of body as so many stations."""
    rows = 40 + 32 * (stations - 1)
    dicom.write_classic(folder, dicom.Stack(dicom.smooth((40, rows, 6)), (-100.0, -20.0, 900.0)), facts, number=number)


def test_stations_are_found_among_other_series(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=5)
    wide = dicom.Stack(dicom.smooth((40, 40, 4)), (-100.0, -20.0, 900.0), spacing=(5.0, 5.0, 50.0))
    dicom.write_classic(tmp_path, wide, dicom.T1, number=1)
    dicom.write_body(tmp_path, dicom.T1, number=20, stations=1)
    found = inspect(tmp_path)
    assert kinds(found) == ["localiser", "STIR", "STIR", "STIR", "T1"]
    assert chosen(found) == ["S2", "S3", "S4"]
    assert found.error is None
    assert "raw STIR stations: S2, S3, S4, coronal" in found.chosen
    volume = load(tmp_path)
    assert len(volume.acquisition.stations) == 3
    step = volume.provenance[0]
    assert step.name == "load"
    assert step.parameters["chosen"] == found.chosen
    assert [station["shape"] for station in step.parameters["stations"]] == [[40, 6, 40]] * 3


def test_order_of_series_numbers_does_not_matter(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path / "down", number=1)
    for station in range(3):
        stack = dicom.Stack(dicom.smooth(seed=1 + station), (-100.0, -20.0, 900.0 - 160.0 * station))
        dicom.write_classic(tmp_path / "up", stack, number=9 - station)
    down, up = load(tmp_path / "down"), load(tmp_path / "up")
    np.testing.assert_array_equal(down.data, up.data)
    assert down.provenance[0].parameters["stations"] == up.provenance[0].parameters["stations"]


def test_nothing_identifying_is_recorded_or_shown(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path / "Nobody_Anna", {"SeriesDescription": "cor"})
    volume, found = load(tmp_path), inspect(tmp_path)
    shown = json.dumps([dict(step.parameters) for step in volume.provenance]) + json.dumps(dataclasses.asdict(found))
    for secret in ("Nobody", "Anna", "SECRET", "2015", "2024", "1.2.826", "2.25.", str(tmp_path)):
        assert secret not in shown
    assert "cor" not in json.dumps(dict(volume.provenance[0].parameters)).replace("coronal", "")


def test_raw_stations_go_before_the_scanners_composition(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    whole(dicom, tmp_path, {"ImageType": ["DERIVED", "PRIMARY", "M", "COMPOSED"]}, 9)
    found = inspect(tmp_path)
    assert kinds(found)[-1] == "STIR composed by the scanner"
    assert chosen(found) == ["S1", "S2", "S3"]
    assert "raw stations are there too" in reason(found, "S4")


def test_the_composition_is_used_where_raw_stations_are_missing(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2, stations=1)
    whole(dicom, tmp_path, {"ImageType": ["DERIVED", "PRIMARY", "M", "COMPOSED"]}, 9)
    found = inspect(tmp_path)
    assert chosen(found) == ["S2"]
    assert "cover only part" in reason(found, "S1")
    assert load(tmp_path).shape == (40, 6, 104)


def test_coronal_goes_before_an_axial_set_of_the_same_length(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    tall = dicom.Stack(dicom.smooth((20, 20, 87)), (-100.0, -100.0, 385.0), dicom.AXIAL)
    dicom.write_classic(tmp_path, tall, number=1)
    found = inspect(tmp_path)
    assert found.series[0].plane == "axial"
    assert chosen(found) == ["S2", "S3", "S4"]
    assert "the coronal stations cover 520 mm" in reason(found, "S1")


def test_two_sets_that_are_not_coronal_need_a_choice(dicom: Any, tmp_path: Path) -> None:
    for number, orientation in ((1, dicom.AXIAL), (2, dicom.SAGITTAL)):
        dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth((30, 30, 30)), orientation=orientation), number=number)
    with pytest.raises(InputError, match=r"2 complete sets of STIR stations \(axial S1; sagittal S2\).*--series"):
        load(tmp_path)
    assert load(tmp_path, series=["S2"]).shape == (30, 30, 30)


def test_before_contrast_goes_before_after(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, {"ContrastBolusAgent": "Gd"}, number=12)
    found = inspect(tmp_path)
    assert chosen(found) == ["S1", "S2", "S3"]
    assert "S1 shows the same piece of the body, without contrast agent" in reason(found, "S4")
    assert load(tmp_path).acquisition.contrast_agent is None


def test_after_contrast_alone_is_read_with_a_warning(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, {"ContrastBolusAgent": "Gd"})
    volume = load(tmp_path)
    assert volume.acquisition.contrast_agent is True
    assert "contrast agent had been given before S1, S2, S3" in str(volume.provenance[0].parameters["warnings"])


def test_a_station_taken_twice_counts_once_the_later_take(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    again = dicom.Stack(dicom.smooth(seed=50), (-100.0, -20.0, 740.0))
    dicom.write_classic(tmp_path, again, number=8)
    found = inspect(tmp_path)
    assert chosen(found) == ["S1", "S3", "S4"]
    assert "a station was taken twice: S4 is used, S2 left out" in found.warnings


def test_a_later_take_that_was_broken_off_is_not_used(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    again = dicom.Stack(dicom.smooth(seed=50), (-100.0, -20.0, 740.0))
    dicom.write_classic(tmp_path, again, number=8, slices=[0, 1, 2])
    assert chosen(inspect(tmp_path)) == ["S1", "S2", "S3"]


def test_two_whole_takes_need_a_choice(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, number=12)
    with pytest.raises(InputError, match=r"two sets .* \(S1, S2, S3, S4, S5, S6\).*--series"):
        load(tmp_path)
    assert len(load(tmp_path, series=["s4", "S5", "S6"]).acquisition.stations) == 3


def test_the_evener_of_two_reconstructions_is_used(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, {"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"]}, number=2)
    dicom.write_body(tmp_path, number=12)
    assert chosen(inspect(tmp_path)) == ["S4", "S5", "S6"]


def test_a_closer_look_at_one_region_is_left_out(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    detail = dicom.Stack(dicom.smooth((40, 40, 6)), (-50.0, -20.0, 700.0), spacing=(2.0, 2.0, 6.0))
    dicom.write_classic(tmp_path, detail, number=9)
    found = inspect(tmp_path)
    assert chosen(found) == ["S1", "S2", "S3"]
    assert "S2 shows the same piece of the body, and more of it" in reason(found, "S4")


def test_series_can_be_asked_for_whatever_they_are(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, dicom.T1, number=12)
    found = inspect(tmp_path, series=["S4", "S5", "S6"])
    assert chosen(found) == ["S4", "S5", "S6"]
    assert "series S4 was asked for, but does not look like STIR" in found.warnings[0]
    assert load(tmp_path, series=["S4", "S5", "S6"]).acquisition.sequence is None


def test_unknown_keys_are_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    with pytest.raises(InputError, match="the series S9; expected keys out of S1, S2, S3; run 'wbmri inspect'"):
        load(tmp_path, series=["S9"])


def test_asking_for_the_same_piece_twice_is_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2, stations=1)
    dicom.write_body(tmp_path, dicom.T1, number=12, stations=1)
    with pytest.raises(InputError, match="series S1 and S2, which cover the same piece"):
        load(tmp_path, series=["S1", "S2"])


def test_no_stir_says_what_was_found(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, dicom.T1, number=2)
    dicom.write_body(tmp_path, {"InversionTime": 2500.0}, number=12)
    with pytest.raises(InputError, match=r"no STIR series \(3 FLAIR, 3 T1\)"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("PatientID", "OTHER-2", "patient IDs"),
        ("PatientName", "Somebody^Else", "patient names"),
        ("PatientBirthDate", "20140101", "birth dates"),
    ],
)
def test_several_people_are_refused_without_naming_them(
    dicom: Any,
    tmp_path: Path,
    field: str,
    value: str,
    what: str,
) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, {**dicom.T1, field: value}, number=12)
    with pytest.raises(InputError, match=f"images with 2 different {what}") as caught:
        load(tmp_path)
    assert inspect(tmp_path).error == str(caught.value)
    for secret in ("Nobody", "SECRET", "2015", value):
        assert secret not in str(caught.value)


def test_one_person_spelt_in_two_ways_is_one(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, {**dicom.T1, "PatientName": "NOBODY^ANNA^", "PatientBirthDate": None}, number=12)
    assert inspect(tmp_path).error is None


@pytest.mark.parametrize("facts", [{"StudyDate": "20240803"}, {"StudyDate": None, "StudyInstanceUID": "1.2.3"}])
def test_two_visits_are_refused(dicom: Any, tmp_path: Path, facts: dict[str, Any]) -> None:
    dicom.write_body(tmp_path, number=2)
    dicom.write_body(tmp_path, facts, number=12)
    with pytest.raises(InputError, match=r"STIR series of 2 visits .*point at the folder of one visit"):
        load(tmp_path)
    assert len(load(tmp_path, series=["S1", "S2", "S3"]).acquisition.stations) == 3


def test_stations_that_do_not_meet_are_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2, stations=1)
    dicom.write_body(tmp_path, number=5, stations=1, top=500.0)
    with pytest.raises(InputError, match="gap of 200 mm between stations 1 and 2"):
        load(tmp_path)


def test_fewer_slices_than_the_other_stations_are_mentioned(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2, stations=2)
    short = dicom.Stack(dicom.smooth((40, 40, 4)), (-100.0, -20.0, 580.0))
    dicom.write_classic(tmp_path, short, number=7)
    assert "fewer slices than the 6 of the fullest station: S3 (4)" in inspect(tmp_path).warnings


def test_frames_of_reference_that_differ_are_mentioned(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path, number=2, stations=2)
    last = dicom.Stack(dicom.smooth(), (-100.0, -20.0, 580.0))
    dicom.write_classic(tmp_path, last, {"FrameOfReferenceUID": "1.2.3"}, number=7)
    assert "one frame of reference" in inspect(tmp_path).warnings[0]


@pytest.mark.parametrize("make", ["nothing", "empty", "text", "nifti inside"])
def test_inputs_without_images(tmp_path: Path, make: str) -> None:
    folder = tmp_path / "in"
    expected = "which does not exist"
    if make != "nothing":
        folder.mkdir()
        expected = "0 files without a DICOM image"
    if make == "text":
        (folder / "a.txt").write_text("a")
        expected = "a file without a DICOM image; .*; check the path"
    if make == "nifti inside":
        (folder / "a.nii.gz").write_bytes(b"a")
        expected = "name the image files themselves"
    for verb in (load, inspect):
        with pytest.raises(InputError, match=expected):
            verb(folder)


def test_progress_runs_from_start_to_end(dicom: Any, tmp_path: Path) -> None:
    dicom.write_body(tmp_path)
    told: list[float] = []
    load(tmp_path, progress=lambda fraction, _: told.append(fraction))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0
