"""What cannot be graded is said, not guessed."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from wbmri.core import InputError, LabelMap, Reading, Reason, Volume
from wbmri.grading import grade


@pytest.fixture(scope="module")
def scan(body: Any) -> tuple[Volume, LabelMap]:
    plain = body()
    return plain.volume(), plain.labels()


@pytest.fixture(scope="module")
def spoilt(scan: tuple[Volume, LabelMap]) -> Reading:
    """Grade a scan with one group spoilt in each way."""
    volume, labels = scan
    image, data = volume.data.copy(), labels.data.copy()
    data[data == 1] = 0  # absent
    data[tuple(np.argwhere(data == 2)[10:].T)] = 0  # ten voxels left
    gap = np.argwhere(data == 5)
    image[tuple(gap[gap[:, 2] > np.median(gap[:, 2])].T)] = 0  # half without signal
    flat = np.argwhere(data == 9)
    seam = int(np.median(flat[:, 2]))
    data[tuple(flat[np.abs(flat[:, 2] - seam) > 4].T)] = 0  # a flat group that a seam runs through
    height = float(volume.affine[2, 2] * seam + volume.affine[2, 3])
    acquisition = dataclasses.replace(volume.acquisition, seams_mm=(height,))
    spoilt_labels = dataclasses.replace(labels, data=data, outside=frozenset({3}))
    return grade(Volume(image, volume.affine, acquisition), spoilt_labels)


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (1, Reason.OUTSIDE),
        (2, Reason.TOO_SMALL),
        (3, Reason.OUTSIDE),
        (5, Reason.SEAM),
        (9, Reason.SEAM),
    ],
)
def test_each_reason_is_found(spoilt: Reading, label: int, reason: Reason) -> None:
    entry = spoilt.groups[label - 1]
    assert (entry.grade, entry.reason) == (None, reason)
    assert entry.auto_grade is None
    assert entry.explanation.endswith(".")


def test_the_other_groups_keep_their_grades(spoilt: Reading) -> None:
    others = [entry for entry in spoilt.groups if entry.label not in (1, 2, 3, 5, 9)]
    assert {entry.grade for entry in others} == {0}
    assert spoilt.score.whole.max_assessable == 2 * len(others)


def test_a_seam_through_a_long_group_leaves_it_assessable(spoilt: Reading) -> None:
    assert spoilt.groups[9].grade == 0


@pytest.mark.parametrize(("axis", "keep"), [(0, 0.75), (2, 0.43)], ids=["beside", "above"])
def test_groups_cut_by_the_field_of_view_are_outside(scan: tuple[Volume, LabelMap], axis: int, keep: float) -> None:
    volume, labels = scan
    size = int(volume.shape[axis] * keep)
    part = tuple(slice(0, size) if k == axis else slice(None) for k in range(3))
    cut = np.bincount(labels.data[part].ravel(), minlength=43) / np.bincount(labels.data.ravel(), minlength=43)
    reading = grade(
        dataclasses.replace(volume, data=volume.data[part]),
        dataclasses.replace(labels, data=labels.data[part]),
    )
    assert np.count_nonzero(cut == 1) >= 12
    for entry in reading.groups:
        if cut[entry.label] < 0.5:
            assert entry.reason is Reason.OUTSIDE
        elif cut[entry.label] == 1:
            assert entry.grade == 0


def test_too_few_groups_are_warned_about(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    reading = grade(volume, dataclasses.replace(labels, outside=frozenset(range(11, 43))))
    assert reading.score.total is None
    assert any("Only 10 of 42 groups are assessable" in warning for warning in reading.warnings)


def test_a_scan_without_any_muscle_is_read_as_not_assessable(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    reading = grade(volume, dataclasses.replace(labels, data=np.zeros_like(labels.data)))
    assert {entry.reason for entry in reading.groups} == {Reason.OUTSIDE}
    assert reading.reference is None
    assert any("Only 0 of 42" in warning for warning in reading.warnings)


def test_groups_of_a_few_voxels_are_still_measured(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    data = np.zeros_like(labels.data)
    for label in range(1, 43):
        own = np.argwhere(labels.data == label)
        data[tuple(own[len(own) // 2 : len(own) // 2 + 40].T)] = label
    reading = grade(volume, dataclasses.replace(labels, data=data))
    assert [entry.grade for entry in reading.groups] == [0] * 42
    assert max(entry.confidence for entry in reading.groups) < 0.7


def test_muscle_without_any_signal_is_refused_or_not_graded(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    dark = dataclasses.replace(volume, data=np.where(labels.data > 0, -1.0, volume.data))
    with pytest.raises(InputError, match="zero or negative"):
        grade(dark, labels)
    empty = dataclasses.replace(volume, data=np.where(labels.data > 0, 0.0, volume.data))
    assert {entry.reason for entry in grade(empty, labels).groups} == {Reason.SEAM}
