"""The worklist says by which numbers a patient is known, beside dcmtk's, so that the earlier study is found."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from wbmri.cli import main
from wbmri.core import InputError
from wbmri.export.dicom import content_uid, encoded
from wbmri.pacs import (
    DimseTarget,
    Duty,
    Inbox,
    PatientNumber,
    Reception,
    Scheduled,
    StudyBox,
    StudyState,
    ask_worklist,
    listen,
)
from wbmri.pipeline import ScoringOptions

pytest.importorskip("pynetdicom")
BORN = "20150607"
Answering = Callable[..., AbstractContextManager[DimseTarget]]


def header(study: str, date: str, **changes: Any) -> Dataset:
    """An image without pixels, which is enough to be asked about and too little to be scored."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID = UID(MRImageStorage), content_uid(study, "image")
    made.StudyInstanceUID, made.SeriesInstanceUID = content_uid(study), content_uid(study, "series")
    made.PatientID, made.PatientBirthDate, made.StudyDate, made.Modality = "NEW-7", BORN, date, "MR"
    made.AccessionNumber = f"ACC-{study}"
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


def keep(inbox: Inbox, image: Dataset) -> StudyBox:
    born = image.PatientBirthDate
    return inbox.keep(encoded(image), image.PatientID, image.StudyInstanceUID, image.SOPInstanceUID, born)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


Worklist = Callable[..., DimseTarget]


@pytest.fixture
def worklist(tmp_path: Path) -> Iterator[Worklist]:
    """Run dcmtk's worklist with one entry, about the study B."""
    programs = (shutil.which("wlmscpfs", path=folder) for folder in os.get_exec_path())
    program = next(filter(None, programs), None)
    if program is None:
        pytest.skip("wlmscpfs is not installed (Debian package dcmtk)")
    started: list[subprocess.Popen[bytes]] = []

    def run(**changes: Any) -> DimseTarget:
        folder = tmp_path / "worklists" / "RIS"
        folder.mkdir(parents=True)
        (folder / "lockfile").touch()
        step = Dataset()
        step.Modality, step.ScheduledStationAETitle, step.ScheduledProcedureStepID = "MR", "MRSCANNER", "1"
        step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = "20240606", "0800"
        step.ScheduledProcedureStepDescription, step.ScheduledPerformingPhysicianName = "STIR", "A^B"
        entry = header("B", "20240606")
        del entry.SeriesInstanceUID, entry.Modality, entry.StudyDate
        entry.PatientName, entry.PatientSex, entry.RequestedProcedureID = "Muster^Kind", "F", "RP1"
        entry.RequestedProcedureDescription = "whole body"
        entry.ScheduledProcedureStepSequence = [step]
        for keyword, value in changes.items():
            setattr(entry, keyword, value)
        (folder / "entry.wl").write_bytes(encoded(entry))
        port = free_port()
        started.append(subprocess.Popen([program, "-dfp", str(folder.parent), "-dfr", str(port)]))  # noqa: S603
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return DimseTarget("RIS", "127.0.0.1", port, patience_s=10.0)
            except OSError:
                time.sleep(0.1)
        pytest.fail("wlmscpfs does not listen")

    yield run
    for process in started:
        process.kill()
        process.wait()


def study_of(uid: str) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", uid
    return made


def test_it_tells_the_patients_other_numbers_and_the_studies_that_the_request_names(worklist: Worklist) -> None:
    ris = worklist(
        PatientID="OLD-3",
        IssuerOfPatientID="CLINIC",
        OtherPatientIDs=["NEW-7", "OTHER-5"],
        ReferencedStudySequence=[study_of(content_uid("A")), study_of(content_uid("B"))],
    )
    found = ask_worklist(header("B", "20240606"), ris)
    assert found.numbers == (PatientNumber("OLD-3", "CLINIC"), PatientNumber("OTHER-5"))
    assert found.studies == (content_uid("A"),)
    assert found.named
    # The same number of another issuer is another one, and one of no issuer is not.
    assert ask_worklist(header("B", "20240606", PatientID="OLD-3"), ris).numbers == (
        PatientNumber("NEW-7"),
        PatientNumber("OTHER-5"),
    )
    elsewhere = ask_worklist(header("B", "20240606", PatientID="OLD-3", IssuerOfPatientID="PRACTICE"), ris)
    assert PatientNumber("OLD-3", "CLINIC") in elsewhere.numbers
    # Without an accession number the patient's does, or the study itself, whatever else is wrong.
    assert ask_worklist(header("B", "20240606", AccessionNumber="", PatientID="OLD-3"), ris).named
    assert ask_worklist(header("B", "20240606", AccessionNumber="ACC-X", PatientBirthDate=""), ris).named


