"""What a corrected outline does to the evidence, and what is said where nothing can be measured anew."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case, write_case
from wbmri.core import (
    BiasFieldSpline,
    Evidence,
    IntensityModel,
    LabelMap,
    MuscleKernel,
    Reading,
    Reason,
    Reference,
    Volume,
)
from wbmri.review import Session, open_review
from wbmri.review.label_editor import MaskChange


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
    session.edit(MaskChange.setting(session.labels, lent, label), "paint")


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
    session.edit(MaskChange.setting(session.labels, np.flatnonzero(session.labels == 10), 11), "paint")
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


def test_where_nothing_can_be_measured_anew_that_is_said(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.edit(MaskChange.setting(session.labels, np.flatnonzero(session.labels == 0)[:9], 10), "paint")
    view = session.group(10).measured
    assert view is not None
    assert view.evidence == case.reading.groups[9].evidence
    assert "corrected after" in view.flags[-1]
    assert session.histogram(10) is None
    assert session.within_muscle((slice(0, 2),) * 3).all()
    session.close()
