"""A person's second visit is compared with the one before it, and the comparison is sent once, whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ComprehensiveSRStorage, ExplicitVRLittleEndian, MRImageStorage

from wbmri.core import InputError
from wbmri.export.dicom import content_uid, encoded
from wbmri.pacs import DimseTarget, Duty, Inbox, Reception, StudyBox, StudyState, followup, listen, listening
from wbmri.pipeline import ScoringOptions, Terms

pytest.importorskip("pynetdicom")


def made(kind: str, *identity: str, **changes: str) -> Dataset:
    """An object of a kind, whose identifier is made from what identifies it."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID, image.SOPInstanceUID = UID(kind), content_uid(*identity)
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    return image


def scored(inbox: Inbox, date: str, patient: str = "MRN-1") -> StudyBox:
    """Keep a study of a date that was scored and whose result was sent."""
    image = made(MRImageStorage, date, PatientID=patient, StudyDate=date, StudyInstanceUID=content_uid(patient, date))
    box = inbox.keep(encoded(image), patient, image.StudyInstanceUID, image.SOPInstanceUID)
    box.export.mkdir(exist_ok=True)
    (box.export / "report.dcm").write_bytes(encoded(made(ComprehensiveSRStorage, "report", date)))
    box.update(scored=box.digest(), case="a case", sent=True)
    return box


@dataclass
class Archive:
    """What it took, how often, and what it answers."""

    took: list[str] = field(default_factory=list)
    answer: int = 0x0000
    port: int = 0

    @contextmanager
    def open(self) -> Iterator[DimseTarget]:
        from pynetdicom import AE, evt

        def store(event: Any) -> int:
            self.took.append(event.request.AffectedSOPInstanceUID)
            return self.answer

        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context(ComprehensiveSRStorage)
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
        try:
            yield DimseTarget("ARCHIVE", "127.0.0.1", server.server_address[1], patience_s=20.0)
        finally:
            server.shutdown()
            server.server_close()


@dataclass
class Comparing:
    """Stands for the comparison and its export: what was compared over how long, and what is to go wrong."""

    pairs: list[tuple[str, str, float | None]] = field(default_factory=list)
    problem: BaseException | None = None

    def compare(self, cases: list[Path], _: Path, terms: Terms) -> SimpleNamespace:
        names = [path.name for path in cases]
        self.pairs.append((names[0], names[1], terms.interval_months))
        return SimpleNamespace(paths=SimpleNamespace(document=" ".join(names)))

    def export(self, document: str, out: Path, **_: object) -> None:
        if isinstance(self.problem, Exception):
            raise self.problem
        out.mkdir(parents=True, exist_ok=True)
        (out / "change.dcm").write_bytes(encoded(made(ComprehensiveSRStorage, document)))
        if self.problem is not None:
            raise self.problem


@pytest.fixture
def comparing(monkeypatch: pytest.MonkeyPatch) -> Comparing:
    """The comparison itself is tested elsewhere, and draws pages for seconds."""
    found = Comparing()
    monkeypatch.setattr(followup, "read_case", lambda folder: folder)
    monkeypatch.setattr(followup, "compare_cases", found.compare)
    monkeypatch.setattr(followup, "export_comparison", found.export)
    monkeypatch.setattr(listening, "POLL_S", 0.0)
    return found


