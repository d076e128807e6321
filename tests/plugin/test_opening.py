"""What napari opens, and saves, through the plugin."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import napari
import nibabel
import numpy as np
import pytest
from napari_wbmri.app import App, get_reader, read_cases, read_scan
from napari_wbmri.docks import ScoringDock
from napari_wbmri.io import write_labels
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import DisplayGrid
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from wbmri.case import CasePaths, read_case
from wbmri.core import InputError, Volume
from wbmri.io import encode_nifti


@pytest.fixture
def current(room: ReadingRoom, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadingRoom]:
    """Make the window the one napari opens files in."""
    monkeypatch.setattr(napari, "current_viewer", lambda: room.viewer)
    yield room
    room.viewer.layers.clear()


def test_the_manifest_is_valid_and_belongs_to_the_distribution() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "npe2", "validate", "wbmri"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (entry for entry in entry_points(group="napari.manifest") if entry.name == "wbmri")
    assert found.value == "napari_wbmri:napari.yaml"


def test_what_is_not_ours_is_left_to_other_readers(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert get_reader(str(tmp_path)) is None
    assert get_reader(str(tmp_path / "notes.txt")) is None


def test_a_window_in_which_no_case_was_read_keeps_its_title(
    current: ReadingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current.viewer, "title", "my own napari")
    current.close()
    assert current.viewer.title == "my own napari"


def test_a_case_is_opened_in_the_reading_room(current: ReadingRoom, out: Path, qtbot: object) -> None:
    worklist = App.of(current.viewer).docked_worklist()
    worklist.reader.setText("ANNA")
    paths = CasePaths(out, "01", "month6")
    assert get_reader(str(paths.folder)) is read_cases
    assert read_cases(str(paths.folder)) == [(None,)]
    qtbot.waitUntil(lambda: current.session is not None, timeout=20_000)
    assert current.session.case.paths.session == "month6"
    qtbot.waitUntil(lambda: current.prepared, timeout=20_000)
    qtbot.wait(50)
    zoom = current.viewer.scene.camera.zoom
    current.scene.focus(current.session.current)
    assert zoom == pytest.approx(current.viewer.scene.camera.zoom, rel=0.1)


def test_a_folder_of_cases_is_shown_in_the_worklist(current: ReadingRoom, out: Path, qtbot: object) -> None:
    worklist = App.of(current.viewer).docked_worklist()
    worklist.reader.setText("ANNA")
    read_cases(str(out))
    qtbot.waitUntil(lambda: worklist.rows.rowCount() == 3, timeout=20_000)
    assert current.session is None


def test_what_is_dropped_is_opened_without_being_asked_how(
    current: ReadingRoom,
    out: Path,
    tmp_path: Path,
    qtbot: object,
) -> None:
    worklist = App.of(current.viewer).docked_worklist()
    worklist.reader.setText("ANNA")

    def drop(path: Path) -> bool:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, left, none)
        return current.eventFilter(current.viewer.window._qt_viewer, event)

    assert drop(CasePaths(out, "01", "month6").folder)
    qtbot.waitUntil(lambda: current.session is not None, timeout=20_000)
    (tmp_path / "notes.txt").write_text("x")
    assert not drop(tmp_path / "notes.txt")
    current.close()
    assert drop(CasePaths(out, "01", "month6").volume)
    qtbot.waitUntil(lambda: [layer.name for layer in current.viewer.layers] == ["scan"], timeout=20_000)
    assert current.session is None
    assert App.of(current.viewer).docked_scoring().inputs


def test_the_sample_is_shown_and_scored(
    current: ReadingRoom,
    tmp_path: Path,
    small_volume: Volume,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: object,
) -> None:
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(encode_nifti(small_volume.data, small_volume.affine))
    monkeypatch.setattr("wbmri.io.sample_images", lambda _: [path])
    scored: list[Path] = []
    monkeypatch.setattr(ScoringDock, "score_sample", lambda _, out: scored.append(out))
    (layer,) = current.viewer.open_sample("wbmri", "pair", out=tmp_path)
    assert layer.name == "scan"
    assert layer in current.viewer.layers
    qtbot.waitUntil(lambda: scored == [tmp_path], timeout=20_000)


def test_an_oblique_scan_is_shown_along_its_planes_in_millimetres(
    tmp_path: Path,
    small_volume: Volume,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(napari, "current_viewer", lambda: None)
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(encode_nifti(small_volume.data, small_volume.affine))
    assert get_reader(str(path)) is read_scan
    ((data, settings, kind),) = read_scan(str(path))
    assert kind == "image"
    assert data.shape == DisplayGrid.of(small_volume).shape
    np.testing.assert_allclose(sorted(settings["scale"]), sorted(small_volume.spacing), rtol=1e-3)


def test_a_label_map_is_saved_with_the_affine_of_the_scan(out: Path, tmp_path: Path) -> None:
    case = read_case(CasePaths(out, "01", "baseline").reading)
    labels = case.labels()
    grid = DisplayGrid.of(labels)
    for name in ("saved.nii.gz", "saved.nii"):
        path = tmp_path / name
        assert write_labels(str(path), grid.shown(labels.data), grid.layer()) == [str(path)]
        saved = nibabel.load(path)
        np.testing.assert_array_equal(np.asarray(saved.dataobj), labels.data)
        np.testing.assert_allclose(saved.affine, labels.affine, atol=1e-5)


def test_the_label_map_of_a_case_is_saved_by_its_key_as_it_is_drawn_now(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = read()
    press("E", "Shift+M")
    path = tmp_path / "labels"
    monkeypatch.setattr("napari_wbmri.commands.saving.QFileDialog.getSaveFileName", lambda *_: (str(path), ""))
    press("Ctrl+S")
    saved = nibabel.load(tmp_path / "labels.nii.gz")
    np.testing.assert_array_equal(np.asarray(saved.dataobj), room.session.labels)
    np.testing.assert_allclose(saved.affine, room.session.label_map.affine, atol=1e-5)
    assert "saved" in room.docks.panel.state.text()


def test_a_layer_that_is_no_label_map_of_a_scan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="muscle groups"):
        write_labels(str(tmp_path / "x.nii.gz"), np.zeros((2, 2, 2), int), {"name": "drawing", "metadata": {}})
