"""A case in the window: what a reader sees, and what is there again after reopening."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from napari_wbmri.commands import save_elsewhere
from napari_wbmri.room import ReadingRoom
from qtpy.QtWidgets import QLabel

from wbmri.case import CasePaths, write_case_files
from wbmri.grading import fitted_field
from wbmri.review import Mode, open_review


def test_a_case_opens_with_contours_window_totals_and_notice(read: Callable[..., ReadingRoom], qtbot: object) -> None:
    room = read()
    level = room.session.case.reading.reference.level
    assert [layer.name for layer in room.viewer.layers] == ["scan", "muscle groups", "contours"]
    np.testing.assert_allclose(room.scene.scan.contrast_limits, (0.5 * level, 2 * level))
    assert "0" in room.docks.panel.totals.total.text()
    histogram = room.docks.panel.evidence.histogram
    qtbot.waitUntil(lambda: histogram.counts is not None and histogram.counts.sum() > 0, timeout=20_000)
    notices = [label for label in room.window.findChildren(QLabel) if "score of record" in label.text()]
    assert any(label.isVisible() for label in notices)


def test_window_presets_planes_contours_and_projection_by_key(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
) -> None:
    room = read()
    level = room.session.case.reading.reference.level
    windows = []
    for _ in range(3):
        press("W")
        windows.append(tuple(round(limit / level, 3) for limit in room.scene.scan.contrast_limits))
    assert windows == [(0.0, 4.0), (0.0, 8.0), (0.5, 2.0)]
    planes = []
    for _ in range(3):
        press("V")
        planes.append(room.viewer.dims.order[0])
    assert planes == [1, 2, 0]
    press("G")
    assert room.scene.lines.visible
    press("G")
    assert not room.scene.lines.visible
    press("G", "M")
    assert room.scene.scan.projection_mode == "max"
    press("M")
    assert room.viewer.dims.ndisplay == 3
    press("M")
    assert room.viewer.dims.ndisplay == 2


def test_the_fitted_field_lies_over_the_scan_by_key(
    read: Callable[..., ReadingRoom], press: Callable[..., None]
) -> None:
    room = read()
    model, volume = room.session.case.reading.intensity_model, room.session.volume
    press("I")
    layer = room.viewer.layers["fitted field"]
    field, box = fitted_field(volume.grid, model.bias_field)
    canonical = volume.grid.stored_as("RAS").grid
    index = (0, field.shape[1] - 1, field.shape[2] // 2)
    point = canonical.points([place * part.step for place, part in zip(index, box, strict=True)])
    place = tuple(np.rint(layer.world_to_data(room.scene.grid.world(point))).astype(int))
    assert layer.data[place] == pytest.approx(np.log(field[index]), abs=1e-5)
    assert all(letter.isVisible() for letter in room.directions.letters.values())
    press("I")
    assert "fitted field" not in room.viewer.layers


def test_what_to_know_about_the_scan_stands_beside_the_group_but_in_a_blinded_reading(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
) -> None:
    paths = CasePaths(out, "01", "baseline")
    document = json.loads(paths.reading.read_text())
    document["reading"]["warnings"] = ["Shading or homogeneous oedema."]
    write_case_files(paths, [(paths.reading, json.dumps(document).encode())])
    room = read()
    assert room.docks.panel.warnings.text() == "⚠ Shading or homogeneous oedema."
    assert "1 to know about the scan" in room.docks.panel.state.text()
    blinded = read(reader="BERT", mode=Mode.BLINDED)
    assert blinded.docks.panel.warnings.text() == ""
    press("I")
    assert "fitted field" not in room.viewer.layers


def test_the_window_is_chosen_from_a_menu_and_the_default_shows_a_ratio_of_1_3(
    read: Callable[..., ReadingRoom],
) -> None:
    room = read()
    level = room.session.case.reading.reference.level
    black, white = room.scene.scan.contrast_limits
    assert 0.3 * level >= 0.2 * (white - black) - 1e-6
    assert black < level < white
    menu = room.docks.panel.windows
    assert [action.isChecked() for action in menu.actions()] == [True, False, False]
    menu.actions()[1].trigger()
    np.testing.assert_allclose(room.scene.scan.contrast_limits, (0.0, 4 * level), atol=1e-6)
    assert [action.isChecked() for action in room.docks.panel.windows.actions()] == [False, True, False]


def test_no_text_is_smaller_than_11_pixels_and_all_fits_a_small_laptop(read: Callable[..., ReadingRoom]) -> None:
    room = read()
    assert room.window.width() <= 1366
    assert room.window.height() <= 768
    for part in (room.docks.overview, room.docks.panel):
        assert part.isVisible()
        for label in part.findChildren(QLabel):
            if label.isVisible() and label.text():
                assert label.fontInfo().pixelSize() >= 11, label.text()
        assert room.window.rect().contains(part.mapTo(room.window, part.rect().bottomRight()))
    assert room.viewer.canvas.size[1] > 500
    inside = room.docks.panel.room_below.parentWidget()
    assert inside.width() <= inside.parentWidget().width()
    table = room.docks.overview.table
    assert table.visualRect(table.grades.index(20, 0)).bottom() <= table.viewport().height()


def test_reopening_goes_on_at_the_same_group_slice_and_zoom(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room = read()
    press("1", "Down", "Down", "V")
    room.scene.step(2)
    room.viewer.scene.camera.zoom *= 1.5
    point, zoom = room.scene.point, room.viewer.scene.camera.zoom
    room.close()
    read()
    assert room.session.current == 3
    assert room.scene.plane == "axial"
    np.testing.assert_allclose(room.scene.point, point, atol=0.01)
    assert room.viewer.scene.camera.zoom == pytest.approx(zoom)
    assert room.session.decisions[1].grade == 1


def test_the_wheel_goes_through_slices_and_zooms_with_ctrl(read: Callable[..., ReadingRoom]) -> None:
    room = read()

    class Wheel:
        delta, handled = (0.0, -1.0), False

        def __init__(self, *modifiers: str) -> None:
            self.modifiers = modifiers

    before, zoom = room.viewer.dims.point[0], room.viewer.scene.camera.zoom
    room._wheel(room.viewer, Wheel())
    assert room.viewer.dims.point[0] == pytest.approx(before + room.scene.grid.spacing[0])
    room._wheel(room.viewer, Wheel("Control"))
    assert room.viewer.scene.camera.zoom < zoom


def test_the_second_person_reads_along_and_sees_who_has_the_case(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    out: Path,
) -> None:
    first = open_review(CasePaths(out, "01", "baseline"), "BERT")
    try:
        room = read()
        assert "BERT" in room.docks.panel.saved.text()
        assert not room.docks.panel.buttons.grades[0].isEnabled()
        press("1")
        assert not room.session.decisions
        assert "Not done" in room.docks.panel.state.text()
    finally:
        first.close()


@pytest.mark.skipif(os.name == "nt", reason="folders are made read-only in the way of POSIX")
def test_a_folder_that_cannot_be_written_is_said_and_left_for_another(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = read()
    press("1")
    assert "saved" in room.docks.panel.saved.text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        press("Down", "2")
    assert room.session.decisions[2].grade == 2
    assert "is full" in room.docks.panel.saved.text()
    assert room.docks.panel.elsewhere.isVisible()
    save_elsewhere(room, tmp_path / "stick")
    assert not room.docks.panel.elsewhere.isVisible()
    assert str(tmp_path / "stick") in room.docks.panel.state.text()
    room.close()
    again = open_review(CasePaths(tmp_path / "OUT", "01", "baseline"), "ANNA", folder=tmp_path / "stick")
    assert {label: decision.grade for label, decision in again.decisions.items()} == {1: 1, 2: 2}
    again.close()


def test_blinded_reading_hides_suggestions_others_and_whose_case_it_is(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
) -> None:
    room = read(mode=Mode.BLINDED)
    labels = [label for dock in (room.docks.overview, room.docks.panel) for label in dock.findChildren(QLabel)]
    shown = " ".join(label.text() for label in labels if label.isVisible())
    assert "01" not in room.viewer.title
    assert "baseline" not in room.viewer.title + shown
    assert "Suggestion:" not in shown
    assert "Suggestion (" not in shown
    assert room.docks.panel.evidence.histogram.counts is None
    assert not room.docks.panel.buttons.accept.isEnabled()
    press("C")
    assert room.side.visit is None
    press("1")
    assert not room.session.decisions[1].suggestion_seen


def test_letters_say_where_right_and_left_are_however_the_picture_is_turned(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
) -> None:
    room = read()

    def shown() -> str:
        letters = room.directions.letters
        return "".join(letters[at].text() if letters[at].isVisible() else "-" for at in ("left", "right", "up", "down"))

    assert shown() == "RLHF"
    press("V")
    assert shown() == "RLAP"
    press("V")
    assert shown() == "APHF"
    room.viewer.dims.order = (2, 0, 1)
    assert shown() == "HFAP"
    room.viewer.dims.order = (0, 1, 2)
    room.viewer.scene.camera.orientation2d = ("up", "left")
    assert shown() == "LRFH"
    room.viewer.scene.camera.orientation2d = ("down", "right")
    press("M", "M")
    assert room.viewer.dims.ndisplay == 3
    assert shown() == "RLHF"
    behind, camera = "LRHF", room.viewer.scene.camera
    camera.set_view_direction((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    assert shown() == behind
    camera.set_view_direction((0.0, 0.0, -1.0), (0.0, -1.0, 0.0))
    assert shown() == "APHF"
    press("M")
    room.close()
    assert shown() == "----"


def test_what_was_done_stays_in_the_status_bar_unless_a_layer_is_asked_about(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
) -> None:
    room = read()
    moved, tell = room.viewer.cursor.events.position, room.window.status_thread.trigger_status_update

    def told() -> bool:
        return any(name == tell.__name__ for _, name in moved.callbacks)

    press("1")
    assert "grade 1" in room.viewer.status
    assert not told()
    room.viewer.layers.selection.active = room.scene.scan
    assert told()
    room.viewer.layers.selection.clear()
    assert not told()
    room.close()
    assert told()
