"""All three planes at once: one crosshair, in both visits, moved by whatever moves one of the views."""

from collections.abc import Callable

import numpy as np
import pytest
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import PLANES, Scene
from qtpy.QtCore import QPoint, Qt

from wbmri.review.label_editor import LabelChange

CELL = np.array([6.0, 3.0, 3.0])
"""The size of a voxel on the screen, in mm."""


pytestmark = pytest.mark.usefixtures("no_registration")


@pytest.fixture
def three(read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object) -> ReadingRoom:
    room = read("month6")
    room.choose(6)
    press("Q")
    qtbot.wait(100)
    return room


class Wheel:
    """One step of the wheel, away from the reader."""

    handled = False
    delta = (0.0, -1.0)
    modifiers = ()


def turn(scene: Scene) -> None:
    """Turn the wheel over a view."""
    for call in scene.viewer.mouse_wheel_callbacks:
        call(scene.viewer, Wheel())


def slices(room: ReadingRoom) -> dict[str, int]:
    """The slice that each view shows, by its plane."""
    found = {}
    for scene in room.planes.scenes:
        across = PLANES[scene.plane][0]
        found[scene.plane] = round(scene.grid.index(scene.viewer.dims.point)[across])
    return found


def test_one_crosshair_is_moved_by_the_wheel_a_click_and_a_key(
    three: ReadingRoom, press: Callable[..., None], qtbot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, (coronal, axial, sagittal) = three, three.planes.scenes
    assert [scene.plane for scene in room.planes.scenes] == list(PLANES)
    index = tuple(slices(room).values())
    assert room.scene.groups.data[index] == 6
    for scene in room.planes.scenes:
        assert scene.viewer.canvas.size[0] > 100
        np.testing.assert_allclose(scene.point, room.scene.cross, atol=CELL.max())

    before, centre, drawn = slices(room), room.scene.point, room.planes.crosses[0][1].at
    turn(axial)
    assert slices(room) == before | {"axial": before["axial"] + 1}
    # The other pictures stay where they are; the line upon them moves.
    assert room.scene.point == centre
    assert room.planes.crosses[0][1].at[1] - drawn[1] == pytest.approx(CELL[1] * room.viewer.scene.camera.zoom)
    room.scene.step(1)
    assert slices(room)["coronal"] == before["coronal"] + 1
    assert axial.cross[0] == pytest.approx(room.scene.cross[0], abs=CELL[0])

    # The nearest voxel of another group in the sagittal view.
    across = slices(room)["sagittal"]
    others = np.argwhere((room.scene.groups.data[:, :, across] > 0) & (room.scene.groups.data[:, :, across] != 6))
    here = coronal.grid.index(room.scene.cross)[:2]
    wanted = (*others[np.argmin(np.abs(others - here).sum(axis=1))], across)
    x, y = sagittal.pixel(sagittal.grid.point(wanted))
    canvas = room.planes.view(sagittal).canvas.native
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert tuple(slices(room).values()) == wanted
    assert room.session.current == room.scene.groups.data[wanted]

    room.viewer.scene.camera.center = (0.0, 0.0, 0.0)
    press("Y")
    for scene in room.planes.scenes:
        np.testing.assert_allclose(scene.point, room.scene.cross, atol=1e-3)

    # The slice under the mouse is chosen for the report.
    monkeypatch.setattr(room.planes, "under_mouse", lambda: axial)
    press("Shift+I")
    (kept,) = room.session.key_slices
    assert kept.plane == "axial"
    assert room.scene.grid.world(kept.point_mm)[1] == pytest.approx(axial.cross[1])


def test_a_key_fills_the_window_with_the_plane_under_the_mouse_and_gives_the_three_back(
    three: ReadingRoom,
    press: Callable[..., None],
    read: Callable[..., ReadingRoom],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room, cross = three, three.scene.cross
    monkeypatch.setattr(room.planes, "under_mouse", lambda: room.planes.scenes[1])
    press("Z")
    assert not room.planes.shown
    assert room.scene.plane == "axial"
    np.testing.assert_allclose(room.scene.point, cross, atol=1e-3)
    press("Z")
    assert [scene.plane for scene in room.planes.scenes] == ["axial", "coronal", "sagittal"]
    # The next case is shown as this one was.
    read("baseline")
    assert [scene.scan.data is room.scene.scan.data for scene in room.planes.scenes] == [True, True, True]


def test_all_views_show_the_same_window_contours_map_and_outlines(
    three: ReadingRoom, press: Callable[..., None], qtbot: object
) -> None:
    room = three
    press("W", "T")
    qtbot.waitUntil(lambda: room.scene.heat_shown, timeout=20_000)
    stored = room.scene.grid.stored(room.scene.groups.data).copy()
    more = stored.copy()
    more[stored == 6] = 0
    room.scene.change(LabelChange.between(stored, more))
    for scene in room.planes.scenes[1:]:
        assert scene.scan.contrast_limits == room.scene.scan.contrast_limits
        assert scene.heat_shown
        assert not (scene.groups.data == 6).any()
        assert scene.colour_of(5) == room.scene.colour_of(5)
        shown = scene.lines.data[scene.viewer.dims.current_step[0], 0, 0]
        assert shown == 0
    press("G", "G", "T")
    assert not any(scene.lines.visible or scene.heat_shown for scene in room.planes.scenes)


def test_another_visit_shows_the_same_planes_linked_both_ways(
    three: ReadingRoom, press: Callable[..., None], qtbot: object
) -> None:
    room = three
    press("C")
    qtbot.wait(100)
    side = room.side
    assert [scene.plane for scene in side.planes.scenes] == ["coronal", "axial", "sagittal"]
    turn(room.planes.scenes[1])
    np.testing.assert_allclose(side.scene.cross, room.scene.cross, atol=CELL.max())
    before = slices(room)
    turn(side.planes.scenes[2])
    assert slices(room) == before | {"sagittal": before["sagittal"] + 1}
    side.planes.scenes[1].viewer.scene.camera.center = (0.0, 12.0, 24.0)
    np.testing.assert_allclose(room.planes.scenes[1].point, side.planes.scenes[1].point, atol=CELL.max())
    press("Q")
    assert not side.planes.shown
