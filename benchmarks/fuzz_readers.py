"""The kinds of files that `fuzz.py` knows: a good file of each, what changes it, and what reads it."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from fuzz_changes import (
    Rng,
    change_compressed,
    change_correction,
    change_deflated,
    change_dicom,
    change_json,
    change_manifest,
    change_nifti,
    change_text,
)

if TYPE_CHECKING:
    from wbmri.case import Case

ROOT = Path(__file__).parents[1]
CASE = ROOT / "tests" / "case" / "version_2" / "sub-site" / "ses-2"
MAPPING = ROOT / "wbmri" / "segmentation" / "external_labels" / "mappings" / "totalsegmentator-total-mr.toml"


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Parameters
    ----------
    name
        What the file is called.
    good
        Returns the content of a good one.
    change
        Makes another content of it.
    read
        What the program does with such a file; ``folder`` is its own.
    """

    name: str
    good: Callable[[], bytes]
    change: Callable[[Rng, bytes], bytes]
    read: Callable[[Path], object]


def good_nifti() -> bytes:
    """Return a small image."""
    from wbmri.io import encode_nifti

    return encode_nifti(voxels(), np.diag([-2.0, 3.0, 4.0, 1.0]))


def voxels() -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Return some voxels, shape (6, 5, 7)."""
    return np.random.default_rng(0).integers(0, 200, (6, 5, 7)).astype(np.int16)


def good_nrrd() -> bytes:
    """Return the same image as NRRD."""
    axes = "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (0,0,0)\n"
    head = f"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 6 5 7\n{axes}endian: little\n"
    return f"{head}encoding: raw\n\n".encode() + voxels().tobytes(order="F")


def good_metaimage() -> bytes:
    """Return the same image as MetaImage."""
    head = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
    head += "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 2 3 4\nDimSize = 6 5 7\n"
    head += "AnatomicalOrientation = RAI\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    return head.encode() + voxels().tobytes(order="F")


SIDECAR = {"ImageType": ["ORIGINAL", "M"], "EchoTime": 0.06, "InversionTime": 0.16, "FlipAngle": 150}
CLINICAL = "participant_id\tsession_id\tacq_time\tcmas\ttreatment\nsub-1\tses-1\t2021-03-14\t28\tn/a\n"
CLINICAL += "sub-1\tses-2\t2021-09-01\t40\tx\n"
RATINGS = "participant_id\tsession_id\treader\tlabel\tgrade\n" + "".join(
    f"sub-1\tses-1\tab\t{k}\t1\n" for k in range(1, 9)
)
COHORT = "participant\tsession\tpath\n1\t1\ta.nii.gz;b.nii.gz\n2\t1\tc.nii\n"
PARTICIPANTS = "participant_id\tage\tsex\tsite\nsub-1\t9.5\tF\tA\nsub-2\t11\tM\tn/a\n"
COLUMNS = {"age": {"Description": "Age", "Units": "years"}, "sex": {"Description": "Sex", "Levels": {"F": "x"}}}
SESSIONS = "session_id\tacq_time\tcmas\nses-2\t2021-09-01\t40\nses-1\t2021-03-14\t28\n"
MARKS = "participant_id\tsession_id\tmark\treading\treader\tnote\nsub-1\tses-1\tpass\t0123456789ab\tab\tfine\n"
CONTROLS = {
    "levels": [
        {
            "field_strength_t": 1.5,
            "echo_time_ms": 60.0,
            "inversion_time_ms": 160.0,
            "manufacturer": "M",
            "ratio": 0.9,
            "spread": 0.1,
            "controls": 6,
        }
    ],
    "notice": "x",
    "schema_version": 1,
}
DETECTABLE = {
    "scheme": "jdm42 1",
    "maximum": 84,
    "sdc95": 9.5,
    "sdc80": 6.1,
    "formula": "x",
    "patients": 20,
    "readers": ["a", "b"],
    "notice": "x",
    "schema_version": 1,
}


def dicom_file(number: int = 0) -> bytes:
    """Return one slice of a STIR series."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID, one.SeriesInstanceUID, one.StudyInstanceUID = (
        MRImageStorage,
        f"2.25.1{number}",
        "2.25.2",
        "2.25.3",
    )
    one.Modality, one.ImageType, one.ScanningSequence, one.SeriesNumber = (
        "MR",
        ["ORIGINAL", "PRIMARY", "M"],
        ["SE", "IR"],
        1,
    )
    one.RepetitionTime, one.EchoTime, one.InversionTime, one.MagneticFieldStrength = 4500.0, 60.0, 160.0, 1.5
    one.SamplesPerPixel, one.PhotometricInterpretation, one.BitsAllocated, one.BitsStored = 1, "MONOCHROME2", 16, 16
    one.HighBit, one.PixelRepresentation, one.SliceThickness, one.Rows, one.Columns = 15, 0, 8.0, 8, 8
    one.PixelSpacing, one.ImagePositionPatient = [8.0, 6.0], [0.0, 8.0 * number, 0.0]
    one.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
    one.PixelData = np.arange(64, dtype="<u2").tobytes()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = MRImageStorage, f"2.25.1{number}"
    made = BytesIO()
    one.save_as(made, enforce_file_format=True)
    return made.getvalue()


