"""Heights that the finder sees: the line through them, and what settles it where they jump."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.segmentation.network import AIR, COARSE_MM, FINDINGS, LEVEL
from wbmri.segmentation.network.field_of_view import BodyHeight, settled, wider_voxel_mm

COARSE = Grid.along_axes((24, 24, 120), COARSE_MM, (0.0, 0.0, 0.0))
CALF, THIGH = 21, 18


def answer(heights: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return a finder's answer with a block of muscle in every slice, of a height and a pair."""
    found = np.zeros((FINDINGS, *COARSE.shape), np.float32)
    found[AIR] = 1
    for k, (height, pair) in enumerate(zip(heights, pairs, strict=True)):
        found[AIR, 8:16, 8:16, k] = 0
        found[pair, 8:16, 8:16, k] = 1
        found[LEVEL, 8:16, 8:16, k] = height
    return found


STRAIGHT = np.arange(120) * COARSE_MM / 1600
PAIRS_OF_LEG = np.where(STRAIGHT < 0.28, CALF, THIGH)


def test_the_line_goes_through_the_heights_though_a_quarter_of_them_is_wrong() -> None:
    heights = STRAIGHT.copy()
    heights[:30] = 0.35
    line = BodyHeight.of(answer(heights, PAIRS_OF_LEG), COARSE)
    assert 1 / line.slope == pytest.approx(1600, rel=0.02)
    assert line.offset == pytest.approx(0, abs=0.01)


def test_a_calf_taken_for_a_thigh_is_settled_by_the_wider_view() -> None:
    heights, pairs = STRAIGHT.copy(), PAIRS_OF_LEG.copy()
    heights[5:30], pairs[5:30] = 0.35, THIGH
    mistaken, wider = answer(heights, pairs), answer(STRAIGHT, PAIRS_OF_LEG)
    found = settled(mistaken, wider, COARSE)
    np.testing.assert_array_equal(found[:, 12, 12].argmax(0)[:40], CALF)
    # What was not in doubt is not touched.
    np.testing.assert_array_equal(found[..., 45:], mistaken[..., 45:])


def test_a_wider_view_that_contradicts_itself_changes_nothing() -> None:
    heights = STRAIGHT.copy()
    heights[60:90] = 0.1
    good = answer(STRAIGHT, PAIRS_OF_LEG)
    np.testing.assert_array_equal(settled(good, answer(heights, PAIRS_OF_LEG), COARSE), good)


def test_without_any_muscle_the_answer_stays() -> None:
    nothing = np.zeros((FINDINGS, *COARSE.shape), np.float32)
    nothing[AIR] = 1
    np.testing.assert_array_equal(settled(nothing, answer(STRAIGHT, PAIRS_OF_LEG), COARSE), nothing)


@pytest.mark.parametrize(("length_mm", "voxel_mm"), [(300.0, None), (480.0, 10.0), (1900.0, 14.5)])
def test_the_wider_view_holds_the_scan_as_far_as_it_may(length_mm: float, voxel_mm: float | None) -> None:
    scan = Grid.along_axes((10, 10, round(length_mm / 5)), 5.0, (0.0, 0.0, 0.0))
    assert wider_voxel_mm(scan) == (None if voxel_mm is None else pytest.approx(voxel_mm))
