"""Images and labels brought to other grids lie where they lay, however either is stored."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import Grid, Volume
from wbmri.registration import block_means, field_of_view, linear_on_grid, nearest_on_grid

TURNS = st.floats(-0.3, 0.3)
STORED = st.tuples(st.permutations((0, 1, 2)), st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3))
SLOPE = np.array([1.0, -2.0, 0.5])


def turned(angle: float, stored: tuple[list[int], tuple[float, ...]]) -> Grid:
    """A grid of 3 mm about the origin, turned about z, its axes stored in any order and direction."""
    c, s = np.cos(angle), np.sin(angle)
    order, signs = stored
    directions = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])[:, order] * signs
    shape = np.array([20, 24, 28])[order]
    return Grid.from_directions(shape.tolist(), directions, 3.0, directions @ (-3.0 * (shape - 1) / 2))


def slope(grid: Grid) -> np.ndarray:
    return grid.points(np.moveaxis(np.indices(grid.shape), 0, -1)) @ SLOPE


@given(TURNS, STORED)
def test_a_slope_is_the_same_slope_on_the_world_axes(angle: float, stored: tuple[list[int], tuple[float, ...]]) -> None:
    scan = turned(angle, stored)
    volume = Volume(slope(scan), scan.affine)
    grid = Grid.along_axes((10, 11, 12), 2.0, (-9.0, -10.0, -11.0))
    np.testing.assert_allclose(linear_on_grid(volume, grid), slope(grid), atol=1e-3)
    assert field_of_view(scan, grid).all()


def test_beyond_the_scan_is_nothing_and_out_of_view() -> None:
    scan = turned(0.0, ([0, 1, 2], (1.0, 1.0, 1.0)))
    grid = Grid.along_axes((2, 2, 2), 200.0, (0.0, 0.0, 0.0))
    view = field_of_view(scan, grid)
    assert view[0, 0, 0]
    assert view.sum() == 1
    assert (linear_on_grid(Volume(slope(scan) + 500.0, scan.affine), grid)[~view] == 0).all()


@given(STORED)
def test_labels_stored_anew_are_the_same_labels(stored: tuple[list[int], tuple[float, ...]]) -> None:
    own, other = turned(0.0, ([0, 1, 2], (1.0, 1.0, 1.0))), turned(0.0, stored)
    labels = (slope(own) > 0).astype(np.uint8) + (slope(own) > 20)
    expected = (slope(other) > 0).astype(np.uint8) + (slope(other) > 20)
    np.testing.assert_array_equal(nearest_on_grid(labels, own, other), expected)
    assert nearest_on_grid(labels, own, own) is labels


def test_block_means_stay_where_the_image_lies() -> None:
    scan = turned(0.2, ([2, 0, 1], (1.0, -1.0, 1.0)))
    coarse = block_means(Volume(slope(scan), scan.affine), 7.0)
    np.testing.assert_allclose(coarse.spacing, 6.0)
    np.testing.assert_allclose(coarse.data, slope(coarse.grid), atol=1e-3)
