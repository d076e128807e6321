"""A case on disk: what is written comes back, stays what it was, and a person's reading is never lost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.case import SCHEMA_VERSION, Case, CasePaths, bids_label, find_cases, read_case, rebuild_tables, write_case
from wbmri.core import Candidate, CaseError, GradeSource, InputError, LabelMap, Reading, Status, Volume

MakeReading = Callable[..., Reading]
WriteCase = Callable[..., Case]
Digests = Callable[[Path], dict[str, str]]

FILES = [
    ".bidsignore",
    ".wbmri/locks/manifests.lock",
    ".wbmri/manifest.json",
    "dataset_description.json",
    "sub-X/ses-Y/anat/sub-X_ses-Y_acq-wbstir_T2w.json",
    "sub-X/ses-Y/anat/sub-X_ses-Y_acq-wbstir_T2w.nii.gz",
    "sub-X/ses-Y/anat/sub-X_ses-Y_acq-wbstir_desc-muscles_dseg.json",
    "sub-X/ses-Y/anat/sub-X_ses-Y_acq-wbstir_desc-muscles_dseg.nii.gz",
    "sub-X/ses-Y/anat/sub-X_ses-Y_acq-wbstir_desc-muscles_dseg.tsv",
    "sub-X/ses-Y/anat/sub-X_ses-Y_desc-oedema_history.jsonl",
    "sub-X/ses-Y/anat/sub-X_ses-Y_desc-oedema_reading.json",
    "sub-X/ses-Y/anat/sub-X_ses-Y_desc-oedema_scores.tsv",
    "sub-X/ses-Y/figures/sub-X_ses-Y_acq-wbstir_desc-muscles_mosaic.png",
    "sub-X/ses-Y/sub-X_ses-Y_manifest.json",
    "sub-X/ses-Y/sub-X_ses-Y_report.html",
]
OF_THE_CASE = [name for name in FILES if name.startswith("sub-")]


@pytest.fixture
def write(tmp_path: Path, small_volume: Volume, small_labels: LabelMap, make_reading: MakeReading) -> WriteCase:
    """Write a case below OUT, by default sub-X, ses-Y with an automatic reading."""

    def write(
        participant: str = "X",
        session: str = "Y",
        reading: Reading | None = None,
        out: Path = tmp_path / "OUT",
    ) -> Case:
        reading = reading or make_reading()
        html = "<!doctype html><title>report</title>"
        return write_case(
            out,
            participant,
            session,
            small_volume,
            small_labels,
            reading,
            html,
            {"load": 1.5},
            b"\x89PNG",
        )

    return write


def rows_of(path: Path) -> list[dict[str, str]]:
    header, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def edit(path: Path, change: Callable[[dict], object]) -> None:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


def test_the_files_are_those_of_the_layout_and_no_temporary_one_stays(
    write: WriteCase,
    tmp_path: Path,
    digests: Digests,
) -> None:
    write()
    assert sorted(digests(tmp_path / "OUT")) == FILES
    assert sorted(path.name for path in (tmp_path / "OUT").iterdir() if path.is_dir()) == [".wbmri", "sub-X"]


def test_what_was_written_comes_back(
    write: WriteCase,
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: MakeReading,
) -> None:
    reading = make_reading(lambda label: None if label == 42 else label % 3)
    case = read_case(write(reading=reading).paths.folder)
    assert (case.participant, case.session) == ("X", "Y")
    assert case.reading == reading
    volume, labels = case.volume(), case.labels()
    np.testing.assert_array_equal(volume.data, small_volume.data)
    np.testing.assert_allclose(volume.affine, small_volume.affine, atol=1e-4)
    assert volume.acquisition == small_volume.acquisition
    np.testing.assert_array_equal(labels.data, small_labels.data)
    labels.check_grid(volume)
    for name in ("scheme", "engine", "confidence", "outside", "origin", "provenance"):
        assert getattr(labels, name) == getattr(small_labels, name), name


def test_totals_that_are_left_open_come_back_and_no_single_one_is_listed(
    write: WriteCase, tmp_path: Path, make_reading: MakeReading
) -> None:
    candidates = (Candidate("shading", 0.7, 100.0, 1, 1), Candidate("homogeneous oedema", 0.3, 98.5, 28, 14))
    case = read_case(write(reading=replace(make_reading(), candidates=candidates)).paths.folder)
    assert case.reading.candidates == candidates
    assert case.reading.score.total is None
    rebuild_tables(tmp_path / "OUT")
    assert rows_of(tmp_path / "OUT" / "summary.tsv")[0]["total"] == "n/a"


def test_a_sites_own_scheme_survives_without_its_file(write: WriteCase, make_reading: MakeReading) -> None:
    reading = make_reading()
    scheme = replace(reading.scheme, name="site_a", version="7", anchors=("none", "some", "much"))
    case = read_case(write(reading=replace(reading, scheme=scheme)).paths.reading)
    assert case.reading.scheme == scheme


def test_the_same_input_gives_the_same_bytes_but_for_the_history_and_the_manifest_that_names_it(
    write: WriteCase,
    tmp_path: Path,
    digests: Digests,
) -> None:
    write(out=tmp_path / "first")
    write(out=tmp_path / "second")
    first, second = digests(tmp_path / "first"), digests(tmp_path / "second")
    for name in [name for name in first if name.endswith(("history.jsonl", "ses-Y_manifest.json"))]:
        del first[name], second[name]
    assert first == second


def test_the_history_grows_and_tells_who_when_what_and_how_long(write: WriteCase) -> None:
    write()
    case = write()
    lines = [json.loads(line) for line in case.paths.history.read_text("utf-8").splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line["when"].endswith("Z")
        assert {key: line[key] for key in ("who", "action", "group", "from", "to", "why", "seconds")} == {
            "who": "auto", "action": "scored", "group": None, "from": None, "to": None, "why": None,
            "seconds": {"load": 1.5},
        }  # fmt: skip
    assert [entry.action for entry in case.history()] == ["scored", "scored"]


def test_scores_hold_one_row_per_group_with_what_is_missing_as_not_available(
    write: WriteCase,
    make_reading: MakeReading,
) -> None:
    case = write(reading=make_reading(lambda label: None if label == 42 else 1))
    rows = rows_of(case.paths.scores)
    assert " ".join(rows[0]) == (
        "participant_id session_id label group side region grade grade_source auto_grade oedema_fraction oedema_ratio "
        "volume_ml assessable reason confidence detectable_ratio detectable_share share_in_view"
    )
    assert [row["label"] for row in rows] == [str(label) for label in range(1, 43)]
    assert rows[0] == {
        "participant_id": "sub-X", "session_id": "ses-Y", "label": "1", "group": "neck_flexors_left", "side": "left",
        "region": "axial", "grade": "1", "grade_source": "auto", "auto_grade": "1", "oedema_fraction": "0.2500",
        "oedema_ratio": "1.600", "volume_ml": "33.30", "assessable": "true", "reason": "n/a", "confidence": "0.90",
        "detectable_ratio": "n/a", "detectable_share": "n/a", "share_in_view": "n/a",
    }  # fmt: skip
    last = rows[-1]
    assert (last["grade"], last["assessable"], last["reason"]) == ("n/a", "false", "outside the field of view")
    assert [last[name] for name in ("auto_grade", "oedema_fraction", "oedema_ratio", "volume_ml")] == ["n/a"] * 4


def test_tables_of_all_cases_are_rebuilt_from_the_cases(
    write: WriteCase,
    make_reading: MakeReading,
    tmp_path: Path,
) -> None:
    write("B", "1", make_reading(lambda label: 2 if label <= 6 else 1))
    write("A", "2", make_reading(lambda label: None if label > 20 else 1))
    (tmp_path / "OUT" / "summary.tsv").write_text("edited by hand")
    assert rebuild_tables(tmp_path / "OUT") == ()
    summary = rows_of(tmp_path / "OUT" / "summary.tsv")
    assert summary == [
        {
            "participant_id": "sub-A", "session_id": "ses-2", "total": "n/a", "max_assessable": "40",
            "total_prorated": "n/a", "involved": "20", "assessable": "20", "grade2": "0", "reader": "auto",
            "status": "scored", "engine": "blocks", "scheme": "jdm42 1.0.0", "open_totals": "n/a",
        },
        {
            "participant_id": "sub-B", "session_id": "ses-1", "total": "48", "max_assessable": "84",
            "total_prorated": "48.0", "involved": "42", "assessable": "42", "grade2": "6", "reader": "auto",
            "status": "scored", "engine": "blocks", "scheme": "jdm42 1.0.0", "open_totals": "n/a",
        },
    ]  # fmt: skip
    scores = rows_of(tmp_path / "OUT" / "scores.tsv")
    assert [row["participant_id"] for row in scores] == ["sub-A"] * 42 + ["sub-B"] * 42


def test_a_damaged_case_is_named_and_does_not_keep_the_others_out(write: WriteCase, tmp_path: Path) -> None:
    damaged = write("A").paths.reading
    write("B")
    damaged.write_bytes(damaged.read_bytes()[:1000])
    left_out = rebuild_tables(tmp_path / "OUT")
    assert [damaged.name in str(error) for error in left_out] == [True]
    assert [row["participant_id"] for row in rows_of(tmp_path / "OUT" / "summary.tsv")] == ["sub-B"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("reading"), "reading"),
        (lambda d: d.update(totals=48), "totals"),
        (lambda d: d["reading"]["groups"][4].update(grade="1"), r"groups\.4\.grade"),
        (lambda d: d["reading"]["groups"][4].update(grade=3), "grade 3"),
        (lambda d: d["reading"]["groups"][4].update(note="?"), "note"),
        (lambda d: d["reading"]["groups"].pop(), "41 groups"),
        (lambda d: d["reading"].update(status="finished"), "status"),
        (lambda d: d["reading"]["scheme"].update(name="No Id"), "No Id"),
        (lambda d: d.update(participant="Z"), "sub-Z"),
        (lambda d: d.update(schema_version=SCHEMA_VERSION + 1), f"schema_version {SCHEMA_VERSION + 1}"),
        (lambda d: d.update(schema_version=SCHEMA_VERSION + 1, new_field=1), "upgrade wbmri"),
    ],
)
def test_a_reading_that_was_edited_wrongly_or_is_too_new_is_refused_with_its_fault(
    write: WriteCase,
    change: Callable[[dict], object],
    message: str,
) -> None:
    case = write()
    edit(case.paths.reading, change)
    with pytest.raises(CaseError, match=message):
        read_case(case.paths.folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_a_reading_that_is_no_json_is_refused(write: WriteCase, content: bytes) -> None:
    case = write()
    case.paths.reading.write_bytes(content)
    with pytest.raises(CaseError, match="_reading"):
        read_case(case.paths.folder)


@pytest.mark.parametrize("name", ["volume", "labels", "labels_sidecar", "history"])
def test_a_missing_or_damaged_file_is_said_when_it_is_asked_for(write: WriteCase, name: str) -> None:
    case = write()
    path: Path = getattr(case.paths, name)
    ask = {"volume": case.volume, "history": case.history}.get(name, case.labels)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CaseError, match=path.name):
        ask()
    path.unlink()
    with pytest.raises(CaseError, match=path.name):
        ask()


@pytest.mark.parametrize(
    "by_person",
    [
        lambda reading: replace(reading, reader="R1"),
        lambda reading: replace(reading, status=Status.SIGNED),
        lambda reading: reading.with_group(replace(reading.groups[0], source=GradeSource.READER)),
    ],
)
def test_a_persons_reading_is_never_overwritten(
    write: WriteCase,
    make_reading: MakeReading,
    tmp_path: Path,
    by_person: Callable[[Reading], Reading],
    digests: Digests,
) -> None:
    write(reading=by_person(make_reading()))
    before = digests(tmp_path / "OUT")
    with pytest.raises(CaseError, match="sub-X, ses-Y"):
        write()
    assert digests(tmp_path / "OUT") == before


def test_a_reading_that_cannot_be_read_is_not_overwritten_either(
    write: WriteCase,
    tmp_path: Path,
    digests: Digests,
) -> None:
    write().paths.reading.write_text("{}")
    before = digests(tmp_path / "OUT")
    with pytest.raises(CaseError, match="_reading"):
        write()
    assert digests(tmp_path / "OUT") == before


def test_an_automatic_reading_is_replaced_by_a_new_one(write: WriteCase, make_reading: MakeReading) -> None:
    write()
    write(reading=make_reading(lambda _: 1))
    assert read_case(write(reading=make_reading(lambda _: 2)).paths.folder).reading.score.total == 84


@pytest.mark.parametrize("after", range(len(OF_THE_CASE)))
def test_a_failure_at_any_file_leaves_the_earlier_case_as_it_was(
    write: WriteCase,
    make_reading: MakeReading,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
    digests: Digests,
) -> None:
    write()
    before = digests(tmp_path / "OUT")
    moved = 0
    really = os.replace

    def failing(source: Path, destination: Path) -> None:
        nonlocal moved
        if "fresh" in str(source):
            moved += 1
            if moved > after:
                raise OSError("no space left on device")
        really(source, destination)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="no space"):
        write(reading=make_reading(lambda _: 1))
    assert moved == after + 1
    assert digests(tmp_path / "OUT") == before


def test_the_reading_is_the_last_file_in_place(
    write: WriteCase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []
    really = os.replace

    def noting(source: Path, destination: Path) -> None:
        order.append(Path(destination).name)
        really(source, destination)

    monkeypatch.setattr(os, "replace", noting)
    write()
    assert order[-1] == "sub-X_ses-Y_desc-oedema_reading.json"


def test_every_file_is_forced_to_the_disk_before_it_takes_its_name_and_the_names_after(
    write: WriteCase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write()
    steps: list[str] = []
    fsync, move = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append("fsync"), fsync(fd))[1])
    monkeypatch.setattr(os, "replace", lambda source, to: (steps.append("replace"), move(source, to))[1])
    write()
    files = steps.count("replace")
    assert steps[:files] == ["fsync"] * files
    assert steps[-3:] == ["fsync"] * 3, "the visit, its images and its figures"


def test_a_label_map_of_another_grid_is_refused_before_anything_is_written(
    tmp_path: Path,
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: MakeReading,
) -> None:
    shifted = replace(small_labels, affine=small_volume.affine @ np.diag([1.0, 1.0, -1.0, 1.0]))
    with pytest.raises(InputError, match="one grid"):
        write_case(tmp_path / "OUT", "X", "Y", small_volume, shifted, make_reading(), "", {})
    assert not (tmp_path / "OUT").exists()


@pytest.mark.parametrize("content", ['{"Name": "raw"}', '{"GeneratedBy": [{"Name": "fmriprep"}]}', "no json"])
def test_a_dataset_of_something_else_is_left_alone(write: WriteCase, tmp_path: Path, content: str) -> None:
    (tmp_path / "OUT").mkdir()
    (tmp_path / "OUT" / "dataset_description.json").write_text(content)
    with pytest.raises(CaseError, match="did not make"):
        write()
    assert [path.name for path in (tmp_path / "OUT").iterdir()] == ["dataset_description.json"]


@pytest.mark.parametrize(("name", "said"), [("o\0ut", "without NUL"), ("circle", "leads nowhere")])
def test_out_that_no_folder_can_be_is_refused(write: WriteCase, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(CaseError, match=said):
        write(out=tmp_path / name)


def test_out_that_is_a_file_is_refused(write: WriteCase, tmp_path: Path) -> None:
    (tmp_path / "OUT").write_text("mine")
    with pytest.raises(CaseError, match="a file"):
        write()
    assert (tmp_path / "OUT").read_text() == "mine"


@given(st.text(min_size=1, max_size=12))
def test_a_label_is_taken_without_its_prefix_or_refused(text: str) -> None:
    bare = text.removeprefix("sub-")
    if bare.isascii() and bare.isalnum():
        assert bids_label(text, "sub") == bids_label(f"sub-{bare}", "sub") == bare
    else:
        with pytest.raises(InputError, match="letters and digits"):
            bids_label(text, "sub")


@pytest.mark.parametrize("label", ["", "..", "a/b", "a_b", "a-b", "a b", "é", "x\n"])
def test_a_label_that_would_leave_the_layout_is_refused(label: str) -> None:
    with pytest.raises(InputError):
        CasePaths(Path("OUT"), label, "Y")
    with pytest.raises(InputError):
        CasePaths(Path("OUT"), "X", label)


def test_a_case_is_found_by_its_folder_its_reading_and_its_dataset(write: WriteCase, tmp_path: Path) -> None:
    paths = write().paths
    for path in (paths.folder, paths.reading):
        assert read_case(path).paths.name == "sub-X_ses-Y"
    assert [found.name for found in find_cases(tmp_path / "OUT")] == ["sub-X_ses-Y"]
    assert find_cases(tmp_path / "nowhere") == ()


def test_a_folder_without_a_complete_case_is_refused(write: WriteCase, tmp_path: Path) -> None:
    paths = write().paths
    paths.reading.unlink()
    for path in (paths.folder, paths.reading, tmp_path, tmp_path / "nowhere", paths.volume):
        with pytest.raises(CaseError, match="without a complete case"):
            read_case(path)


def test_a_reading_copied_to_another_visit_is_refused(write: WriteCase) -> None:
    first, second = write(session="1").paths, write(session="2").paths
    shutil.copy(first.reading, second.reading)
    with pytest.raises(CaseError, match="ses-1"):
        read_case(second.folder)


def test_other_software_reads_the_images(write: WriteCase, small_volume: Volume, small_labels: LabelMap) -> None:
    import nibabel

    paths = write().paths
    image, labels = nibabel.load(paths.volume), nibabel.load(paths.labels)
    np.testing.assert_array_equal(image.get_fdata(dtype=np.float32), small_volume.data)
    np.testing.assert_array_equal(np.asarray(labels.dataobj), small_labels.data)
    assert labels.get_data_dtype() == np.uint8
    table = rows_of(paths.labels_table)
    assert [(row["index"], row["name"]) for row in table] == [(str(g.label), g.id) for g in small_labels.scheme.groups]


def test_the_bids_validator_accepts_the_dataset(write: WriteCase, tmp_path: Path) -> None:
    # Beside the interpreter, because the tests may run without the environment being activated.
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    validator = shutil.which("bids-validator-deno", path=beside)
    if validator is None:
        pytest.skip("bids-validator-deno is not installed (it is part of the extra 'test')")
    write("01", "baseline")
    write("01", "month6")
    rebuild_tables(tmp_path / "OUT")
    done = subprocess.run(  # noqa: S603 - the validator found above
        [validator, str(tmp_path / "OUT"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert {issue["code"] for issue in issues} <= {"README_FILE_MISSING", "TOO_FEW_AUTHORS"}