def sidecar_of(path: Path) -> object:
    """Read an image beside which the sidecar lies."""
    from wbmri.io import encode_nifti, read_image

    image = path.with_suffix(".nii")
    image.write_bytes(gzip.decompress(encode_nifti(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4))))
    return read_image(image).acquisition


def slice_file(syntax: str = "") -> bytes:
    """Return one slice, its pixels compressed by GDCM where the name of one of its syntaxes is given."""
    plain = dicom_file()
    if not syntax:
        return plain
    import gdcm
    from pydicom import dcmread

    with TemporaryDirectory() as folder:
        path, packed = Path(folder, "a.dcm"), Path(folder, "b.dcm")
        path.write_bytes(plain)
        reader, writer, change = gdcm.ImageReader(), gdcm.ImageWriter(), gdcm.ImageChangeTransferSyntax()
        reader.SetFileName(str(path))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFileName(str(packed))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        made, header = BytesIO(), dcmread(packed)
        header.save_as(made)
        return made.getvalue()


def exported(kind: str) -> bytes:
    """Return a DICOM object that wbmri makes of a case: ``seg`` or ``sr``."""
    from wbmri.pipeline import export_case

    with TemporaryDirectory() as folder:
        return export_case(CASE, folder, to=[kind]).files[0].read_bytes()


@cache
def the_case() -> "Case":
    """Return the case that `exported` is made of."""
    from wbmri.case import read_case

    return read_case(CASE)


def labels_of(path: Path) -> object:
    """Read a label map for the case, as ``--labels`` does."""
    from wbmri.segmentation.external_labels import LabelFile

    return LabelFile(path).segment(the_case().volume(), the_case().reading.scheme)


def series_of(path: Path) -> object:
    """Read a series of which one file is given."""
    from wbmri.io import inspect, load

    for number in (1, 2, 3):
        other = path.with_name(f"{number}.dcm")
        if not other.exists():
            other.write_bytes(dicom_file(number))
    return inspect(path.parent), load(path.parent)


def dataset_of(path: Path) -> object:
    """Read what a BIDS dataset says of its participants, of which one file is given."""
    from wbmri.cohort.participants import read_facts

    folder = path.parent
    for name, content in (("participants.tsv", PARTICIPANTS), ("participants.json", json.dumps(COLUMNS))):
        if path.name != name:
            (folder / name).write_text(content)
    if path.name == "sub-1_sessions.tsv":
        (folder / "sub-1").mkdir(exist_ok=True)
        path.replace(folder / "sub-1" / path.name)
    return read_facts(folder, set()).in_order("1", ["1", "2"])


def case_of(path: Path) -> object:
    """Check a case of which the manifest is given, and read the manifest."""
    from wbmri.case import CasePaths, Manifest, verify

    paths = CasePaths(path.parent / "OUT", "X", "Y")
    paths.folder.mkdir(parents=True, exist_ok=True)
    path.replace(paths.manifest)
    return verify(paths.out), Manifest.of_case(paths).read()


