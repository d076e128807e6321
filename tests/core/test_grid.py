"""The grid value type: where its voxels lie, in mm of the body, however they are stored."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.affines import voxel_sizes
from nibabel.orientations import aff2axcodes

from wbmri.core import Grid, InputError

SHAPES = st.tuples(*[st.integers(1, 9)] * 3)
SPACINGS = st.tuples(*[st.floats(0.5, 9.0)] * 3)
ORIGINS = st.tuples(*[st.floats(-900.0, 900.0)] * 3)
FLIPS = st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3)
AXES = st.permutations((0, 1, 2))
TURNS = st.tuples(*[st.floats(-0.4, 0.4)] * 3)


def rotation(x: float, y: float, z: float) -> np.ndarray:
    made = np.eye(3)
    for axis, angle in enumerate((x, y, z)):
        turn = np.eye(3)
        a, b = [k for k in range(3) if k != axis]
        turn[[a, b], [a, b]] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        made = made @ turn
    return made


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Oblique, flipped and permuted grids of any spacing."""
    directions = rotation(*draw(TURNS))[:, draw(AXES)] * draw(FLIPS)
    return Grid.from_directions(draw(SHAPES), directions, draw(SPACINGS), draw(ORIGINS))


@st.composite
def boxes(draw: st.DrawFn) -> tuple[Grid, tuple[slice, slice, slice]]:
    """A grid and slices of it that leave something, backwards and with steps too."""
    grid = draw(grids())
    parts = []
    for n in grid.shape:
        start = draw(st.integers(0, n - 1))
        step = draw(st.sampled_from((-2, -1, 1, 2, None)))
        parts.append(slice(start, None, step))
    return grid, (parts[0], parts[1], parts[2])


def centres(grid: Grid) -> np.ndarray:
    """RAS mm of every voxel by nibabel, shape (i, j, k, 3)."""
    return nib.affines.apply_affine(grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1))


@pytest.mark.parametrize(
    "affine",
    [
        np.eye(3),
        np.diag([1.0, 0.0, 1.0, 1.0]),
        np.diag([1.0, np.nan, 1.0, 1.0]),
        np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0.1, 1]]),
    ],
)
def test_what_is_no_invertible_affine_is_refused(affine: np.ndarray) -> None:
    with pytest.raises(InputError, match="invertible 4x4 matrix"):
        Grid((2, 2, 2), affine)


def test_an_axis_without_voxels_is_refused() -> None:
    with pytest.raises(InputError, match="at least one voxel"):
        Grid((2, 0, 2), np.eye(4))


def test_a_grid_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Grid((2, 2, 2), np.eye(4)).affine[0, 0] = 2.0


def test_units_are_mm_and_ml() -> None:
    grid = Grid.along_axes((10, 20, 30), (1.0, 2.0, 5.0), (-5.0, 6.0, 7.0))
    assert grid.spacing == (1.0, 2.0, 5.0)
    assert grid.voxel_ml == pytest.approx(0.01)
    assert grid.slice_axis == 2
    assert grid.origin.tolist() == [-5.0, 6.0, 7.0]
    # The bounds are those of the voxels, not of their centres.
    assert grid.bounds().tolist() == [[-5.5, 5.0, 4.5], [4.5, 45.0, 154.5]]


def test_dicom_counts_to_the_left_and_back() -> None:
    coronal = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    grid = Grid.from_directions((256, 320, 20), coronal, (1.5, 1.5, 6.0), (-190.0, -40.0, 300.0), lps=True)
    assert aff2axcodes(grid.affine) == ("L", "I", "P")
    assert grid.points([0, 0, 0]).tolist() == [190.0, 40.0, 300.0]
    assert grid.points([1, 1, 1]).tolist() == [188.5, 34.0, 298.5]


def test_the_long_axis_points_to_the_head_in_any_storage() -> None:
    turn = rotation(0.2, 0.1, 0.0)
    upward = Grid.from_directions((4, 5, 6), turn, 2.0, (0.0, 0.0, 0.0))
    downward = Grid.from_directions((6, 4, 5), turn[:, [2, 0, 1]] * [-1.0, 1.0, 1.0], 2.0, (0.0, 0.0, 0.0))
    np.testing.assert_allclose(upward.long_axis, turn[:, 2])
    np.testing.assert_allclose(downward.long_axis, turn[:, 2])


@given(grids())
def test_spacing_and_directions_make_up_the_affine(grid: Grid) -> None:
    np.testing.assert_allclose(grid.spacing, voxel_sizes(grid.affine))
    np.testing.assert_allclose(grid.directions.T @ grid.directions, np.eye(3), atol=1e-9)
    made = Grid.from_directions(grid.shape, grid.directions, grid.spacing, grid.origin)
    np.testing.assert_allclose(made.affine, grid.affine, atol=1e-9)
    assert grid.voxel_ml == pytest.approx(np.prod(grid.spacing) / 1000)


@given(grids(), st.lists(st.tuples(*[st.floats(-50.0, 50.0)] * 3), min_size=1, max_size=5))
def test_indices_and_points_are_there_and_back(grid: Grid, index: list[tuple[float, float, float]]) -> None:
    points = grid.points(index)
    np.testing.assert_allclose(points, nib.affines.apply_affine(grid.affine, np.array(index)), atol=1e-6)
    np.testing.assert_allclose(grid.indices(points), index, atol=1e-6)


@given(grids())
def test_every_voxel_lies_where_its_point_does(grid: Grid) -> None:
    points = grid.points(np.moveaxis(np.indices(grid.shape), 0, -1))
    for axis in range(3):
        assert np.allclose(grid.along(axis), points[..., axis], atol=1e-3)


