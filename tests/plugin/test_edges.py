"""Contours lie on the border of a group, and follow a change."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from napari_wbmri.viewer.label_contours import Edges

LABELS = arrays(np.uint8, (3, 6, 5), elements=st.integers(0, 2))


def test_only_the_border_in_the_plane_is_left() -> None:
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[:, 2:7, 2:7] = 4
    found = Edges(labels, (6.0, 1.3, 1.3), (0, 1, 2))
    assert found[1, 2, 2:7].tolist() == [4] * 5
    assert not found[:, 3:6, 3:6].any()
    assert not found[labels == 0].any()


def test_large_voxels_are_divided_so_that_the_line_stays_thin() -> None:
    labels = np.ones((4, 5, 6), np.uint8)
    made = Edges(labels, (6.6, 2.6, 1.2), (1, 0, 2))
    assert made.parts == (5, 1, 1)
    assert made.shape == (20, 5, 6)


@given(LABELS, LABELS, st.permutations([0, 1, 2]), st.integers(0, 2))
def test_a_slice_is_that_of_the_whole_and_follows_a_change(
    before: np.ndarray, after: np.ndarray, plane: list[int], place: int
) -> None:
    labels = before.copy()
    made = Edges(labels, (2.6, 1.0, 4.0), tuple(plane))
    labels[:] = after
    whole = np.asarray(made)
    assert whole.shape == made.shape
    asked = tuple(place if axis == plane[0] else slice(None) for axis in range(3))
    np.testing.assert_array_equal(made[asked], whole[asked])
    np.testing.assert_array_equal(made[:, 1:3], whole[:, 1:3])
    for axis in range(3):
        one = tuple(place if other == axis else slice(None) for other in range(3))
        np.testing.assert_array_equal(made[one], whole[one])
    np.testing.assert_array_equal(made[-1], whole[-1])
