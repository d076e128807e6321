"""The network beside dcmtk, which knows nothing of wbmri: what it sends is taken, and what it takes is right."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage, SecondaryCaptureImageStorage

from wbmri.core.scheme import Scheme
from wbmri.export.dicom import content_uid, encoded
from wbmri.pacs import Duty, Inbox, Reception, StudyState, listen, parse_target
from wbmri.pipeline import ScoringOptions

pytest.importorskip("pynetdicom")
SHAPE, SPACING = (24, 30, 10), (3.0, 3.0, 6.0)
"""Columns, rows and slices of the study, from the patient's right, head and front; and their distances in mm."""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def dcmtk() -> Run:
    """A function that runs a program of dcmtk."""

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [found(program), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
        )

    return run


@cache
def found(program: str) -> str:
    """Return where a program of dcmtk is; pynetdicom brings others of the same names."""
    for folder in os.get_exec_path():
        place = shutil.which(program, path=folder)
        if place is not None:
            said = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
            if "$dcmtk" in said.stdout:
                return place
    pytest.skip(f"{program} is not installed (Debian package dcmtk)")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(command: list[object], port: int) -> Iterator[None]:
    """Run a program for as long as it is needed, from when it answers on a port."""
    process = subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"{command[0]} does not listen")
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small coronal STIR study."""
    folder = tmp_path / "study"
    folder.mkdir()
    columns, rows, slices = SHAPE
    voxels = 100 + np.random.default_rng(5).integers(0, 500, (slices, rows, columns))
    for k in range(slices):
        made = Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.SOPClassUID, made.SOPInstanceUID = UID(MRImageStorage), content_uid("dcmtk", k)
        made.StudyInstanceUID, made.SeriesInstanceUID = content_uid("dcmtk study"), content_uid("dcmtk series")
        made.FrameOfReferenceUID = content_uid("dcmtk frame")
        made.PatientID, made.PatientName, made.Modality, made.InstanceNumber = "MRN-1", "Muster^Kind", "MR", k + 1
        made.PatientBirthDate, made.PatientSex, made.StudyID, made.AccessionNumber = "20150607", "F", "1", "ACC-1"
        made.StudyDate, made.StudyTime, made.ReferringPhysicianName = "20240203", "141516", "Dr^Eisenbart"
        made.ScanningSequence, made.SequenceVariant = ["SE", "IR"], "NONE"
        made.InversionTime, made.EchoTime, made.RepetitionTime = 160, 60, 4000
        made.ImagePositionPatient, made.ImageOrientationPatient = [-36, SPACING[2] * k, 45], [1, 0, 0, 0, 0, -1]
        made.PixelSpacing, made.SliceThickness = [SPACING[1], SPACING[0]], SPACING[2]
        made.Columns, made.Rows = columns, rows
        made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
        made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
        made.PixelData = voxels[k].astype("<u2").tobytes()
        made["PixelData"].VR = "OW"
        (folder / f"{k}.dcm").write_bytes(encoded(made))
    return folder


def by_uid(paths: object) -> dict[str, Dataset]:
    return {str(one.SOPInstanceUID): one for one in map(dcmread, paths)}  # type: ignore[call-overload]


def test_what_storescu_sends_is_kept_whole_and_only_from_whom_it_may(study: Path, tmp_path: Path, dcmtk: Run) -> None:
    found("storescu")
    port = free_port()
    other = dcmread(study / "0.dcm")
    other.SOPClassUID, other.SOPInstanceUID = SecondaryCaptureImageStorage, content_uid("other")
    (tmp_path / "other.dcm").write_bytes(encoded(other))
    command = [
        sys.executable, "-m", "wbmri", "listen", "--inbox", tmp_path / "inbox", "--out", tmp_path / "OUT",
        "--allow", "SCANNER", "--port", port, "--quiet", 1e6,
    ]  # fmt: skip
    with serving(command, port):
        here = ("-aec", "WBMRI", "127.0.0.1", port)
        assert dcmtk("echoscu", "-aet", "SCANNER", *here).returncode == 0
        assert dcmtk("storescu", "-aet", "STRANGER", "+sd", *here, study).returncode != 0
        assert dcmtk("storescu", "-aet", "SCANNER", *here, tmp_path / "other.dcm").returncode != 0
        assert list(Inbox(tmp_path / "inbox").boxes()) == []
        sent = dcmtk("storescu", "-aet", "SCANNER", "+sd", *here, study)
        assert sent.returncode == 0, sent.stderr
    (box,) = Inbox(tmp_path / "inbox").boxes()
    assert by_uid(box.files()) == by_uid(study.iterdir())
    said = "".join(dcmtk("dcmdump", "+P", "SOPInstanceUID", path).stdout for path in box.files())
    assert set(re.findall(r"\[(2\.25\.\d+)\]", said)) == set(by_uid(study.iterdir()))


@contextmanager
def archive(folder: Path) -> Iterator[int]:
    """Run dcmtk's storescp, which writes what it takes into a folder by its UID, on a free port."""
    folder.mkdir()
    port = free_port()
    with serving([found("storescp"), "-aet", "ARCHIVE", "-od", folder, port], port):
        yield port