def test_an_entry_about_somebody_else_says_nothing(worklist: Worklist) -> None:
    """Numbers are given again: an accession number alone, or a patient's, does not tell who it is."""
    ris = worklist(PatientID="OLD-3", StudyInstanceUID=content_uid("Z"), PatientBirthDate="19990101")
    assert ask_worklist(header("B", "20240606"), ris) == Scheduled()
    assert ask_worklist(header("B", "20240606", PatientID="OLD-3"), ris) == Scheduled()
    assert ask_worklist(header("B", "20240606", PatientBirthDate=""), ris) == Scheduled()


@contextmanager
def archive(answering: Answering, images: list[Dataset], send_to: int) -> Iterator[tuple[DimseTarget, list[str]]]:
    """An archive that finds studies by patient number or identifier; yields where it is, and what it was asked."""
    asked: list[str] = []

    def find(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        wanted = event.identifier
        asked.append(f"{wanted.PatientID}{wanted.StudyInstanceUID}")
        for image in images:
            if image.PatientID == wanted.PatientID or image.StudyInstanceUID == wanted.StudyInstanceUID:
                found = Dataset()
                for keyword in ("PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyDate"):
                    setattr(found, keyword, image.get(keyword))
                found.ModalitiesInStudy = "MR"
                yield 0xFF00, found

    def move(event: Any) -> Iterator[Any]:
        found = [image for image in images if image.StudyInstanceUID == event.identifier.StudyInstanceUID]
        yield "127.0.0.1", send_to, {"contexts": []}
        yield len(found)
        for image in found:
            yield 0xFF00, image

    with answering(find, move) as target:
        yield target, asked


def run(inbox: Inbox, duty: Duty, port: int = 0, rounds: int = 2) -> list[StudyState]:
    """Listen for some rounds and return what was told."""
    told: list[StudyState] = []
    go_on = iter([*[True] * rounds, False]).__next__
    listen(inbox.root, Reception(("ARCHIVE",), port=port), duty, report=told.append, go_on=go_on)
    return told


@pytest.mark.parametrize("known_by", ["number", "study"])
def test_the_earlier_study_is_fetched_from_under_another_number(
    worklist: Worklist, tmp_path: Path, known_by: str, answering: Answering
) -> None:
    inbox, port = Inbox(tmp_path / "inbox"), free_port()
    keep(inbox, header("B", "20240606"))
    earlier = header("A", "20230606", PatientID="OLD-3")
    brother = header("C", "20231212", PatientID="OLD-3", PatientBirthDate="20120101")
    changes: dict[str, Any] = (
        {"PatientID": "OLD-3"} if known_by == "number" else {"ReferencedStudySequence": [study_of(content_uid("A"))]}
    )
    with archive(answering, [earlier, brother], port) as (target, asked):
        duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, earlier_from=target, worklist=worklist(**changes))
        told = run(inbox, duty, port)
        asked_once = list(asked)
        run(inbox, duty, port)
    assert asked == asked_once == ["NEW-7", "OLD-3" if known_by == "number" else content_uid("A")]
    boxes = {dcmread(box.files()[0]).StudyDate: box.state() for box in inbox.boxes()}
    assert {date: state.session for date, state in boxes.items()} == {"20230606": "01", "20240606": "02"}
    assert len({state.participant for state in boxes.values()}) == 1
    assert boxes["20240606"].earlier == "an earlier study of 1 objects was fetched"
    said = repr(told) + "".join(path.as_posix() for path in inbox.root.rglob("*"))
    said += "".join(path.read_text("utf-8") for path in inbox.root.rglob("*") if path.parent.name == "people")
    assert not any(word in said for word in ("NEW-7", "OLD-3", "ACC-", BORN, "Muster", "2.25."))


