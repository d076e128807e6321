"""What identifies a person stays where it came from: score, cohort and listen neither write nor say it."""

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from wbmri.case import CasePaths
from wbmri.cli import main
from wbmri.core.scheme import Scheme
from wbmri.export.dicom import encoded
from wbmri.pacs import Duty, Inbox, Receiver, Reception, StudyState, listen, parse_target, send_objects
from wbmri.pipeline import ScoringOptions, without_names

COLUMNS, ROWS, SLICES = 24, 30, 10
AFFINE = np.array([[-3.0, 0, 0, 36], [0, 0, -6.0, 0], [0, -3.0, 0, 45], [0, 0, 0, 1]])
VOXELS = 100 + np.random.default_rng(5).integers(0, 500, (SLICES, ROWS, COLUMNS))


@pytest.fixture
def study(tmp_path: Path, identity: Any) -> Path:
    """A small coronal STIR study that identifies a person in its headers and by its names."""
    folder = tmp_path / identity.PLACES[0]
    folder.mkdir()
    for k in range(SLICES):
        made = Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.SOPClassUID, made.Modality, made.InstanceNumber = UID(MRImageStorage), "MR", k + 1
        made.ScanningSequence, made.SequenceVariant = ["SE", "IR"], "NONE"
        made.InversionTime, made.EchoTime, made.RepetitionTime = 160, 60, 4000
        made.ImagePositionPatient, made.ImageOrientationPatient = [-36, 6 * k, 45], [1, 0, 0, 0, 0, -1]
        made.PixelSpacing, made.SliceThickness, made.Columns, made.Rows = [3, 3], 6, COLUMNS, ROWS
        made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
        made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
        made.PixelData = VOXELS[k].astype("<u2").tobytes()
        made["PixelData"].VR = "OW"
        identity.seed(made, k)
        (folder / f"{identity.PLACES[1]}_{k}.dcm").write_bytes(encoded(made))
    return folder


@pytest.fixture
def labels(scheme: Scheme, tmp_path: Path) -> Path:
    """A label map of the study, in a folder as cohorts have them, for any of three visits of one person."""
    made = np.zeros((COLUMNS, ROWS, SLICES), np.uint8)
    for group in scheme.groups:
        made.reshape(-1)[group.label * 150 : group.label * 150 + 120] = group.label
    for session in ("01", "02", "03"):
        place = tmp_path / "labels" / "sub-01" / f"ses-{session}"
        place.mkdir(parents=True)
        nib.save(nib.Nifti1Image(made, AFFINE), place / "Maske_dseg.nii.gz")
    return tmp_path / "labels"


@pytest.fixture
def say_nothing(identity: Any) -> Callable[..., str]:
    """Run a command, expect a code, and look for the seeded values in all it says; return that."""

    def run(code: int, *arguments: object) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            found = main([str(argument) for argument in arguments])
        said = out.getvalue()
        assert (found, identity.left(said.encode(), identity.values)) == (code, []), said
        return said

    return run


def changed(study: Path, to: Path, change: Callable[[list[Path]], object]) -> Path:
    """Copy a study, with its names, and change its files."""
    folder = Path(shutil.copytree(study, to / study.name))
    change(sorted(folder.iterdir()))
    return folder


def cut_short(files: list[Path]) -> None:
    files[3].write_bytes(files[3].read_bytes()[:900])


def without_slice(files: list[Path]) -> None:
    files[4].unlink()


def of_two_people(files: list[Path]) -> None:
    image = dcmread(files[0])
    image.PatientID = "OTHER"
    image.save_as(files[0])


def without_pixels(files: list[Path]) -> None:
    files[5].write_bytes(files[5].read_bytes()[:-300])


def test_scoring_a_study_tells_nothing_of_it(
    study: Path, labels: Path, say_nothing: Callable[..., str], identity: Any, tmp_path: Path
) -> None:
    (mask, *_) = sorted(labels.rglob("*.nii.gz"))
    named = mask.rename(mask.with_name(f"{identity.PLACES[1]}.nii.gz"))
    say_nothing(0, "score", study, "--labels", named, "--out", tmp_path / "OUT")
    assert identity.left(identity.every_byte(tmp_path / "OUT"), identity.values) == []
    for number, change in enumerate((cut_short, without_slice, of_two_people, without_pixels)):
        bad = changed(study, tmp_path / f"bad{number}", change)
        assert "; expected " in say_nothing(2, "score", bad, "--labels", named, "--out", tmp_path / "NONE")


