"""Nothing in the window gives away what a blinded, or a second, reader is not to see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import napari
import pytest
from napari_wbmri.app import App, read_cases
from napari_wbmri.docks import WorklistDock
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from wbmri.case import CasePaths
from wbmri.review import Mode, open_review


@pytest.fixture
def worklist(room: ReadingRoom, out: Path) -> Iterator[WorklistDock]:
    made = App.of(room.viewer).docked_worklist()
    made.show_folder(out, "DORA", Mode.BLINDED)
    yield made
    room.close()
    made.show_folder(out, "DORA", Mode.ASSISTED)


def shown(window: QWidget) -> str:
    """What can be read in a window."""
    texts = [label.text() for label in window.findChildren(QLabel) if label.isVisible()]
    return "\n".join([window.windowTitle(), *texts])


def sign(out: Path, session: str, reader: str, grade: int, mode: Mode = Mode.ASSISTED) -> None:
    reading = open_review(CasePaths(out, "01", session), reader, mode)
    for view in reading.groups():
        reading.grade(view.group.label, grade)
    reading.sign(reading.signoff_issues())
    reading.close()


def test_choosing_a_folder_keeps_the_mode(
    worklist: WorklistDock,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    worklist.folder.click()
    assert worklist.reading_mode is Mode.BLINDED
    assert all(row.title.startswith("case ") for row in worklist.rows.rows)


def test_a_scan_that_was_scored_meanwhile_keeps_the_mode_and_is_not_chosen(
    worklist: WorklistDock, room: ReadingRoom, out: Path
) -> None:
    worklist.table.selectRow(0)
    chosen = worklist.rows.rows[0].paths
    other = next(row.paths for row in worklist.rows.rows[1:])
    room.viewer.window._qt_viewer.canvas.native.setFocus()
    App.of(room.viewer).docked_scoring().scored.emit(other)
    assert worklist.reading_mode is Mode.BLINDED
    assert worklist.rows.rows[worklist.table.currentIndex().row()].paths == chosen


def test_a_case_that_is_dropped_is_not_opened_for_a_blinded_reader(
    worklist: WorklistDock,
    room: ReadingRoom,
    out: Path,
    qtbot: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(napari, "current_viewer", lambda: room.viewer)
    read_cases(str(CasePaths(out, "01", "month6").folder))
    qtbot.waitUntil(lambda: "opened from the list" in worklist.message.text(), timeout=20_000)
    assert room.session is None
    assert worklist.reading_mode is Mode.BLINDED


def test_the_wheel_does_not_change_the_mode(worklist: WorklistDock) -> None:
    box = worklist.mode
    middle = QPointF(box.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    turn = QWheelEvent(
        middle, middle, QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(box, turn)
    assert worklist.reading_mode is Mode.BLINDED


def test_a_window_that_was_opened_blinded_stays_so(worklist: WorklistDock) -> None:
    worklist.keep_mode()
    assert not worklist.mode.isEnabled()
    worklist.mode.setEnabled(True)


def test_signing_one_visit_of_two_reveals_nothing(
    worklist: WorklistDock,
    room: ReadingRoom,
    out: Path,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    for session in ("baseline", "month6"):
        sign(out, session, "ANNA", 2)
    worklist.open_case(CasePaths(out, "01", "month6"))
    qtbot.waitUntil(lambda: room.prepared, timeout=20_000)
    for view in room.session.groups():
        room.session.grade(view.group.label, 1)
    room.session.sign(room.session.signoff_issues())
    room.signed()
    press("C")
    assert room.side.visit is None
    text = shown(room.window)
    assert not any(word in text for word in ("ANNA", "month6", "Suggestion:", "sub-01"))
    assert "until you have signed every visit" in text or "until every visit of the person is signed" in text


def test_a_second_reader_compares_with_nobody_elses_grades(
    room: ReadingRoom,
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: object,
) -> None:
    monkeypatch.setattr("wbmri.registration.register_visits", lambda *_: None)
    sign(out, "baseline", "ANNA", 2)
    read("month6", reader="BERT", mode=Mode.SECOND)
    press("C")
    assert room.side.visit.session == "baseline"
    assert room.side.visit.reading.reader == "auto"
    press("C")
    room.close()
    sign(out, "baseline", "BERT", 1, Mode.SECOND)
    read("month6", reader="BERT", mode=Mode.SECOND)
    press("C")
    assert room.side.visit.reading.reader == "BERT"


@pytest.mark.parametrize("focused", ["case", "list"])
def test_scoring_in_the_background_leaves_focus_selection_and_case_alone(
    room: ReadingRoom,
    out: Path,
    press: Callable[..., None],
    qtbot: object,
    focused: str,
) -> None:
    worklist = App.of(room.viewer).docked_worklist()
    worklist.show_folder(out, "EMIL", Mode.ASSISTED)
    worklist.come_forward()
    worklist.table.selectRow(0)
    if focused == "case":
        worklist.open_next()
        qtbot.waitUntil(lambda: room.prepared, timeout=20_000)
        qtbot.wait(50)
    room.window.activateWindow()
    App.of(room.viewer).docked_scoring()
    (room.viewer.window._qt_viewer.canvas.native if focused == "case" else worklist.table).setFocus()
    before = room.session, room.window.focusWidget(), worklist.table.currentIndex().row()
    grades = room.docks.overview.isVisible() if focused == "case" else None
    App.of(room.viewer).scoring.scored.emit(CasePaths(out, "02", "baseline"))
    qtbot.wait(50)
    assert (room.session, room.window.focusWidget(), worklist.table.currentIndex().row()) == before
    if focused == "case":
        assert room.docks.overview.isVisible() == grades
        press("Return")
        assert room.session is before[0]
        assert room.session.decisions[1].accepted
