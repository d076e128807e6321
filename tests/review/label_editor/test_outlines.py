"""What a corrected outline does to the evidence, and what is said where nothing can be measured anew."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case, read_signed, write_case
from wbmri.core import (
    BiasFieldSpline,
    Evidence,
    GroupReading,
    IntensityModel,
    LabelMap,
    MuscleKernel,
    Reading,
    Reason,
    Reference,
    Volume,
)
from wbmri.review import Session, SignoffIssueKind, open_review
from wbmri.review.label_editor import LabelChange, redraw
from wbmri.segmentation.quality import check_outlines


@pytest.fixture
def measured(
    tmp_path: Path,
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: Callable[..., Reading],
) -> Case:
    """A case with groups in its middle, whose reading says by which field, here none, and level it was measured."""
    labels = np.zeros(small_volume.shape, np.uint8)
    for label in range(1, 43):
        row, column = divmod(label - 1, 7)
        labels[1 + 3 * row : 4 + 3 * row, 1 + 4 * column : 5 + 4 * column, 1:9] = label
    knots = tuple(200.0 * number for number in range(-2, 4))
    field = BiasFieldSpline((knots, knots, knots), (0.0,) * 27)
    reading = make_reading()
    reading = replace(
        reading,
        acquisition=replace(reading.acquisition, seams_mm=()),
        reference=Reference(100.0, 40.0, "given", True),
        intensity_model=IntensityModel(field, MuscleKernel(0.4, 0.06, (1 / 8,) * 8, 0.26)),
    )
    outlines = replace(small_labels, data=labels, outside=frozenset())
    return write_case(tmp_path / "OUT", "X", "Y", small_volume, outlines, reading, "<!doctype html>", {})


def grow(session: Session, label: int, count: int) -> None:
    """Take voxels from the last group, whose outline lies at the far end."""
    lent = np.flatnonzero(session.labels == 42)[:count]
    session.edit(LabelChange.setting(session.labels, lent, label), "paint")


def evidence(session: Session, label: int) -> Evidence:
    view = session.group(label)
    assert view.measured is not None
    assert view.measured.evidence is not None
    return view.measured.evidence


def test_evidence_and_suggestion_follow_the_outline_and_its_undo(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    session.prepare()
    before = session.group(10).measured
    grow(session, 10, 30)
    voxels = int((session.labels == 10).sum())
    assert evidence(session, 10).volume_ml == pytest.approx(voxels * session.volume.voxel_ml, rel=0.01)
    assert evidence(session, 10) != before.evidence  # type: ignore[union-attr]
    assert session.group(11).measured == measured.reading.groups[10]
    grow(session, 10, 20)
    assert evidence(session, 10).volume_ml == pytest.approx((voxels + 20) * session.volume.voxel_ml, rel=0.01)
    session.undo()
    session.undo()
    assert session.group(10).measured == before
    session.close()


def test_an_erased_group_is_outside_and_its_neighbour_grows(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    session.edit(LabelChange.setting(session.labels, np.flatnonzero(session.labels == 10), 11), "paint")
    erased = session.group(10).measured
    assert erased is not None
    assert erased.reason is Reason.OUTSIDE
    assert evidence(session, 11).volume_ml == pytest.approx(192 * session.volume.voxel_ml, rel=0.01)
    session.grade(10, 1)
    assert any("no outline" in issue.sentence for issue in session.signoff_issues())
    session.accept(10)
    assert session.decisions[10].reason is Reason.OUTSIDE
    session.close()


def test_what_was_measured_is_what_is_signed(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    grow(session, 10, 30)
    for label in range(1, 43):
        session.grade(label, 1)
    now = evidence(session, 10)
    reading = session.sign(session.signoff_issues())
    assert reading.groups[9].evidence == now
    assert reading.review is not None
    assert reading.review.outlines_corrected == ("deltoid_right", "leg_posterior_right")
    again = open_review(measured.paths, "anna", addendum=True)
    assert evidence(again, 10) == now
    again.close()


def test_the_histogram_counts_the_groups_voxels(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    found = session.histogram(10)
    assert found is not None
    edges, counts = found
    assert len(edges) == len(counts) + 1
    assert 0 < counts.sum() <= (session.labels == 10).sum()
    session.close()


def test_the_smart_brush_asks_where_muscle_is(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    block = (slice(2, 12), slice(3, 20), slice(0, 5))
    ratios = session.volume.data[block] / 100.0
    np.testing.assert_array_equal(session.within_muscle(block), (ratios > 0.6) & (ratios < 4.0))
    session.close()


def test_a_redrawn_group_is_measured_anew_written_down_and_undone(measured: Case) -> None:
    session = open_review(measured.paths, "anna")
    whole = np.array(session.labels)
    upper = np.flatnonzero((whole == 10) & (np.arange(whole.shape[2]) > 4))
    session.edit(LabelChange.setting(session.labels, upper, 0), "erase")
    halved, before = np.array(session.labels), evidence(session, 10)
    seed = np.argwhere((whole == 10) & (halved == 0) & session.within_muscle(tuple(slice(0, n) for n in whole.shape)))
    volume = session.volume
    change = redraw(
        session.labels,
        volume.data,
        volume.spacing,
        10,
        [seed[len(seed) // 2]],
        missed=True,
        within=session.within_muscle,
    )
    said = session.edit(change, "redraw")
    assert said.labels == {10}
    assert evidence(session, 10).volume_ml > before.volume_ml
    after = np.array(session.labels)
    session.close()
    again = open_review(measured.paths, "anna")
    np.testing.assert_array_equal(again.labels, after)
    assert again.undo_words is not None
    assert again.undo_words.startswith("redraw: ")
    again.undo()
    np.testing.assert_array_equal(again.labels, halved)
    again.close()


def test_where_nothing_can_be_measured_anew_that_is_said(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.edit(LabelChange.setting(session.labels, np.flatnonzero(session.labels == 0)[:9], 10), "paint")
    view = session.group(10).measured
    assert view is not None
    assert view.evidence == case.reading.groups[9].evidence
    assert "corrected after" in view.flags[-1]
    assert session.histogram(10) is None
    assert session.within_muscle((slice(0, 2),) * 3).all()
    session.close()


def drawn_case(measured: Case, label: int, flags: tuple[str, ...] = ()) -> Case:
    """The same case, but the engine said that a group lies outside, was not sure of it and doubted its outline."""
    labels = measured.labels()
    labels = replace(
        labels,
        outside=frozenset({label}),
        confidence={**labels.confidence, label: 0.2},
        flags={label: flags} if flags else {},
    )
    entry = measured.reading.groups[label - 1]
    out = not_in_view(entry) if flags == () else replace(entry, flags=flags)
    reading = measured.reading.with_group(out)
    return write_case(measured.paths.out, "Z", "Y", measured.volume(), labels, reading, "<!doctype html>", {})


def not_in_view(entry: GroupReading) -> GroupReading:
    return replace(entry, grade=None, auto_grade=None, reason=Reason.OUTSIDE, evidence=None, confidence=0.0)


def read_all(session: Session) -> None:
    for label in range(1, 43):
        session.grade(label, 1)


def test_a_group_out_of_view_that_a_person_draws_is_assessed_and_undo_takes_that_back(measured: Case) -> None:
    case = drawn_case(measured, 10)
    session = open_review(case.paths, "anna")
    before = session.group(10).measured
    assert before is not None
    assert before.reason is Reason.OUTSIDE
    grow(session, 10, 30)
    after = session.group(10).measured
    assert after is not None
    assert after.reason is None
    assert after.auto_grade is not None
    assert (session.label_map.outside, session.label_map.confidence[10]) == (frozenset(), 1.0)
    session.grade(10, 1)
    assert [issue for issue in session.signoff_issues() if issue.kind is SignoffIssueKind.OUTSIDE] == []
    session.undo()
    session.undo()
    assert session.group(10).measured == before
    assert (session.label_map.outside, session.label_map.confidence[10]) == (frozenset({10}), 0.2)
    session.close()


def test_the_confidence_of_an_outline_that_a_person_drew_is_not_the_engines(measured: Case) -> None:
    unsure, sure = (
        write_case(
            measured.paths.out,
            name,
            "Y",
            measured.volume(),
            replace(measured.labels(), confidence=dict.fromkeys(range(1, 43), value)),
            measured.reading,
            "<!doctype html>",
            {},
        )
        for name, value in (("U", 0.1), ("S", 1.0))
    )
    entries = []
    for case in (unsure, sure):
        session = open_review(case.paths, "anna")
        grow(session, 10, 30)
        entries.append(session.group(10).measured)
        session.close()
    assert entries[0] == entries[1]


def test_a_neighbour_that_only_loses_voxels_keeps_what_the_engine_said(measured: Case) -> None:
    case = drawn_case(measured, 42)
    session = open_review(case.paths, "anna")
    grow(session, 10, 30)  # taken from the last group
    assert session.label_map.outside == frozenset({42})
    measured_42 = session.group(42).measured
    assert measured_42 is not None
    assert measured_42.reason is Reason.OUTSIDE
    session.close()


def test_flags_of_an_outline_are_measured_anew_once_a_person_drew_it(measured: Case) -> None:
    case = drawn_case(measured, 10, flags=("Lies where it cannot lie.",))
    session = open_review(case.paths, "anna")
    assert session.group(10).measured.flags == ("Lies where it cannot lie.",)  # type: ignore[union-attr]
    grow(session, 10, 30)
    assert session.group(10).measured.flags == ()  # type: ignore[union-attr]
    read_all(session)
    reading = session.sign(session.signoff_issues())
    expected = tuple(flag.sentence for flag in check_outlines(session.label_map) if flag.label == 10)
    assert expected
    assert reading.groups[9].flags == expected
    assert session.label_map.flags[10] == expected


def test_what_a_person_drew_is_a_persons_for_whoever_reads_the_case_later(measured: Case) -> None:
    case = drawn_case(measured, 10)
    session = open_review(case.paths, "anna")
    grow(session, 10, 30)
    read_all(session)
    session.sign(session.signoff_issues())
    labels = read_signed(session.paths).labels(case)
    assert (labels.outside, labels.confidence[10], labels.confidence[11]) == (frozenset(), 1.0, pytest.approx(0.61))
    assert labels.flags.get(10, ()) == read_signed(session.paths).reading.groups[9].flags
    addendum = open_review(case.paths, "anna", addendum=True)
    assert [issue for issue in addendum.signoff_issues() if issue.kind is SignoffIssueKind.OUTSIDE] == []
    addendum.close()
