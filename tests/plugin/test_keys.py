"""Keys work whatever is selected, and a whole case is read with them alone."""

from collections.abc import Callable

from napari_wbmri.room import ReadingRoom
from napari_wbmri.widgets import RemarkDialog
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QLabel, QLineEdit

from wbmri.core import Reason
from wbmri.review import Mode


def test_digits_grade_whatever_layer_is_selected(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    room = read()
    layers = room.viewer.layers
    for selected in ("scan", "muscle groups", "contours", None):
        layers.selection.active = None if selected is None else layers[selected]
        for grade in (0, 1, 2):
            press(str(grade))
            assert room.session.decisions[room.session.current].grade == grade
        press("U", "U", "U")
        assert not room.session.decisions
    assert layers[-1].mode == "pan_zoom"


def test_enter_accepts_and_then_goes_to_the_next_unread_group(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
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
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
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
    press("?")
    dialog = QApplication.activeModalWidget()
    text = " ".join(label.text() for label in dialog.findChildren(QLabel))
    dialog.close()
    assert "Grade 0" in text
    assert "Mirror from the other side" in text
    assert "human grade is the score of record" in text


def test_the_reading_is_copied_as_text_but_a_blinded_one_is_not(
    read: Callable[..., ReadingRoom], press: Callable[..., None]
) -> None:
    clipboard = QApplication.clipboard()
    clipboard.setText("before")
    room = read(reader="JANE", mode=Mode.BLINDED)
    press("1", "Ctrl+C")
    assert clipboard.text() == "before"
    assert "Not done" in room.docks.panel.state.text()
    room.close()
    room = read()
    press("2", "Ctrl+C")
    assert clipboard.text().splitlines()[2] == "Read by: ANNA, not signed, 1 of 42 groups read"
    assert "research software" in clipboard.text().lower()


def test_a_remark_is_typed_in_words(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read()

    def write(key: str, words: str, *, keep: bool = True) -> None:
        press(key)
        qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), RemarkDialog), timeout=20_000)
        dialog = QApplication.activeModalWidget()
        asked.append(dialog.question.text())
        for line in words.splitlines(keepends=True):
            qtbot.keyClicks(dialog.text, line.strip())
            if line.endswith("\n"):
                qtbot.keyClick(dialog.text, Qt.Key.Key_Return)
        # Where to write stands out from the page.
        page, field = (widget.grab().toImage().pixelColor(5, 60) for widget in (dialog, dialog.text))
        assert field.lightness() > page.lightness() + 10
        if keep:
            qtbot.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        else:
            qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=20_000)

    asked: list[str] = []
    write("K", "old\nscar")
    write("Shift+K", "old\nscar")
    write("K", "no", keep=False)
    assert asked == ["Remark on Neck flexors, left:", "Remark on the case:", "Remark on Neck flexors, left:"]
    assert room.session.remark_on(1) == room.session.remark_on(None) == "old\nscar"
    assert not room.session.decisions
    assert "scar" in room.docks.panel.evidence.remark.text()
    assert room.docks.panel.evidence.remark.isVisible()
    press("Down")
    assert not room.docks.panel.evidence.remark.isVisible()
