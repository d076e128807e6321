"""Deposits of calcinosis: marked where they are, kept in the signed reading, followed to the next visit."""

from collections.abc import Callable

import pytest

from wbmri.analysis.comparison import compare
from wbmri.case import Case, read_signed
from wbmri.core import Calcinosis, CalcinosisCourse, Deposit, DepositCourse, InputError, Reading
from wbmri.report.case import reading_text
from wbmri.review import Session, open_review


def middle(session: Session, label: int) -> tuple[float, float, float]:
    """A point in the middle of a group."""
    inside = (session.labels == label).nonzero()
    x, y, z = session.volume.grid.points([float(axis.mean()) for axis in inside])
    return float(x), float(y), float(z)


def signed(session: Session) -> Reading:
    for label in range(1, 43):
        session.grade(label, 0)
    session.sign(session.signoff_issues())
    return read_signed(session.paths).reading


def test_a_deposit_is_marked_taken_back_and_kept(case: Case) -> None:
    session = open_review(case.paths, "anna")
    here, there = middle(session, 9), middle(session, 31)
    name = session.case.reading.scheme.group(9).name
    assert session.mark_deposit(here).words == f"Calcinosis no. 1, {name}"
    session.mark_deposit(there)
    assert session.soft_tissue.calcinosis.present
    session.undo()
    assert [one.point_mm for one in session.soft_tissue.calcinosis.deposits] == [here]
    session.redo()
    session.remove_deposit(1)
    session.close()
    again = open_review(case.paths, "anna")
    (kept,) = again.soft_tissue.calcinosis.deposits
    assert (kept.number, kept.point_mm) == (2, there)
    reading = signed(again)
    assert reading.soft_tissue is not None
    assert reading.soft_tissue.calcinosis.deposits == (kept,)
    assert f"Calcinosis no. 2, {reading.scheme.group(31).name}." in reading_text(reading, "x").splitlines()


def test_what_is_taken_away_leaves_no_calcinosis_behind(case: Case) -> None:
    session = open_review(case.paths, "anna")
    far = tuple(float(value) for value in session.volume.grid.points([-500.0, 0.0, 0.0]))
    session.mark_deposit(far)
    assert session.soft_tissue.calcinosis.deposits[0].near == ""
    session.remove_deposit(1)
    assert session.soft_tissue.calcinosis == Calcinosis()
    session.mark_deposit(far, 4, DepositCourse.GONE)
    assert session.soft_tissue.calcinosis.present is False


def test_each_deposit_is_followed_from_visit_to_visit(write: Callable[..., Case]) -> None:
    first, second = (open_review(write(session=name).paths, "anna") for name in ("1", "2"))
    places = [middle(first, label) for label in (9, 12, 31, 33)]
    for place in places[:3]:
        first.mark_deposit(place)
    second.mark_deposit(places[0], 1, DepositCourse.LARGER)
    second.mark_deposit(places[1], 2, DepositCourse.GONE)
    second.mark_deposit(places[3], 4, DepositCourse.NEW)
    change = compare(signed(first), signed(second)).soft_tissue
    assert [(name.partition(",")[0], *said, became) for name, said, became in change.deposits] == [
        ("Calcinosis no. 3", "marked", "not followed", "not known"),
        ("Calcinosis no. 1", "marked", "marked", "larger"),
        ("Calcinosis no. 2", "marked", "gone", "gone"),
        ("Calcinosis no. 4", "not marked", "marked", "new"),
    ]
    assert change.rows[-4:] == change.deposits


def test_what_cannot_be_is_refused() -> None:
    here = Deposit(1, (0.0, 0.0, 0.0))
    for wrong in (
        lambda: Calcinosis(False, deposits=(here,)),
        lambda: Calcinosis(True, deposits=(here, here)),
        lambda: Deposit(0, (0.0, 0.0, 0.0)),
    ):
        with pytest.raises(InputError):
            wrong()
    assert Calcinosis(True, course=CalcinosisCourse.MORE, deposits=(here,)).without_deposit(1).present is None
