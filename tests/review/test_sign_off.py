"""Signing as a user sees it: report, tables, which reading counts, and a dataset that stays valid."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case, check_replaceable, labels_of_record, read_case, reading_of_record, rebuild_tables
from wbmri.core import CaseError
from wbmri.pipeline import SignedCase, add_case, sign
from wbmri.review import Mode, Session, open_review
from wbmri.review.label_editor import LabelChange


def rows_of(path: Path) -> list[dict[str, str]]:
    header, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def read_all(case: Case, reader: str, grade: int, mode: Mode | None = None) -> Session:
    session = open_review(case.paths, reader, mode)
    for view in session.groups():
        if view.to_read:
            session.grade(view.group.label, grade)
    return session


def signed(case: Case, reader: str, grade: int, mode: Mode | None = None) -> SignedCase:
    session = read_all(case, reader, grade, mode)
    return sign(session, session.signoff_issues())


def test_the_tables_hold_the_persons_grade_and_the_programs_beside_it(case: Case) -> None:
    rebuild_tables(case.paths.out)
    before = rows_of(case.paths.out / "scores.tsv")
    assert signed(case, "anna", 2).left_out == ()
    scores, summary = (rows_of(case.paths.out / name) for name in ("scores.tsv", "summary.tsv"))
    assert {(row["grade"], row["grade_source"]) for row in scores} == {("2", "reader")}
    assert [row["auto_grade"] for row in scores] == [row["auto_grade"] for row in before]
    assert {row["auto_grade"] for row in scores} == {"0", "1", "2"}
    assert (summary[0]["total"], summary[0]["reader"], summary[0]["status"]) == ("84", "anna", "signed")
    own = rows_of(next(case.paths.readings.glob("*scores.tsv")))
    assert own == scores


def test_the_report_is_that_of_the_reading_that_counts(case: Case) -> None:
    first = signed(case, "anna", 2)
    assert [path.name for path in first.reports] == [
        "sub-X_ses-Y_run-1_desc-anna_report.html", "sub-X_ses-Y_report.html",
    ]  # fmt: skip
    html = case.paths.report.read_text("utf-8")
    assert "anna, signed" in html
    second = signed(case, "ben", 1)
    assert len(second.reports) == 1
    assert case.paths.report.read_text("utf-8") == html


def test_consensus_goes_before_single_readers_and_addenda_before_what_they_add_to(case: Case) -> None:
    assert reading_of_record(case).reader == "auto"
    for reader, grade in (("zoe", 1), ("anna", 2)):
        session = read_all(case, reader, grade)
        session.sign(session.signoff_issues())
    assert reading_of_record(case).reader == "zoe"
    session = open_review(case.paths, "zoe", addendum=True)
    session.grade(1, 2)
    session.sign(session.signoff_issues())
    assert reading_of_record(case).score.total == 43
    signed(case, "chief", 0, Mode.ADJUDICATION)
    assert reading_of_record(case).reader == "consensus"
    assert rows_of(case.paths.out / "summary.tsv")[0]["reader"] == "consensus"


def test_corrected_outlines_are_those_of_record_and_become_an_atlas(case: Case, tmp_path: Path) -> None:
    session = read_all(case, "anna", 1)
    free = np.flatnonzero(session.labels == 0)[:30]
    session.edit(LabelChange.setting(session.labels, free, 5), "paint")
    with pytest.raises(CaseError, match="no person has seen"):
        add_case(case.paths.folder, tmp_path / "atlases")
    sign(session, session.signoff_issues())
    np.testing.assert_array_equal(labels_of_record(read_case(case.paths.folder)).data, session.labels)
    np.testing.assert_array_equal(case.labels().data.ravel()[free], 0)
    assert add_case(case.paths.folder, tmp_path / "atlases").name == case.paths.name


def test_a_visit_that_someone_began_to_read_is_not_scored_over(case: Case) -> None:
    check_replaceable(case.paths)
    session = open_review(case.paths, "anna")
    session.grade(1, 1)
    session.close()
    with pytest.raises(CaseError, match="anna began to read"):
        check_replaceable(case.paths)


def test_a_signed_reading_that_was_put_into_another_case_is_refused(case: Case, write: Callable[..., Case]) -> None:
    done = signed(case, "anna", 1)
    other = write("Z", "Y")
    other.paths.readings.mkdir()
    moved = replace(done.paths, case=other.paths).reading
    moved.write_bytes(done.paths.reading.read_bytes())
    with pytest.raises(CaseError, match="sub-X, ses-Y by 'anna'"):
        reading_of_record(other)


def test_the_bids_validator_accepts_a_dataset_with_readings(case: Case) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    validator = shutil.which("bids-validator-deno", path=beside)
    if validator is None:
        pytest.skip("bids-validator-deno is not installed (it is part of the extra 'test')")
    # As if it had been scored before people's readings were known.
    ignore = case.paths.out / ".bidsignore"
    ignore.write_text(ignore.read_text("utf-8").replace("readings\n", ""))
    begun = open_review(case.paths, "ben")
    begun.edit(LabelChange.setting(begun.labels, np.flatnonzero(begun.labels == 0)[:9], 5), "paint")
    begun.close()
    session = read_all(case, "anna", 1)
    session.edit(LabelChange.setting(session.labels, np.flatnonzero(session.labels == 0)[:9], 5), "paint")
    sign(session, session.signoff_issues())
    done = subprocess.run(  # noqa: S603 - the validator found above
        [validator, str(case.paths.out), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert {issue["code"] for issue in issues} <= {"README_FILE_MISSING", "TOO_FEW_AUTHORS"}
