"""Where voxels lie on the screen: in their place, at their true size, and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari_wbmri.viewer import PLANES, DisplayGrid
from nibabel.orientations import (
    aff2axcodes,
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from wbmri.core import Grid

CODES = ["RAS", "LPI", "PIL", "ASR", "SRA", "ILP", "AIR"]


def grid_of(codes: str, tilt: float = 0.0) -> DisplayGrid:
    """A grid of 5 x 6 x 7 voxels of 1 x 2 x 3 mm in RAS order, turned by a tilt and stored in another order."""
    cosine, sine = np.cos(tilt), np.sin(tilt)
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([1.0, 2.0, 3.0])
    affine[:3, 3] = (-10.0, 20.0, 30.0)
    change = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    shape = apply_orientation(np.zeros((5, 6, 7)), change).shape
    return DisplayGrid(Grid(shape, affine @ inv_ornt_aff(change, (5, 6, 7))))


@pytest.mark.parametrize("codes", CODES)
def test_a_scan_looks_the_same_however_it_is_stored(codes: str) -> None:
    grid = grid_of(codes)
    assert "".join(aff2axcodes(grid.stored_grid.affine)) == codes
    assert grid.shape == (6, 7, 5)
    np.testing.assert_allclose(grid.spacing, (2.0, 3.0, 1.0))
    # The first row is the head, the first column the patient's right, the first slice the front.
    x, y, z = grid.point_mm(grid.origin)
    last = np.array(grid.origin) + (np.array(grid.shape) - 1) * grid.spacing
    beyond = grid.point_mm(tuple(last))
    assert x > beyond[0]
    assert y > beyond[1]
    assert z > beyond[2]


@given(st.sampled_from(CODES), st.floats(-0.6, 0.6), st.tuples(*[st.floats(-40, 40)] * 3))
def test_points_go_to_the_screen_and_back(codes: str, tilt: float, point: tuple[float, float, float]) -> None:
    grid = grid_of(codes, tilt)
    np.testing.assert_allclose(grid.point_mm(grid.world(point)), point, atol=1e-6)


@given(st.sampled_from(CODES), st.floats(-0.6, 0.6))
def test_arrays_go_to_the_screen_and_back(codes: str, tilt: float) -> None:
    grid = grid_of(codes, tilt)
    array = np.arange(np.prod(grid.stored_grid.shape)).reshape(grid.stored_grid.shape)
    shown = grid.shown(array)
    assert shown.shape == grid.shape
    assert np.shares_memory(shown, array)
    np.testing.assert_array_equal(grid.stored(shown), array)


@given(st.sampled_from(CODES), st.floats(-0.6, 0.6), st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 4)))
def test_a_voxel_under_the_mouse_is_the_voxel_shown(codes: str, tilt: float, index: tuple[int, int, int]) -> None:
    grid = grid_of(codes, tilt)
    array = np.arange(np.prod(grid.stored_grid.shape)).reshape(grid.stored_grid.shape)
    world = grid.point(index)
    stored = tuple(np.rint(grid.voxel(world)).astype(int))
    assert array[stored] == grid.shown(array)[index]
    assert grid.index_at(world) == index
    assert grid.index_at(grid.point((index[0], -1, index[2]))) is None


def test_upright_scans_of_one_person_lie_in_patient_space() -> None:
    grid = grid_of("RAS")
    np.testing.assert_allclose(grid.world((1.0, 2.0, 3.0)), (-2.0, -3.0, -1.0))


@pytest.mark.parametrize("codes", CODES)
def test_a_plane_is_sliced_across_its_own_axis(codes: str) -> None:
    grid = grid_of(codes, 0.3)
    wanted = {"coronal": "AP", "axial": "SI", "sagittal": "RL"}
    for plane in PLANES:
        assert codes[grid.stored_axis(plane)] in wanted[plane]
    assert io_orientation(grid.stored_grid.affine).shape == (3, 2)
