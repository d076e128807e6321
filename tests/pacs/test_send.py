"""Objects sent to an archive come to it unchanged; what it does not take is named, and nothing else is lost."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ComprehensiveSRStorage, EncapsulatedPDFStorage

from wbmri.cli import main
from wbmri.core import InputError
from wbmri.export.dicom import content_uid, encoded
from wbmri.pacs import DimseTarget, Sent, WebTarget, confirm_kept, parse_target, send_objects

pytest.importorskip("pynetdicom")
Stored = dict[str, Dataset]


def made(kind: str, number: int) -> bytes:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.SOPClassUID, found.SOPInstanceUID = UID(kind), content_uid(kind, number)
    found.StudyInstanceUID, found.SeriesInstanceUID = content_uid("study"), content_uid("series")
    found.PatientID, found.PatientName, found.InstanceNumber = "sub-01", "sub-01^", number
    found.SpecificCharacterSet = "ISO_IR 192"
    return encoded(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five objects of two kinds, and a file that is none."""
    place = tmp_path / "export" / "below"
    place.mkdir(parents=True)
    for number in range(4):
        (place / f"{number}.dcm").write_bytes(made(ComprehensiveSRStorage, number))
    (place.parent / "pdf.dcm").write_bytes(made(EncapsulatedPDFStorage, 9))
    (place / "notes.txt").write_text("no DICOM")
    return place.parent


@contextmanager
def archive(answer: Callable[[Dataset], int] = lambda _: 0, **options: Any) -> Iterator[tuple[int, Stored]]:
    """An archive on this computer that takes reports and PDFs; yields its port and what it has stored."""
    from pynetdicom import AE, evt

    stored: Stored = {}

    def keep(event: Any) -> int:
        status = answer(event.dataset)
        if status in (0, 0xB000):
            event.dataset.file_meta = event.file_meta
            stored[event.dataset.SOPInstanceUID] = event.dataset
        return status

    entity = AE(ae_title="ARCHIVE")
    entity.require_called_aet = True
    entity.require_calling_aet = ["WBMRI"]
    for kind in options.pop("kinds", (ComprehensiveSRStorage, EncapsulatedPDFStorage)):
        entity.add_supported_context(kind)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)], **options)
    try:
        yield server.server_address[1], stored
    finally:
        server.shutdown()
        server.server_close()


def test_every_object_arrives_unchanged(folder: Path) -> None:
    with archive() as (port, stored):
        sent = send_objects([folder], parse_target(f"ARCHIVE@127.0.0.1:{port}"))
    assert [one.problem for one in sent] == [""] * 5
    for one in sent:
        source = dcmread(one.path)
        assert stored[source.SOPInstanceUID] == source


def test_what_the_archive_does_not_take_is_named_and_the_rest_arrives(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive(lambda found: {1: 0xA700, 2: 0xB000}.get(found.InstanceNumber, 0)) as (port, stored):
        assert main(["send", str(folder), "--to", f"ARCHIVE@127.0.0.1:{port}"]) == 1
    said = capsys.readouterr()
    assert "4 of 5 objects are in the archive" in said.out
    assert "1.dcm: the archive answered 0xA700" in said.err
    assert len(stored) == 4
    with archive(kinds=(ComprehensiveSRStorage,)) as (port, stored):
        sent = send_objects([folder], parse_target(f"ARCHIVE@127.0.0.1:{port}"))
    assert [one.path.name for one in sent if one.problem] == ["pdf.dcm"]
    assert len(stored) == 4


def test_an_archive_that_lets_nobody_in_is_named(folder: Path) -> None:
    with archive() as (port, stored):
        for target in (
            parse_target(f"OTHER@127.0.0.1:{port}"),
            parse_target(f"ARCHIVE@127.0.0.1:{port}", calling="NOBODY"),
        ):
            with pytest.raises(InputError, match="it refused"):
                send_objects([folder], target)
    with pytest.raises(InputError, match="it did not answer"):
        send_objects([folder], parse_target(f"ARCHIVE@127.0.0.1:{port}"))
    assert not stored


PUSH_MODEL, PUSH_INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"


@contextmanager
def keeper(lost: tuple[str, ...] = (), back: int | None = None, says: bool = True) -> Iterator[int]:
    """An archive that promises to keep all but some; its word comes over the same connection, or to a port."""
    from pynetdicom import AE, build_role, evt

    threads: list[threading.Thread] = []

    def tell(association: Any, request: Dataset) -> None:
        word = Dataset()
        word.TransactionUID = request.TransactionUID
        failed = [one for one in request.ReferencedSOPSequence if one.ReferencedSOPInstanceUID in lost]
        word.ReferencedSOPSequence = [one for one in request.ReferencedSOPSequence if one not in failed]
        for one in failed:
            one.FailureReason = 0x0112
        if failed:
            word.FailedSOPSequence = failed
        if back is not None:
            caller = AE(ae_title="ARCHIVE")
            caller.add_requested_context(PUSH_MODEL)
            association = caller.associate(
                "127.0.0.1", back, ae_title="WBMRI", ext_neg=[build_role(PUSH_MODEL, scp_role=True)]
            )
        association.send_n_event_report(word, 2 if failed else 1, PUSH_MODEL, PUSH_INSTANCE)
        if back is not None:
            association.release()

    def act(event: Any) -> tuple[int, None]:
        if says:
            threads.append(threading.Timer(0.2, tell, (event.assoc, event.action_information)))
            threads[-1].start()
        return 0x0000, None

    entity = AE(ae_title="ARCHIVE")
    entity.add_supported_context(PUSH_MODEL)
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_ACTION, act)])
    try:
        yield server.server_address[1]
    finally:
        for thread in threads:
            thread.join()
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("own", [False, True], ids=["same connection", "own connection"])
def test_an_archive_is_asked_whether_it_keeps_what_it_took(folder: Path, own: bool) -> None:
    sent = [Sent(path) for path in sorted(folder.rglob("*.dcm"))]
    sent[-1] = Sent(sent[-1].path, "the archive answered 0xA700")
    lost = dcmread(sent[0].path).SOPInstanceUID
    back = free_port() if own else None
    with keeper((lost,), back) as port:
        asked = confirm_kept(sent, DimseTarget("ARCHIVE", "127.0.0.1", port, patience_s=20.0), port=back)
    assert [one.problem for one in asked] == [
        "not promised to be kept: it does not have it", "", "", "", "the archive answered 0xA700",
    ]  # fmt: skip


