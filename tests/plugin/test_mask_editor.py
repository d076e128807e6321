"""Correcting an outline with the mouse: seen at once, measured anew, and undone with the same key as grades."""

from collections.abc import Callable

import numpy as np
import pytest
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import Tool
from qtpy.QtCore import QPoint, QPointF, Qt

from wbmri.review.label_editor import LabelChange


def at(room: ReadingRoom, world: tuple[float, float, float]) -> QPoint:
    """The pixel of the canvas where a point lies."""
    height, width = room.viewer.canvas.size
    camera = room.viewer.scene.camera
    down, right = room.viewer.dims.order[1:]
    x = width / 2 + (world[right] - camera.center[-1]) * camera.zoom
    y = height / 2 + (world[down] - camera.center[-2]) * camera.zoom
    return QPointF(x, y).toPoint()


@pytest.fixture
def drag(room: ReadingRoom, qtbot: object) -> Callable[..., None]:
    """Drag the left button over the picture from one point of the screen to another."""

    def drag(*points: tuple[float, float, float]) -> None:
        canvas = room.viewer.window._qt_viewer.canvas.native
        places = [at(room, point) for point in points]
        qtbot.mouseMove(canvas, places[0])
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            qtbot.mouseMove(canvas, place)
            qtbot.wait(5)
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=places[-1])
        qtbot.wait(20)

    return drag


def test_a_stroke_adds_to_the_group_and_its_evidence_and_can_be_undone(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    drag: Callable[..., None],
) -> None:
    room = read()
    press("1", "E")
    before = np.array(room.session.labels)
    volume_ml = room.session.group(1).measured.evidence.volume_ml
    box = room.scene.box(1)
    middle = room.scene.middle(1)
    # Beyond the outer side of the group, along its length; outside is background.
    edge = room.scene.grid.origin[2] + (box[2].stop + 1) * room.scene.grid.spacing[2]
    drag((middle[0], middle[1] - 9, edge), (middle[0], middle[1], edge), (middle[0], middle[1] + 9, edge))
    after = np.array(room.session.labels)
    assert np.count_nonzero(after == 1) > np.count_nonzero(before == 1)
    np.testing.assert_array_equal(room.scene.grid.stored(room.scene.groups.data), after)
    assert room.session.group(1).measured.evidence.volume_ml > volume_ml
    assert f"{room.session.group(1).measured.evidence.volume_ml:.0f} ml" in room.docks.panel.evidence.numbers.text()
    assert room.session.group(1).outline_edited
    press("U")
    np.testing.assert_array_equal(room.session.labels, before)
    np.testing.assert_array_equal(room.scene.grid.stored(room.scene.groups.data), before)
    press("U")
    assert not room.session.decisions
    press("Shift+U", "Shift+U")
    np.testing.assert_array_equal(room.session.labels, after)
    assert room.session.decisions[1].grade == 1


def test_erasing_and_the_size_of_the_brush(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    drag: Callable[..., None],
) -> None:
    room = read()
    press("R")
    assert room.editor.active
    assert room.docks.tools.isVisible()
    room.editor.resize(-1)
    small = room.editor.radius
    middle = room.scene.middle(1)
    drag(middle, middle)
    fewer = np.count_nonzero(np.array(room.session.labels) == 1)
    press("U", "BracketRight", "BracketRight")
    assert room.editor.radius > small
    drag(middle, middle)
    assert np.count_nonzero(np.array(room.session.labels) == 1) < fewer
    press("E")
    assert not room.editor.active
    assert room.viewer.scene.camera.mouse_pan


def test_a_click_redraws_the_group_and_with_shift_takes_away(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room = read()
    whole = np.array(room.session.labels)
    low, high = (int(end) for end in np.flatnonzero((whole == 1).any((0, 1)))[[0, -1]])
    half = whole.copy()
    half[:, :, (low + high) // 2 :][half[:, :, (low + high) // 2 :] == 1] = 0
    room.scene.change(room.session.edit(LabelChange.between(whole, half), "erase").mask)
    canvas = room.viewer.window._qt_viewer.canvas.native

    def click(z: int, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> np.ndarray:
        across = np.argwhere(whole == 1).mean(axis=0)
        point = room.scene.grid.world(room.session.volume.grid.points([round(across[0]), round(across[1]), z]))
        room.scene.look(point, None)
        qtbot.wait(20)
        qtbot.mouseMove(canvas, at(room, point))
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, held, at(room, point))
        qtbot.wait(20)
        np.testing.assert_array_equal(room.scene.grid.stored(room.scene.groups.data), room.session.labels)
        return np.array(room.session.labels)

    press("D")
    assert room.docks.tools.tools[Tool.REDRAW].isChecked()
    mended = click((low + 3 * high) // 4)
    assert np.count_nonzero(mended != whole) < 0.3 * np.count_nonzero(half != whole)
    assert room.session.undo_words.startswith("redraw")
    fewer = click((low + 3 * high) // 4, Qt.KeyboardModifier.ShiftModifier)
    assert np.count_nonzero(fewer == 1) < np.count_nonzero(mended == 1)
    press("U", "U")
    np.testing.assert_array_equal(room.session.labels, half)
    press("Shift+U", "Shift+U")
    np.testing.assert_array_equal(room.session.labels, fewer)


def test_a_click_into_the_air_is_refused_and_changes_nothing(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    drag: Callable[..., None],
) -> None:
    room = read()
    before = np.array(room.session.labels)
    press("D")
    middle = room.scene.middle(1)
    edge = room.scene.grid.origin[2] + (room.scene.box(1)[2].stop + 1) * room.scene.grid.spacing[2]
    drag((middle[0], middle[1], edge))
    assert "Not done" in room.docks.panel.state.text()
    np.testing.assert_array_equal(room.session.labels, before)


def test_mirroring_and_filling_by_key(read: Callable[..., ReadingRoom], press: Callable[..., None]) -> None:
    room = read()
    stored = np.array(room.session.labels)
    hole = stored.copy()
    hole[:, 4, :][hole[:, 4, :] == 1] = 0
    change = room.session.edit(LabelChange.between(stored, hole), "erase")
    room.scene.change(change.mask)
    press("F")
    assert np.count_nonzero(np.array(room.session.labels)[:, 4, :] == 1) > 0
    press("Shift+M")
    np.testing.assert_array_equal(room.scene.grid.stored(room.scene.groups.data), room.session.labels)


def test_what_cannot_be_done_is_said_and_changes_nothing(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
) -> None:
    room = read()
    before = np.array(room.session.labels)
    press("F")
    assert "Not done" in room.docks.panel.state.text()
    np.testing.assert_array_equal(room.session.labels, before)


def test_without_editing_the_mouse_moves_the_picture(
    read: Callable[..., ReadingRoom],
    drag: Callable[..., None],
) -> None:
    room = read()
    before = np.array(room.session.labels)
    middle = room.scene.middle(1)
    drag(middle, (middle[0], middle[1] + 20, middle[2] + 20))
    np.testing.assert_array_equal(room.session.labels, before)
