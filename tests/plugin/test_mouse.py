"""The mouse of a workstation: a click chooses, dragging sets the window, hovering tells what lies there."""

from collections.abc import Callable

import numpy as np
import pytest
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtWidgets import QApplication

from wbmri.review import Mode

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


pytestmark = pytest.mark.usefixtures("no_registration")


def pixel(room: ReadingRoom, world: tuple[float, float, float]) -> QPoint:
    """Where a point lies on the canvas."""
    height, width = room.viewer.canvas.size
    camera = room.viewer.scene.camera
    down, right = room.viewer.dims.order[1:]
    x = width / 2 + (world[right] - camera.center[-1]) * camera.zoom
    y = height / 2 + (world[down] - camera.center[-2]) * camera.zoom
    return QPointF(x, y).toPoint()


def drag(room: ReadingRoom, qtbot: object, button: Qt.MouseButton, *way: QPoint) -> None:
    canvas = room.viewer.window._qt_viewer.canvas.native
    qtbot.mouseMove(canvas, way[0])
    qtbot.mousePress(canvas, button, pos=way[0])
    for place in way[1:]:
        qtbot.mouseMove(canvas, place)
        qtbot.wait(5)
    qtbot.mouseRelease(canvas, button, pos=way[-1])
    qtbot.wait(20)


def test_a_click_chooses_the_group_and_a_drag_does_not(read: Callable[..., ReadingRoom], qtbot: object) -> None:
    room = read()
    room.viewer.fit_to_view()
    qtbot.wait(30)
    there = pixel(room, room.scene.middle(6))
    drag(room, qtbot, LEFT, there, there + QPoint(40, 0))
    assert room.session.current == 1
    room.viewer.fit_to_view()
    drag(room, qtbot, LEFT, pixel(room, room.scene.middle(6)))
    assert room.session.current == 6


def test_dragging_with_the_right_button_sets_the_window_and_says_so_on_the_picture(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read("month6")
    press("C")
    qtbot.wait(50)
    # The views have their size; now the scan takes the zoom for it.
    qtbot.wait(50)
    zoom, middle = room.viewer.scene.camera.zoom, QPoint(200, 200)
    black, white = room.scene.scan.contrast_limits
    drag(room, qtbot, RIGHT, middle, *(middle + QPoint(right, 0) for right in (15, 30, 45, 60)))
    wider = room.scene.scan.contrast_limits
    assert wider[1] - wider[0] > 1.1 * (white - black)
    assert sum(wider) == pytest.approx(black + white, rel=1e-5)
    assert room.viewer.scene.camera.zoom == zoom
    assert room.picture.corner.isVisible()
    assert "× normal muscle" in room.picture.corner.text()
    levels = [one.case.reading.reference.level for one in (room.session, room.side.visit)]
    other = np.array(room.side.scene.scan.contrast_limits) / levels[1]
    np.testing.assert_allclose(other, np.array(wider) / levels[0], rtol=1e-4)
    # Later, or it would be the second of two clicks.
    qtbot.wait(QApplication.doubleClickInterval() + 200)
    drag(room, qtbot, RIGHT, middle, *(middle + QPoint(0, down) for down in (15, 30, 45, 60)))
    assert sum(room.scene.scan.contrast_limits) > sum(wider)
    # The next case, and the visit beside it, begin in the preset again.
    read("month6")
    press("C")
    qtbot.wait(50)
    assert not room.picture.corner.isVisible()
    for scene, level in zip((room.scene, room.side.scene), levels, strict=True):
        np.testing.assert_allclose(scene.scan.contrast_limits, room.picture.multiples * np.array(level), rtol=1e-4)
    drag(room, qtbot, RIGHT, middle, *(middle + QPoint(right, 0) for right in (15, 30, 45, 60)))
    assert room.picture.corner.isVisible()
    press("W")
    assert not room.picture.corner.isVisible()


def test_hovering_tells_name_grade_and_ratio_but_not_to_a_blinded_reader(
    read: Callable[..., ReadingRoom], qtbot: object
) -> None:
    room = read()
    canvas = room.viewer.window._qt_viewer.canvas.native
    room.session.grade(3, 2)
    room._marks[3] = room._marks[3].of(room.session.group(3))
    room.choose(3)
    qtbot.mouseMove(canvas, pixel(room, room.scene.middle(3)))
    qtbot.wait(30)
    said = room.picture.tip.text()
    assert "Neck extensors, left" in said
    assert "grade 2" in said
    assert "× normal muscle" in said
    assert room.picture.tip.isVisible()
    # It would lie over what is drawn.
    qtbot.mousePress(canvas, LEFT, pos=pixel(room, room.scene.middle(3)))
    assert not room.picture.tip.isVisible()
    qtbot.mouseRelease(canvas, LEFT, pos=pixel(room, room.scene.middle(3)))
    blinded = read(reader="IDA", mode=Mode.BLINDED)
    qtbot.mouseMove(canvas, QPoint(3, 3))
    qtbot.wait(30)
    qtbot.mouseMove(canvas, pixel(blinded, blinded.scene.middle(blinded.session.current)))
    qtbot.wait(30)
    said = blinded.picture.tip.text()
    assert "Neck flexors, left" in said
    assert "not read yet" in said
    assert "normal muscle" not in said


def test_the_ratio_lies_over_both_scans_by_key_with_its_legend(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read("month6")
    press("C", "T")
    qtbot.waitUntil(lambda: room.scene.heat_shown and room.side.scene.heat_shown, timeout=20_000)
    layer = room.viewer.layers["ratio to normal muscle"]
    inside = room.scene.groups.data == 6
    ratios = room.session.ratios((slice(None, 40), slice(None, 10), slice(None, 100)))
    # From 1 to 4 times normal muscle, as the legend has it, in the steps of a byte.
    shown = 1.0 + 3.0 * layer.data[inside] / layer.contrast_limits[1]
    np.testing.assert_allclose(shown, room.scene.grid.shown(ratios)[inside].clip(1.0, 4.0), rtol=0.01, atol=0.015)
    assert not layer.data[room.scene.groups.data == 0].any()
    assert "× normal muscle" in room.picture.corner.text()
    assert all(letter.isVisible() for letter in room.directions.letters.values())
    press("T")
    assert not room.scene.heat_shown
    assert not room.side.scene.heat_shown
    assert not room.picture.corner.isVisible()


def test_a_key_leads_to_the_slice_with_most_oedema(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object
) -> None:
    room = read("month6")
    room.choose(6)
    press("V")
    press("J")
    across = room.scene.grid.stored_axis("axial")
    ratios = room.session.ratios((slice(0, 40), slice(0, 10), slice(0, 100)))
    bright = (room.session.labels == 6) & (ratios > room.session.case.reading.scheme.grading.oedema_ratio)
    counts = np.count_nonzero(bright, axis=tuple(axis for axis in range(3) if axis != across))
    shown = room.scene.grid.voxel(room.scene.point)[across]
    assert counts[round(float(shown))] == counts.max()
    blinded = read(reader="IDA", mode=Mode.BLINDED)
    press("J", "T")
    assert "hidden" in blinded.docks.panel.state.text()
    assert not blinded.scene.heat_shown
