"""Images that come over the network: kept before they are answered for, from those who are known, and then scored."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ComprehensiveSRStorage, ExplicitVRLittleEndian, MRImageStorage

from wbmri.core import InputError
from wbmri.export.dicom import content_uid, encoded
from wbmri.pacs import (
    DimseTarget,
    Duty,
    Inbox,
    Receiver,
    Reception,
    Sent,
    StudyState,
    listen,
    parse_target,
    send_objects,
)
from wbmri.pipeline import ScoringOptions

pytest.importorskip("pynetdicom")
MakeImages = Callable[..., Path]
Answering = Callable[..., AbstractContextManager[DimseTarget]]


def image(patient: str, study: str, number: int, size: int = 32, **changes: Any) -> bytes:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID, made.SOPInstanceUID = UID(MRImageStorage), content_uid(patient, study, number)
    made.StudyInstanceUID, made.SeriesInstanceUID = content_uid(patient, study), content_uid(patient, study, "series")
    made.PatientID, made.PatientName, made.Modality, made.InstanceNumber = patient, f"{patient}^Name", "MR", number
    made.ScanningSequence, made.SequenceVariant, made.InversionTime, made.EchoTime = ["SE", "IR"], "NONE", 160, 60
    made.ImagePositionPatient, made.ImageOrientationPatient = [0, 6 * number, 0], [1, 0, 0, 0, 0, -1]
    made.PixelSpacing, made.SliceThickness = [3, 3], 6
    made.Rows = made.Columns = size
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
    made.PixelData = np.random.default_rng(number).integers(0, 999, (size, size)).astype("<u2").tobytes()
    made["PixelData"].VR = "OW"
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return encoded(made)


@pytest.fixture
def images(tmp_path: Path) -> MakeImages:
    """Write images of one study into a folder of their own."""

    def write(patient: str = "MRN-1", study: str = "A", numbers: range = range(3), **changes: Any) -> Path:
        folder = tmp_path / "scanner" / f"{patient}{study}{numbers.start}"
        folder.mkdir(parents=True)
        for number in numbers:
            (folder / f"{number}.dcm").write_bytes(image(patient, study, number, **changes))
        return folder

    return write


@contextmanager
def receiving(inbox: Inbox, **options: Any) -> Iterator[Callable[..., tuple[Sent, ...]]]:
    """A receiver on a free port, and a function that sends a folder to it."""
    with Receiver(inbox, Reception(("SCANNER",), port=0, **options)) as receiver:

        def send(folder: Path, calling: str = "SCANNER") -> tuple[Sent, ...]:
            # A sender may not hear at once that its connection was ended.
            target = DimseTarget("WBMRI", "127.0.0.1", receiver.port, calling, patience_s=5.0)
            return send_objects([folder], target)

        yield send


def test_what_was_answered_for_is_on_disk_and_names_nobody(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    first, second = images("MRN-1"), images("MRN-2")
    with receiving(inbox) as send:
        sent = (*send(first), *send(second))
    assert not any(one.problem for one in sent)
    boxes = list(inbox.boxes())
    assert [len(box.files()) for box in boxes] == [3, 3]
    kept = {found.SOPInstanceUID: found for box in boxes for found in map(dcmread, box.files())}
    for one in sent:
        source = dcmread(one.path)
        assert kept[source.SOPInstanceUID] == source
    assert len({box.state().participant for box in boxes}) == 2
    names = " ".join(path.as_posix() for path in inbox.root.rglob("*"))
    assert not re.search(r"MRN|2\.25", names)


def test_visits_of_a_person_are_numbered_as_they_come(images: MakeImages, tmp_path: Path) -> None:
    inbox, other = Inbox(tmp_path / "inbox"), Inbox(tmp_path / "other")
    before, after = images(study="A"), images(study="B")
    with receiving(inbox) as send:
        send(before)
        send(after)
        send(before)
    states = [box.state() for box in inbox.boxes()]
    assert sorted(state.session for state in states) == ["01", "02"]
    assert len({state.participant for state in states}) == 1
    with receiving(other) as send:
        send(before)
    (elsewhere,) = other.boxes()
    assert elsewhere.state().participant != states[0].participant


def test_strangers_and_what_is_no_mr_image_are_not_let_in(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    folder = images()
    report = dcmread(folder / "0.dcm")
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = UID(ComprehensiveSRStorage)
    report.save_as(folder / "report.dcm")
    with receiving(inbox) as send:
        with pytest.raises(InputError, match="it refused"):
            send(folder, "STRANGER")
        sent = send(folder)
    assert [one.path.name for one in sent if one.problem] == ["report.dcm"]
    assert [len(box.files()) for box in inbox.boxes()] == [3]


def test_what_cannot_be_used_is_set_aside_with_the_reason(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    nameless = images("X", PatientID="")
    with receiving(inbox) as send:
        assert all("0xC000" in one.problem for one in send(nameless))
        assert not any(one.problem for one in send(images()))
    reasons = {path.read_text("utf-8") for path in inbox.aside.glob("*.txt")}
    assert reasons == {"it has no PatientID\n"}
    assert len(list(inbox.aside.glob("*.dcm"))) == 3
    assert len(list(inbox.boxes())) == 1


def test_too_large_an_object_ends_its_connection_alone(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    large, small = images("MRN-1", size=1200), images("MRN-2")
    with receiving(inbox, most_bytes=500_000) as send:
        assert all(one.problem for one in send(large))
        assert not any(one.problem for one in send(small))
    assert [len(box.files()) for box in inbox.boxes()] == [3]


def test_a_hundred_quick_connections_bring_nothing_down(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    with Receiver(inbox, Reception(("SCANNER",), port=0)) as receiver:
        for number in range(100):
            with socket.create_connection(("127.0.0.1", receiver.port), 10) as connection:
                connection.sendall(b"\x01\x00" * (number % 7))
        target = parse_target(f"WBMRI@127.0.0.1:{receiver.port}", calling="SCANNER")
        folder = images()
        for _ in range(60):
            try:
                assert not any(one.problem for one in send_objects([folder], target))
                break
            except InputError:  # as long as the quick ones fill the places
                time.sleep(0.5)
    assert [len(box.files()) for box in inbox.boxes()] == [3]


def test_wbmris_own_objects_are_not_scored_when_an_archive_sends_them_back(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    made = Dataset()
    made.ManufacturerModelName = "wbmri"
    with receiving(inbox) as send:
        assert not any(one.problem for one in send(images(ContributingEquipmentSequence=[made])))
    assert not list(inbox.boxes())


def test_a_study_is_complete_when_nothing_comes_any_more(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    with receiving(inbox) as send:
        send(images())
        (box,) = inbox.boxes()
        assert not inbox.complete(time.time(), 30)
        assert list(inbox.complete(time.time() + 31, 30)) == [box]
        box.update(scored=box.digest())
        assert not inbox.complete(time.time() + 31, 30)
        send(images(numbers=range(3, 5)))
        assert list(inbox.complete(time.time() + 31, 30)) == [box]


def test_a_study_that_cannot_be_scored_is_noted_and_stops_nothing(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    with receiving(inbox) as send:
        send(images("MRN-1"))
        send(images("MRN-2"))
    told: list[StudyState] = []
    duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0)
    rounds = iter([True, True, False])
    reception = Reception(("SCANNER",), port=0)
    listen(inbox.root, reception, duty, report=told.append, go_on=lambda: next(rounds))
    assert len(told) == 2
    assert all(state.problem and not state.case for state in told)
    assert not any("MRN" in state.problem for state in told)
    listen(inbox.root, reception, duty, report=told.append, go_on=iter([True, False]).__next__)
    assert len(told) == 2


@contextmanager
def archive(answering: Answering, studies: dict[str, Path], send_to: int) -> Iterator[tuple[DimseTarget, list[str]]]:
    """An archive that finds studies by their dates and sends them; yields where it is, and what it was asked."""
    asked: list[str] = []

    def find(event: Any) -> Iterator[tuple[int, Dataset | None]]:
        asked.append(f"find {event.identifier.PatientID}")
        for date, folder in studies.items():
            image = dcmread(min(folder.iterdir()))
            found = Dataset()
            found.PatientID, found.StudyInstanceUID, found.StudyDate = image.PatientID, image.StudyInstanceUID, date
            found.ModalitiesInStudy = "CT" if date == "20230909" else ["MR", "SR"]
            yield 0xFF00, found

    def move(event: Any) -> Iterator[Any]:
        asked.append(f"move {event.move_destination}")
        found = [
            image
            for folder in studies.values()
            for image in map(dcmread, folder.iterdir())
            if image.StudyInstanceUID == event.identifier.StudyInstanceUID
        ]
        if not send_to:
            yield None, None  # it does not know where that is
            return
        yield "127.0.0.1", send_to, {"contexts": []}
        yield len(found)
        for image in found:
            yield 0xFF00, image

    with answering(find, move) as target:
        yield target, asked


def test_the_last_earlier_study_of_a_new_patient_is_fetched_and_scored(
    images: MakeImages, tmp_path: Path, answering: Answering
) -> None:
    inbox, port = Inbox(tmp_path / "inbox"), free_port()
    dates = {"A": "20240606", "B": "20220101", "C": "20230808", "D": "20230909", "E": "20250101"}
    studies = {date: images(study=name, StudyDate=date) for name, date in dates.items()}
    with receiving(inbox) as send:
        send(studies["20240606"])
    told: list[StudyState] = []
    with archive(answering, studies, port) as (target, asked):
        duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, earlier_from=target)
        reception = Reception(("ARCHIVE",), port=port)
        listen(inbox.root, reception, duty, report=told.append, go_on=iter([True, True, False]).__next__)
    assert asked == ["find MRN-1", "move WBMRI"]
    kept = {dcmread(box.files()[0]).StudyDate: box.state() for box in inbox.boxes()}
    assert set(kept) == {"20240606", "20230808"}
    assert kept["20240606"].earlier == "an earlier study of 3 objects was fetched"
    assert len({state.participant for state in told}) == 1
    assert [kept[date].session for date in ("20230808", "20240606")] == ["01", "02"]


def test_an_archive_that_does_not_answer_holds_up_no_study(images: MakeImages, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    with receiving(inbox) as send:
        send(images(StudyDate="20240606"))
    told: list[StudyState] = []
    target = DimseTarget("ARCHIVE", "127.0.0.1", free_port(), patience_s=1.0)
    duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, earlier_from=target)
    listen(inbox.root, Reception(("X",), port=0), duty, report=told.append, go_on=iter([True, False]).__next__)
    assert "it did not answer" in told[0].earlier
    assert told[0].scored


def test_an_archive_that_sends_nothing_leaves_the_first_visit_the_first(
    images: MakeImages, tmp_path: Path, answering: Answering
) -> None:
    inbox = Inbox(tmp_path / "inbox")
    with receiving(inbox) as send:
        send(images(study="A", StudyDate="20240606"))
    with archive(answering, {"20230808": images(study="B", StudyDate="20230808")}, 0) as (target, asked):
        duty = Duty(tmp_path / "OUT", ScoringOptions(), quiet_s=0.0, earlier_from=target)
        listen(inbox.root, Reception(("ARCHIVE",), port=0), duty, go_on=iter([True, False]).__next__)
    assert asked == ["find MRN-1", "move WBMRI"]
    (box,) = inbox.boxes()
    assert (box.state().session, box.state().room) == ("01", "")
    assert "could not send the earlier study (it answered 0xA801)" in box.state().earlier
    with receiving(inbox) as send:
        send(images(study="C", StudyDate="20250606"))
    assert sorted(one.state().session for one in inbox.boxes()) == ["01", "02"]


def test_an_inbox_has_one_listener(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    duty = Duty(tmp_path / "OUT", ScoringOptions())

    def within() -> bool:
        with pytest.raises(InputError, match="which another program uses"):
            listen(inbox.root, Reception(("SCANNER",), port=0), duty)
        return False

    listen(inbox.root, Reception(("SCANNER",), port=0), duty, go_on=within)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.skipif(os.name != "posix", reason="needs kill -9")
def test_killed_while_it_receives_it_has_all_it_answered_for(images: MakeImages, tmp_path: Path) -> None:
    port, folder = free_port(), images(numbers=range(60))
    command = [
        sys.executable, "-m", "wbmri", "listen", "--inbox", tmp_path / "inbox", "--out", tmp_path / "OUT",
        "--allow", "SCANNER", "--port", port, "--quiet", 1e6,
    ]  # fmt: skip
    answered: set[str] = set()
    for pause in (0.1, 0.6):
        process = subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            _wait_for(port)

            def told(fraction: float, _: str, pause: float = pause, victim: Any = process) -> None:
                if fraction > pause:
                    victim.send_signal(signal.SIGKILL)

            target = DimseTarget("WBMRI", "127.0.0.1", port, calling="SCANNER", patience_s=3.0)
            sent = send_objects([folder], target, progress=told)
        finally:
            process.kill()
            process.wait()
        answered |= {dcmread(one.path).SOPInstanceUID for one in sent if not one.problem}
        (box,) = Inbox(tmp_path / "inbox").boxes()
        kept = {dcmread(path).SOPInstanceUID for path in box.files()}
        assert answered
        assert answered <= kept


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("it does not listen")
