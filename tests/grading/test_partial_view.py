"""Groups that the field of view cuts: the share that is scanned is said, and both sides of a pair are judged alike."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wbmri.core import GroupReading, LabelMap, Reading, Reason, Volume
from wbmri.grading import Regrader, grade

LEFT, RIGHT = 31, 32


@pytest.fixture(scope="module")
def scan(body: Any) -> tuple[Volume, LabelMap]:
    plain = body(seed=8)
    return plain.volume(), plain.labels()


@pytest.fixture(scope="module")
def ending(scan: tuple[Volume, LabelMap]) -> tuple[Volume, LabelMap]:
    """Return the scan without what lies below the middle of a pair."""
    volume, labels = scan
    level = int(np.median(np.argwhere(labels.data == LEFT)[:, 2]))
    part = (slice(None), slice(None), slice(level, None))
    affine = volume.affine.copy()
    affine[:3, 3] += level * affine[:3, 2]
    return Volume(volume.data[part], affine, volume.acquisition), replace(labels, data=labels.data[part], affine=affine)


def both(scan: tuple[Volume, LabelMap], left: float, right: float) -> tuple[GroupReading, GroupReading]:
    """Grade the scan with the shares of a pair as an engine knows them."""
    volume, labels = scan
    groups = grade(volume, replace(labels, in_view={LEFT: left, RIGHT: right})).groups
    return groups[LEFT - 1], groups[RIGHT - 1]


def test_sides_that_are_nearly_alike_are_judged_by_their_mean(ending: Any) -> None:
    left, right = both(ending, 0.55, 0.45)
    assert (left.grade, right.grade) == (0, 0)
    assert [entry.evidence.in_view for entry in (left, right) if entry.evidence] == [0.55, 0.45]
    assert "45 % of the group (50 % on average of both sides" in right.explanation


def test_of_a_group_that_reaches_no_edge_nothing_is_said(scan: Any) -> None:
    left, right = both(scan, 0.8, 0.7)
    assert (left.grade, right.grade) == (0, 0)
    assert not any("field of view" in entry.explanation for entry in (left, right))


def test_of_a_pair_mostly_out_of_view_neither_is_graded_and_both_say_why(scan: Any) -> None:
    left, right = both(scan, 0.52, 0.4)
    assert left.reason is right.reason is Reason.OUTSIDE
    assert "52 %" in left.explanation
    assert "40 %" in right.explanation
    assert all("half of it is needed" in entry.explanation for entry in (left, right))


def test_a_whole_side_does_not_carry_one_that_is_cut_off(scan: Any) -> None:
    left, right = both(scan, 1.0, 0.3)
    assert left.grade == 0
    assert left.evidence is not None
    assert left.evidence.in_view is None
    assert "field of view" not in left.explanation
    assert right.reason is Reason.OUTSIDE


@pytest.fixture(scope="module")
def cut(scan: tuple[Volume, LabelMap]) -> tuple[Volume, LabelMap, Reading]:
    """Cut the picture so that the outermost groups of one side keep two thirds, past where they are widest."""
    volume, labels = scan
    part = (slice(0, 99), slice(None), slice(None))
    volume, labels = replace(volume, data=volume.data[part]), replace(labels, data=labels.data[part])
    return volume, labels, grade(volume, labels)


def shares(scan: tuple[Volume, LabelMap], cut: tuple[Volume, LabelMap, Reading]) -> dict[int, float]:
    before, after = (np.bincount(labels.data.ravel(), minlength=43) for labels in (scan[1], cut[1]))
    return {label: after[label] / before[label] for label in range(1, 43) if after[label] < before[label]}


def test_a_cut_group_is_held_against_its_whole_partner(scan: Any, cut: Any) -> None:
    left = shares(scan, cut)
    assert left
    for label, share in left.items():
        entry = cut[2].groups[label - 1]
        assert 0.5 < share < 0.9
        assert entry.grade == 0
        assert entry.evidence.in_view == pytest.approx(share, abs=0.03)
        assert "lies in the field of view" in entry.explanation
    assert all(entry.evidence.in_view is None for entry in cut[2].groups if entry.label not in left)


def test_an_edit_of_a_cut_group_keeps_its_share(scan: Any, cut: Any) -> None:
    volume, labels, reading = cut
    label = min(shares(scan, cut))
    again = Regrader(volume, labels, reading).regrade(labels.data, label)
    before = reading.groups[label - 1]
    assert (again.grade, again.evidence.in_view, again.confidence) == (
        before.grade,
        before.evidence.in_view,
        pytest.approx(before.confidence, abs=0.02),
    )


def test_a_person_who_draws_a_group_brings_it_into_view(scan: Any) -> None:
    volume, labels = scan
    labels = replace(labels, in_view={LEFT: 0.3, RIGHT: 0.3}, outside=frozenset({LEFT, RIGHT}))
    reading = grade(volume, labels)
    assert reading.groups[LEFT - 1].reason is Reason.OUTSIDE
    assert Regrader(volume, labels, reading).regrade(labels.data, LEFT, by_person=True).grade == 0