def test_what_no_word_came_for_is_not_taken_for_kept(folder: Path) -> None:
    sent = [Sent(path) for path in sorted(folder.rglob("*.dcm"))]
    with keeper(says=False) as port:
        target = DimseTarget("ARCHIVE", "127.0.0.1", port, patience_s=0.5)
        assert all("said nothing within 0.5 s" in one.problem for one in confirm_kept(sent, target))
    with archive() as (port, _), pytest.raises(InputError, match="takes nothing of what was offered"):
        confirm_kept(sent, DimseTarget("ARCHIVE", "127.0.0.1", port, patience_s=5.0))
    with pytest.raises(InputError, match="DICOMweb service"):
        confirm_kept(sent, WebTarget("http://127.0.0.1:1"))


def test_the_command_tells_what_is_promised(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pynetdicom import AE, evt

    def act(event: Any) -> tuple[int, None]:
        word = event.action_information
        threading.Timer(0.2, event.assoc.send_n_event_report, (word, 1, PUSH_MODEL, PUSH_INSTANCE)).start()
        return 0x0000, None

    entity = AE(ae_title="ARCHIVE")
    for kind in (ComprehensiveSRStorage, EncapsulatedPDFStorage, PUSH_MODEL):
        entity.add_supported_context(kind)
    handlers = [(evt.EVT_C_STORE, lambda _: 0x0000), (evt.EVT_N_ACTION, act)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        assert main(["send", str(folder), "--to", f"ARCHIVE@127.0.0.1:{server.server_address[1]}", "--commit"]) == 0
    finally:
        server.shutdown()
        server.server_close()
    assert "5 of 5 objects are in the archive.\nIt promised to keep 5.\n" in capsys.readouterr().out


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "archive.pem", tmp_path / "key.pem"
    order = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=archive -addext subjectAltName=IP:127.0.0.1 \
        -keyout {key} -out {certificate}"
    subprocess.run([openssl, *order.split()], check=True, capture_output=True)  # noqa: S603
    return certificate, key


def test_objects_are_sent_encrypted_to_an_archive_that_proves_itself(
    folder: Path, certificate: tuple[Path, Path]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with archive(ssl_context=context) as (port, stored):
        send_objects([folder], parse_target(f"ARCHIVE@127.0.0.1:{port}", authority=certificate[0]))
        assert len(stored) == 5
        with pytest.raises(InputError, match="did not answer"):
            send_objects([folder], parse_target(f"ARCHIVE@localhost:{port}", authority=certificate[0]))


@contextmanager
def web_archive(answer: Callable[[Dataset], int] = lambda _: 200) -> Iterator[tuple[str, Stored, list[str]]]:
    """A DICOMweb service on this computer; yields its address, what it has stored, and the tokens it was shown."""
    stored: Stored = {}
    tokens: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tokens.append(self.headers.get("Authorization", ""))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            (part,) = message_from_bytes(head + body, policy=HTTP).iter_parts()
            found = dcmread(BytesIO(part.get_payload(decode=True)))
            status = answer(found)
            if status == 200:
                stored[found.SOPInstanceUID] = found
            self.send_response(status)
            self.send_header("Content-Type", "application/dicom+json")
            self.end_headers()
            self.wfile.write(json.dumps({}).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dicom-web", stored, tokens
    finally:
        server.shutdown()
        server.server_close()


def test_objects_are_posted_to_a_dicomweb_service(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBMRI_DICOMWEB_TOKEN", "let-me-in")
    with web_archive(lambda found: 409 if found.InstanceNumber == 2 else 200) as (url, stored, tokens):
        sent = send_objects([folder], WebTarget(url))
    assert {one.path.name: one.problem for one in sent if one.problem} == {"2.dcm": "not stored: it answered 409"}
    assert set(tokens) == {"Bearer let-me-in"}
    for one in sent:
        source = dcmread(one.path)
        assert one.problem or stored[source.SOPInstanceUID] == source
    with pytest.raises(InputError, match="no connection to"):
        send_objects([folder], WebTarget(url))


@pytest.mark.parametrize(
    "text",
    [
        "archive",
        "ARCHIVE@host",
        "ARCHIVE@host:99999",
        "A B@host:104",
        "@host:104",
        "https://",
        "https://me:secret@host/",
    ],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_target(text)


def test_a_folder_without_objects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no DICOM")
    with pytest.raises(InputError, match="no DICOM file"):
        send_objects([tmp_path], WebTarget("http://127.0.0.1:1"))
    with pytest.raises(InputError, match="does not exist"):
        send_objects([tmp_path / "none"], WebTarget("http://127.0.0.1:1"))
