"""The label map: only labels of the scheme, and only on the grid it was made for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import InputError, LabelMap, Volume
from wbmri.core.scheme import Scheme, load_scheme


def labels_of(data: np.ndarray, scheme: Scheme, confidence: dict[int, float] | None = None) -> LabelMap:
    return LabelMap(data, np.eye(4), scheme, "test", confidence or {})


@given(st.integers(-5, 300))
def test_a_label_is_kept_if_and_only_if_the_scheme_has_it(value: int) -> None:
    data = np.zeros((3, 3, 3), np.int16)
    data[1, 1, 1] = value
    if 0 <= value <= 42:
        assert labels_of(data, load_scheme()).data[1, 1, 1] == value
    else:
        with pytest.raises(InputError, match=f"1 unknown labels \\({value}\\)"):
            labels_of(data, load_scheme())


def test_a_label_between_two_whole_numbers_is_refused(scheme: Scheme) -> None:
    with pytest.raises(InputError, match=r"1\.5"):
        labels_of(np.full((2, 2, 2), 1.5), scheme)


def test_four_dimensions_are_refused(scheme: Scheme) -> None:
    with pytest.raises(InputError, match="shape"):
        labels_of(np.zeros((2, 2, 2, 2), np.uint8), scheme)


@pytest.mark.parametrize("confidence", [{43: 0.5}, {0: 0.5}, {1: 1.5}, {1: -0.1}, {1: float("nan")}])
def test_a_confidence_of_no_group_or_out_of_range_is_refused(scheme: Scheme, confidence: dict[int, float]) -> None:
    with pytest.raises(InputError, match="confidence"):
        labels_of(np.zeros((2, 2, 2), np.uint8), scheme, confidence)


def test_nothing_of_it_can_be_changed(small_labels: LabelMap) -> None:
    with pytest.raises(ValueError, match="read-only"):
        small_labels.data[0, 0, 0] = 1
    with pytest.raises(TypeError):
        small_labels.confidence[1] = 0.0  # type: ignore[index]


def test_its_own_grid_is_accepted_and_rounding_too(small_labels: LabelMap, small_volume: Volume) -> None:
    small_labels.check_grid(small_volume)
    small_labels.check_grid(replace(small_volume, affine=small_volume.affine.astype(np.float32)))


@given(st.integers(0, 2), st.floats(0.05, 50.0))
def test_a_shifted_grid_is_refused(axis: int, shift: float) -> None:
    volume = Volume(np.arange(8.0).reshape(2, 2, 2), np.eye(4))
    labels = labels_of(np.zeros((2, 2, 2), np.uint8), load_scheme())
    affine = np.eye(4)
    affine[axis, 3] = shift
    with pytest.raises(InputError, match="one grid"):
        labels.check_grid(replace(volume, affine=affine))


def test_a_mirrored_grid_of_the_same_shape_is_refused(scheme: Scheme) -> None:
    labels = labels_of(np.zeros((3, 3, 3), np.uint8), scheme)
    mirrored = np.diag([-1.0, 1.0, 1.0, 1.0])
    mirrored[0, 3] = 2.0
    with pytest.raises(InputError, match="one grid"):
        labels.check_grid(Volume(np.arange(27.0).reshape(3, 3, 3), mirrored))


def test_what_a_person_drew_lies_in_view_and_is_relied_on_and_the_rest_stays(scheme: Scheme) -> None:
    data = np.zeros((4, 4, 4), np.uint8)
    data[0], data[1], data[2] = 1, 2, 3
    before = LabelMap(
        data,
        np.eye(4),
        scheme,
        "blocks",
        {1: 0.2, 2: 0.3, 3: 0.4, 4: 0.5},
        frozenset({1, 2, 4}),
        flags={0: ("doubted",), 2: ("too small",), 3: ("cut",)},
    )
    now = data.copy()
    now[1, 0] = 1  # taken from group 2, which gives voxels and is not drawn
    now[2, 0] = 0  # erased from group 3
    now[3, 0] = 4  # new
    after = before.corrected(now)
    assert dict(after.confidence) == {1: 1.0, 2: 0.3, 3: 1.0, 4: 1.0}
    assert after.outside == frozenset({2})
    assert dict(after.flags) == {0: ("doubted",), 2: ("too small",)}
    np.testing.assert_array_equal(after.data, now)
    same = before.corrected(data)
    assert (same.outside, dict(same.flags)) == (before.outside, dict(before.flags))


def test_corrections_on_another_grid_or_of_no_group_are_refused(scheme: Scheme) -> None:
    labels = LabelMap(np.zeros((4, 4, 4), np.uint8), np.eye(4), scheme, "blocks", {})
    with pytest.raises(InputError, match="both on one grid"):
        labels.corrected(np.zeros((4, 4, 5), np.uint8))
    with pytest.raises(InputError, match="unknown labels"):
        labels.corrected(np.full((4, 4, 4), 200, np.uint8))
