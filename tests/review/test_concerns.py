"""What is asked before signing about the reading as a whole, and the way through all concerns."""

import pytest

from wbmri.case import Case
from wbmri.core import Calcinosis, LimbPart, Tissue
from wbmri.review import ConcernWalk, Mode, Session, SignoffIssueKind, open_review


@pytest.fixture
def session(case: Case) -> Session:
    made = open_review(case.paths, "anna")
    for view in made.groups():
        made.accept(view.group.label)
    return made


def kinds(session: Session) -> set[SignoffIssueKind]:
    return {issue.kind for issue in session.signoff_issues()}


def test_a_reading_in_haste_is_asked_about(session: Session) -> None:
    (issue,) = (one for one in session.signoff_issues() if one.kind is SignoffIssueKind.HASTE)
    assert issue.label is None
    assert issue.sentence == "The groups were read in less than 2 s each."
    assert not issue.blocks
    session._actions.clock._taken = 100.0
    assert SignoffIssueKind.HASTE not in kinds(session)


def test_what_stands_beside_the_score_is_asked_about_until_it_was_looked_at(session: Session) -> None:
    def sentence() -> str | None:
        found = (one for one in session.signoff_issues() if one.kind is SignoffIssueKind.NOT_LOOKED_AT)
        return next((one.sentence for one in found), None)

    assert sentence() == "Fascia, subcutis and calcinosis were not looked at."
    session.mark(Tissue.FASCIA, LimbPart.PROXIMAL, 0)
    assert sentence() == "Subcutis and calcinosis were not looked at."
    session.mark(Tissue.SUBCUTIS, LimbPart.DISTAL, 1)
    assert sentence() == "Calcinosis was not looked at."
    session.mark_calcinosis(Calcinosis(False))
    assert sentence() is None


def test_an_adjudication_asks_about_groups_alone(case: Case) -> None:
    for reader, grade in (("anna", 1), ("ben", 2)):
        reading = open_review(case.paths, reader)
        for view in reading.groups():
            reading.grade(view.group.label, grade)
        reading.sign(reading.signoff_issues())
        reading.close()
    assert SignoffIssueKind.NOT_LOOKED_AT not in kinds(open_review(case.paths, "chief", Mode.ADJUDICATION))


def test_one_walks_through_all_concerns_and_over_what_was_resolved(session: Session) -> None:
    for label in (3, 9):
        session.clear(label)
    issues = session.signoff_issues()
    walk = ConcernWalk(session)
    walk.look(issues[0])
    assert session.current == 3
    assert f"{len(issues) - 1} more" in walk.words
    session.accept(3)
    assert walk.go_on().label == 9
    assert session.current == 9
    session.mark_calcinosis(Calcinosis(False))
    visited = set()
    while (issue := walk.go_on()) is not None and not issue.blocks:
        visited.add(issue)
    assert issue is not None
    assert issue.label == 9
    session.accept(9)
    assert walk.go_on() is None
    assert {one for one in session.signoff_issues() if one.label not in (3, 9)} == visited
