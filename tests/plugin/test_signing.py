"""From the last grade to the signature by keys: every concern in place, then Enter."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.commands import export_reading
from napari_wbmri.docks import SignDialog, WorklistDock
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from wbmri.export.dicom import read_report
from wbmri.pipeline import sign


@pytest.fixture
def complete(read: Callable[..., ReadingRoom]) -> Iterator[ReadingRoom]:
    """A case of which every group was accepted, and one graded against what was measured."""
    room = read()
    for view in room.session.groups():
        room.session.accept(view.group.label)
    room.session.grade(3, 0)
    room.show_all()
    yield room
    dialog = QApplication.activeModalWidget()
    if dialog is not None:
        dialog.close()


def dialog_of(qtbot: object) -> SignDialog:
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), SignDialog), timeout=20_000)
    return QApplication.activeModalWidget()


def test_the_concerns_are_walked_in_place_and_enter_signs(
    complete: ReadingRoom, press: Callable[..., None], qtbot: object
) -> None:
    room, bar = complete, complete.docks.panel.concerns
    press("Ctrl+Return")
    dialog = dialog_of(qtbot)
    concerns = dialog.issues
    assert {issue.label for issue in concerns} >= {3, None}
    # Enter leads to what is to be looked at, and nowhere else.
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    seen = 1
    while QApplication.activeModalWidget() is None:
        assert bar.isVisible()
        assert concerns[seen - 1].sentence in bar.words.text()
        if concerns[seen - 1].label is not None:
            assert room.session.current == concerns[seen - 1].label
        press("Ctrl+Return")
        seen += 1
    assert seen == len(concerns) + 1
    dialog = dialog_of(qtbot)
    assert dialog.sign.isEnabled()
    qtbot.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Return)
    assert room.session.signed
    assert not bar.isVisible()


def test_enter_signs_wherever_the_focus_is_once_nothing_is_left(complete: ReadingRoom, qtbot: object) -> None:
    dialog = App.of(complete.viewer).commands.signing.dialog(complete.session)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.seen.setChecked(True)
    dialog.cancel.setFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert complete.session.signed


def test_a_signed_reading_is_exported_for_an_archive(
    complete: ReadingRoom, qtbot: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("highdicom")
    panel = complete.docks.panel
    assert not panel.export.isVisible()
    sign(complete.session, accepting=complete.session.signoff_issues())
    complete.signed()
    assert panel.export.isVisible()
    monkeypatch.setattr("wbmri.pipeline.DICOM_FORMATS", ("sr",), raising=False)  # the others take long
    answers = iter([str(tmp_path / "export"), ""])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: next(answers))
    qtbot.mouseClick(panel.export, Qt.MouseButton.LeftButton)
    assert panel.state.text() == "Exporting…"
    qtbot.waitUntil(lambda: "DICOM objects" in panel.state.text(), timeout=120_000)
    assert "without the name of the patient" in panel.state.text()
    (report,) = (tmp_path / "export").glob("*_sr.dcm")
    assert read_report(report).verified_by == "ANNA"
    export_reading(complete, tmp_path / "other", source=tmp_path / "nowhere")
    qtbot.waitUntil(lambda: "Not done" in panel.state.text(), timeout=20_000)
    assert not (tmp_path / "other").exists()


def test_the_next_case_is_not_opened_over_an_unsigned_reading_without_a_word(
    room: ReadingRoom,
    out: object,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    worklist = App.of(room.viewer).docked_worklist()
    worklist.show_folder(out, "FINN")
    worklist.open_next()
    first = room.session
    press("1")
    press("Ctrl+Right")
    assert room.session is first
    assert "not signed" in room.docks.panel.state.text()
    press("Down", "Ctrl+Right")
    assert room.session is first
    press("Ctrl+Right")
    assert room.session is not first


def test_the_key_that_signs_works_from_the_list_of_cases(
    room: ReadingRoom,
    out: object,
    press: Callable[..., None],
    qtbot: object,
) -> None:
    worklist: WorklistDock = App.of(room.viewer).docked_worklist()
    worklist.show_folder(out, "FINN")
    worklist.open_next()
    press("L")
    qtbot.keyClick(worklist.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    dialog_of(qtbot).close()


def test_what_was_said_of_a_group_does_not_stay_over_the_next(
    read: Callable[..., ReadingRoom], press: Callable[..., None]
) -> None:
    room = read()
    press("1")
    assert "grade 1" in room.docks.panel.state.text()
    press("Down")
    assert room.docks.panel.state.text() == ""
