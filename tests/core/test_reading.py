"""Readings and scores: sums against the published case, and totals that are refused rather than guessed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import Acquisition, GradeSource, GroupReading, InputError, Reading, Reason
from wbmri.core.scheme import Scheme, Side, load_scheme

MakeReading = Callable[..., Reading]

GRADES = st.lists(st.sampled_from([None, 0, 1, 2]), min_size=42, max_size=42)


def reading_of(grades: list[int | None], scheme: Scheme | None = None) -> Reading:
    entries = tuple(
        GroupReading(k, grade, Reason.OUTSIDE if grade is None else None, GradeSource.AUTO, grade, None, 1.0, "")
        for k, grade in enumerate(grades, start=1)
    )
    return Reading(scheme or load_scheme(), entries, Acquisition(), "test")


def test_the_published_case_adds_up() -> None:
    """48 points over 42 involved groups need 6 groups with grade 2; 19 over 19 need none."""
    baseline = reading_of([2] * 6 + [1] * 36).score
    followup = reading_of([1] * 19 + [0] * 23).score
    assert (baseline.total, baseline.involved, baseline.whole.grade2) == (48, 42, 6)
    assert (followup.total, followup.whole.involved, followup.whole.grade2) == (19, 19, 0)
    assert (baseline.maximum, baseline.prorated) == (84, 48)


@given(GRADES)
def test_sides_and_regions_each_add_up_to_the_whole(grades: list[int | None]) -> None:
    score = reading_of(grades).score
    assessable = [grade for grade in grades if grade is not None]
    assert score.whole.total == sum(assessable)
    assert score.involved == sum(grade > 0 for grade in assessable)
    for parts in (score.regions.values(), score.sides.values()):
        for name in ("total", "max_assessable", "involved", "grade2", "assessable", "groups"):
            assert sum(getattr(part, name) for part in parts) == getattr(score.whole, name)


@given(GRADES)
def test_the_total_is_refused_below_half_of_the_groups_and_prorated_above(grades: list[int | None]) -> None:
    score = reading_of(grades).score
    assessable = sum(grade is not None for grade in grades)
    if assessable < 21:
        assert score.total is None
        assert score.prorated is None
    else:
        assert score.total == score.whole.total
        assert score.prorated == pytest.approx(84 * score.whole.total / (2 * assessable))


def test_left_and_right_are_the_odd_and_the_even_labels() -> None:
    score = reading_of([2, 0] * 21).score
    assert (score.sides[Side.LEFT].total, score.sides[Side.RIGHT].total) == (42, 0)


@pytest.mark.parametrize("grade", [-1, 3, 10])
def test_a_grade_that_does_not_exist_is_refused(grade: int) -> None:
    with pytest.raises(InputError, match="grade"):
        GroupReading(1, grade, None, GradeSource.AUTO, 0, None, 1.0, "")
    with pytest.raises(InputError, match="grade"):
        GroupReading(1, 0, None, GradeSource.AUTO, grade, None, 1.0, "")


@pytest.mark.parametrize(("grade", "reason"), [(None, None), (1, Reason.MOTION)])
def test_a_group_has_a_grade_or_a_reason_and_never_both(grade: int | None, reason: Reason | None) -> None:
    with pytest.raises(InputError, match="reason"):
        GroupReading(1, grade, reason, GradeSource.AUTO, None, None, 1.0, "")


def test_every_group_must_be_there_once_and_in_order(scheme: Scheme) -> None:
    reading = reading_of([0] * 42)
    for groups in (reading.groups[:-1], reading.groups[::-1], (*reading.groups, reading.groups[0]), ()):
        with pytest.raises(InputError, match="one entry for each"):
            Reading(scheme, groups, Acquisition(), "test")


@given(GRADES, st.integers(1, 42), st.integers(0, 2))
def test_replacing_one_entry_changes_that_entry_alone(grades: list[int | None], label: int, grade: int) -> None:
    reading = reading_of(grades)
    entry = GroupReading(label, grade, None, GradeSource.READER, reading.groups[label - 1].auto_grade, None, 1.0, "")
    changed = reading.with_group(entry)
    assert changed.groups[label - 1] == entry
    assert replace(changed, groups=reading.groups) == reading
    assert [a for a in changed.groups if a.label != label] == [b for b in reading.groups if b.label != label]


def test_entries_stand_beside_their_groups(make_reading: MakeReading) -> None:
    assert all(group.label == entry.label for group, entry in make_reading().by_group())