def test_scoring_image_files_tells_nothing_of_their_names_and_headers(
    study: Path, labels: Path, say_nothing: Callable[..., str], identity: Any, tmp_path: Path
) -> None:
    image = nib.Nifti1Image(VOXELS.transpose(2, 1, 0).astype(np.float32), AFFINE)
    image.header["descrip"], image.header["db_name"] = b"Quirinus MRN4711Q", b"MRN4711Q"
    path = study / f"{identity.PLACES[1]}.nii.gz"
    nib.save(image, path)
    beside = study / f"{identity.PLACES[1]}.json"
    facts = {"EchoTime": 0.06, "InversionTime": 0.16, "RepetitionTime": 4.0, "ScanningSequence": "SE_IR"}
    beside.write_text(json.dumps({**{key: str(value) for key, value in identity.TAGS.items()}, **facts}))
    mask = min(labels.rglob("*.nii.gz"))
    say_nothing(0, "score", path, "--labels", mask, "--out", tmp_path / "OUT")
    assert identity.left(identity.every_byte(tmp_path / "OUT"), identity.values) == []
    beside.write_text("{")
    said = say_nothing(2, "score", path, "--labels", mask, "--out", tmp_path / "NONE")
    assert "the sidecar of the image, which is not JSON" in said
    beside.unlink()
    other = study / f"{identity.PLACES[1]}_2.nii.gz"
    other.write_bytes(path.read_bytes()[:100])
    assert "image 2 of 2: its compression" in say_nothing(2, "score", path, other, "--out", tmp_path / "NONE")
    assert "label map: its compression" in say_nothing(2, "score", path, "--labels", other, "--out", tmp_path / "NONE")
    missing = study / identity.PLACES[1]
    assert "the image, which does not exist" in say_nothing(2, "score", missing, "--out", tmp_path / "NONE")


def test_what_is_said_stays_a_sentence_where_a_file_is_called_like_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study").mkdir()
    case = CasePaths(tmp_path / "OUT", "01", "01")
    said = "two series of one study; expected one scan, as image.nii.gz"
    assert without_names(said, "study", (), case) == said
    assert without_names(said, "scan", (), case) == said
    assert without_names(said, "age.nii.gz", (), case) == said
    assert without_names("scan, which does not exist; no scan", ["scan"], (), case) == (
        "the image, which does not exist; no scan"
    )
    assert without_names("study/IM 1.dcm, which is damaged", "study", (), case) == "the DICOM folder, which is damaged"
    words = "the file a/image.nii.gz: cut short; the sidecar image.json"
    assert without_names(words, ["x.nii", "a/image.nii.gz"], (), case) == (
        "image 2 of 2: cut short; the sidecar of image 2 of 2"
    )


def test_a_cohort_of_studies_tells_nothing_of_them(
    study: Path, labels: Path, say_nothing: Callable[..., str], identity: Any, tmp_path: Path
) -> None:
    studies, key, out = tmp_path / "studies", tmp_path / "key.tsv", tmp_path / "OUT"
    changed(study, studies / f"{identity.PLACES[0]}_1", lambda _: None)
    changed(study, studies / f"{identity.PLACES[0]}_2", without_slice)
    changed(study, studies / f"{identity.PLACES[0]}_3", without_pixels)
    command = ("cohort", studies, out, "participant", "--key", key, "--labels", labels, "--workers", 1)
    say_nothing(0, *command, "--dry-run")
    assert '"state": "done"' in say_nothing(1, *command, "--json")
    say_nothing(1, *command)
    say_nothing(1, "cohort", studies, out, "group")
    assert identity.left(identity.every_byte(out), identity.values) == []
    assert identity.PLACES[0] in key.read_text()  # the one file that links them


def test_listening_tells_nothing_of_what_it_keeps(
    study: Path,
    labels: Path,
    identity: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number, tag in enumerate(("PatientID", "StudyInstanceUID")):
        image = dcmread(min(study.iterdir()))
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"{identity.HIDDEN[3]}.9{number}"
        image[tag].value = ""
        image.save_as(study / f"without{number}.dcm")
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in sorted(study.iterdir())[:4:2]:
        image = dcmread(path)
        image.StudyInstanceUID = "1.2.826.0.1.777.1.5"
        image.save_as(broken / path.name)
    inbox, told = Inbox(tmp_path / "inbox"), list[StudyState]()
    with Receiver(inbox, Reception(("SCANNER",), port=0)) as receiver:
        send_objects([study, broken], parse_target(f"WBMRI@127.0.0.1:{receiver.port}", calling="SCANNER"))
    # What an export writes is looked through elsewhere.
    monkeypatch.setitem(sys.modules, "highdicom", None)
    duty = Duty(tmp_path / "OUT", ScoringOptions.of(labels=min(labels.rglob("*.nii.gz"))), quiet_s=0.0)
    listen(inbox.root, Reception(("SCANNER",), port=0), duty, report=told.append, go_on=iter([True, False]).__next__)
    assert sorted(state.problem.partition(";")[0] for state in told) == [
        "an export of a segmentation or structured report without the package highdicom",
        "the label map, of which 40% lies inside the image",
    ]
    printed = capfd.readouterr()
    kept = [path for path in inbox.root.rglob("*") if path.suffix in (".json", ".txt")]
    said = [*(str(path) for path in inbox.root.rglob("*")), *map(repr, told), caplog.text, printed.out, printed.err]
    said += [path.read_text("utf-8") for path in kept]
    assert len([path for path in kept if path.suffix == ".txt"]) == 2
    assert identity.left("\n".join(said).encode(), identity.values) == []
    assert identity.left(identity.every_byte(tmp_path / "OUT"), identity.values) == []