def kinds() -> dict[str, Kind]:
    """Return every kind by its name."""
    from wbmri.analysis.agreement import read_ratings
    from wbmri.analysis.calibration import read_controls
    from wbmri.case import Manifest, ReadingDocument, decode, read_clinical, read_detectable_change
    from wbmri.cohort import find_visits, read_marks
    from wbmri.core.scheme import load_scheme
    from wbmri.export.dicom import read_report
    from wbmri.io import read_image
    from wbmri.review.history import read_entries
    from wbmri.review.label_editor import decode_change
    from wbmri.segmentation.external_labels import load_mapping

    scheme = ROOT / "wbmri" / "core" / "scheme" / "builtin" / "jdm42.toml"
    history, mask = (next(CASE.glob(f"readings/*anna_{name}")) for name in ("history.jsonl", "masks/*.wbm"))
    reading, labels = (next(CASE.glob(f"anat/*_{name}")) for name in ("reading.json", "dseg.nii.gz"))
    manifest = Manifest(Path("x_manifest.json"), Path(), "sub-X_ses-Y", {f"anat/{k}": "0" * 64 for k in range(5)})

    def compressed(syntax: str) -> Kind:
        return Kind("a.dcm", lambda: slice_file(syntax), change_compressed, series_of)

    return {
        "nifti": Kind("a.nii.gz", good_nifti, change_nifti, read_image),
        "nrrd": Kind("a.nrrd", good_nrrd, change_text, read_image),
        "metaimage": Kind("a.mha", good_metaimage, change_text, read_image),
        "sidecar": Kind("a.json", lambda: json.dumps(SIDECAR).encode(), change_json, sidecar_of),
        "dicom": Kind("a.dcm", slice_file, change_dicom, series_of),
        "dicom, deflated": Kind("a.dcm", slice_file, change_deflated, series_of),
        "dicom, RLE": compressed("RLELossless"),
        "dicom, JPEG": compressed("JPEGLosslessProcess14_1"),
        "dicom, JPEG-LS": compressed("JPEGLSLossless"),
        "dicom, JPEG 2000": compressed("JPEG2000Lossless"),
        "segmentation": Kind("a.dcm", lambda: exported("seg"), change_dicom, labels_of),
        "label map": Kind("a_dseg.nii.gz", labels.read_bytes, change_nifti, labels_of),
        "report": Kind("a.dcm", lambda: exported("sr"), change_dicom, read_report),
        "clinical table": Kind("visits.tsv", CLINICAL.encode, change_text, read_clinical),
        "ratings table": Kind("ratings.tsv", RATINGS.encode, change_text, lambda path: read_ratings([path])),
        "cohort table": Kind("cohort.tsv", COHORT.encode, change_text, lambda path: list(find_visits(path))),
        "participants": Kind("participants.tsv", PARTICIPANTS.encode, change_text, dataset_of),
        "columns": Kind("participants.json", lambda: json.dumps(COLUMNS).encode(), change_json, dataset_of),
        "sessions": Kind("sub-1_sessions.tsv", SESSIONS.encode, change_text, dataset_of),
        "marks": Kind("qc.tsv", MARKS.encode, change_text, lambda path: read_marks(path.parent)),
        "scheme": Kind("site.toml", scheme.read_bytes, change_text, load_scheme),
        "mapping": Kind("site.toml", MAPPING.read_bytes, change_text, load_mapping),
        "controls": Kind("a.json", lambda: json.dumps(CONTROLS).encode(), change_json, read_controls),
        "detectable change": Kind(
            "sdc.json", lambda: json.dumps(DETECTABLE).encode(), change_json, read_detectable_change
        ),
        "reading": Kind(
            "a_reading.json",
            reading.read_bytes,
            change_json,
            lambda path: decode(ReadingDocument, path.read_bytes(), path),
        ),
        "history": Kind("a_history.jsonl", history.read_bytes, change_text, read_entries),
        "correction": Kind(
            "a.wbm", mask.read_bytes, change_correction, lambda path: decode_change(path.read_bytes(), path.name)
        ),
        "manifest": Kind("sub-X_ses-Y_manifest.json", manifest.encoded, change_manifest, case_of),
    }