def test_storescp_takes_what_is_sent(study: Path, tmp_path: Path) -> None:
    with archive(tmp_path / "archive") as port:
        command = [sys.executable, "-m", "wbmri", "send", str(study), "--to", f"ARCHIVE@127.0.0.1:{port}"]
        for _ in range(2):  # sent twice, each object is there once
            assert subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603
    assert by_uid((tmp_path / "archive").iterdir()) == by_uid(study.iterdir())
    assert len(list((tmp_path / "archive").iterdir())) == SHAPE[2]


def test_a_study_comes_back_as_images_outlines_grades_key_images_and_report(
    study: Path, scheme: Scheme, tmp_path: Path, dcmtk: Run
) -> None:
    pytest.importorskip("highdicom")
    labels = np.zeros(SHAPE, np.uint8)
    for group in scheme.groups:
        labels.reshape(-1)[group.label * 150 : group.label * 150 + 120] = group.label
    affine = np.array([[-3.0, 0, 0, 36], [0, 0, -6.0, 0], [0, -3.0, 0, 45], [0, 0, 0, 1]])
    nib.save(nib.Nifti1Image(labels, affine), tmp_path / "labels.nii.gz")
    port = free_port()
    told: list[StudyState] = []
    begun, patience = time.monotonic(), 300.0
    reception = Reception(("SCANNER",), port=port)

    def go_on() -> bool:
        """Have the study sent in the first round, and go on until the results are."""
        if not told and not list(Inbox(tmp_path / "inbox").boxes()):
            sent = dcmtk("storescu", "-aet", "SCANNER", "-aec", "WBMRI", "+sd", "127.0.0.1", port, study)
            assert sent.returncode == 0, sent.stderr
        return not any(state.sent or state.problem for state in told) and time.monotonic() < begun + patience

    with archive(tmp_path / "archive") as back:
        options = ScoringOptions.of(labels=tmp_path / "labels.nii.gz")
        duty = Duty(tmp_path / "OUT", options, parse_target(f"ARCHIVE@127.0.0.1:{back}"), quiet_s=0.0)
        listen(tmp_path / "inbox", reception, duty, report=told.append, go_on=go_on)
    assert [state.problem for state in told] == ["", ""]
    came = by_uid((tmp_path / "archive").iterdir()).values()
    assert sorted({one.Modality for one in came}) == ["DOC", "MR", "OT", "SEG", "SR"]
    assert sum(one.Modality == "MR" for one in came) == SHAPE[2]
    assert {(one.PatientID, one.StudyInstanceUID) for one in came} == {("MRN-1", content_uid("dcmtk study"))}
