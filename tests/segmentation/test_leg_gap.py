"""Legs that lie together are seen apart as well, and what is found lies where they are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.segmentation.network import AIR, COARSE_MM, FINDINGS, LEVEL, PAIRS, brightness
from wbmri.segmentation.network.leg_gap import LegGap, located_apart

SHAPE = (40, 20, 24)
CALF, THIGH, BUTTOCK = 21, 18, 13
HEIGHT = {CALF: 0.15, THIGH: 0.35, BUTTOCK: 0.5}
MUSCLE = float(brightness(np.ones(1, np.float32), 1.0)[0])


def legs(between: int) -> NDArray[np.float32]:
    """Return a picture of two round legs of 10 voxels, with so many empty ones between."""
    x, y, _ = np.indices(SHAPE)
    image = np.zeros(SHAPE, np.float32)
    for middle in (19.5 - 5 - between / 2, 19.5 + 5 + between / 2):
        image[np.hypot(x - middle, y - 9.5) < 5] = MUSCLE
    return image


def finder(together: int, apart: int, heights: dict[int, float]) -> tuple[list[int], object]:
    """Return the widths of what it was shown, and a finder that takes all for one pair or another, by the gap."""
    widths: list[int] = []

    def locate(image: NDArray[np.float32]) -> NDArray[np.float32]:
        seen = image > 0.5 * MUSCLE
        columns = np.flatnonzero(seen.any((1, 2)))
        pair = apart if np.diff(columns).max() > 8 else together
        found = np.zeros((FINDINGS, *image.shape), np.float32)
        found[AIR], found[pair], found[LEVEL] = ~seen, seen, heights[pair]
        widths.append(image.shape[0])
        return found

    return widths, locate


def only_pair(found: NDArray[np.float32]) -> int:
    """Return the pair that all muscle was taken for."""
    sums = found[1 : PAIRS + 1].sum((1, 2, 3))
    assert np.count_nonzero(sums) == 1
    return int(sums.argmax()) + 1


@pytest.mark.parametrize("between", [0, 1, 3])
def test_calves_together_are_not_taken_for_thighs(between: int) -> None:
    image = legs(between)
    widths, locate = finder(THIGH, CALF, HEIGHT)
    found = located_apart(image, COARSE_MM, locate)  # type: ignore[arg-type]
    assert widths[1] > widths[0] == SHAPE[0]
    assert only_pair(found) == CALF
    assert np.array_equal(found[CALF] > 0, image > 0)


def test_both_looks_count_where_they_agree() -> None:
    _, locate = finder(THIGH, CALF, {**HEIGHT, CALF: 0.33})
    found = located_apart(legs(1), COARSE_MM, locate)  # type: ignore[arg-type]
    assert found[THIGH].max() == found[CALF].max() == 0.5


def test_a_picture_that_shows_more_than_legs_is_seen_as_it_is() -> None:
    widths, locate = finder(THIGH, BUTTOCK, HEIGHT)
    assert only_pair(located_apart(legs(1), COARSE_MM, locate)) == THIGH  # type: ignore[arg-type]
    assert len(widths) == 2


def test_a_trunk_one_leg_and_legs_far_apart_are_seen_once() -> None:
    trunk, one = np.zeros(SHAPE, np.float32), legs(0)
    trunk[4:36, 4:16], one[20:] = MUSCLE, 0
    assert LegGap.of(trunk, COARSE_MM) is None
    assert LegGap.of(one, COARSE_MM) is None
    assert LegGap.of(legs(13), COARSE_MM) is None
    assert LegGap.of(np.zeros(SHAPE, np.float32), COARSE_MM) is None
