"""Every file of a case is as it was written, or is named: by `verify`, and by whatever opens it."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.analysis.agreement import read_ratings
from wbmri.case import (
    Case,
    CasePaths,
    ChangePaths,
    Fault,
    Manifest,
    ReadingPaths,
    labels_of_record,
    read_case,
    read_signed,
    reading_of_record,
    rebuild_tables,
    verify,
    write_dataset_files,
)
from wbmri.cli import main
from wbmri.core import CaseError, InputError, Reading
from wbmri.pipeline import sign
from wbmri.review import Session, load_worklist, open_review
from wbmri.review.label_editor import LabelChange

WriteCase = Callable[..., Case]
FLIPS = 150


@pytest.fixture
def signed(write: WriteCase) -> Case:
    """A case that anna has signed, with corrected outlines, and ben has begun; beside it another visit."""
    case, _ = write("X", "1"), write("X", "2")
    for reader in ("anna", "ben"):
        session = open_review(case.paths, reader)
        paint(session, 5)
        for label in range(1, 43):
            session.grade(label, 1)
        if reader == "anna":
            sign(session, session.signoff_issues())
        session.close()
    return read_case(case.paths.folder)


def paint(session: Session, label: int) -> None:
    session.edit(LabelChange.setting(session.labels, np.flatnonzero(session.labels == 0)[:30], label), "paint")


def named(out: Path) -> dict[str, Fault]:
    return {finding.file: finding.fault for finding in verify(out).findings}


def place(case: Case, path: Path) -> str:
    return path.relative_to(case.paths.out).as_posix()


def anna(case: Case) -> ReadingPaths:
    return ReadingPaths(case.paths, "anna")


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def test_a_signed_case_is_as_it_was_written(signed: Case, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(signed.paths.out)
    assert (found.cases, found.findings, found.without_manifest) == (2, (), ())
    assert main(["verify", str(signed.paths.out)]) == 0
    assert capsys.readouterr().out == f"2 cases, {found.files} files checked: all as written\n"


def test_a_bit_that_flips_in_any_file_is_named(signed: Case) -> None:
    out = signed.paths.out
    change = ChangePaths(out, "X", "1", "2")
    write_dataset_files(out, [(change.table, b"label\tgroup\n"), (change.drawing("visits", "svg"), b"<svg/>")])
    # Where ben left off is no part of a reading: it is forgotten where it is damaged.
    left = {ReadingPaths(signed.paths, "ben").place}
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path not in left and path.stat().st_size]
    rng = np.random.default_rng(21)
    missed = []
    for number in range(FLIPS):
        path = files[number % len(files)]
        content = path.read_bytes()
        flipped = bytearray(content)
        bit = int(rng.integers(8 * len(content)))
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        if place(signed, path) not in named(out):
            missed.append((path.name, bit))
        path.write_bytes(content)
    assert missed == []
    assert named(out) == {}


def test_what_is_missing_foreign_or_of_another_visit_is_told_apart(
    signed: Case, capsys: pytest.CaptureFixture[str], make_reading: Callable[..., Reading], write: WriteCase
) -> None:
    other = CasePaths(signed.paths.out, "X", "2")
    early = other.scores.read_bytes()
    write("X", "2", make_reading(lambda _: 2))
    other.scores.write_bytes(early)
    signed.paths.scores.unlink()
    (signed.paths.folder / "anat" / "notes.txt").write_text("mine")
    shutil.copy(anna(signed).labels, signed.paths.labels)
    edit(anna(signed).scores, "sub-X", "sub-Y")
    assert named(signed.paths.out) == {
        place(signed, other.scores): Fault.MIXED,
        place(signed, signed.paths.scores): Fault.MISSING,
        "sub-X/ses-1/anat/notes.txt": Fault.FOREIGN,
        place(signed, signed.paths.labels): Fault.MIXED,
        place(signed, anna(signed).scores): Fault.CHANGED,
    }
    assert main(["verify", str(signed.paths.out)]) == 1
    said = capsys.readouterr().out
    assert f"it is {anna(signed).labels.name} of sub-X_ses-1\n" in said
    assert f"it is {other.scores.name} of sub-X_ses-2 as it was scored on 20" in said
    assert main(["verify", str(signed.paths.out), "--json"]) == 1
    assert {finding["fault"] for finding in json.loads(capsys.readouterr().out)["findings"]} == set(Fault)


def test_a_reading_that_is_not_the_one_the_history_says_was_signed_is_mixed(signed: Case) -> None:
    # As if someone had put an edited reading and a manifest that fits it into the case.
    from wbmri.case import file_digest

    edit(anna(signed).reading, '"grade": 1', '"grade": 2')
    manifest = Manifest.of_case(signed.paths).read()
    assert manifest is not None
    manifest = manifest.recording({anna(signed).reading: file_digest(anna(signed).reading)})
    manifest.path.write_bytes(manifest.encoded())
    assert named(signed.paths.out) == {place(signed, anna(signed).reading): Fault.MIXED}


def test_a_whole_manifest_of_another_visit_is_named(signed: Case) -> None:
    shutil.copy(CasePaths(signed.paths.out, "X", "2").manifest, signed.paths.manifest)
    assert named(signed.paths.out) == {place(signed, signed.paths.manifest): Fault.CHANGED}
    with pytest.raises(CaseError, match="manifest of sub-X_ses-2"):
        read_case(signed.paths.folder)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../secret", "x" * 5000])
def test_a_manifest_whose_names_lead_elsewhere_or_nowhere_is_named(signed: Case, name: str) -> None:
    manifest = Manifest.of_case(signed.paths).read()
    assert manifest is not None
    manifest.path.write_bytes(replace(manifest, files={**manifest.files, name: "0" * 64}).encoded())
    found = named(signed.paths.out)
    if name.startswith("x"):
        assert found == {f"sub-X/ses-1/{name}": Fault.CHANGED}
    else:
        assert found == {place(signed, manifest.path): Fault.CHANGED}
        with pytest.raises(CaseError, match="names files elsewhere"):
            read_case(signed.paths.folder)


def test_a_case_without_the_manifest_it_had_is_refused_and_named(signed: Case) -> None:
    signed.paths.manifest.unlink()
    assert named(signed.paths.out) == {place(signed, signed.paths.manifest): Fault.MISSING}
    with pytest.raises(CaseError, match="without sub-X_ses-1_manifest"):
        read_case(signed.paths.folder)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without cases"):
        verify(tmp_path)
    assert main(["verify", str(tmp_path / "nowhere")]) == 2


def test_an_edited_grade_does_not_open(signed: Case) -> None:
    edit(anna(signed).reading, '"grade": 1', '"grade": 2')
    case = read_case(signed.paths.folder)
    for opening in (
        lambda: read_signed(anna(signed)),
        lambda: reading_of_record(case),
        lambda: open_review(signed.paths, "ben"),
        lambda: read_ratings([anna(signed).reading]),
        lambda: read_ratings([signed.paths.out]),
    ):
        with pytest.raises(CaseError, match=r"desc-anna_reading\.json, which is not as it was written"):
            opening()
    assert load_worklist(signed.paths.out).rows[0].problem is not None
    assert [error.received for error in rebuild_tables(signed.paths.out)] != []


def test_an_edited_grade_of_the_program_does_not_open(signed: Case) -> None:
    edit(signed.paths.reading, '"grade": 2', '"grade": 1')
    for opening in (
        lambda: read_case(signed.paths.folder),
        lambda: open_review(signed.paths, "zoe"),
        lambda: read_ratings([signed.paths.reading]),
    ):
        with pytest.raises(CaseError, match=r"oedema_reading\.json, which is not as it was written"):
            opening()


@pytest.mark.parametrize("name", ["volume", "labels"])
def test_an_image_of_another_visit_does_not_open_as_if_it_were_right(signed: Case, name: str) -> None:
    other = CasePaths(signed.paths.out, "X", "2")
    # The images of both visits are equal here, but for one byte of the compressed header.
    content = bytearray(getattr(other, name).read_bytes())
    content[8] ^= 1
    getattr(signed.paths, name).write_bytes(content)
    for opening in (getattr(signed, name), getattr(read_case(signed.paths.folder), name)):
        with pytest.raises(CaseError, match=f"{getattr(signed.paths, name).name}, which is not as it was written"):
            opening()
    session = open_review(signed.paths, "ben")
    with pytest.raises(CaseError, match="not as it was written"):
        session.load()
    session.close()


def test_the_opening_says_whose_the_file_is(signed: Case) -> None:
    shutil.copy(signed.paths.labels, signed.paths.volume)
    with pytest.raises(CaseError, match=f"which holds {signed.paths.labels.name} instead"):
        signed.volume()
    shutil.copy(CasePaths(signed.paths.out, "X", "2").scores, signed.paths.labels)
    with pytest.raises(CaseError, match=r"which is sub-X_ses-2_desc-oedema_scores\.tsv of sub-X_ses-2"):
        signed.labels()


def test_the_outlines_of_a_signed_reading_are_checked_and_must_be_there(signed: Case) -> None:
    shutil.copy(signed.paths.labels, anna(signed).labels)
    with pytest.raises(CaseError, match=f"holds {signed.paths.labels.name} instead"):
        labels_of_record(signed)
    anna(signed).labels.unlink()
    with pytest.raises(CaseError, match="without sub-X_ses-1_run-1_desc-anna_dseg"):
        labels_of_record(signed)


@pytest.mark.parametrize("place_of_damage", ["in the line", "its end"])
def test_damage_in_the_last_line_is_not_taken_for_a_torn_one(write: WriteCase, place_of_damage: str) -> None:
    case = write()
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    session.grade(2, 2)
    session.close()
    path = session.paths.history
    content = bytearray(path.read_bytes())
    content[-1 if place_of_damage == "its end" else -40] ^= 1
    path.write_bytes(content)
    with pytest.raises(CaseError, match="line"):
        open_review(case.paths, "anna")
    assert named(case.paths.out) == {place(case, path): Fault.CHANGED}
    assert path.read_bytes() == content


def test_a_line_that_was_taken_out_or_put_elsewhere_is_noticed(signed: Case) -> None:
    path = ReadingPaths(signed.paths, "ben").history
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (lines[:3] + lines[4:], [*lines[:3], lines[4], lines[3], *lines[5:]]):
        path.write_bytes(b"".join(changed))
        with pytest.raises(CaseError, match="line 4 is not as it was written"):
            open_review(signed.paths, "ben")


def test_voxels_that_are_not_those_of_the_action_are_noticed(signed: Case) -> None:
    ben = ReadingPaths(signed.paths, "ben")
    # A whole and undamaged correction, but another one.
    session = open_review(signed.paths, "cleo")
    paint(session, 7)
    session.close()
    shutil.copy(session.paths.mask(2), ben.mask(2))
    with pytest.raises(CaseError, match=r"000002\.wbm, which is not as it was written"):
        open_review(signed.paths, "ben")
    assert list(named(signed.paths.out)) == [place(signed, ben.mask(2))]


def test_a_reading_signed_elsewhere_brings_its_own_manifest(write: WriteCase, tmp_path: Path) -> None:
    case = write()
    stick = tmp_path / "stick"
    stick.mkdir()
    session = open_review(case.paths, "anna", folder=stick)
    paint(session, 5)
    for label in range(1, 43):
        session.grade(label, 1)
    sign(session, session.signoff_issues())
    assert named(case.paths.out) == {}
    shutil.copytree(stick, case.paths.readings)
    assert named(case.paths.out) == {}
    assert reading_of_record(read_case(case.paths.folder)).reader == "anna"
    edit(anna(case).scores, "sub-X", "sub-Y")
    assert named(case.paths.out) == {place(case, anna(case).scores): Fault.CHANGED}
    anna(case).manifest.unlink()
    with pytest.raises(CaseError, match="no manifest names"):
        reading_of_record(read_case(case.paths.folder))


def test_scoring_again_mends_a_case_whose_images_or_manifest_were_damaged(write: WriteCase) -> None:
    case = write()
    for path in (case.paths.volume, case.paths.manifest):
        path.write_bytes(path.read_bytes()[:-30])
        write()
        assert named(case.paths.out) == {}
        assert np.array_equal(read_case(case.paths.folder).volume().data, case.volume().data)


def test_a_case_that_is_being_scored_again_is_not_taken_for_a_damaged_one(
    write: WriteCase, make_reading: Callable[..., Reading]
) -> None:
    case = write()
    with ThreadPoolExecutor(1) as other:
        scoring = other.submit(lambda: [write(reading=make_reading(lambda _, k=k: k % 3)) for k in range(12)])
        while not scoring.done():
            read_case(case.paths.folder)
            assert named(case.paths.out) == {}
        scoring.result()