def test_a_study_under_a_new_number_becomes_the_next_visit_of_whom_the_inbox_knows(
    worklist: Worklist, tmp_path: Path
) -> None:
    inbox = Inbox(tmp_path / "inbox")
    former = keep(inbox, header("A", "20230606", PatientID="OLD-3"))
    former.update(scored=former.digest(), case="OUT/sub-X/ses-01", sent=True)
    new = keep(inbox, header("B", "20240606"))
    assert new.state().participant != former.state().participant
    duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, worklist=worklist(PatientID="OLD-3"))
    run(inbox, duty, rounds=1)
    assert (new.state().participant, new.state().session) == (former.state().participant, "02")
    assert new.state().worklist == "the worklist names the study; other numbers of its patient: 1, other studies: 0"
    third = keep(Inbox(inbox.root), header("D", "20250101"))  # after a new start, and without asking
    assert (third.state().participant, third.state().session) == (former.state().participant, "03")
    other = keep(inbox, header("E", "20250101", PatientBirthDate="20110101"))  # who was given the number anew
    assert other.state().participant != former.state().participant


def test_a_word_that_stands_for_no_number_joins_nobody(worklist: Worklist, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    stranger = keep(inbox, header("A", "20230606", PatientID="UNKNOWN", PatientBirthDate="19990101"))
    new = keep(inbox, header("B", "20240606"))
    duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, worklist=worklist(OtherPatientIDs="UNKNOWN"))
    run(inbox, duty, rounds=1)
    assert new.state().worklist == "the worklist names the study; other numbers of its patient: 1, other studies: 0"
    later = keep(inbox, header("F", "20240707", PatientID="UNKNOWN", PatientBirthDate="19880101"))
    assert len({box.state().participant for box in (stranger, new)}) == 2
    assert later.state().participant == stranger.state().participant  # as without a worklist


def test_two_who_have_cases_already_stay_apart_and_that_is_said(worklist: Worklist, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    former = keep(inbox, header("A", "20230606", PatientID="OLD-3"))
    own = keep(inbox, header("Z", "20230707"))
    for box in (former, own):
        box.update(scored=box.digest(), case="somewhere", sent=True)
    new = keep(inbox, header("B", "20240606"))
    duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, worklist=worklist(PatientID="OLD-3"))
    run(inbox, duty, rounds=1)
    assert (new.state().participant, new.state().session) == (own.state().participant, "02")
    assert f"sub-{former.state().participant} has one of them, too" in new.state().worklist


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"title": "OTHER"}, "no connection to OTHER"),
        ({"port": 1}, "it did not answer"),
        ({"silent": True}, "it did not answer"),
    ],
    ids=["wrong title", "nobody there", "says nothing"],
)
def test_a_worklist_that_fails_holds_up_no_study(
    worklist: Worklist, tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    inbox = Inbox(tmp_path / "inbox")
    box = keep(inbox, header("B", "20240606"))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never says a word
        target = worklist()
        port = changes.get("port", silent.getsockname()[1] if "silent" in changes else target.port)
        wrong = DimseTarget(changes.get("title", "RIS"), "127.0.0.1", port, patience_s=1.0)
        with pytest.raises(InputError, match=why):
            ask_worklist(header("B", "20240606"), wrong)
        run(inbox, Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, worklist=wrong), rounds=1)
    assert why in box.state().worklist
    assert box.state().scored


def test_a_web_service_has_no_worklist_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--inbox", str(tmp_path / "inbox"), "--out", str(tmp_path / "OUT")]
    assert main(["listen", *places, "--allow", "X", "--worklist", "https://ris.example/web"]) == 2
    assert "a DICOMweb service for --worklist; expected TITLE@HOST:PORT" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
