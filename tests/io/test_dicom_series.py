"""Slices become stacks by where they lie, and every voxel keeps its place in the body."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from scipy.spatial.transform import Rotation

from wbmri.core import InputError
from wbmri.io import inspect, load


def values_at(volume: Any, world: np.ndarray) -> np.ndarray:
    """Return the intensities of the voxels at world positions, which must be voxel centres."""
    index = np.linalg.inv(volume.affine) @ np.vstack([world, np.ones(world.shape[1])])
    near = np.round(index[:3]).astype(int)
    assert np.abs(index[:3] - near).max() < 0.01
    return volume.data[tuple(near)]


@settings(max_examples=25)
@given(
    turn=st.tuples(*[st.floats(-180.0, 180.0)] * 3),
    spacing=st.tuples(st.floats(1.0, 4.0), st.floats(1.0, 4.0), st.floats(3.0, 9.0)),
    origin=st.tuples(*[st.floats(-900.0, 900.0)] * 3),
)
def test_any_orientation_is_read_back_at_its_place(dicom: Any, turn: Any, spacing: Any, origin: Any) -> None:
    rotation = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
    voxels = dicom.smooth((9, 7, 4))
    stack = dicom.Stack(voxels, origin, (*rotation[0], *rotation[1]), spacing)
    with TemporaryDirectory() as folder:
        dicom.write_classic(Path(folder), stack)
        volume = load(folder)
    indices = np.indices(voxels.shape).reshape(3, -1)
    world = (stack.ras @ np.vstack([indices, np.ones(indices.shape[1])]))[:3]
    np.testing.assert_allclose(values_at(volume, world), voxels.reshape(-1), rtol=1e-5)
    assert np.isclose(volume.voxel_ml * 1000, np.prod(spacing), rtol=1e-4)


def test_spacing_comes_from_positions(dicom: Any, tmp_path: Path) -> None:
    # The headers claim a thickness of 3.3 mm and a distance of 77 mm; the slices lie 6 mm apart.
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    assert load(tmp_path).spacing == pytest.approx((5.0, 6.0, 5.0))


@pytest.mark.parametrize("one_series", [True, False])
def test_stations_are_told_apart_though_they_share_a_series(dicom: Any, tmp_path: Path, one_series: bool) -> None:
    dicom.write_body(tmp_path, one_series=one_series)
    volume = load(tmp_path)
    assert len(volume.acquisition.stations) == 3
    assert volume.shape == (40, 6, 104)
    assert [round(station.high_mm, 1) for station in volume.acquisition.stations] == [902.5, 742.5, 582.5]


def test_axial_stations_in_one_series_are_split_at_the_gap(dicom: Any, tmp_path: Path) -> None:
    for place, low in enumerate((0.0, 95.0)):
        stack = dicom.Stack(dicom.smooth((20, 20, 10)), (0.0, 0.0, low), dicom.AXIAL)
        dicom.write_classic(tmp_path, stack, number=1, mark=place)
    assert [station.size for station in inspect(tmp_path).series[0].stations] == [(20, 20, 10)] * 2


def test_axial_stations_that_overlap_in_one_series_are_told_apart_by_acquisition(dicom: Any, tmp_path: Path) -> None:
    for place, low in enumerate((0.0, 42.0)):
        stack = dicom.Stack(dicom.smooth((20, 20, 10), seed=place), (0.0, 0.0, low), dicom.AXIAL)
        dicom.write_classic(tmp_path, stack, {"AcquisitionNumber": place + 1}, number=1, mark=place)
    found = inspect(tmp_path)
    assert found.error is None
    assert [station.low_mm[2] for station in found.series[0].stations] == [39.0, -3.0]


def test_series_of_one_image_each_make_one_station(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth())
    for k in range(6):
        dicom.write_classic(tmp_path, stack, {"SeriesInstanceUID": dicom.uid("own", k)}, slices=[k], mark=k)
    np.testing.assert_array_equal(np.sort(load(tmp_path).data, axis=None), np.sort(stack.voxels, axis=None))


def test_missing_slices_are_named(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth((20, 20, 9))), slices=[0, 1, 2, 5, 6, 7, 8])
    with pytest.raises(InputError, match=r"in series S1, a stack of 7 slices with 2 missing, the first after slice"):
        load(tmp_path)


def test_unequal_distances_are_refused(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth((20, 20, 6)))
    dicom.write_classic(tmp_path, stack, slices=[0, 1, 2])
    moved = dicom.Stack(stack.voxels, (-100.0, -17.0, 500.0))
    dicom.write_classic(tmp_path, moved, slices=[3, 4, 5], mark="moved")
    with pytest.raises(InputError, match=r"slices 6\.00 to 9\.00 mm apart; expected equal distances"):
        load(tmp_path)


def test_one_slice_is_refused(dicom: Any, tmp_path: Path) -> None:
    paths = dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth()))
    with pytest.raises(InputError, match="a stack of one slice; expected at least two"):
        load(paths[0])


def test_copies_of_files_count_once(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth())
    paths = dicom.write_classic(tmp_path, stack)
    (tmp_path / "copy").mkdir()
    for path in paths[:4]:
        (tmp_path / "copy" / path.name).write_bytes(path.read_bytes())
    volume = load(tmp_path)
    assert volume.shape == (40, 6, 40)
    assert "4 files are copies of others" in str(volume.provenance[0].parameters["warnings"])


def test_equal_slices_at_one_place_are_taken_once(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth())
    dicom.write_classic(tmp_path, stack)
    dicom.write_classic(tmp_path, stack, slices=[2], mark="again")
    volume = load(tmp_path)
    assert volume.shape == (40, 6, 40)
    assert "1 slices stood twice with the same pixels" in inspect(tmp_path).warnings[0]


def test_different_slices_at_one_place_are_refused_and_named(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth())
    dicom.write_classic(tmp_path, stack)
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth(seed=5)), slices=[2], mark="again")
    with pytest.raises(
        InputError,
        match=r"1 slice positions taken twice with different pixels.*file 1 of 6 by name in its folder and file 1 of 1",
    ):
        load(tmp_path)


def test_a_sheared_stack_is_refused(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth(), shift=(0.0, 0.3)))
    with pytest.raises(InputError, match=r"slices shift by 7\.5 mm in their plane \(gantry tilt\)"):
        load(tmp_path)


def test_a_strongly_sheared_stack_is_one_stack(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth(), shift=(0.0, 2.0)))
    found = inspect(tmp_path)
    assert len(found.series[0].stations) == 1
    assert "gantry tilt" in str(found.error)


def test_rounding_of_positions_is_no_shear(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth(), shift=(0.0, 0.002)))
    affine = load(tmp_path).affine
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-9)


def test_orientation_vectors_that_are_not_perpendicular_give_no_place(dicom: Any, tmp_path: Path) -> None:
    dicom.write_classic(tmp_path, dicom.Stack(dicom.smooth(), orientation=(1.0, 0.0, 0.0, 0.6, 0.0, -0.8)))
    with pytest.raises(InputError, match="without position, orientation or pixel spacing"):
        load(tmp_path)


def test_a_stack_larger_than_any_body_is_refused_before_it_is_read(dicom: Any, tmp_path: Path) -> None:
    stack = dicom.Stack(dicom.smooth((4, 4, 2)))
    for path in dicom.write_classic(tmp_path, stack, syntax=dicom.SYNTAXES["deflated"]):
        data = dcmread(path)
        data.Rows = data.Columns = 60000
        data.save_as(path)
    with pytest.raises(InputError, match="a stack of 60000 x 60000 x 2 voxels"):
        load(tmp_path)
