"""A whole case of version 2, which kept no manifest and no digests: it opens, is read on, and gets them then."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import CasePaths, ReadingPaths, labels_of_record, read_case, reading_of_record, signed_readings, verify
from wbmri.cli import main
from wbmri.review import open_review

VERSION_2 = Path(__file__).parent / "version_2"
"""What version 2 of the layout wrote of a small case: scored, signed by anna with a corrected outline, begun by ben."""


@pytest.fixture
def paths(tmp_path: Path) -> CasePaths:
    shutil.copytree(VERSION_2, tmp_path / "OUT")
    (tmp_path / "OUT" / "bidsignore").rename(tmp_path / "OUT" / ".bidsignore")
    return CasePaths(tmp_path / "OUT", "site", "2")


def test_a_case_without_manifest_opens(paths: CasePaths) -> None:
    case = read_case(paths.folder)
    assert case.manifest is None
    assert case.volume().shape == case.labels().data.shape
    assert [entry.action for entry in case.history()] == ["scored", "signed"]
    assert reading_of_record(case).reader == "anna"
    assert np.count_nonzero(labels_of_record(case).data == 3) == np.count_nonzero(case.labels().data == 3) - 40
    assert open_review(paths, "ben").decisions[1].grade == 2


def test_verify_says_that_it_has_none(paths: CasePaths, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(paths.out)
    assert (found.findings, found.without_manifest) == ((), ("sub-site_ses-2",))
    assert main(["verify", str(paths.out)]) == 0
    assert capsys.readouterr().out.startswith("unknown  sub-site_ses-2: written by a former version")


def test_it_gets_one_when_it_is_next_signed(paths: CasePaths) -> None:
    session = open_review(paths, "ben")
    for label in range(1, 5):
        session.grade(label, 0)
    session.sign(session.signoff_issues())
    found = verify(paths.out)
    assert (found.findings, found.without_manifest) == ((), ())
    assert [one.paths.reader for one in signed_readings(paths)] == ["anna", "ben"]
    scores = ReadingPaths(paths, "anna").scores
    scores.write_bytes(scores.read_bytes()[:-1])
    assert [finding.file for finding in verify(paths.out).findings] == [scores.relative_to(paths.out).as_posix()]
