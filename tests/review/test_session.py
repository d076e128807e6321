"""Reading one case: grades, totals, order, undo, and what a mode shows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case, read_case, read_signed, signed_readings
from wbmri.core import (
    Calcinosis,
    CalcinosisCourse,
    CaseError,
    GradeSource,
    InputError,
    LimbPart,
    Reading,
    Reason,
    SoftTissue,
    Status,
    Tissue,
    TissueSign,
)
from wbmri.review import Mode, Order, Session, SignoffIssueKind, ViewState, open_review
from wbmri.review.label_editor import LabelChange

WriteCase = Callable[..., Case]
MakeReading = Callable[..., Reading]
Digests = Callable[[Path], dict[str, str]]


def lines(session: Session) -> list[dict]:
    return [json.loads(line) for line in session.paths.history.read_text("utf-8").splitlines()]


def grade_all(session: Session, grade: Callable[[int], int] = lambda label: label % 3) -> None:
    for label in range(1, 43):
        session.grade(label, grade(label))


def stroke(session: Session, label: int, count: int = 12) -> LabelChange:
    free = np.flatnonzero(session.labels == 0)[:count]
    return LabelChange.setting(session.labels, free, label)


def test_totals_follow_every_grade(case: Case) -> None:
    session = open_review(case.paths, "anna")
    assert (session.totals.read, session.totals.given.total, session.totals.maximum) == (0, 0, 84)
    assert session.totals.with_suggestions is not None
    assert session.totals.with_suggestions.total == case.reading.score.total
    change = session.grade(5, 2)
    assert change.words.endswith("left: grade 2")
    assert change.labels == {5}
    session.not_assessable(42, Reason.MOTION)
    totals = session.totals
    assert (totals.read, totals.groups, totals.given.total, totals.given.involved) == (2, 42, 2, 1)
    assert session.group(5).decision.grade == 2  # type: ignore[union-attr]
    assert session.group(42).read
    session.clear(5)
    assert (session.totals.read, session.totals.given.total) == (1, 0)


def test_accepting_takes_the_programs_grade_or_reason_and_says_so(case: Case) -> None:
    session = open_review(case.paths, "anna")
    for label in (7, 40):
        session.accept(label)
        decision = session.decisions[label]
        entry = case.reading.groups[label - 1]
        assert (decision.grade, decision.reason) == (entry.auto_grade, entry.reason)
        assert decision.accepted
    session.grade(7, 2)
    assert not session.decisions[7].accepted
    assert [line["suggestion"] for line in lines(session)[1:]] == [7 % 3, 40 % 3, 7 % 3]


def test_every_action_is_a_line_with_who_when_what_from_and_to(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.grade(3, 1)
    session.not_assessable(3, Reason.OTHER, "biopsy last week")
    opened, first, second = lines(session)
    assert opened["terms"] == {"mode": "assisted", "between": None, "seed": None}
    assert (first["number"], first["who"], first["label"], first["from"], first["to"]["grade"]) == (
        2,
        "anna",
        3,
        None,
        1,
    )
    assert first["when"].endswith("Z")
    assert second["from"] == first["to"]
    assert (second["to"]["reason"], second["to"]["note"]) == ("other", "biopsy last week")


def test_looking_leaves_no_trace(case: Case, digests: Digests) -> None:
    before = digests(case.paths.out)
    session = open_review(case.paths, "anna")
    session.next_group()
    assert session.totals.read == 0
    session.close()
    assert digests(case.paths.out) == before
    assert not case.paths.readings.exists()


def test_groups_come_in_the_order_wanted(case: Case, make_reading: MakeReading) -> None:
    session = open_review(case.paths, "anna")
    assert [view.group.label for view in session.groups()] == list(range(1, 43))
    assert (session.current, session.next_group(), session.next_group()) == (1, 2, 3)
    assert (session.other_side(), session.previous_group()) == (4, 3)
    session.grade(4, 0)
    assert session.next_unread() == 5
    session.choose(1)
    assert session.previous_group() == 42
    session.reorder(Order.LEAST_CERTAIN)
    assert session.order is Order.LEAST_CERTAIN
    session.close()


def test_the_least_certain_groups_come_first(write: WriteCase, make_reading: MakeReading) -> None:
    reading = make_reading()
    doubtful = replace(
        reading,
        groups=tuple(replace(one, confidence=0.1 if one.label in (9, 30) else 0.8) for one in reading.groups),
    )
    session = open_review(write(reading=doubtful).paths, "anna")
    session.reorder(Order.LEAST_CERTAIN)
    assert [view.group.label for view in session.groups()][:3] == [9, 30, 1]
    session.choose(9)
    assert session.next_group() == 30


def test_undo_and_redo_cover_grades_and_outlines_alike(case: Case) -> None:
    session = open_review(case.paths, "anna")
    start = session.labels.copy()
    session.grade(2, 1)
    change = stroke(session, 2)
    edited = session.edit(change, "paint")
    assert edited.mask is change
    assert session.group(2).outline_edited
    session.grade(2, 2)
    assert session.undo_words == "Neck flexors, right: grade 2"
    assert session.undo().words.startswith("Undone: ")  # type: ignore[union-attr]
    assert session.decisions[2].grade == 1
    taken = session.undo()
    assert taken is not None
    assert taken.mask is not None
    np.testing.assert_array_equal(session.labels, start)
    assert not session.group(2).outline_edited
    assert session.undo() is not None
    assert session.undo() is None
    assert 2 not in session.decisions
    for _ in range(3):
        assert session.redo() is not None
    assert session.redo() is None
    assert session.decisions[2].grade == 2
    assert (session.labels == 2).sum() == (start == 2).sum() + 12
    session.undo()
    session.grade(9, 1)
    assert session.redo_words is None


def test_outlines_are_changed_by_actions_alone(case: Case) -> None:
    session = open_review(case.paths, "anna")
    change = stroke(session, 2)
    with pytest.raises(ValueError, match="read-only"):
        session.labels[0, 0, 0] = 3
    session.edit(change, "paint")
    with pytest.raises(InputError, match="outlines as they are"):
        session.edit(change, "paint")
    with pytest.raises(InputError, match="group 200"):
        session.edit(stroke(session, 200), "paint")
    assert len(lines(session)) == 2


def test_what_lies_beside_the_muscles_is_marked_undone_and_signed(case: Case) -> None:
    session = open_review(case.paths, "anna")
    assert session.soft_tissue == SoftTissue()
    assert session.mark(Tissue.FASCIA, LimbPart.DISTAL, 1).words == "fascia, distal: oedema"
    session.mark_calcinosis(Calcinosis(True, ("left elbow",), CalcinosisCourse.NEW))
    session.mark(Tissue.SUBCUTIS, LimbPart.PROXIMAL, 0)
    session.undo()
    marked = session.soft_tissue
    assert marked.signs[Tissue.FASCIA][LimbPart.DISTAL].graded == 1
    assert marked.signs[Tissue.SUBCUTIS][LimbPart.PROXIMAL].graded is None
    with pytest.raises(InputError, match="0, 1 or none"):
        session.mark(Tissue.FASCIA, LimbPart.DISTAL, 2)
    session.close()
    again = open_review(case.paths, "anna")
    assert again.soft_tissue == marked
    grade_all(again, lambda label: 0)
    reading = again.sign(again.signoff_issues())
    assert reading.score.total == 0
    assert read_signed(again.paths).reading.soft_tissue == marked
    again.close()
    addendum = open_review(case.paths, "anna", addendum=True)
    assert addendum.soft_tissue == marked
    addendum.mark(Tissue.FASCIA, LimbPart.DISTAL, 0)
    assert addendum.sign(addendum.signoff_issues()).soft_tissue != marked


def test_suggestions_beside_the_muscles_are_hidden_while_blinded(write: WriteCase, make_reading: MakeReading) -> None:
    suggested = {tissue: dict.fromkeys(LimbPart, TissueSign(suggested=1, bright_share=0.4)) for tissue in Tissue}
    case = write(reading=replace(make_reading(), soft_tissue=SoftTissue(suggested)))
    session = open_review(case.paths, "anna", Mode.BLINDED)
    session.mark(Tissue.FASCIA, LimbPart.DISTAL, 0)
    assert {sign.suggested for parts in session.soft_tissue.signs.values() for sign in parts.values()} == {None}
    grade_all(session)
    reading = session.sign(session.signoff_issues())
    assert reading.soft_tissue is not None
    assert reading.soft_tissue.signs[Tissue.FASCIA][LimbPart.DISTAL] == TissueSign(1, 0, 0.4)
    assert session.soft_tissue == reading.soft_tissue


def test_a_reading_goes_on_where_it_was_left(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 2)
    session.edit(stroke(session, 6), "paint")
    session.grade(6, 1)
    session.undo()
    session.move(ViewState(6, (1.0, -2.5, 300.25), 2.5, "axial"))
    state = session.decisions, session.labels.copy(), session.view_state, session.undo_words, session.redo_words
    session.close()
    again = open_review(case.paths, "anna")
    assert again.decisions == state[0]
    np.testing.assert_array_equal(again.labels, state[1])
    assert (again.view_state, again.undo_words, again.redo_words) == state[2:]
    again.redo()
    assert again.decisions[6].grade == 1


def test_a_blinded_reading_hides_what_would_lead_the_reader(case: Case) -> None:
    session = open_review(case.paths, "anna", Mode.BLINDED)
    assert not any((session.visible.suggestions, session.visible.other_readers, session.visible.visits))
    assert "X" not in session.title.removeprefix("case ")
    assert session.title.startswith("case ")
    assert session.totals.with_suggestions is None
    assert session.group(1).measured is None
    assert session.histogram(1) is None
    for refused in (lambda: session.accept(1), lambda: session.reorder(Order.LEAST_CERTAIN)):
        with pytest.raises(InputError, match="blinded"):
            refused()
    with pytest.raises(CaseError, match="blinded"):
        _ = session.reading
    grade_all(session, lambda label: 0)
    assert {issue.kind for issue in session.signoff_issues() if issue.label} <= {SignoffIssueKind.OUTSIDE}
    session.sign(session.signoff_issues())
    assert session.visible.suggestions
    seen = [decision.suggestion_seen for decision in session.decisions.values()]
    assert not any(seen)
    reading = read_signed(session.paths).reading
    assert reading.review is not None
    assert reading.review.suggestion_seen == ()
    assert isinstance(reading.review.seed, int)


def test_whether_a_suggestion_was_seen_is_recorded(case: Case) -> None:
    session = open_review(case.paths, "anna")
    grade_all(session)
    session.sign(session.signoff_issues())
    reading = read_signed(session.paths).reading
    assert reading.review is not None
    assert len(reading.review.suggestion_seen) == 42
    # The provenance tells the same to whoever reads the file.
    assert reading.provenance[-1].name == "review"
    assert reading.provenance[-1].parameters["suggestion_seen"] == list(reading.review.suggestion_seen)


def test_a_reading_keeps_the_mode_it_was_begun_in(case: Case) -> None:
    session = open_review(case.paths, "anna", Mode.BLINDED, seed=7)
    session.grade(1, 1)
    session.close()
    with pytest.raises(InputError, match="begun blinded"):
        open_review(case.paths, "anna", Mode.ASSISTED)
    assert open_review(case.paths, "anna").mode is Mode.BLINDED


def test_unread_groups_keep_a_reading_from_being_signed(case: Case, digests: Digests) -> None:
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    issues = session.signoff_issues()
    assert [issue.kind for issue in issues if issue.blocks] == [SignoffIssueKind.UNREAD] * 41
    with pytest.raises(CaseError, match="unread and 40 more"):
        session.sign(issues)
    assert not session.paths.reading.exists()


def test_contradictions_are_shown_and_can_be_confirmed(case: Case) -> None:
    session = open_review(case.paths, "anna")
    grade_all(session)
    session.grade(2, 0)  # measured 75 %
    session.grade(3, 2)  # measured 1 %
    session.not_assessable(4, Reason.OUTSIDE)  # measured 25 %
    found = {issue.label: issue.kind for issue in session.signoff_issues() if issue.label is not None}
    assert found == {
        2: SignoffIssueKind.OVERLOOKED,
        3: SignoffIssueKind.DISTANT,
        4: SignoffIssueKind.IN_VIEW,
        42: SignoffIssueKind.OUTSIDE,
    }
    assert "75 %" in session.signoff_issues()[0].sentence
    with pytest.raises(CaseError, match="75 %"):
        session.sign()
    session.sign(session.signoff_issues())
    assert len(lines(session)[-1]["concerns"]) == 6


def test_signing_locks_the_reading_and_leaves_the_automatic_one(case: Case, digests: Digests) -> None:
    auto = case.paths.reading.read_bytes()
    session = open_review(case.paths, "anna")
    grade_all(session, lambda label: 2)
    session.edit(stroke(session, 8), "paint")
    reading = session.sign(session.signoff_issues())
    assert (reading.reader, reading.status, reading.score.total) == ("anna", Status.SIGNED, 84)
    assert {entry.source for entry in reading.groups} == {GradeSource.READER}
    assert [entry.auto_grade for entry in reading.groups] == [entry.auto_grade for entry in case.reading.groups]
    assert read_signed(session.paths).reading == reading
    assert case.paths.reading.read_bytes() == auto
    signed = digests(case.paths.readings)
    for act in (lambda: session.grade(1, 0), session.undo, lambda: session.edit(stroke(session, 8), "paint")):
        with pytest.raises(CaseError, match="signed"):
            act()
    session.close()
    again = open_review(case.paths, "anna")
    assert again.read_only
    assert again.signed
    again.close()
    assert digests(case.paths.readings) == signed
    labels = signed_readings(case.paths)[0].labels(case)
    np.testing.assert_array_equal(labels.data, session.labels)


def test_an_addendum_is_a_reading_of_its_own(case: Case, digests: Digests) -> None:
    with pytest.raises(CaseError, match="signed"):
        open_review(case.paths, "anna", addendum=True)
    first = open_review(case.paths, "anna")
    grade_all(first)
    first.edit(stroke(first, 8), "paint")
    first.not_assessable(9, Reason.OTHER, "needle")
    first.sign(first.signoff_issues())
    before = digests(case.paths.readings)
    second = open_review(case.paths, "anna", addendum=True)
    assert second.totals.read == 42
    np.testing.assert_array_equal(second.labels, first.labels)
    assert second.decisions[9].note == "needle"
    second.grade(1, 2)
    reading = second.sign(second.signoff_issues())
    assert reading.status is Status.ADDENDUM
    assert reading.groups[0].grade == 2
    assert [entry.grade for entry in reading.groups[1:]] == [
        entry.grade for entry in read_signed(first.paths).reading.groups[1:]
    ]
    after = digests(case.paths.readings)
    assert {name: after[name] for name in before} == before
    np.testing.assert_array_equal(signed_readings(case.paths)[1].labels(case).data, first.labels)
    assert open_review(case.paths, "anna").paths.run == 2


def sign_as(case: Case, reader: str, grade: Callable[[int], int], mode: Mode = Mode.BLINDED) -> None:
    session = open_review(case.paths, reader, mode)
    grade_all(session, grade)
    session.sign(session.signoff_issues())
    session.close()


def test_a_second_reader_does_not_see_the_first_until_signing(case: Case) -> None:
    sign_as(case, "anna", lambda label: 1)
    session = open_review(case.paths, "ben", Mode.SECOND)
    assert session.group(1).others == {}
    assert session.group(1).measured is not None
    grade_all(session)
    session.sign(session.signoff_issues())
    assert session.group(1).others["anna"].grade == 1
    session.close()
    assert open_review(case.paths, "cleo").group(1).others.keys() == {"anna", "ben"}


def test_an_adjudication_asks_only_for_what_the_readers_differ_in(case: Case, digests: Digests) -> None:
    sign_as(case, "anna", lambda label: 1)
    with pytest.raises(CaseError, match="two to adjudicate"):
        open_review(case.paths, "chief", Mode.ADJUDICATION)
    sign_as(case, "ben", lambda label: 2 if label in (3, 11) else 1)
    before = digests(case.paths.readings)
    session = open_review(case.paths, "chief", Mode.ADJUDICATION)
    assert [view.group.label for view in session.groups() if view.to_read] == [3, 11]
    assert (session.totals.read, session.totals.given.total) == (40, 40)
    assert {reader: entry.grade for reader, entry in session.group(3).others.items()} == {"anna": 1, "ben": 2}
    assert session.current == 3
    assert session.next_unread() == 11
    with pytest.raises(CaseError, match="differ"):
        session.grade(1, 0)
    session.grade(3, 2)
    session.grade(11, 0)
    reading = session.sign(session.signoff_issues())
    assert (reading.reader, reading.score.total) == ("consensus", 42)
    assert reading.review is not None
    assert (reading.review.who, reading.review.between) == ("chief", ("anna", "ben"))
    assert len(reading.review.agreed) == 40
    after = digests(case.paths.readings)
    assert {name: after[name] for name in before} == before


def test_ids_that_are_no_person_are_refused(case: Case) -> None:
    for reader in ("auto", "consensus", "Anna Smith", "../x", ""):
        with pytest.raises(InputError, match="id of a person"):
            open_review(case.paths, reader)


def test_reading_time_leaves_out_pauses(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr("wbmri.review.actions.monotonic", lambda: moment[0])
    session = open_review(case.paths, "anna")
    for wait in (30.0, 50.0, 4000.0, 20.0):
        moment[0] += wait
        session.grade(1, 1 if wait in (30.0, 4000.0) else 2)
    assert session.seconds == pytest.approx(100.0)
    moment[0] += 100.0
    session.alive(active=True)
    assert session.seconds == pytest.approx(200.0)
    session.close()
    assert open_review(case.paths, "anna").seconds == pytest.approx(200.0)


def test_signing_tells_the_case_who_and_how_long(case: Case) -> None:
    sign_as(case, "anna", lambda label: 1)
    entry = read_case(case.paths.folder).history()[-1]
    assert (entry.who, entry.action) == ("anna", "signed")
    assert entry.seconds["reading"] >= 0
