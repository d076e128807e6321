"""Another series of the examination beside the scan: in its frame by geometry, linked, and not for blinded readers."""

from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
import pytest
from napari_wbmri.app import App
from napari_wbmri.io import companions_in, read_companion
from napari_wbmri.room import ReadingRoom
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication
from scipy.spatial.transform import Rotation

from wbmri.core import Grid, InputError
from wbmri.io import encode_nifti
from wbmri.review import Mode


def saved(path: Path, low: float = 0.0) -> Path:
    """A T1 image of a ramp from foot to head, on a grid that is coarser, turned and mirrored."""
    turned = Rotation.from_euler("xyz", (8.0, -5.0, 12.0), degrees=True).as_matrix() @ np.diag([-4.0, 5.0, 4.0])
    affine = np.eye(4)
    affine[:3, :3] = turned
    affine[:3, 3] = -turned @ np.array([29.5, 29.5, 49.5]) + (0.0, 0.0, low)
    grid = Grid((60, 60, 100), affine)
    z = grid.points(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1))[..., 2]
    path.write_bytes(encode_nifti((z + 1000.0).astype(np.float32), affine))
    return path


def test_a_series_is_brought_onto_the_scan_by_where_both_lie(tmp_path: Path) -> None:
    path = saved(tmp_path / "t1.nii.gz")
    (series,) = companions_in([path])
    affine = np.array([[0.0, 0.0, 3.0, -30.0], [-3.0, 0.0, 0.0, 30.0], [0.0, 3.0, 0.0, -60.0], [0.0, 0.0, 0.0, 1.0]])
    grid = Grid((20, 40, 20), affine)
    image = read_companion([path], series.key, grid)
    for index in ((0, 0, 0), (10, 20, 10), (19, 39, 19)):
        assert image[index] == pytest.approx(grid.points(np.array(index, float))[2] + 1000.0, abs=0.1)
    with pytest.raises(InputError, match="no part of this scan"):
        read_companion([saved(tmp_path / "far.nii.gz", 5000.0)], series.key, grid)


def test_a_series_stands_beside_the_scan_and_goes_with_it(
    read: Callable[..., ReadingRoom], press: Callable[..., None], tmp_path: Path, qtbot: object
) -> None:
    room = read()
    chooser = App.of(room.viewer).commands.companions
    view = chooser.view
    chooser.open(saved(tmp_path / "t1.nii.gz"))
    qtbot.waitUntil(lambda: view.shown is not None, timeout=20_000)
    qtbot.wait(50)
    press("Down", "V")
    assert view.scene.plane == room.scene.plane == "axial"
    np.testing.assert_allclose(view.scene.point, room.scene.point, atol=1e-6)
    assert view.scene.viewer.scene.camera.zoom == pytest.approx(room.viewer.scene.camera.zoom)
    assert view.scene.label == room.session.current
    view.scene.step(1)
    assert room.scene.point[1] == pytest.approx(view.scene.point[1])
    index = view.scene.grid.index_at(view.scene.point)
    height = room.scene.grid.point_mm(view.scene.grid.point(index))[2]
    assert view.scene.scan.data[index] == pytest.approx(height + 1000.0, abs=0.5)
    press("1")
    assert room.session.decisions[2].grade == 1
    press("Shift+V")
    assert view.shown is None
    (name,) = view.loaded
    assert next(action.text() for action in chooser.menu().actions()) == name
    chooser.show(name)
    assert view.shown == name
    room.close()
    assert not view.loaded
    assert view.scene is None


def test_three_planes_keep_room_beside_a_series(
    read: Callable[..., ReadingRoom], press: Callable[..., None], tmp_path: Path, qtbot: object
) -> None:
    room = read()
    chooser = App.of(room.viewer).commands.companions

    def widths() -> list[int]:
        qtbot.wait(100)
        return [room.planes.view(scene).canvas.native.width() for scene in room.planes.scenes]

    press("Q")
    alone = widths()
    chooser.open(saved(tmp_path / "t1.nii.gz"))
    qtbot.waitUntil(lambda: chooser.view.shown is not None, timeout=20_000)
    assert min(widths()) > 0.4 * max(widths())
    press("Q", "Q")
    assert min(widths()) > 0.4 * max(widths())
    middle = QPoint(0, 0)
    canvases = [view.canvas.native for view in (room.viewer.window._qt_viewer, chooser.view._inner)]
    press("Q")
    qtbot.wait(100)
    assert len({canvas.mapToGlobal(middle).y() for canvas in canvases}) == 1
    press("Q", "Shift+V")
    assert min(widths()) > 0.8 * min(alone)


@pytest.fixture
def drop(room: ReadingRoom, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Drop files onto the window; return whether it takes them."""
    monkeypatch.setattr(napari, "current_viewer", lambda: room.viewer)

    def drop(*paths: Path) -> bool:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, left, none)
        return room.eventFilter(room.viewer.window._qt_viewer, event)

    return drop


def test_a_series_that_is_dropped_while_a_case_is_open_stands_beside_it(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    drop: Callable[..., bool],
    tmp_path: Path,
    qtbot: object,
) -> None:
    room = read()
    view = App.of(room.viewer).commands.companions.view
    press("1")
    assert drop(saved(tmp_path / "t1.nii.gz"))
    qtbot.waitUntil(lambda: view.shown == "t1.nii.gz", timeout=20_000)
    assert room.session.decisions[1].grade == 1
    assert drop(saved(tmp_path / "far.nii.gz", 5000.0))
    qtbot.waitUntil(lambda: "no part of this scan" in room.docks.panel.state.text(), timeout=20_000)
    assert view.shown == "t1.nii.gz"


def test_several_images_are_series_to_choose_from_or_the_stations_of_another_scan(
    read: Callable[..., ReadingRoom], drop: Callable[..., bool], tmp_path: Path, qtbot: object
) -> None:
    room = read()
    view = App.of(room.viewer).commands.companions.view
    files = [saved(tmp_path / "trunk.nii.gz"), saved(tmp_path / "legs.nii.gz", -380.0)]

    def choose(place: int) -> None:
        assert drop(*files)
        qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=20_000)
        menu = QApplication.activePopupWidget()
        assert len(menu.actions()) == 3
        menu.actions()[place].trigger()
        menu.close()

    choose(0)
    qtbot.waitUntil(lambda: view.shown == "trunk.nii.gz", timeout=20_000)
    assert room.session is not None
    choose(2)
    qtbot.waitUntil(lambda: [layer.name for layer in room.viewer.layers] == ["scan"], timeout=20_000)
    assert room.session is None
    room.viewer.layers.clear()


def test_a_blinded_reader_opens_none(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    drop: Callable[..., bool],
    tmp_path: Path,
    qtbot: object,
) -> None:
    room = read(mode=Mode.BLINDED)
    press("Shift+V")
    assert "not opened in this mode" in room.docks.panel.state.text()
    room.say("")
    assert drop(saved(tmp_path / "t1.nii.gz"))
    qtbot.waitUntil(lambda: "not opened in this mode" in room.docks.panel.state.text(), timeout=20_000)
    assert room.session is not None
    assert App.of(room.viewer).commands.companions.view.shown is None