@given(grids(), grids())
def test_the_index_map_goes_through_the_body(grid: Grid, other: Grid) -> None:
    index = np.array(grid.shape) / 3
    mapped = grid.index_map(other) @ [*index, 1.0]
    np.testing.assert_allclose(mapped[:3], other.indices(grid.points(index)), atol=1e-6)


@given(grids())
def test_corners_lie_half_a_voxel_beyond_the_outer_centres(grid: Grid) -> None:
    index = grid.indices(grid.corners())
    np.testing.assert_allclose(index.min(axis=0), -0.5, atol=1e-6)
    np.testing.assert_allclose(index.max(axis=0), np.array(grid.shape) - 0.5, atol=1e-6)
    low, high = grid.bounds()
    assert (centres(grid) > low).all()
    assert (centres(grid) < high).all()


@given(boxes())
def test_a_crop_lies_where_nibabel_and_numpy_put_it(case: tuple[Grid, tuple[slice, slice, slice]]) -> None:
    grid, box = case
    cropped = grid.crop(box)
    np.testing.assert_allclose(centres(cropped), centres(grid)[box], atol=1e-6)
    if all((part.step or 1) > 0 for part in box):
        image = nib.Nifti1Image(np.zeros(grid.shape, np.uint8), grid.affine)
        np.testing.assert_allclose(cropped.affine, image.slicer[box].affine, atol=1e-6)


@given(grids(), st.tuples(*[st.integers(0, 4)] * 3), st.tuples(*[st.integers(0, 4)] * 3))
def test_padding_and_cropping_give_the_grid_back(grid: Grid, before: tuple[int, ...], after: tuple[int, ...]) -> None:
    padded = grid.pad(before, after)
    a, b, c = (slice(start, start + n) for start, n in zip(before, grid.shape, strict=True))
    again = padded.crop((a, b, c))
    assert again.shape == grid.shape
    assert again.apart_mm(grid) < 1e-6


@given(grids(), st.tuples(*[st.integers(1, 3)] * 3))
def test_a_coarser_voxel_lies_in_the_middle_of_its_block(grid: Grid, steps: tuple[int, int, int]) -> None:
    steps = tuple(min(step, n) for step, n in zip(steps, grid.shape, strict=True))
    coarse = grid.coarser(steps)
    assert coarse.shape == tuple(n // step for n, step in zip(grid.shape, steps, strict=True))
    block = centres(grid)[tuple(slice(step) for step in steps)].reshape(-1, 3)
    np.testing.assert_allclose(coarse.origin, block.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(coarse.spacing, np.array(grid.spacing) * steps)


@given(grids(), st.sampled_from(("RAS", "LPI", "PIL", "SAR")))
def test_stored_anew_no_voxel_moves(grid: Grid, axes: str) -> None:
    storage = grid.stored_as(axes)
    assert "".join(aff2axcodes(storage.grid.affine)) == axes
    marks = np.arange(np.prod(grid.shape)).reshape(grid.shape)
    stored = storage.apply(marks)
    assert stored.shape == storage.grid.shape
    np.testing.assert_array_equal(storage.undo(stored), marks)
    places = {int(mark): place for mark, place in zip(marks.ravel(), centres(grid).reshape(-1, 3), strict=True)}
    expected = np.array([places[int(mark)] for mark in stored.ravel()])
    np.testing.assert_allclose(centres(storage.grid).reshape(-1, 3), expected, atol=1e-6)
    index = np.argwhere(stored >= 0)
    before = storage.stored_indices(index)
    np.testing.assert_array_equal(marks[tuple(before.astype(int).T)], stored.ravel())
    np.testing.assert_array_equal(storage.indices(before), index)
    for axis in range(3):
        assert grid.shape[storage.stored_axis(axis)] == storage.grid.shape[axis]
    if axes == "RAS":
        image = nib.as_closest_canonical(nib.Nifti1Image(marks.astype(np.int32), grid.affine))
        np.testing.assert_array_equal(stored, image.get_fdata())
        np.testing.assert_allclose(storage.grid.affine, image.affine, atol=1e-6)


@given(grids(), st.sampled_from((2.0, 3.0, 8.0)))
def test_an_enclosing_grid_covers_all_and_no_voxel_more(grid: Grid, spacing: float) -> None:
    around = grid.enclosing(spacing)
    assert around.spacing == (spacing,) * 3
    np.testing.assert_array_equal(around.directions, np.eye(3))
    (low, high), (first, last) = grid.bounds(), around.bounds()
    np.testing.assert_allclose(first, low, atol=1e-6)
    assert (last >= high - 1e-6).all()
    assert (last - high <= spacing + 1e-6).all()


def test_overlap_is_the_part_of_the_smaller_that_both_share() -> None:
    large = Grid.along_axes((10, 10, 10), 2.0, (1.0, 1.0, 1.0))
    small = Grid.along_axes((5, 5, 4), 2.0, (1.0, 1.0, 17.0))
    apart = Grid.along_axes((5, 5, 4), 2.0, (41.0, 1.0, 1.0))
    assert large.overlap(large) == pytest.approx(1.0)
    assert large.overlap(small) == small.overlap(large) == pytest.approx(0.5)
    assert large.overlap(apart) == 0.0


def test_how_far_grids_lie_apart_is_said_in_mm() -> None:
    grid = Grid.along_axes((10, 10, 10), 2.0, (0.0, 0.0, 0.0))
    assert grid.apart_mm(grid) == 0.0
    assert grid.apart_mm(Grid.along_axes((10, 10, 10), 2.0, (0.0, 3.0, 0.0))) >= 3.0
    assert grid.apart_mm(Grid.along_axes((10, 10, 10), 2.1, (0.0, 0.0, 0.0))) == pytest.approx(1.0)
