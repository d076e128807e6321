"""From the finder to labels, step by step.

Tiles cover all muscle and blend without a seam, muscles keep their order along the body, sides hold far from the
midline, and labels arrive on oblique voxels without what is too dark.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from wbmri.core import Grid
from wbmri.core.scheme import Scheme
from wbmri.segmentation.network import (
    AIR,
    ANSWERS,
    CONTEXT,
    FIND_TILE,
    FINDINGS,
    PAIRS,
    SIDE,
    TILE_COARSE,
    TILE_FINE,
    locate_groups,
)
from wbmri.segmentation.network.postprocessing import (
    correct_sides,
    labels_on_scan,
    remove_dark_voxels,
    remove_islands,
)
from wbmri.segmentation.network.sliding_window import outline_groups, tile_starts


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 29), st.integers(0, 89)), min_size=1, max_size=12))
@settings(max_examples=50, deadline=None)
def test_tiles_cover_all_muscle(places: list[tuple[int, int, int]]) -> None:
    muscle = np.zeros((60, 30, 90), bool)
    muscle[tuple(np.array(places).T)] = True
    covered = np.zeros_like(muscle)
    for start in tile_starts(muscle):
        assert all(s % 3 == 0 for s in start)
        covered[tuple(slice(max(0, s), max(0, s + TILE_COARSE)) for s in start)] = True
    assert covered[muscle].all()


def test_no_tile_shows_only_what_others_show() -> None:
    muscle = np.zeros((60, 30, 90), bool)
    muscle[4:56, 4:20, 4:40], muscle[20:40, 4:28, 40:86] = True, True
    boxes = [tuple(slice(max(0, s), s + TILE_COARSE) for s in start) for start in tile_starts(muscle)]
    times = np.zeros(muscle.shape, int)
    for box in boxes:
        times[box] += 1
    near = ndimage.binary_dilation(muscle, np.ones((3, 3, 3), bool), iterations=2)
    assert times[muscle].min() >= 1
    assert all((times[box][near[box]] == 1).any() for box in boxes)


def test_blended_tiles_give_back_what_every_tile_says() -> None:
    context = np.zeros((CONTEXT, 48, 24, 60), np.float32)
    context[0] = 1
    context[:2, 6:40, 6:18, 6:54] = np.array([0.0, 1.0], np.float32)[:, None, None, None]
    context[4, 6:20, 6:18, 6:54], context[1, 6:20, 6:18, 6:54] = 1, 0
    image = np.zeros((128, 64, 160), np.float32)

    def repeat(tile: np.ndarray, near: np.ndarray) -> np.ndarray:
        answer = np.zeros((ANSWERS, *(TILE_FINE,) * 3), np.float32)
        index = (np.arange(TILE_FINE) * TILE_COARSE) // TILE_FINE
        answer[: PAIRS + 1] = near[: PAIRS + 1][np.ix_(range(PAIRS + 1), index, index, index)]
        answer[SIDE] = 1
        return np.moveaxis(answer, 0, -1)

    probabilities, first = outline_groups(image, context, repeat, lambda done: None)
    assert probabilities.shape[3] == PAIRS + 1
    for pair, across in ((4, slice(6, 20)), (1, slice(20, 40))):
        want = np.zeros((48, 24, 60), bool)
        want[across, 6:18, 6:54] = True
        corner = [(6 if axis else across.start) * 8 // 3 + 2 - first[axis] for axis in range(3)]
        inner = probabilities[corner[0] : corner[0] + 30, corner[1] : corner[1] + 26, corner[2] : corner[2] + 100]
        np.testing.assert_allclose(inner[..., pair - 1], 1, atol=1e-5)
        np.testing.assert_allclose(inner[..., PAIRS], 1, atol=1e-5)


def test_labels_arrive_on_oblique_voxels(scheme: Scheme) -> None:
    probabilities = np.zeros((40, 40, 40, PAIRS + 1), np.float32)
    probabilities[10:30, 10:30, 10:30, 6] = 1
    probabilities[20:, ..., PAIRS] = 1
    turn = np.deg2rad(20)
    into = np.eye(4)
    into[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    into[:3, 3] = (8, -4, 1)
    labels = labels_on_scan(
        Grid((40, 40, 38), into),
        Grid((50, 50, 50), np.eye(4)),
        (0, 0, 0),
        probabilities,
        scheme,
    )
    index = np.indices(labels.shape).reshape(3, -1)
    place = into[:3, :3] @ index + into[:3, 3:]
    inside = ((place > 9.6) & (place < 29.4)).all(0).reshape(labels.shape)
    outside = ((place < 9.25) | (place > 29.75)).any(0).reshape(labels.shape)
    assert set(np.unique(labels[inside])) == {13, 14}
    assert not labels[outside].any()
    right = (place[0] > 20).reshape(labels.shape)
    assert (labels[inside & right] == 14).all()


def test_dark_edges_are_dropped_under_shading_and_beside_oedema() -> None:
    shape = (60, 20, 120)
    labels = np.zeros(shape, np.uint8)
    for number in range(8):
        labels[5:55, 3:17, 15 * number : 15 * number + 14] = number + 1
    image = np.ones(shape, np.float32)
    image[5:55, 3:17, 45:52] = 3
    fat = np.zeros(shape, bool)
    fat[5:8], fat[52:55] = True, True
    image[fat] = 0.3
    image *= np.linspace(0.7, 1.5, shape[2], dtype=np.float32)
    kept = remove_dark_voxels(labels, image, (2.0, 5.0, 2.0))
    assert not kept[fat].any()
    np.testing.assert_array_equal(kept[~fat], labels[~fat])
    assert not remove_dark_voxels(np.zeros(shape, np.uint8), image, (2.0, 5.0, 2.0)).any()


def test_tiny_pieces_beside_a_large_one_are_dropped() -> None:
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[5:20, 5:20, 5:20] = 3
    labels[25, 25, 25] = 3
    labels[1:3, 1:3, 1:3] = 9
    kept = remove_islands(labels, (1.0, 1.0, 1.0))
    assert kept[25, 25, 25] == 0
    assert np.count_nonzero(kept == 3) == 15**3
    assert np.count_nonzero(kept == 9) == 8


def test_a_thin_gap_does_not_part_a_muscle() -> None:
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[5:20, 5:20, 5:20] = 3
    labels[22:24, 5:20, 5:20] = 3
    np.testing.assert_array_equal(remove_islands(labels, (1.0, 1.0, 1.0))[22:24], labels[22:24])
    # On voxels of 3 mm the same gap is 6 mm wide, and one voxel more is 9 mm.
    labels[22] = 0
    assert not remove_islands(labels, (3.0, 3.0, 3.0))[23].any()


def test_the_outlines_decide_the_side_only_near_the_midline() -> None:
    right = np.zeros((48, 24, 24), np.float32)
    right[24:] = 1
    probabilities = np.zeros((128, 64, 64, PAIRS + 1), np.float32)
    probabilities[..., PAIRS] = 0.4
    settled = correct_sides(probabilities, (0, 0, 0), right)[..., PAIRS]
    assert (settled[:40] == 0).all()
    assert (settled[-40:] == 1).all()
    np.testing.assert_allclose(settled[63:65], 0.4, atol=1e-6)


@given(st.tuples(st.integers(20, 90), st.integers(10, 50), st.integers(12, 130)))
@settings(max_examples=15, deadline=None)
def test_the_finder_sees_every_voxel_in_its_place(shape: tuple[int, int, int]) -> None:
    image = 1 + np.random.default_rng(0).random(shape, dtype=np.float32)

    def repeat(tile: np.ndarray) -> np.ndarray:
        assert tile.shape == FIND_TILE
        return np.repeat(tile[None], FINDINGS, axis=0)

    found = locate_groups(image, repeat, lambda done: None)
    np.testing.assert_allclose(np.delete(found, SIDE, 0), np.repeat(image[None], FINDINGS - 1, 0), rtol=1e-5)
    # What is said of the side of a mirror image is said of the other side.
    np.testing.assert_allclose(found[SIDE], 0.5, rtol=1e-5)


def test_nothing_is_found_in_the_air_around_the_body_and_it_costs_nothing() -> None:
    image = np.random.default_rng(0).random((90, 70, 60)).astype(np.float32) * 0.3
    body = (slice(20, 70), slice(30, 54), slice(5, 50))
    image[body] = 2
    asked = 0

    def count(tile: np.ndarray) -> np.ndarray:
        nonlocal asked
        asked += 1
        return np.full((FINDINGS, *tile.shape), 0.25, np.float32)

    found = locate_groups(image, count, lambda done: None)
    # The body fits into two tiles, one above the other, and each is seen in its mirror image, too.
    assert asked == 4
    np.testing.assert_allclose(found[(1, *body)], 0.25, rtol=1e-5)
    outside = np.ones(image.shape, bool)
    outside[16:74, 26:58, 1:54] = False
    assert (found[AIR][outside] == 1).all()
    assert not found[1:, outside].any()
