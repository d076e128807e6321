"""Keys work whatever is selected, and a whole case is read with them alone."""

from collections.abc import Callable

import pytest
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QLabel, QLineEdit

from wbmri.reading import Reason


@pytest.mark.parametrize("selected", ["scan", "muscle groups", "contours", None])
def test_digits_grade_whatever_layer_is_selected(
    read: Callable[..., ReadingRoom], press: Callable[..., None], selected: str | None
) -> None:
    room = read()
    layers = room.viewer.layers
    layers.selection.active = None if selected is None else layers[selected]
    for grade in (0, 1, 2):
        press(str(grade))
        assert room.session.decisions[room.session.current].grade == grade
    assert layers[-1].mode == "pan_zoom"


def test_a_whole_case_is_graded_by_keys_alone(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    room = read()
    for label in range(1, 43):
        press(str(label % 3), "Down" if label % 2 else "Tab")
    totals = room.session.totals
    assert totals.read == 42
    assert totals.given.total == sum(label % 3 for label in range(1, 43)) == 42
    assert "42" in room.docks.panel.totals.total.text()
    assert room.session.current == 1


def test_enter_accepts_and_then_goes_to_the_next_unread_group(
    read: Callable[..., ReadingRoom], press: Callable[..., None]
) -> None:
    room = read()
    press("Return")
    assert room.session.decisions[1].accepted
    press("Return")
    assert room.session.current == 2


def test_arrows_and_tab_go_to_groups_and_sides(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    room = read()
    visited = []
    for key in ("Down", "Down", "Right", "Up", "Left", "Tab", "Shift+Tab"):
        press(key)
        visited.append(room.session.current)
    assert visited == [2, 3, 4, 3, 4, 5, 4]


def test_undo_and_redo_go_back_to_the_group(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    room = read()
    press("2", "Down", "1", "Down", "U", "U")
    assert dict(room.session.decisions) == {}
    assert room.session.current == 1
    press("Shift+U")
    assert room.session.decisions[1].grade == 2


def test_not_assessable_asks_for_a_reason_by_keys(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read()

    press("X")
    menu = QApplication.activePopupWidget()
    assert menu is room.docks.panel.buttons.menu
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert room.session.decisions[1].reason is Reason.MOTION
    assert "motion" in room.docks.panel.evidence.decision.text()


def test_digits_are_text_where_one_types(read: Callable[..., ReadingRoom], qtbot: object) -> None:
    room = read()
    field = QLineEdit(room.window)
    field.show()
    qtbot.keyClicks(field, "120")
    assert field.text() == "120"
    assert not room.session.decisions
    field.deleteLater()


def test_help_shows_every_key(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    read()
    seen = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        seen.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.close()

    QTimer.singleShot(300, look)
    press("?")
    text = " ".join(seen)
    assert "Grade 0" in text
    assert "Mirror from the other side" in text
    assert "human grade is the score of record" in text
