"""The worklist: how far every case is, and what a blinded list hides."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wbmri.case import Case, read_case
from wbmri.core import Candidate, InputError, Reading, Status
from wbmri.review import Mode, Session, load_worklist, open_review

WriteCase = Callable[..., Case]


def signed(case: Case, reader: str, grade: int = 1, **how: object) -> Session:
    session = open_review(case.paths, reader, **how)  # type: ignore[arg-type]
    for label in range(1, 43):
        session.grade(label, grade)
    session.sign(session.signoff_issues())
    session.close()
    return session


@pytest.fixture
def out(write: WriteCase, make_reading: Callable[..., Reading], tmp_path: Path) -> Path:
    """Four cases: untouched with a warning, in review, signed, signed with an addendum; and a damaged one."""
    quiet = replace(make_reading(lambda label: 1), warnings=())
    write("A", "1")
    begun = write("A", "2", quiet)
    session = open_review(begun.paths, "anna")
    session.grade(1, 2)
    session.grade(2, 2)
    session.close()
    signed(write("B", "1", quiet), "ben", 2)
    twice = write("C", "1", quiet)
    signed(twice, "anna", 1)
    signed(twice, "anna", 2, addendum=True)
    write("D", "1").paths.reading.write_text("{")
    return tmp_path / "OUT"


def test_totals_that_a_scan_leaves_open_are_listed_until_a_person_has_decided(
    write: WriteCase,
    make_reading: Callable[..., Reading],
    tmp_path: Path,
) -> None:
    open_ = (Candidate("oedema", 0.6, 100.0, 28, 14), Candidate("shading", 0.4, 100.0, 0, 0))
    case = write("A", "1", replace(make_reading(lambda label: 1), candidates=open_))
    (row,) = load_worklist(tmp_path / "OUT", "anna").rows
    assert (row.total, row.total_said) == (None, "28 or 0")
    session = open_review(case.paths, "anna")
    assert session.totals.open_totals == "28 or 0"
    session.close()
    blinded = open_review(case.paths, "bert", mode=Mode.BLINDED)
    assert blinded.totals.open_totals == ""
    blinded.close()
    signed(read_case(case.paths.folder), "anna", 1)
    (row,) = load_worklist(tmp_path / "OUT", "anna").rows
    assert (row.total, row.total_said) == (42, "42")


def test_every_case_shows_how_far_it_is(out: Path) -> None:
    rows = load_worklist(out, "anna").rows
    assert [(row.title, row.status, row.reader, row.total, row.read, row.own) for row in rows[:4]] == [
        ("sub-A_ses-1", Status.SCORED, "auto", 42, 0, None),
        ("sub-A_ses-2", Status.IN_REVIEW, "auto", 42, 2, Status.IN_REVIEW),
        ("sub-B_ses-1", Status.SIGNED, "ben", 84, 0, None),
        ("sub-C_ses-1", Status.ADDENDUM, "anna", 84, 42, Status.ADDENDUM),
    ]
    assert len(rows[0].warnings) == 1
    assert [one.reader for one in rows[2].readings] == ["ben"]
    assert rows[4].problem is not None
    assert "reading.json" in rows[4].problem


def test_numbers_in_names_count_as_numbers(write: WriteCase, tmp_path: Path) -> None:
    for participant, session in (("10", "baseline"), ("2", "month12"), ("2", "month6")):
        write(participant, session)
    titles = [row.title for row in load_worklist(tmp_path / "OUT").rows]
    assert titles == ["sub-2_ses-month6", "sub-2_ses-month12", "sub-10_ses-baseline"]


def test_rows_are_found_by_words_and_filters(out: Path) -> None:
    worklist = load_worklist(out, "anna")

    def names(*text: str, **filters: object) -> list[str]:
        return [row.title[4:5] for row in worklist.filtered(*text, **filters)]  # type: ignore[arg-type]

    assert names() == ["A", "A", "B", "C", "D"]
    assert names("SUB-a ses-2") == ["A"]
    assert names("ben signed") == ["B"]
    assert names(status=Status.IN_REVIEW) == ["A"]
    assert names(unread=True) == ["A", "A", "B", "D"]
    assert names(warned=True) == ["A", "D"]
    assert names("auto", unread=True, warned=True) == ["A"]


def test_the_next_unread_case_is_neither_signed_nor_damaged_nor_open(out: Path) -> None:
    worklist = load_worklist(out, "anna")
    first = worklist.next_unread()
    assert first is not None
    assert first.title == "sub-A_ses-1"
    third = worklist.next_unread(worklist.rows[1].paths)
    assert third is not None
    assert third.title == "sub-B_ses-1"
    held = open_review(worklist.rows[0].paths, "cleo")
    again = load_worklist(out, "anna")
    assert again.rows[0].holder is not None
    assert again.rows[0].holder.reader == "cleo"
    assert again.next_unread(worklist.rows[2].paths).title == "sub-A_ses-2"  # type: ignore[union-attr]
    held.close()
    alone = [row for row in worklist.rows if row.title == "sub-C_ses-1"]
    assert replace(worklist, rows=tuple(alone)).next_unread() is None


def test_a_blinded_list_hides_persons_visits_and_results_in_an_order_of_its_own(out: Path, write: WriteCase) -> None:
    worklist = load_worklist(out, "dora", mode=Mode.BLINDED, seed=3)
    assert worklist.seed == 3
    for row in worklist.rows:
        assert (row.participant, row.session, row.reader, row.total, row.involved) == (None,) * 5
        assert (row.warnings, row.readings, row.status) == ((), (), Status.SCORED)
        assert row.paths.name not in row.title
        assert row.problem is None or row.paths.name not in row.problem
    order = [row.paths.name for row in worklist.rows]
    assert [row.paths.name for row in load_worklist(out, "dora", mode=Mode.BLINDED, seed=3).rows] == order
    others = {
        tuple(row.paths.name for row in load_worklist(out, "dora", mode=Mode.BLINDED, seed=s).rows) for s in range(8)
    }
    assert len(others) > 4
    write("E", "1")
    more = [row.paths.name for row in load_worklist(out, "dora", mode=Mode.BLINDED, seed=3).rows]
    assert [name for name in more if "E" not in name] == order


def test_a_case_of_a_blinded_list_has_the_same_code_when_opened_and_its_seed_is_recorded(out: Path) -> None:
    worklist = load_worklist(out, "dora", mode=Mode.BLINDED)
    row = next(row for row in worklist.rows if row.problem is None)
    session = open_review(row.paths, "dora", Mode.BLINDED, seed=worklist.seed)
    assert session.title == row.title
    session.grade(1, 1)
    assert f'"seed":{worklist.seed}' in session.paths.history.read_text("utf-8").splitlines()[0]
    session.close()
    assert {one.own for one in load_worklist(out, "dora", mode=Mode.BLINDED).rows} == {None, Status.IN_REVIEW}


def test_a_folder_without_cases_is_refused(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="without a case"):
        load_worklist(tmp_path, "anna")
    with pytest.raises(InputError, match="id of a person"):
        load_worklist(out, "auto")


def test_a_list_that_is_nobodys_shows_the_cases_alone(out: Path) -> None:
    rows = load_worklist(out).rows
    assert {row.own for row in rows} == {None}
    assert rows[0].total == read_case(rows[0].paths.folder).reading.score.total
