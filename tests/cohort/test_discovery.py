"""Which visits a cohort has: from a BIDS dataset, a table or DICOM studies, and what is said of the rest."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wbmri.cohort import Cohort, Skipped, Visit, find_visits
from wbmri.core import InputError


def names(cohort: Cohort) -> list[str]:
    return [visit.name for visit in cohort]


def problems(cohort: Cohort) -> dict[str, str]:
    return {visit.name: visit.problem for visit in cohort if visit.problem}


def left_out(cohort: Cohort) -> dict[str, str]:
    return {Path(one.path).name: one.why for one in cohort.look() if isinstance(one, Skipped)}


@pytest.fixture
def place(maker: ModuleType, tmp_path: Path) -> Callable[[str, str], object]:
    return lambda person, visit: maker.Place(tmp_path / "bids", person, visit)


def test_the_stir_among_the_images_of_a_session_is_found_and_the_rest_is_explained(
    maker: ModuleType,
    place: Callable[[str, str], object],
    tmp_path: Path,
) -> None:
    one = place("sub-01", "ses-1")
    stir = maker.write_visit(one, 1)
    maker.write_visit(one, 2).rename(stir.with_name("sub-01_ses-1_acq-a_T1w.nii.gz"))
    (stir.with_name("sub-01_ses-1_acq-a_T1w.json")).write_text(json.dumps(maker.T1))
    stir.with_name("sub-01_ses-1_acq-stir_dseg.nii.gz").write_bytes(b"")
    maker.write_visit(one, 3)
    cohort = find_visits(tmp_path / "bids")
    assert [(visit.name, [Path(path).name for path in visit.inputs]) for visit in cohort] == [
        ("sub-01_ses-1", [stir.name]),
    ]
    assert list(left_out(cohort)) == ["sub-01_ses-1_acq-a_T1w.nii.gz"]
    assert "T1 weighting" in left_out(cohort)["sub-01_ses-1_acq-a_T1w.nii.gz"]


def test_stations_are_one_scan_and_two_sets_are_not_guessed_between(
    maker: ModuleType,
    place: Callable[[str, str], object],
    tmp_path: Path,
) -> None:
    one = place("sub-01", "ses-1")
    for number in (1, 2):
        maker.write_visit(one, number).rename(one.image().with_name(f"sub-01_ses-1_acq-stir_run-{number}_T2w.nii.gz"))
    assert [len(visit.inputs) for visit in find_visits(tmp_path / "bids")] == [2]
    maker.write_visit(one, 3).rename(one.image().with_name("sub-01_ses-1_acq-tirm_T2w.nii.gz"))
    assert "2 sets of STIR images" in problems(find_visits(tmp_path / "bids"))["sub-01_ses-1"]
    (chosen,) = find_visits(tmp_path / "bids", match="*_acq-tirm_*")
    assert [Path(path).name for path in chosen.inputs] == ["sub-01_ses-1_acq-tirm_T2w.nii.gz"]
    assert chosen.problem is None


def test_an_image_of_which_nothing_is_known_is_taken_by_its_name_or_by_a_pattern(
    maker: ModuleType,
    place: Callable[[str, str], object],
    tmp_path: Path,
) -> None:
    for number, acquisition in enumerate(("wbstir", "other"), start=1):
        one = place(f"sub-0{number}", "ses-1")
        maker.write_visit(one, number).rename(one.image(acquisition))
        one.image().with_name(f"{one.name}_acq-stir_T2w.json").unlink()
    cohort = find_visits(tmp_path / "bids")
    assert list(problems(cohort)) == ["sub-02_ses-1"]
    assert "--match" in problems(cohort)["sub-02_ses-1"]
    assert problems(find_visits(tmp_path / "bids", match="*_T2w.nii.gz")) == {}


def test_a_dataset_without_sessions_and_dicom_in_its_sourcedata(maker: ModuleType, tmp_path: Path) -> None:
    root = tmp_path / "bids"
    (root / "sub-01" / "anat").mkdir(parents=True)
    image = root / "sub-01" / "anat" / "sub-01_acq-stir_T2w.nii.gz"
    image.write_bytes(maker.encode_nifti(maker.scan(1, 0.5), maker.AFFINE))
    maker.write_dicom(root / "sourcedata" / "sub-02" / "ses-a", maker.scan(2, 0.5))
    maker.write_dicom(root / "sourcedata" / "sub-01", maker.scan(3, 0.5))
    found = {visit.name: visit.inputs for visit in find_visits(root)}
    assert found == {"sub-01_ses-01": (str(image),), "sub-02_ses-a": (str(root / "sourcedata" / "sub-02" / "ses-a"),)}


def test_filters_keep_what_they_name_and_a_label_of_nobody_is_refused(maker: ModuleType, tmp_path: Path) -> None:
    root = maker.make_cohort(tmp_path / "bids", 6, 0).root
    assert names(find_visits(root, participants=["sub-002"])) == ["sub-002_ses-baseline", "sub-002_ses-month6"]
    assert names(find_visits(root, participants=["002", "003"], sessions=["month6"])) == [
        "sub-002_ses-month6", "sub-003_ses-month6",
    ]  # fmt: skip
    assert names(find_visits(root, only=["sub-001_ses-month6"])) == ["sub-001_ses-month6"]
    with pytest.raises(InputError, match="participant label 007"):
        find_visits(root, participants=["007"])
    with pytest.raises(InputError, match="letters and digits"):
        find_visits(root, sessions=["../up"])


def test_one_scan_under_two_names_is_refused_under_both(maker: ModuleType, tmp_path: Path) -> None:
    made = maker.make_cohort(tmp_path / "bids", 6, 2)
    found = problems(find_visits(made.root))
    assert set(found) == set(made.bad)
    assert all(made.bad[name] in said for name, said in found.items())


def test_label_maps_of_another_folder_belong_to_their_visits(maker: ModuleType, tmp_path: Path) -> None:
    root = maker.make_cohort(tmp_path / "bids", 2, 0).root
    place = tmp_path / "outlines" / "sub-001" / "ses-baseline" / "anat"
    place.mkdir(parents=True)
    (place / "sub-001_ses-baseline_dseg.nii.gz").write_bytes(b"")
    cohort = find_visits(root, labels=tmp_path / "outlines")
    assert [len(visit.labels) for visit in cohort] == [1, 0]
    assert "no label map" in problems(cohort)["sub-001_ses-month6"]


@pytest.mark.parametrize(("ending", "between"), [("tsv", "\t"), ("csv", ",")])
def test_a_table_lists_visits_relative_to_itself(tmp_path: Path, ending: str, between: str) -> None:
    rows = [["participant_id", "session_id", "path", "labels"], ["sub-01", "ses-1", "a.nii.gz;b.nii.gz", "n/a"],
            ["02", "2", "/far/study", "c.nii.gz"]]  # fmt: skip
    table = tmp_path / f"cohort.{ending}"
    table.write_text("\n".join(between.join(row) for row in rows) + "\n")
    assert list(find_visits(table)) == [
        Visit("01", "1", (str(tmp_path / "a.nii.gz"), str(tmp_path / "b.nii.gz"))),
        Visit("02", "2", ("/far/study",), (str(tmp_path / "c.nii.gz"),)),
    ]


def test_a_visit_that_stands_twice_in_a_table_is_a_problem_of_that_visit_alone(tmp_path: Path) -> None:
    table = tmp_path / "cohort.tsv"
    table.write_text("participant\tsession\tpath\n1\t1\ta.nii\n1\t1\tb.nii\n2\t1\tc.nii\n")
    cohort = find_visits(table)
    assert names(cohort) == ["sub-1_ses-1", "sub-2_ses-1"]
    assert list(problems(cohort)) == ["sub-1_ses-1"]
    assert "2 rows" in problems(cohort)["sub-1_ses-1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("participant\tpath\n1\ta.nii\n", "session"),
        ("participant\tsession\tpath\n1\t1\t\n", "line 2 .*empty path"),
        ("participant\tsession\tpath\n1\t1\ta.nii\na_b\t1\tb.nii\n", "line 3 .*a_b"),
        ("", "without the columns"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    table = tmp_path / "cohort.tsv"
    table.write_text(content)
    with pytest.raises(InputError, match=said):
        list(find_visits(table))


def test_dicom_studies_are_numbered_by_person_and_date_and_the_key_stays(maker: ModuleType, tmp_path: Path) -> None:
    root, key = tmp_path / "export", tmp_path / "safe" / "key.tsv"
    key.parent.mkdir()
    maker.write_dicom(root / "NOBODY_ANNA" / "x" / "stir", maker.scan(1, 0.5), ("SECRET-1",), day=9)
    maker.write_dicom(root / "NOBODY_ANNA" / "y", maker.scan(2, 0.5), ("SECRET-1",), day=2)
    maker.write_dicom(root / "OTHER_BERT", maker.scan(3, 0.5), ("SECRET-2",), day=5)
    look = [found for found in find_visits(root, key=key).look() if isinstance(found, Visit)]
    assert not key.exists()
    cohort = find_visits(root, key=key)
    assert list(cohort) == look
    place = {visit.name: Path(visit.inputs[0]).relative_to(root).as_posix() for visit in cohort}
    assert place == {
        "sub-01_ses-01": "NOBODY_ANNA/y",
        "sub-01_ses-02": "NOBODY_ANNA/x",
        "sub-02_ses-01": "OTHER_BERT",
    }
    assert key.read_text().startswith("participant\tsession\tpath\n01\t01\t../export/NOBODY_ANNA/y\n")
    # A visit that came later, but was scanned earlier, takes no name from another.
    maker.write_dicom(root / "AGAIN", maker.scan(4, 0.5), ("SECRET-2",), day=1)
    assert (
        place.items()
        < {
            visit.name: Path(visit.inputs[0]).relative_to(root).as_posix() for visit in find_visits(root, key=key)
        }.items()
    )
    assert names(find_visits(root, key=key))[-1] == "sub-02_ses-02"
    with pytest.raises(InputError, match="--key"):
        list(find_visits(root))


def test_no_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        find_visits(tmp_path / "nowhere")
    (tmp_path / "scan.nii.gz").write_bytes(np.zeros(3).tobytes())
    with pytest.raises(InputError, match="a table"):
        find_visits(tmp_path / "scan.nii.gz")
    with pytest.raises(InputError, match="without a DICOM image"):
        find_visits(tmp_path, key=tmp_path / "key.tsv")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("sub-01_old/ses-1", "ses-1"), ("sub-01/ses-1 (copy)", "ses-1 (copy)"), ("sub-/ses-1", "ses-1")],
)
def test_a_folder_that_is_no_visit_by_its_name_is_named_and_the_others_are_found(
    maker: ModuleType, place: Callable[[str, str], object], tmp_path: Path, folder: str, name: str
) -> None:
    maker.write_visit(place("sub-01", "ses-1"), 1)
    copy = tmp_path / "bids" / folder / "anat"
    copy.mkdir(parents=True)
    (copy / "sub-01_ses-1_acq-stir_T2w.nii.gz").write_bytes(b"")
    cohort = find_visits(tmp_path / "bids")
    assert names(cohort) == ["sub-01_ses-1"]
    assert "its name is that of no visit" in left_out(cohort)[name]


def test_links_that_lead_in_a_circle_are_no_visits(
    maker: ModuleType, place: Callable[[str, str], object], tmp_path: Path
) -> None:
    maker.write_visit(place("sub-01", "ses-1"), 1)
    root = tmp_path / "bids"
    (root / "sub-02").symlink_to(root / "sub-02")
    (root / "sub-01" / "ses-1" / "anat" / "sub-01_loop.nii.gz").symlink_to("sub-01_loop.nii.gz")
    assert names(find_visits(root)) == ["sub-01_ses-1"]


def test_a_table_of_twenty_thousand_visits_is_read(tmp_path: Path) -> None:
    table = tmp_path / "visits.tsv"
    rows = [f"{number}\t1\t{number}.nii" for number in range(20_000)]
    table.write_text("\n".join(["participant\tsession\tpath", *rows, rows[7]]))
    cohort = find_visits(table)
    assert len(names(cohort)) == 20_000
    assert list(problems(cohort)) == ["sub-7_ses-1"]


def test_a_path_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "visits.tsv"
    table.write_text(f"participant\tsession\tpath\n1\t1\t{'x' * 300}.nii\n")
    with pytest.raises(InputError, match=r"line 2 of visits\.tsv: a path with a name of more than 255 bytes"):
        find_visits(table)
