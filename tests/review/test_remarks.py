"""Free text on a group and on the case: undone, reopened, signed and gone on with like a grade."""

import pytest

from wbmri.case import Case, read_signed
from wbmri.core import CaseError
from wbmri.pipeline import sign
from wbmri.review import Session, SignoffIssueKind, open_review


def read_all(session: Session) -> None:
    for view in session.groups():
        session.grade(view.group.label, 1)


def test_remarks_are_undone_and_there_again_after_reopening(case: Case) -> None:
    session = open_review(case.paths, "anna")
    assert session.remark(5, "  old scar ").words == "Remark on Thoracolumbar paraspinal, left: old scar"
    session.remark(None, "a cyst of the left kidney")
    session.remark(5, "a scar")
    assert session.group(5).remark == "a scar"
    assert not session.group(5).read
    session.undo()
    assert session.remark_on(5) == "old scar"
    session.redo()
    session.close()
    again = open_review(case.paths, "anna")
    assert (again.remark_on(5), again.remark_on(None)) == ("a scar", "a cyst of the left kidney")
    assert again.undo_words == "remark on Thoracolumbar paraspinal, left"
    again.remark(5, "")
    assert again.remark_on(5) == ""
    assert again.group(6).remark == ""


def test_they_are_signed_reported_and_gone_on_with_in_an_addendum(case: Case) -> None:
    session = open_review(case.paths, "anna")
    read_all(session)
    session.remark(5, "a <scar>")
    session.remark(None, "a cyst")
    sign(session, session.signoff_issues())
    review = read_signed(session.paths).reading.review
    assert review.remarks == {"case": "a cyst", "paraspinal_tl_left": "a <scar>"}
    html = session.paths.report.read_text("utf-8")
    assert "a &lt;scar&gt;" in html
    assert "a cyst" in html
    with pytest.raises(CaseError):
        session.remark(5, "later")
    addendum = open_review(case.paths, "anna", addendum=True)
    assert (addendum.remark_on(5), addendum.remark_on(None)) == ("a <scar>", "a cyst")


def test_a_remark_is_no_reading_of_a_group(case: Case) -> None:
    session = open_review(case.paths, "anna")
    session.remark(5, "look again")
    kinds = {issue.kind for issue in session.signoff_issues()}
    assert SignoffIssueKind.UNREAD in kinds
    assert SignoffIssueKind.HASTE not in kinds
