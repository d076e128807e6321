"""A whole reading takes one key a group, and none is given to a group that was not on the screen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from napari_wbmri.app import App
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from wbmri.case import Case, CasePaths, read_case, write_case_files
from wbmri.core import Reason


def test_42_groups_are_read_and_signed_with_at_most_48_keys(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room = read(advancing=True)
    keys = ["Return" if number % 3 else str(number % 9 // 3) for number in range(42)]
    press(*keys)
    session = room.session
    assert session.totals.read == 42
    assert [session.decisions[label].grade for label in range(1, 43) if (label - 1) % 3 == 0] == [
        (label - 1) % 9 // 3 for label in range(1, 43) if (label - 1) % 3 == 0
    ]
    assert "Ctrl+Return checks and signs" in room.docks.panel.state.text()
    press("Ctrl+Return")
    dialog = QApplication.activeModalWidget()
    dialog.seen.setChecked(True)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert session.signed
    assert len(keys) + 3 <= 48


def test_a_grade_goes_on_from_an_unread_group_only_and_can_stay(
    read: Callable[..., ReadingRoom], press: Callable[..., None]
) -> None:
    room = read(advancing=True)
    press("1")
    assert (room.session.current, room.session.decisions[1].grade) == (2, 1)
    assert "grade 1. Now Neck flexors, right" in room.docks.panel.state.text()
    press("U")
    assert room.session.current == 1
    press("2", "Up", "0")
    assert (room.session.current, room.session.decisions[1].grade) == (1, 0)
    press("Down", "A", "1")
    assert room.session.current == 2
    assert room.session.decisions[2].grade == 1


def test_a_key_that_was_typed_before_the_group_was_on_the_screen_grades_nothing(
    read: Callable[..., ReadingRoom], qtbot: object
) -> None:
    room = read(advancing=True)
    canvas = room.viewer.window._qt_viewer.canvas.native
    qtbot.waitUntil(lambda: room.seen, timeout=20_000)
    # Two at once, as a window gets them that was busy.
    for _ in range(2):
        qtbot.keyClick(canvas, Qt.Key.Key_2)
    assert set(room.session.decisions) == {1}
    assert "before this group was on the screen" in room.docks.panel.state.text()
    qtbot.waitUntil(lambda: room.seen, timeout=20_000)
    qtbot.keyClick(canvas, Qt.Key.Key_2)
    assert set(room.session.decisions) == {1, 2}


def test_the_unread_groups_of_a_region_are_set_aside_at_once(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read(advancing=True)
    scheme = room.session.case.reading.scheme
    press("1", "Shift+X")
    menu = QApplication.activePopupWidget()
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    axial = {group.label for group in scheme.groups if group.region == "axial"}
    assert set(room.session.decisions) == axial
    assert room.session.decisions[1].grade == 1
    assert {room.session.decisions[label].reason for label in axial - {1}} == {Reason.MOTION}
    assert room.session.current == min(set(range(1, 43)) - axial)
    qtbot.wait(20)
    press("X")
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Return)
    assert len(room.session.decisions) == len(axial) + 1


def test_the_next_case_is_read_before_it_is_opened_unless_it_was_written_anew(
    room: ReadingRoom,
    out: Path,
    qtbot: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = App.of(room.viewer)
    worklist = app.docked_worklist()
    worklist.show_folder(out, "HUGO")
    worklist.open_next()
    qtbot.waitUntil(lambda: app._ahead is not None, timeout=20_000)
    following = worklist.worklist.next_unread(worklist.open_paths).paths
    loaded: list[CasePaths] = []
    load = Case.volume

    def counted(case: Case) -> object:
        loaded.append(case.paths)
        return load(case)

    monkeypatch.setattr(Case, "volume", counted)
    paths = app._ahead.case.paths
    assert paths == following
    assert app._ahead.case_of(paths) is not None
    worklist.open_next()
    assert room.session.case.paths == following
    assert following not in loaded
    qtbot.waitUntil(lambda: app._ahead is not None, timeout=20_000)
    ahead = app._ahead
    again = ahead.case.paths
    write_case_files(again, [(again.reading, again.reading.read_bytes() + b" ")])
    assert ahead.case_of(again) is None
    assert read_case(again.reading).reading == ahead.case.reading