Run = Callable[..., list[StudyState]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function that listens for some rounds and returns what was told."""

    def listens(inbox: Inbox, target: DimseTarget | None = None, rounds: int = 2) -> list[StudyState]:
        told: list[StudyState] = []
        duty = Duty(tmp_path / "OUT", ScoringOptions(), target, quiet_s=1e6)
        go_on = iter([*[True] * rounds, False]).__next__
        listen(inbox.root, Reception(("SCANNER",), port=0), duty, report=told.append, go_on=go_on)
        return told

    return listens


def test_each_visit_is_compared_with_the_last_before_it_by_date(comparing: Comparing, run: Run, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    newest = scored(inbox, "20240606")
    scored(inbox, "20240606", "MRN-2")
    run(inbox)
    assert comparing.pairs == []
    scored(inbox, "20230606")  # fetched from the archive, so that it came later
    run(inbox)
    assert comparing.pairs == [("ses-02", "ses-01", 12.0)]
    assert newest.state().comparison == "compared with ses-02"
    scored(inbox, "20240606")  # the same day again: compared with nothing new, and nothing with it
    scored(inbox, "")
    scored(inbox, "20231206")
    run(inbox)
    assert comparing.pairs[1:] == [("ses-02", "ses-04", 6.0), ("ses-04", "ses-01", 6.0)]


def test_it_is_sent_once_and_nothing_else_with_it(comparing: Comparing, run: Run, tmp_path: Path) -> None:
    inbox, archive = Inbox(tmp_path / "inbox"), Archive()
    scored(inbox, "20230606")
    box = scored(inbox, "20240606")
    with archive.open() as target:
        told = run(inbox, target, rounds=3)
        run(inbox, target)
    assert archive.took == [content_uid("ses-01 ses-02")]
    assert [(state.session, state.comparison_sent) for state in told] == [("02", False), ("02", True)]
    assert box.state().sent
    assert len(comparing.pairs) == 1


def test_what_the_archive_does_not_take_is_sent_again(
    comparing: Comparing, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, archive = Inbox(tmp_path / "inbox"), Archive(answer=0xA700)
    scored(inbox, "20230606")
    box = scored(inbox, "20240606")
    with archive.open() as target:
        run(inbox, target, rounds=3)
        assert len(archive.took) == 1  # the next time comes later
        assert (box.state().comparison_sent, box.state().problem) == (
            False,
            "1 objects not sent: the archive answered 0xA700",
        )
        archive.answer = 0x0000
        monkeypatch.setattr(listening, "RETRY_S", 0.0)
        run(inbox, target, rounds=3)
    assert len(archive.took) == 2
    assert (box.state().comparison_sent, box.state().problem) == (True, "")
    assert len(comparing.pairs) == 1


def test_a_comparison_that_fails_is_noted_and_stops_nothing(comparing: Comparing, run: Run, tmp_path: Path) -> None:
    inbox, archive = Inbox(tmp_path / "inbox"), Archive()
    first = scored(inbox, "20230606")
    box = scored(inbox, "20240606")
    comparing.problem = InputError("two protocols", "one", "look at them")
    with archive.open() as target:
        run(inbox, target)
        assert box.state().comparison == "not compared with ses-01: two protocols; expected one; look at them"
        assert (box.state().problem, box.state().sent) == ("", True)
        comparing.problem = None
        run(inbox, target)
        assert archive.took == []
        first.update(scored="anew")  # more of its images came
        run(inbox, target)
    assert box.state().comparison == "compared with ses-01"
    assert archive.took == [content_uid("ses-01 ses-02")]


def test_ended_at_any_moment_it_goes_on_and_the_archive_holds_it_once(
    comparing: Comparing, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, archive = Inbox(tmp_path / "inbox"), Archive()
    scored(inbox, "20230606")
    box = scored(inbox, "20240606")
    with archive.open() as target:
        comparing.problem = KeyboardInterrupt()  # written, and not yet noted
        with pytest.raises(KeyboardInterrupt):
            run(inbox, target)
        assert box.state().compared == ""
        comparing.problem = None
        send = listening.send_objects

        def cut_off(*arguments: Any) -> None:
            send(*arguments)
            raise KeyboardInterrupt  # sent, and not yet noted

        monkeypatch.setattr(listening, "send_objects", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(inbox, target)
        assert not box.state().comparison_sent
        monkeypatch.setattr(listening, "send_objects", send)
        run(inbox, target)
    assert box.state().comparison_sent
    assert set(archive.took) == {content_uid("ses-01 ses-02")}
