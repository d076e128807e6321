"""The image value type: what it refuses, what it keeps, and where its voxels lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wbmri.core import InputError, Step, Volume, canonical

AXES = st.permutations((0, 1, 2))
FLIPS = st.tuples(st.booleans(), st.booleans(), st.booleans())
SPACINGS = st.tuples(*[st.floats(0.5, 9.0)] * 3)


def ramp(shape: tuple[int, ...] = (3, 4, 5)) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def stored_otherwise(volume: Volume, axes: tuple[int, ...], flips: tuple[bool, ...]) -> Volume:
    """The same image with its voxel axes permuted and some of them reversed."""
    data, affine = volume.data.transpose(axes), volume.affine[:, [*axes, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            data = np.flip(data, axis)
            affine[:3, 3] += affine[:3, axis] * (data.shape[axis] - 1)
            affine[:3, axis] *= -1
    return Volume(data, affine)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_voxel_that_is_no_number_is_refused_and_counted(value: float) -> None:
    data = ramp()
    data[1, 2, 3] = value
    with pytest.raises(InputError, match="1 of 60 voxels NaN or infinite"):
        Volume(data, np.eye(4))


@pytest.mark.parametrize("data", [np.ones((3, 3, 3)), ramp((3, 4)), ramp((2, 3, 4, 5)), np.zeros((0, 3, 3))])
def test_what_is_no_image_is_refused(data: np.ndarray) -> None:
    with pytest.raises(InputError):
        Volume(data, np.eye(4))


def test_complex_voxels_are_refused() -> None:
    with pytest.raises(InputError, match="complex"):
        Volume(ramp().astype(np.complex64), np.eye(4))


def bad_affines() -> list[np.ndarray]:
    last_row = np.eye(4)
    last_row[3, 0] = 0.5
    return [np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan), np.diag([1.0, 1.0, 0.0, 1.0]), last_row]


@pytest.mark.parametrize("affine", bad_affines())
def test_an_affine_that_places_nothing_is_refused(affine: np.ndarray) -> None:
    with pytest.raises(InputError, match="affine"):
        Volume(ramp(), affine)


def test_neither_the_volume_nor_the_array_it_came_from_can_change_the_other() -> None:
    data = ramp()
    volume = Volume(data, np.eye(4))
    data[0, 0, 0] = 1e6
    assert volume.data[0, 0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        volume.data[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        volume.affine[0, 3] = 1


@given(SPACINGS, AXES, FLIPS)
def test_spacing_and_voxel_size_follow_the_stored_axes(
    spacing: tuple[float, ...],
    axes: tuple[int, ...],
    flips: tuple[bool, ...],
) -> None:
    volume = stored_otherwise(Volume(ramp(), np.diag([*spacing, 1.0])), axes, flips)
    assert volume.spacing == pytest.approx([spacing[axis] for axis in axes])
    assert volume.voxel_ml == pytest.approx(np.prod(spacing) / 1000)


@given(SPACINGS, AXES, FLIPS, st.floats(-0.6, 0.6))
def test_the_long_axis_points_to_the_head_however_voxels_are_stored(
    spacing: tuple[float, ...],
    axes: tuple[int, ...],
    flips: tuple[bool, ...],
    tilt: float,
) -> None:
    affine = np.diag([*spacing, 1.0])
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine[:3, :3] = turn @ affine[:3, :3]
    volume = stored_otherwise(Volume(ramp(), affine), axes, flips)
    assert volume.long_axis == pytest.approx([0, -np.sin(tilt), np.cos(tilt)], abs=1e-9)


@given(arrays(np.float32, (2, 3, 4), elements=st.floats(-1e3, 1e3, width=32), unique=True), AXES, FLIPS)
def test_canonical_undoes_every_way_of_storing(
    data: np.ndarray,
    axes: tuple[int, ...],
    flips: tuple[bool, ...],
) -> None:
    upright = Volume(data, np.diag([2.0, 3.0, 4.0, 1.0]))
    again = canonical(stored_otherwise(upright, axes, flips))
    np.testing.assert_array_equal(again.data, upright.data)
    np.testing.assert_allclose(again.affine, upright.affine, atol=1e-9)


def test_canonical_keeps_an_oblique_grid_oblique(small_volume: Volume) -> None:
    upright = canonical(small_volume)
    assert sorted(upright.spacing) == pytest.approx(sorted(small_volume.spacing))
    corner = small_volume.affine @ [23, 0, 0, 1]
    where = np.linalg.inv(upright.affine) @ corner
    assert upright.data[tuple(np.round(where[:3]).astype(int))] == small_volume.data[23, 0, 0]


def test_a_step_is_recorded_after_those_before_it(small_volume: Volume) -> None:
    scaled = small_volume.after(Step("scale", {"by": 2}), small_volume.data * 2)
    assert [step.name for step in scaled.provenance] == ["load", "scale"]
    assert scaled.acquisition == small_volume.acquisition
    assert small_volume.provenance == scaled.provenance[:1]
