"""The objects of a case in Orthanc, a real archive: taken both ways, kept, found, sent on, and given back unchanged."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from pydicom import Dataset, dcmread

from wbmri.case import Case
from wbmri.core import Grid
from wbmri.export.dicom import ExportStudy, encoded, wrap_pdf
from wbmri.pacs import (
    DimseTarget,
    Inbox,
    Receiver,
    Reception,
    Sent,
    Target,
    WebTarget,
    confirm_kept,
    fetch_earlier,
    send_objects,
)
from wbmri.pipeline import export_case

pytest.importorskip("pynetdicom")
pytest.importorskip("highdicom")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Orthanc:
    """Where it answers, and the port to which it sends what this program asks it for."""

    web: str
    port: int
    back: int

    def ask(self, path: str, body: bytes | None = None, method: str | None = None) -> bytes:
        with urlopen(Request(f"{self.web}{path}", body, method=method), timeout=60) as answer:  # noqa: S310
            return bytes(answer.read())

    def held(self) -> dict[str, Dataset]:
        """Return its objects by their identifiers."""
        files = (self.ask(f"/instances/{name}/file") for name in json.loads(self.ask("/instances")))
        return {str(found.SOPInstanceUID): found for found in map(dcmread, map(BytesIO, files))}

    def clear(self) -> None:
        for name in json.loads(self.ask("/patients")):
            self.ask(f"/patients/{name}", method="DELETE")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Orthanc with its DICOMweb plug-in on free ports of this computer."""
    program = shutil.which("Orthanc", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or not PLUGIN.exists():
        pytest.skip("Orthanc is not installed (Debian packages orthanc and orthanc-dicomweb)")
    folder = tmp_path_factory.mktemp("orthanc")
    http, port, back = (free_port() for _ in range(3))
    known = {
        "AllowEcho": True,
        "AllowFind": True,
        "AllowMove": True,
        "AllowStore": True,
        "AllowStorageCommitment": True,
    }
    configuration = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "HttpPort": http,
        "DicomPort": port,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomServerEnabled": True,
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "DicomModalities": {"wbmri": {"AET": "WBMRI", "Host": "127.0.0.1", "Port": back, **known}},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)  # noqa: S603
    found = Orthanc(f"http://127.0.0.1:{http}", port, back)
    try:
        for _ in range(300):
            try:
                found.ask("/dicom-web/studies")
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail((folder / "log").read_text("utf-8", "replace"))
        yield found
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def objects(coronal: Grid, make_case: Callable[..., Case], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of object of a case."""
    folder = tmp_path_factory.mktemp("objects")
    case = make_case(folder / "OUT", coronal)
    export_case(case.paths.folder, folder / "dicom", to=["mr", "seg", "sr", "key"])
    study = ExportStudy.of("07", "before", case.volume(), case.history()[0].when)
    (folder / "dicom" / "pages.dcm").write_bytes(encoded(wrap_pdf(b"%PDF-1.4 pages", "Report", study)))
    return folder / "dicom"


@pytest.mark.parametrize("way", ["C-STORE", "STOW-RS"])
def test_every_object_is_taken_once_and_given_back_unchanged(orthanc: Orthanc, objects: Path, way: str) -> None:
    orthanc.clear()
    target: Target = WebTarget(f"{orthanc.web}/dicom-web")
    if way == "C-STORE":
        target = DimseTarget("ORTHANC", "127.0.0.1", orthanc.port)
    sent = send_objects([objects], target)
    again = send_objects([*objects.glob("*_mr"), *objects.glob("*_sr.dcm")], target)
    assert [one.problem for one in (*sent, *again) if one.problem] == []
    held = orthanc.held()
    assert {found.Modality for found in held.values()} == {"MR", "SEG", "SR", "OT", "DOC"}
    assert held == {str(found.SOPInstanceUID): found for found in (dcmread(one.path) for one in sent)}
    assert len(json.loads(orthanc.ask("/studies"))) == 1


def test_it_promises_to_keep_what_it_has_and_nothing_else(orthanc: Orthanc, objects: Path, tmp_path: Path) -> None:
    orthanc.clear()
    target = DimseTarget("ORTHANC", "127.0.0.1", orthanc.port, patience_s=30.0)
    sent = send_objects([objects], target)
    never = dcmread(sent[0].path)
    never.SOPInstanceUID = never.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
    never.save_as(tmp_path / "never.dcm")
    asked = confirm_kept([*sent, Sent(tmp_path / "never.dcm")], target, port=orthanc.back)
    assert [one.problem for one in asked[:-1] if one.problem] == []
    assert asked[-1].problem == "not promised to be kept: it does not have it"


def test_it_finds_the_earlier_study_and_sends_it(orthanc: Orthanc, objects: Path, tmp_path: Path) -> None:
    orthanc.clear()
    images = sorted(next(objects.glob("*_mr")).iterdir())[:3]
    for study, date in (("1.2.3.1", "20230101"), ("1.2.3.2", "20230606"), ("1.2.3.3", "20240101")):
        for number, path in enumerate(images):
            image = dcmread(path)
            image.StudyInstanceUID, image.SeriesInstanceUID, image.StudyDate = study, f"{study}.1", date
            image.PatientID, image.PatientName = "MRN 4711", "Muster^Kind"
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{number}"
            del image.ContributingEquipmentSequence  # else they are known for what wbmri made
            image.save_as(tmp_path / f"{study}.{number}.dcm")
    target = DimseTarget("ORTHANC", "127.0.0.1", orthanc.port, patience_s=30.0)
    inbox = Inbox(tmp_path / "inbox")
    send_objects([path for path in tmp_path.iterdir() if path.name.startswith(("1.2.3.1", "1.2.3.2"))], target)
    with Receiver(inbox, Reception(("SCANNER", "ORTHANC"), port=orthanc.back)):
        new = [path for path in tmp_path.iterdir() if path.name.startswith("1.2.3.3")]
        send_objects(new, DimseTarget("WBMRI", "127.0.0.1", orthanc.back, calling="SCANNER"))
        (box,) = inbox.boxes()
        assert fetch_earlier(inbox, box, target, "WBMRI") == "an earlier study of 3 objects was fetched"
    assert {dcmread(one.files()[0]).StudyDate for one in inbox.boxes()} == {"20240101", "20230606"}
