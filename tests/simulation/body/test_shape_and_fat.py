"""Muscle bulk, fluid and what is drawn around them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from wbmri.simulation.body import (
    Body,
    FatLayer,
    Parts,
    Shape,
    Tissue,
    grid_around,
    joint_fluid,
    measured_body,
    render,
    with_bulk,
)

QUADRICEPS = 31


def some(parts: Parts, chosen: np.ndarray) -> Parts:
    """A body of the chosen parts alone."""
    kept = {
        f.name: getattr(parts, f.name)[chosen] for f in fields(parts) if isinstance(getattr(parts, f.name), np.ndarray)
    }
    listed = {
        name: tuple(np.array(getattr(parts, name), dtype=object)[chosen].tolist()) for name in ("structure", "tissue")
    }
    return replace(parts, **kept, **listed)


def left_thigh(parts: Parts) -> np.ndarray:
    """The parts of the left thigh at mid-length."""
    names = np.isin(parts.label, (31, 33, 35)) | np.array([name == "femur" for name in parts.structure])
    return names & (parts.side == -1) & (parts.centre[:, 2] > 480) & (parts.centre[:, 2] < 720)


@settings(max_examples=5)
@given(factor=st.floats(0.4, 1.6))
def test_a_muscle_changes_its_volume_and_keeps_its_place_and_length(factor: float) -> None:
    body = measured_body()
    changed = with_bulk(body, {QUADRICEPS: factor})
    volumes, before = changed.group_volumes_ml(), body.group_volumes_ml()
    assert volumes[QUADRICEPS] == pytest.approx(factor * before[QUADRICEPS])
    others = np.arange(43) != QUADRICEPS
    np.testing.assert_array_equal(volumes[others], before[others])
    muscle = np.array([name == "vastus lateralis" for name in body.structure]) & (body.side == -1)
    np.testing.assert_allclose(changed.centre[muscle].mean(0), body.centre[muscle].mean(0), atol=3.0)
    lengths = [np.ptp(parts.centre[muscle][:, 2]) for parts in (changed, body)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.05)


def test_a_drawn_muscle_grows_with_its_bulk_and_fat_takes_the_place_it_leaves() -> None:
    body = measured_body()
    thigh = left_thigh(body)
    grid = grid_around(some(body, thigh), (4.0, 4.0, 4.0), margin_mm=24.0)
    drawn = [render(some(with_bulk(body, {31: factor}), thigh), grid, fat=6.0) for factor in (0.5, 0.8, 1.0, 1.25)]
    muscle = [int((image.labels == 31).sum()) for image in drawn]
    assert muscle == sorted(muscle)
    assert muscle[0] < 0.65 * muscle[2]
    inside = (drawn[2].tissue != 0) & (drawn[0].tissue != 0)
    lost = inside & (drawn[2].labels == 31) & (drawn[0].labels != 31)
    assert np.isin(drawn[0].tissue[lost], (Tissue.FAT.code, Tissue.SKIN.code)).mean() > 0.8


def test_sides_are_set_apart() -> None:
    volumes = Body(bulk={31: 0.7, 32: 1.0}).parts().group_volumes_ml()
    assert volumes[31] == pytest.approx(0.7 * volumes[32])
    np.testing.assert_allclose(volumes[33], volumes[34])


@settings(max_examples=4)
@given(heights=st.lists(st.floats(900, 1900), min_size=2, max_size=2, unique=True).map(sorted))
def test_every_group_grows_with_height_and_girth(heights: list[float]) -> None:
    small, tall, stout = (
        Body(Shape(height_mm=height, girth=girth)).parts().group_volumes_ml()[1:]
        for height, girth in ((heights[0], 1.0), (heights[1], 1.0), (heights[1], 1.1))
    )
    assert (tall >= small).all()
    # The head keeps its size, and with it the upper end of the neck's muscles.
    assert (stout > 1.05 * tall).all()


def test_fluid_lies_at_the_joints_and_is_as_much_as_asked() -> None:
    fluid = joint_fluid(12.0)
    knee = np.array([name == "fluid of knee" for name in fluid.structure])
    assert fluid.volume_ml[knee & (fluid.side < 0)].sum() == pytest.approx(12.0)
    assert set(fluid.tissue) == {Tissue.FLUID}
    left, right = (fluid.centre[fluid.side == side] for side in (-1, 1))
    np.testing.assert_allclose(left.mean(0) * [-1, 1, 1], right.mean(0))
    bones = measured_body()
    for place in fluid.centre:
        bone = np.array([tissue is Tissue.BONE for tissue in bones.tissue])
        assert np.linalg.norm(bones.centre[bone] - place, axis=1).min() < 35.0
    left_knee = some(fluid, knee & (fluid.side < 0))
    drawn = render(left_knee, grid_around(left_knee, (2.0, 2.0, 2.0), margin_mm=30.0))
    seen = np.count_nonzero(drawn.tissue == Tissue.FLUID.code) * 0.008
    # The soft edge of a thin layer fills its voxels by less than half.
    assert 0.6 * 12.0 < seen < 12.0


def test_fat_is_as_thick_as_asked_and_skin_covers_it() -> None:
    body = measured_body()
    thigh = some(body, left_thigh(body))
    grid = grid_around(thigh, (3.0, 3.0, 3.0), margin_mm=40.0)
    areas = []
    middle = grid.shape[2] // 2
    for mm in (4.0, 12.0, 20.0):
        drawn = render(thigh, grid, FatLayer(np.full(len(thigh.structure), mm))).tissue[:, :, middle]
        areas.append(np.count_nonzero(drawn) * 9.0)
        # Leaving the body one crosses fat and then skin.
        line = drawn[:, drawn.shape[1] // 2]
        outer = line[line > 0]
        assert outer[0] == outer[-1] == Tissue.SKIN.code
    radii = np.sqrt(np.array(areas) / np.pi)
    np.testing.assert_allclose(np.diff(radii), 8.0, atol=1.5)


def test_the_fat_of_the_buttocks_is_thicker_than_that_of_the_hands() -> None:
    body = measured_body()
    fat = FatLayer.over(body, 10.0).mm
    thick, thin = (
        fat[np.array([word in name for name in body.structure])].mean() for word in ("gluteus maximus", "metacarpal")
    )
    assert thick > 15.0
    assert thin < 5.0


def test_a_turned_grid_shows_the_same_body() -> None:
    thigh = some(measured_body(), left_thigh(measured_body()))
    fat = FatLayer(np.full(len(thigh.structure), 8.0))
    centres, volumes = [], []
    for axes in (np.eye(3), Rotation.from_rotvec((3.0, -2.0, 12.0), degrees=True).as_matrix()):
        grid = grid_around(thigh, (4.0, 4.0, 4.0), 30.0, axes)
        drawn = render(thigh, grid, fat)
        voxels = np.argwhere(drawn.labels == 31)
        centres.append(grid.points(voxels).mean(0))
        volumes.append([len(voxels), np.count_nonzero(drawn.tissue)])
    np.testing.assert_allclose(centres[0], centres[1], atol=0.7)
    np.testing.assert_allclose(volumes[0], volumes[1], rtol=0.05)
