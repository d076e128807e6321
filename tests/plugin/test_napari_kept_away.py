"""While a case is open napari's own keys and clicks do nothing to what is read."""

from collections.abc import Callable

import pytest
from napari_wbmri.app import App
from napari_wbmri.docks import WorklistDock
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication, QWidget

NONE = Qt.KeyboardModifier.NoModifier
CTRL, ALT, SHIFT = (getattr(Qt.KeyboardModifier, name) for name in ("ControlModifier", "AltModifier", "ShiftModifier"))


def asks(widget: QWidget, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
    """Whether Qt may look for a shortcut for a key: nobody has claimed it."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, held)
    event.ignore()
    QApplication.sendEvent(widget, event)
    return not event.isAccepted()


@pytest.mark.parametrize("selected", [None, "scan", "contours"])
def test_napari_keys_change_nothing(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    selected: str | None,
) -> None:
    room = read()
    layers = room.viewer.layers
    layers.selection.active = None if selected is None else layers[selected]

    def state() -> tuple[object, ...]:
        dims = room.viewer.dims
        modes = tuple(str(layer.mode) for layer in layers)
        visible = tuple(layer.visible for layer in layers)
        return (
            dims.ndisplay,
            dims.order,
            dims.point[dims.order[0]],
            len(layers),
            modes,
            visible,
            room.viewer.canvas.grid.enabled,
        )

    before = state()
    canvas = room.viewer.window._qt_viewer.canvas.native
    for name in ("E", "Y", "T", "G", "Delete", "Backspace", "Up", "Down", "Shift+T", "R", "N"):
        press(f"Ctrl+{name}")
        assert state() == before, name
    for key in (Qt.Key.Key_E, Qt.Key.Key_Y, Qt.Key.Key_O):
        assert not asks(canvas, key, CTRL)
    assert not asks(canvas, Qt.Key.Key_Down, ALT)
    press("Z", "A", "7", "9")
    assert state() == before
    for key in (Qt.Key.Key_Q, Qt.Key.Key_0):
        assert asks(canvas, key, CTRL)
    assert asks(canvas, Qt.Key.Key_F11, NONE)


def test_shortcuts_stay_away_from_where_one_types_too(room: ReadingRoom, out: object, qtbot: object) -> None:
    worklist: WorklistDock = App.of(room.viewer).docked_worklist()
    worklist.show_folder(out, "GINA")
    worklist.open_next()
    assert not asks(worklist.search, Qt.Key.Key_E, CTRL)
    qtbot.keyClicks(worklist.search, "month")
    assert worklist.search.text() == "month"
    qtbot.keyClick(worklist.search, Qt.Key.Key_A, CTRL)
    assert worklist.search.selectedText() == "month"
    worklist.search.clear()
    room.close()
    assert asks(room.viewer.window._qt_viewer.canvas.native, Qt.Key.Key_E, CTRL)


def test_a_double_click_does_not_zoom(read: Callable[..., ReadingRoom], qtbot: object) -> None:
    room = read()
    zoom = room.viewer.scene.camera.zoom
    qtbot.mouseDClick(room.viewer.window._qt_viewer.canvas.native, Qt.MouseButton.LeftButton)
    qtbot.wait(30)
    assert room.viewer.scene.camera.zoom == pytest.approx(zoom)
    room.close()
    assert len(room.viewer.mouse_double_click_callbacks) == 1


def test_the_dock_that_scores_leaves_the_reading_its_room(
    read: Callable[..., ReadingRoom],
    qtbot: object,
) -> None:
    room = read()
    height = room.docks.panel.height()
    _, scoring = room.viewer.window.add_plugin_dock_widget("wbmri", "Score a scan")
    qtbot.wait(200)
    assert room.window.height() <= 768
    assert room.docks.panel.isVisible()
    assert room.docks.panel.height() >= height - 30
    assert scoring.minimumSizeHint().height() < 500
    room.viewer.window.remove_dock_widget(scoring)
