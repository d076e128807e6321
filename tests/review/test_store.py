"""What happens when the disk, another person or another program gets in the way."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case
from wbmri.core import CaseError
from wbmri.io import encode_nifti
from wbmri.review import Session, load_worklist, open_review
from wbmri.review.label_editor import LabelChange

resource = pytest.importorskip("resource", reason="limits on files are tried where the system has them")


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond some bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stroke(session: Session, label: int) -> LabelChange:
    return LabelChange.setting(session.labels, np.flatnonzero(session.labels == 0)[:40], label)


def test_a_full_disk_is_said_at_once_and_work_goes_on_and_is_saved_later(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    assert session.saving.problem is None
    with full_disk(session.paths.history.stat().st_size + 100):  # half a line still fits
        session.grade(2, 2)
        session.edit(stroke(session, 3), "paint")
        saving = session.saving
        assert saving.problem is not None
        assert "full" in saving.problem
        assert "save elsewhere" in saving.problem
        assert saving.unsaved == 2
        assert session.decisions[2].grade == 2
        with pytest.raises(CaseError, match="unread"):
            session.sign()
    assert session.retry().problem is None
    session.undo()
    session.redo()
    state = session.decisions, session.labels.copy()
    session.close()
    again = open_review(case.paths, "anna")
    assert again.decisions == state[0]
    np.testing.assert_array_equal(again.labels, state[1])


def test_the_next_action_saves_what_waited(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    with full_disk(session.paths.history.stat().st_size):
        session.grade(2, 2)
        assert session.saving.unsaved == 1
    session.grade(3, 0)
    assert (session.saving.unsaved, session.saving.problem) == (0, None)
    assert [json.loads(line)["number"] for line in session.paths.history.read_bytes().splitlines()] == [1, 2, 3, 4]


def test_a_folder_that_cannot_be_written_is_said_on_opening(case: Case, tmp_path: Path) -> None:
    case.paths.readings.write_text("a file where the folder should be")
    session = open_review(case.paths, "anna")
    assert session.saving.problem is not None
    assert "cannot be written" in session.saving.problem
    session.grade(1, 2)
    session.edit(stroke(session, 3), "paint")
    assert session.saving.unsaved == 3
    saving = session.save_elsewhere(tmp_path / "stick")
    assert (saving.problem, saving.unsaved, saving.folder) == (None, 0, tmp_path / "stick")
    session.grade(2, 1)
    session.close()
    moved = open_review(case.paths, "anna", folder=tmp_path / "stick")
    assert moved.decisions == session.decisions
    np.testing.assert_array_equal(moved.labels, session.labels)
    for label in range(1, 43):
        moved.grade(label, 1)
    moved.sign(moved.signoff_issues())
    assert moved.paths.reading.parent == tmp_path / "stick"


def test_a_case_that_goes_while_it_is_read_is_not_begun_anew(case: Case, tmp_path: Path) -> None:
    session = open_review(case.paths, "anna")
    away = tmp_path / "away"
    case.paths.out.rename(away)
    session.grade(1, 2)
    assert session.saving.problem is not None
    assert not case.paths.out.exists()
    away.rename(case.paths.out)
    session.grade(2, 1)
    assert session.saving.problem is None
    session.close()
    assert open_review(case.paths, "anna").decisions == session.decisions


def test_what_a_killed_reader_left_is_removed_when_the_reading_is_opened(case: Case) -> None:
    program = (
        "import os, sys; from wbmri.review import open_review\n"
        "session = open_review(sys.argv[1], 'anna')\n"
        "for label in range(1, 43): session.grade(label, 1)\n"
        "session.sign(session.signoff_issues())\n"
        "from wbmri.case import CaseLock; CaseLock.take(session.case.paths.lock, 'anna')"
    )
    subprocess.run([sys.executable, "-c", program, str(case.paths.folder)], check=True)  # noqa: S603
    assert case.paths.lock.exists()
    draft = case.paths.readings / f".{case.paths.lock.name}.0123456789ab"
    draft.touch()
    moment = time.time() - 3600
    os.utime(draft, (moment, moment))
    assert open_review(case.paths, "anna").signed
    assert not case.paths.lock.exists()
    assert not draft.exists()


def test_what_was_saved_elsewhere_can_be_copied_back(case: Case, tmp_path: Path) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 2)
    session.edit(stroke(session, 3), "paint")
    session.save_elsewhere(tmp_path / "stick")
    session.grade(2, 1)
    session.close()
    shutil.rmtree(case.paths.readings, ignore_errors=True)
    shutil.copytree(tmp_path / "stick", case.paths.readings)
    again = open_review(case.paths, "anna")
    assert again.decisions == session.decisions
    np.testing.assert_array_equal(again.labels, session.labels)


def test_saving_elsewhere_does_not_overwrite_another_reading(case: Case, tmp_path: Path) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 2)
    shutil.copytree(case.paths.readings, tmp_path / "stick")
    with pytest.raises(CaseError, match="already holds"):
        session.save_elsewhere(tmp_path / "stick")
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError, match="cannot be written"):
        session.save_elsewhere(tmp_path / "file")
    session.grade(2, 2)
    assert session.saving.problem is None
    assert session.saving.folder == case.paths.readings


def test_a_second_person_gets_the_case_read_only_with_the_firsts_id(case: Case) -> None:
    first = open_review(case.paths, "anna")
    second = open_review(case.paths, "ben")
    assert second.read_only
    assert second.holder is not None
    assert second.holder.words.startswith(f"anna on {socket.gethostname()} since ")
    with pytest.raises(CaseError, match="open by anna"):
        second.grade(1, 1)
    second.close()
    first.grade(1, 1)
    assert first.saving.problem is None
    assert load_worklist(case.paths.out, "ben").rows[0].holder == second.holder
    first.close()
    third = open_review(case.paths, "ben")
    assert not third.read_only
    third.close()


def test_a_second_window_of_the_same_person_is_read_only_too(case: Case) -> None:
    first = open_review(case.paths, "anna")
    assert open_review(case.paths, "anna").read_only
    first.close()


def lock_of(case: Case, **facts: object) -> None:
    """Let somebody have the case open."""
    case.paths.readings.mkdir(exist_ok=True)
    holder = {
        "reader": "zoe", "host": socket.gethostname(), "process": os.getpid(), "started": None,
        "since": "2026-01-31T09:30:00Z", "token": "0" * 16, "schema_version": 1,
    } | facts  # fmt: skip
    case.paths.lock.write_text(json.dumps(holder))


def test_the_lock_of_a_dead_process_is_taken_over(case: Case) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lock_of(case, process=dead.pid)
    assert load_worklist(case.paths.out, "anna").rows[0].holder is None
    session = open_review(case.paths, "anna")
    assert not session.read_only
    session.close()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not say when a process started")
def test_a_later_process_of_the_same_number_is_not_taken_for_the_holder(case: Case) -> None:
    lock_of(case, started=1)
    session = open_review(case.paths, "anna")
    assert not session.read_only
    session.close()


@pytest.mark.parametrize(("silent_s", "read_only"), [(60, True), (3600, False)])
def test_a_lock_of_another_computer_counts_while_it_is_refreshed(case: Case, silent_s: int, read_only: bool) -> None:
    lock_of(case, host="ward-pc")
    moment = case.paths.lock.stat().st_mtime - silent_s
    os.utime(case.paths.lock, (moment, moment))
    session = open_review(case.paths, "anna")
    assert session.read_only == read_only
    session.close()


def test_a_damaged_lock_is_nobodys(case: Case) -> None:
    case.paths.readings.mkdir()
    case.paths.lock.write_text("{")
    session = open_review(case.paths, "anna")
    assert not session.read_only
    session.close()


def test_the_lock_is_refreshed_while_the_window_is_open(case: Case) -> None:
    session = open_review(case.paths, "anna")
    os.utime(case.paths.lock, (1.0, 1.0))
    session.alive()
    assert case.paths.lock.stat().st_mtime > 1e9
    session.close()
    assert not case.paths.lock.exists()


def test_a_reader_whose_case_was_taken_over_is_told_and_loses_nothing(case: Case, tmp_path: Path) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    lock_of(case)
    session.grade(2, 2)
    assert session.saving.problem is not None
    assert "taken over by zoe" in session.saving.problem
    assert session.save_elsewhere(tmp_path / "mine").problem is None
    session.close()
    assert json.loads(case.paths.lock.read_bytes())["reader"] == "zoe"
    assert open_review(case.paths, "anna", folder=tmp_path / "mine").decisions == session.decisions


def test_a_lock_that_was_deleted_is_made_again(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    case.paths.lock.unlink()
    session.grade(2, 1)
    assert session.saving.problem is None
    assert open_review(case.paths, "ben").read_only
    session.close()


@pytest.mark.parametrize("torn", [b"", b'{"number":4,"wh', b"\0\0\0\0\0", b"\0\0\0\0}\n"])
def test_a_torn_last_line_is_healed(case: Case, torn: bytes) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    session.grade(2, 2)
    whole = session.paths.history.read_bytes()
    session.paths.history.write_bytes(whole + torn)
    case.paths.lock.unlink()  # as if the process had died
    again = open_review(case.paths, "anna")
    assert again.decisions == session.decisions
    again.grade(3, 0)
    history = again.paths.history.read_bytes()
    assert history.startswith(whole)
    assert len(history.splitlines()) == 4
    again.close()


@pytest.mark.parametrize("damage", ["middle", "missing", "undone", "mask"])
def test_a_damaged_history_is_refused_and_untouched(case: Case, damage: str) -> None:
    session = open_review(case.paths, "anna")
    session.edit(stroke(session, 3), "paint")
    session.grade(1, 1)
    session.grade(2, 2)
    session.close()
    lines = session.paths.history.read_bytes().splitlines(keepends=True)
    if damage == "mask":
        session.paths.mask(2).unlink()
    else:
        lines[2] = {
            "middle": b'{"number": "three"}\n',
            "missing": b"",
            "undone": lines[2].replace(b'"decided"', b'"undone"'),
        }[damage]
        session.paths.history.write_bytes(b"".join(lines))
    before = session.paths.history.read_bytes()
    with pytest.raises(CaseError, match="000002" if damage == "mask" else "history"):
        open_review(case.paths, "anna")
    assert session.paths.history.read_bytes() == before
    assert not case.paths.lock.exists()


def test_outlines_that_changed_under_a_reading_are_said(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.edit(stroke(session, 3), "paint")
    session.close()
    labels = case.labels().data.copy()
    labels[labels == 0] = 7
    case.paths.labels.write_bytes(encode_nifti(labels, case.labels().affine))
    again = open_review(case.paths, "anna")
    with pytest.raises(CaseError, match="not as it was written"):
        _ = again.labels
    again.close()


def test_a_folder_of_the_readers_own_stays(case: Case, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    open_review(case.paths, "anna", folder=tmp_path / "stick").close()
    assert (tmp_path / "stick").is_dir()


def test_signing_waits_for_the_disk(case: Case) -> None:
    session = open_review(case.paths, "anna")
    for label in range(1, 43):
        session.grade(label, 1)
    with full_disk(session.paths.history.stat().st_size + 5), pytest.raises(CaseError, match="full"):
        session.sign(session.signoff_issues())
    assert not session.signed
    assert not session.paths.reading.exists()
    session.sign(session.signoff_issues())
    assert session.paths.reading.exists()


@pytest.mark.parametrize("fails", ["the line", "the files", "the history of the case"])
def test_a_disk_that_fills_up_at_signing_leaves_everything_as_it_was(
    case: Case,
    fails: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = open_review(case.paths, "anna")
    # With the line, the history of the reading must be the longest file of all.
    for number in range(400 if fails == "the line" else 1):
        session.grade(1, number % 3)
    for label in range(1, 43):
        session.grade(label, 1)
    history = session.paths.history
    before, said, words = history.read_bytes(), case.paths.history.read_bytes(), session.undo_words
    if fails == "the history of the case":
        move = os.replace

        def full(source: Path, target: Path) -> None:
            if target == case.paths.history:
                raise OSError(errno.ENOSPC, "No space left on device")
            move(source, target)

        monkeypatch.setattr("wbmri.io.atomic_write.os.replace", full)
        with pytest.raises(CaseError, match="full"):
            session.sign(session.signoff_issues())
        monkeypatch.undo()
    else:
        room = 5 if fails == "the line" else 2000
        with full_disk(len(before) + room), pytest.raises(CaseError, match="full"):
            session.sign(session.signoff_issues())
    assert not session.signed
    assert not session.read_only
    assert open_review(case.paths, "ben").read_only
    assert (history.read_bytes(), case.paths.history.read_bytes()) == (before, said)
    assert not any(path.exists() for path in (session.paths.reading, session.paths.labels, session.paths.scores))
    assert session.undo_words == words
    # The reading goes on, and is signed once, when there is room.
    session.grade(1, 0)
    assert session.saving.problem is None
    session.sign(session.signoff_issues())
    lines = [json.loads(line) for line in history.read_bytes().splitlines()]
    assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["action"] for line in lines].count("signed") == 1
    assert not case.paths.lock.exists()
