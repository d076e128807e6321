"""A structured report of wbmri gives the reading back whole, and only as it was written."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from wbmri.case import Case
from wbmri.core import Grid, InputError, Reading
from wbmri.export.dicom import read_report
from wbmri.pipeline import export_case


@pytest.fixture(scope="module")
def signed(
    coronal: Grid,
    make_case: Callable[..., Case],
    sign_case: Callable[[Case], Reading],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Reading, Path]:
    """A signed reading and its report."""
    folder = tmp_path_factory.mktemp("signed")
    case = make_case(folder / "OUT", coronal)
    reading = sign_case(case)
    return reading, export_case(case.paths.folder, folder / "dicom", to=["sr"]).files[0]


def items(item: Dataset) -> Iterator[Dataset]:
    for inner in item.get("ContentSequence", []):
        yield inner
        yield from items(inner)


def test_nothing_of_an_automatic_reading_is_lost(exported: tuple[Case, dict[str, Path]]) -> None:
    case, places = exported
    found = read_report(places["sr.dcm"])
    assert found.reading == case.reading
    assert (found.participant, found.session, found.verified_by) == ("07", "before", "")


def test_nothing_of_a_signed_reading_is_lost(signed: tuple[Reading, Path]) -> None:
    reading, path = signed
    found = read_report(path)
    assert found.reading == reading
    assert found.verified_by == "anna"
    said = [one.TextValue for one in items(dcmread(path)) if one.ValueType == "TEXT"]
    assert {"sure", "like a feather", "a restless child"} <= set(said)


@pytest.mark.parametrize("code", ["grade", "share", "involved"])
def test_a_report_that_was_changed_is_refused(signed: tuple[Reading, Path], tmp_path: Path, code: str) -> None:
    report = dcmread(signed[1])
    numbers = [one for one in items(report) if one.ValueType == "NUM"]
    changed = [one for one in numbers if one.ConceptNameCodeSequence[0].CodeValue == code][3]
    changed.MeasuredValueSequence[0].NumericValue = "0.5"
    report.save_as(tmp_path / "changed.dcm")
    with pytest.raises(InputError, match="says something else of"):
        read_report(tmp_path / "changed.dcm")


def test_a_report_of_another_program_is_refused(signed: tuple[Reading, Path], tmp_path: Path) -> None:
    report = dcmread(signed[1])
    del report.ContentSequence[-1]
    report.save_as(tmp_path / "other.dcm")
    with pytest.raises(InputError, match="without a reading of wbmri"):
        read_report(tmp_path / "other.dcm")
    (tmp_path / "text.dcm").write_text("no DICOM")
    with pytest.raises(InputError, match="is no DICOM file"):
        read_report(tmp_path / "text.dcm")


def test_a_report_whose_observer_has_no_name_is_refused(signed: tuple[Reading, Path], tmp_path: Path) -> None:
    report = dcmread(signed[1])
    del report.VerifyingObserverSequence[0].VerifyingObserverName
    report.save_as(tmp_path / "nameless.dcm")
    with pytest.raises(InputError, match=r"nameless\.dcm, which is no DICOM file, or damaged"):
        read_report(tmp_path / "nameless.dcm")


def test_an_element_longer_than_its_file_asks_for_no_memory(signed: tuple[Reading, Path], tmp_path: Path) -> None:
    # The length of the outermost sequence of contents becomes 4 GB.
    content = bytearray(signed[1].read_bytes())
    place = content.index(b"\x40\x00\x30\xa7SQ") + 8
    content[place : place + 4] = b"\xf0\xff\xff\xff"
    path = tmp_path / "long.dcm"
    path.write_bytes(content)
    limit = "import resource, sys; from wbmri.export.dicom import read_report"
    program = f"{limit}; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); read_report(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)  # noqa: S603
    # What follows it is a part of it, and there is nothing that should.
    assert (done.returncode, done.stderr) == (0, "")
