"""Several visits of one person: what is hidden stays so until the last one is signed."""

from collections.abc import Callable

import pytest

from wbmri.case import Case
from wbmri.core import InputError
from wbmri.review import Mode, Session, load_worklist, open_review, unblind


@pytest.fixture
def pair(write: Callable[..., Case]) -> tuple[Case, Case]:
    """Two visits of one person, beside another person's."""
    write("Z", "1")
    return write("A", "1"), write("A", "2")


def signed(case: Case, reader: str, mode: Mode | None = None, grade: int = 1) -> Session:
    session = open_review(case.paths, reader, mode)
    for view in session.groups():
        session.grade(view.group.label, grade)
    session.sign(session.signoff_issues())
    session.close()
    return session


def test_a_blinded_visit_shows_nothing_before_the_other_one_is_signed(pair: tuple[Case, Case]) -> None:
    first, second = pair
    signed(first, "ben", grade=2)
    session = signed(first, "anna", Mode.BLINDED)
    assert not any((session.visible.suggestions, session.visible.other_readers, session.visible.visits))
    again = open_review(first.paths, "anna", Mode.BLINDED)
    assert again.title == session.title
    assert "A" not in again.title.removeprefix("case ").replace(again.title[-6:], "")
    assert again.group(1).measured is None
    assert again.group(1).others == {}
    signed(second, "anna", Mode.BLINDED)
    opened = open_review(first.paths, "anna", Mode.BLINDED)
    assert opened.visible.suggestions
    assert opened.group(1).others["ben"].grade == 2
    assert opened.title == first.paths.name


def test_a_second_reader_sees_nobody_before_the_other_visit_is_signed(pair: tuple[Case, Case]) -> None:
    first, second = pair
    for case in pair:
        signed(case, "ben", grade=2)
    session = signed(first, "anna", Mode.SECOND)
    assert session.visible.suggestions
    assert session.group(1).others == {}
    assert signed(second, "anna", Mode.SECOND).group(1).others["ben"].grade == 2


def test_an_addendum_is_as_blind_as_what_it_adds_to(pair: tuple[Case, Case]) -> None:
    signed(pair[0], "anna", Mode.BLINDED)
    with pytest.raises(InputError, match="begun blinded"):
        open_review(pair[0].paths, "anna", Mode.ASSISTED, addendum=True)
    addendum = open_review(pair[0].paths, "anna", addendum=True)
    assert addendum.mode is Mode.BLINDED
    assert not addendum.visible.suggestions


def test_the_list_of_a_second_reader_holds_nobody_elses_results(pair: tuple[Case, Case]) -> None:
    first, second = pair
    for case in pair:
        signed(case, "ben", grade=2)
    program = first.reading.score.total

    def rows() -> dict[str, object]:
        found = load_worklist(first.paths.out, "anna", mode=Mode.SECOND).rows
        return {row.title: (row.total, row.reader, [one.reader for one in row.readings]) for row in found}

    assert rows()[first.paths.name] == (program, "auto", [])
    signed(first, "anna", Mode.SECOND)
    assert rows()[first.paths.name] == (42, "anna", ["anna"])
    assert rows()[second.paths.name] == (program, "auto", [])
    signed(second, "anna", Mode.SECOND)
    assert rows()[first.paths.name] == (84, "ben", ["anna", "ben"])


def test_what_is_said_of_a_blinded_case_names_none_of_its_files(pair: tuple[Case, Case]) -> None:
    session = open_review(pair[0].paths, "anna", Mode.BLINDED)
    said = session.said(f"{pair[0].paths.volume} is damaged; sub-A of ses-1")
    assert not any(name in said for name in ("sub-A", "ses-1"))
    assert open_review(pair[1].paths, "anna").said("sub-A") == "sub-A"


def test_a_mode_that_does_not_fit_is_refused_under_the_code(pair: tuple[Case, Case]) -> None:
    session = open_review(pair[0].paths, "anna", Mode.SECOND)
    session.grade(1, 1)
    session.close()
    seed = load_worklist(pair[0].paths.out, "anna", mode=Mode.BLINDED).seed
    with pytest.raises(InputError) as refused:
        open_review(pair[0].paths, "anna", Mode.BLINDED, seed=seed)
    assert pair[0].paths.name not in str(refused.value)


def test_the_study_may_unblind_a_person_before_all_visits_are_signed(pair: tuple[Case, Case]) -> None:
    first, second = pair
    signed(first, "anna", Mode.BLINDED)
    signed(first, "ben", Mode.BLINDED)
    with pytest.raises(InputError, match="one of A, Z"):
        unblind(first.paths.out, "B")
    unblind(first.paths.out, "A", "anna")
    unblind(first.paths.out, "A", "anna")
    assert open_review(first.paths, "anna", Mode.BLINDED).visible.visits
    assert not open_review(first.paths, "ben", Mode.BLINDED).visible.visits
    # What is not signed stays hidden, or it would be led.
    assert not open_review(second.paths, "anna", Mode.BLINDED).visible.suggestions
    unblind(first.paths.out, "A")
    assert open_review(first.paths, "ben", Mode.BLINDED).visible.suggestions
