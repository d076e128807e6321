"""No brush paints in air: there is no muscle that could be missing."""

import numpy as np
import pytest

from wbmri.review.label_editor import Air, Brush, Stroke

SHAPE, SPACING = (80, 10, 90), (2.0, 6.0, 2.0)


@pytest.fixture
def scan() -> tuple[np.ndarray, np.ndarray]:
    """A limb of muscle with dark fat around it, in noisy air."""
    rng = np.random.default_rng(1)
    image = np.abs(rng.normal(0.0, 6.0, SHAPE)).astype(np.float32)
    labels = np.zeros(SHAPE, np.uint8)
    labels[30:50, 2:8, 20:70] = 5
    image[26:54, 2:8, 20:70] = 100.0
    return image, labels


def test_what_lies_far_from_any_body_is_air_and_the_dark_beside_it_is_not(scan: tuple[np.ndarray, np.ndarray]) -> None:
    air = Air(*scan, SPACING)
    free = air.free_of((slice(0, 80), slice(0, 10), slice(0, 90)))
    assert free.shape == SHAPE
    assert free[25:55, 1:9, 18:72].all()
    assert free[22, 5, 40]
    assert not free[:10].any()
    assert not free[70:].any()
    np.testing.assert_array_equal(air.free_of((slice(7, 31), slice(3, 4), slice(11, 90))), free[7:31, 3:4, 11:90])


def test_a_stroke_through_air_paints_only_what_lies_beside_the_body(scan: tuple[np.ndarray, np.ndarray]) -> None:
    image, labels = scan
    air = Air(image, labels, SPACING)
    far = Stroke(labels, SPACING, Brush(5, 6.0, plane=1), air.free_of)
    far.to((5, 5, 40))
    assert far.change.voxels == 0
    near = Stroke(labels, SPACING, Brush(5, 6.0, plane=1), air.free_of)
    near.to((28, 5, 40))
    assert near.change.voxels > 0


def test_a_scan_without_outlines_is_painted_on_freely() -> None:
    air = Air(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8), SPACING)
    assert air.free_of((slice(0, 80), slice(0, 10), slice(0, 90))).all()
