"""The scan and its contours in a viewer model, without a window."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari_wbmri.viewer import PLANES, Contours, Depth, DisplayGrid, Mark, Scene, Standing

from wbmri.core import Grid
from wbmri.review import ViewState
from wbmri.review.label_editor import LabelChange

AFFINE = np.array([[-2.0, 0.0, 0.2, 40.0], [0.0, 0.4, 5.9, -30.0], [0.1, 2.0, -0.4, -60.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def scene() -> Scene:
    labels = np.zeros((40, 60, 10), np.uint8)
    labels[5:12, 10:30, 3:6] = 1
    labels[28:35, 10:30, 3:7] = 2
    image = np.where(labels > 0, 100.0, 5.0).astype(np.float32)
    made = Scene(ViewerModel())
    made.show("scan", image, labels, DisplayGrid(Grid(labels.shape, AFFINE)))
    made.colour({1: Mark(Standing.GIVEN, 1), 2: Mark(Standing.SUGGESTED, 2)}, 1)
    return made


def test_lengths_are_in_millimetres_and_true(scene: Scene) -> None:
    np.testing.assert_allclose(scene.scan.scale, np.linalg.norm(AFFINE[:3, [2, 1, 0]], axis=0))
    assert {str(unit) for unit in scene.scan.units} == {"millimeter"}
    assert scene.viewer.canvas.overlays.scale_bar.visible
    extent = scene.scan.extent.world
    fine = scene.lines.extent.world
    np.testing.assert_allclose(extent, fine, atol=np.max(scene.scan.scale))


@pytest.mark.parametrize("plane", list(PLANES))
def test_choosing_a_group_centres_on_the_slice_that_shows_most_of_it(scene: Scene, plane: str) -> None:
    scene.turn(plane)
    scene.focus(2)
    index = (np.array(scene.point) - scene.grid.origin) / scene.grid.spacing
    inside = np.argwhere(scene.groups.data == 2)
    across = PLANES[plane][0]
    slices = inside[:, across]
    assert round(index[across]) in np.flatnonzero(np.bincount(slices) == np.bincount(slices).max())
    for axis in PLANES[plane][1:]:
        assert index[axis] == pytest.approx((inside[:, axis].min() + inside[:, axis].max()) / 2)
    assert scene.viewer.scene.camera.zoom > 0


def test_a_place_is_found_again_in_another_view_of_the_case(scene: Scene) -> None:
    scene.turn("sagittal")
    scene.focus(2)
    scene.step(1)
    place = scene.place(2)
    again = Scene(ViewerModel())
    again.show("scan", np.ones((40, 60, 10), np.float32), np.zeros((40, 60, 10), np.uint8), scene.grid)
    again.go_to(ViewState(place.label, place.point_mm, place.zoom, place.plane))
    assert again.plane == "sagittal"
    np.testing.assert_allclose(again.point, scene.point, atol=1e-6)
    assert again.viewer.scene.camera.zoom == pytest.approx(scene.viewer.scene.camera.zoom)


def test_contours_have_the_colour_of_the_grade_and_the_group_that_is_read_is_white(scene: Scene) -> None:
    colours = {label: scene.colour_of(label) for label in (1, 2)}
    drawn = sorted(scene.lines.colormap.color_dict[value].tolist() for value in np.unique(scene.lines.data))
    np.testing.assert_allclose(drawn, sorted(map(list, ((0.0, 0.0, 0.0, 0.0), *colours.values()))), atol=1e-6)
    assert np.allclose(colours[1], 1.0)
    assert colours[2][0] > colours[2][2]
    scene.draw(Contours.CHOSEN)
    assert scene.colour_of(2)[3] == 0.0
    assert np.unique(scene.lines.data).size == 2
    scene.draw(Contours.NONE)
    assert not scene.lines.visible


def test_contours_follow_a_correction(scene: Scene) -> None:
    stored = scene.grid.stored(scene.groups.data).copy()
    more = stored.copy()
    more[12:15, 10:30, 4] = 1
    scene.turn("axial")
    scene.change(LabelChange.between(stored, more))
    np.testing.assert_array_equal(scene.grid.stored(scene.groups.data), more)
    fresh = Scene(ViewerModel())
    fresh.plane = "axial"
    fresh.show("scan", np.ones(more.shape, np.float32), more, scene.grid)
    fresh.colour({1: Mark(Standing.GIVEN, 1), 2: Mark(Standing.SUGGESTED, 2)}, 1)
    np.testing.assert_array_equal(scene.lines.data, fresh.lines.data)
    scene.turn("coronal")
    assert scene.box(1) == fresh.box(1)


def test_a_projection_shows_the_brightest_voxel_and_goes_back_to_the_slice(scene: Scene) -> None:
    scene.focus(1)
    point = scene.point
    scene.project(Depth.PROJECTION)
    assert not scene.lines.visible
    shown = np.asarray(scene.scan._slice.image.raw)
    np.testing.assert_allclose(shown, scene.scan.data.max(axis=0))
    scene.project(Depth.BODY)
    assert scene.viewer.dims.ndisplay == 3
    assert scene.groups.visible
    scene.project(Depth.SLICE)
    assert scene.viewer.dims.ndisplay == 2
    assert scene.lines.visible
    np.testing.assert_allclose(scene.point[0], point[0])


@pytest.mark.parametrize("plane", list(PLANES))
def test_another_scan_takes_the_place_of_one_as_if_it_had_been_the_first(scene: Scene, plane: str) -> None:
    scene.turn("axial")
    scene.draw(Contours.CHOSEN)
    scene.show_heat(np.full((40, 60, 10), 2.0, np.float16))
    kept = scene.scan

    labels = np.zeros((30, 70, 12), np.uint8)
    labels[10:20, 20:40, 2:9] = 2
    image = np.where(labels > 0, 80.0, 7.0).astype(np.float32)
    grid = DisplayGrid(Grid(labels.shape, AFFINE @ np.diag([1.5, 0.8, 1.0, 1.0])))
    marks = {2: Mark(Standing.GIVEN, 2)}
    fresh = Scene(ViewerModel())
    for one in (scene, fresh):
        one.contours = Contours.ALL
        one.show("next", image, labels, grid, marks, ViewState(2, None, None, plane))
        one.go_to(ViewState(2, None, None, plane))

    assert scene.scan is kept
    assert [layer.name for layer in scene.viewer.layers] == ["next", "muscle groups", "contours"]
    assert not scene.heat_shown
    assert scene.viewer.dims.range == fresh.viewer.dims.range
    assert scene.cross == pytest.approx(fresh.cross)
    for now, new in zip(scene.viewer.layers, fresh.viewer.layers, strict=True):
        assert (now.visible, now.metadata) == (new.visible, new.metadata)
        np.testing.assert_array_equal(np.asarray(now.data), np.asarray(new.data))
        np.testing.assert_allclose(now.extent.world, new.extent.world)
        np.testing.assert_array_equal(now._slice.image.raw, new._slice.image.raw)
    assert scene.scan.contrast_limits_range == fresh.scan.contrast_limits_range
    assert scene.scan.contrast_limits == fresh.scan.contrast_limits
    assert [scene.colour_of(label) for label in (1, 2)] == [fresh.colour_of(label) for label in (1, 2)]


def test_a_layer_that_was_taken_out_is_there_again_with_the_next_scan(scene: Scene) -> None:
    scene.viewer.layers.remove(scene.lines)
    labels = np.ones((4, 5, 6), np.uint8)
    scene.show("next", labels.astype(np.float32), labels, DisplayGrid(Grid(labels.shape, AFFINE)))
    assert [layer.name for layer in scene.viewer.layers] == ["next", "muscle groups", "contours"]
