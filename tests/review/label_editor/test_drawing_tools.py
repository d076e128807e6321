"""Brush, filling and mirroring, against shapes whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import Grid, InputError
from wbmri.core.scheme import load_scheme
from wbmri.review.label_editor import Block, Brush, LabelChange, Stroke, fill_between, mirror

SHAPE, SPACING = (40, 9, 50), (2.0, 6.0, 2.0)


def empty() -> np.ndarray:
    return np.zeros(SHAPE, np.uint8)


def drawn(labels: np.ndarray, change: LabelChange) -> np.ndarray:
    after = labels.copy()
    change.apply(after)
    return after


def test_a_ball_has_the_radius_in_mm_along_every_axis() -> None:
    stroke = Stroke(empty(), SPACING, Brush(5, 13.0))
    stroke.to((20, 4, 25))
    offset = (np.indices(SHAPE).T - (20, 4, 25)) * SPACING
    truth = (np.linalg.norm(offset, axis=-1) <= 13.0).T
    np.testing.assert_array_equal(drawn(empty(), stroke.change) == 5, truth)


def test_a_disc_stays_on_the_slice_that_is_shown() -> None:
    stroke = Stroke(empty(), SPACING, Brush(5, 13.0, plane=1))
    stroke.to((20, 4.4, 25))
    assert set(np.unique(stroke.change.places[1])) == {4}


@given(st.lists(st.tuples(st.floats(-5, 45), st.floats(-2, 11), st.floats(-5, 55)), min_size=1, max_size=5))
def test_the_steps_of_a_stroke_add_up_to_it_and_touch_no_voxel_twice(points: list[tuple[float, ...]]) -> None:
    labels = empty()
    stroke = Stroke(labels, SPACING, Brush(5, 7.0))
    screen = labels.copy()
    for point in points:
        stroke.to(point).apply(screen)
    np.testing.assert_array_equal(screen, drawn(labels, stroke.change))


def test_a_fast_stroke_leaves_no_gap() -> None:
    stroke = Stroke(empty(), SPACING, Brush(5, 3.0, plane=1))
    stroke.to((5, 4, 5))
    stroke.to((35, 4, 45))
    line = np.rint(np.linspace((5, 4, 5), (35, 4, 45), 200)).astype(int)
    assert np.all(drawn(empty(), stroke.change)[tuple(line.T)] == 5)


@pytest.mark.parametrize(("steal", "kept"), [(False, 7), (True, 5)])
def test_neighbours_lose_voxels_only_if_that_is_wanted(steal: bool, kept: int) -> None:
    labels = empty()
    labels[22:30] = 7
    stroke = Stroke(labels, SPACING, Brush(5, 10.0, steal=steal))
    stroke.to((20, 4, 25))
    after = drawn(labels, stroke.change)
    assert after[19, 4, 25] == 5
    assert after[23, 4, 25] == kept


def test_erasing_takes_the_groups_own_voxels_alone() -> None:
    labels = empty()
    labels[:20], labels[20:] = 5, 7
    stroke = Stroke(labels, SPACING, Brush(5, 10.0, erase=True))
    stroke.to((20, 4, 25))
    after = drawn(labels, stroke.change)
    assert after[19, 4, 25] == 0
    assert np.array_equal(after == 7, labels == 7)
    assert 0 < stroke.change.voxels < 2000


def test_the_smart_brush_stays_in_the_muscle_it_began_in() -> None:
    muscle = np.zeros(SHAPE, bool)
    muscle[5:18], muscle[22:35] = True, True  # two muscles with fat between

    def within(block: Block) -> np.ndarray:
        return muscle[block]

    stroke = Stroke(empty(), SPACING, Brush(5, 16.0, plane=1), within)
    stroke.to((14, 4, 25))
    painted = drawn(empty(), stroke.change) == 5
    assert painted.any()
    assert not painted[~muscle].any()
    assert not painted[22:].any()


def test_a_brush_without_label_or_size_is_refused() -> None:
    for label, radius in ((0, 5.0), (5, 0.0)):
        with pytest.raises(InputError):
            Brush(label, radius)


def cone(labels: np.ndarray, label: int, at: Callable[[int], float]) -> np.ndarray:
    """A round shape whose radius, in mm, changes along the second axis."""
    x, z = (np.indices((SHAPE[0], SHAPE[2])).T - (20, 25)).T * 2.0
    made = labels.copy()
    for j in range(SHAPE[1]):
        made[:, j][np.hypot(x, z) < at(j)] = label
    return made


def test_filling_between_slices_finds_a_cone_again() -> None:
    whole = cone(empty(), 5, lambda j: 12.0 + 2.0 * j)
    sparse = whole.copy()
    sparse[:, [1, 2, 3, 5, 6, 7]] = 0
    filled = drawn(sparse, fill_between(sparse, 5, 1, SPACING))
    overlap = 2 * np.sum((filled == 5) & (whole == 5)) / (np.sum(filled == 5) + np.sum(whole == 5))
    assert overlap > 0.97
    for j in (0, 4, 8):
        np.testing.assert_array_equal(filled[:, j], whole[:, j])


def test_filling_between_two_slices_draws_what_lies_between_anew() -> None:
    wrong = cone(empty(), 5, lambda j: 14.0 if j in (0, 6) else 30.0)
    filled = drawn(wrong, fill_between(wrong, 5, 1, SPACING, between=(6, 0)))
    for j in range(7):
        np.testing.assert_array_equal(filled[:, j], wrong[:, 0])
    np.testing.assert_array_equal(filled[:, 7:], wrong[:, 7:])


def test_filling_spares_neighbours_unless_told() -> None:
    labels = cone(empty(), 5, lambda j: 14.0 if j in (0, 4) else 0.0)
    labels[20, 2] = 7
    assert np.all(drawn(labels, fill_between(labels, 5, 1, SPACING))[20, 2] == 7)
    assert drawn(labels, fill_between(labels, 5, 1, SPACING, steal=True))[20, 2, 25] == 5


def test_filling_without_a_gap_or_a_slice_is_refused() -> None:
    labels = cone(empty(), 5, lambda j: 14.0 if j < 3 else 0.0)
    with pytest.raises(InputError, match="without a gap"):
        fill_between(labels, 5, 1, SPACING)
    with pytest.raises(InputError, match="slice 6 without label 5"):
        fill_between(labels, 5, 1, SPACING, between=(1, 6))


def two_sided(tilt: float) -> tuple[np.ndarray, Grid]:
    """Five pairs of balls about a tilted midline, as labels with their grid (left is -x)."""
    affine = np.diag([-2.0, 6.0, 2.0, 1.0])
    affine[:3, 3] = (80.0, -40.0, -150.0)
    shape = (80, 14, 150)
    points = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    labels = np.zeros(shape, np.uint8)
    for k, z in enumerate(np.linspace(-120, 120, 5)):
        for side, label in ((-1.0, 2 * k + 1), (1.0, 2 * k + 2)):
            centre = np.array([side * 40.0 + tilt * z, 0.0, z - side * tilt * 40.0])
            labels[np.linalg.norm((points - centre) / (1.0, 1.0, 1.3), axis=-1) < 18] = label
    return labels, Grid(shape, affine)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * np.sum(a & b) / (np.sum(a) + np.sum(b)))


@pytest.mark.parametrize("tilt", [0.0, 0.06])
def test_a_missing_group_is_mirrored_to_where_it_belongs(tilt: float) -> None:
    truth, grid = two_sided(tilt)
    labels = np.where(truth == 6, 0, truth).astype(np.uint8)
    after = drawn(labels, mirror(labels, grid, load_scheme(), 6))
    assert dice(after == 6, truth == 6) > 0.93
    np.testing.assert_array_equal(after[after != 6], truth[after != 6] * (truth[after != 6] != 6))


def test_a_mirrored_group_stays_where_it_was_drawn_and_spares_its_neighbour() -> None:
    truth, grid = two_sided(0.0)
    moved = np.zeros_like(truth)
    moved[truth != 6] = truth[truth != 6]
    lower = np.roll(truth == 6, 6, axis=2)
    moved[lower] = 6
    moved[:, :3][truth[:, :3] == 0] = 9
    after = drawn(moved, mirror(moved, grid, load_scheme(), 6))
    assert dice(after == 6, lower) > 0.9
    np.testing.assert_array_equal(after == 9, moved == 9)


def test_mirroring_without_a_model_or_a_midline_is_refused() -> None:
    truth, grid = two_sided(0.0)
    with pytest.raises(InputError, match="other side"):
        mirror(np.where(truth == 5, 0, truth), grid, load_scheme(), 6)
    with pytest.raises(InputError, match="midline"):
        mirror(np.where(truth > 6, 0, truth).astype(np.uint8), grid, load_scheme(), 6)
