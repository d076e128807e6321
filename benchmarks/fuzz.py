"""Damaged and hostile inputs for every reader: ``python benchmarks/fuzz.py [COUNT] [KIND...]`` prints a table.

Each input is a good file of its kind with some of its parts changed, by the structure of the format: numbers in headers
and tables, elements of DICOM, nodes of JSON, lines, and bytes anywhere. A reader must give an answer or an error of
ours, within 10 s and 2 GiB of address space. The same number of the same kind is the same input everywhere. Readers run
in a process of their own, which is begun again behind the input that ended it.
"""

import copy
import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from wbmri.core import WbmriError

Rng = np.random.Generator

COUNT, SECONDS, BYTES = 10_000, 10, 2 * 2**30
CASE = Path(__file__).parents[1] / "tests" / "case" / "version_2" / "sub-site" / "ses-2"
NUMBERS = (
    "-1",
    "0",
    "1",
    "255",
    "65536",
    "2147483648",
    "-9223372036854775809",
    "1e400",
    "-1e-320",
    "nan",
    "inf",
    "9" * 5000,
)
WORDS = (
    "",
    "\0",
    "\x1b[31m",
    "../../etc/passwd",
    "é\u202e𝔘",
    "$\\frac{",
    "x" * 70_000,
    "n/a",
    "true",
    "[]",
    "<script>",
)
VALUES: tuple[Any, ...] = (None, True, -1, 0, 5, 1e308, 10**40, "", "x" * 5000, "\0", [], {}, [[]], {"a": None})


def pick(rng: Rng, among: Any) -> Any:
    """Return one of several."""
    return among[int(rng.integers(len(among)))]


def change_bytes(rng: Rng, content: bytes) -> bytes:
    """Flip, overwrite, cut out, double or cut off bytes anywhere."""
    made = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        place, length = int(rng.integers(len(made) + 1)), int(rng.integers(1, 9))
        match rng.integers(5):
            case 0 if place < len(made):
                made[place] ^= 1 << int(rng.integers(8))
            case 1:
                made[place : place + length] = rng.bytes(length)
            case 2:
                del made[place : place + length]
            case 3:
                made[place:place] = made[place : place + 50 * length]
            case _:
                del made[max(place, 1) :]
    return bytes(made)


def change_text(rng: Rng, content: bytes) -> bytes:
    """Change numbers, cells and lines."""
    lines = content.split(b"\n")
    for _ in range(int(rng.integers(1, 4))):
        number = int(rng.integers(len(lines)))
        match rng.integers(5):
            case 0:
                found = list(re.finditer(rb"-?\d[\d.e+-]*", lines[number]))
                if found:
                    one = pick(rng, found)
                    lines[number] = (
                        lines[number][: one.start()] + pick(rng, NUMBERS).encode() + lines[number][one.end() :]
                    )
            case 1:
                cells = re.split(rb"([\t ,:=])", lines[number])
                cells[int(rng.integers(len(cells)))] = pick(rng, (*WORDS, *NUMBERS)).encode()
                lines[number] = b"".join(cells)
            case 2:
                lines.insert(number, pick(rng, lines))
            case 3 if len(lines) > 1:
                del lines[number]
            case _:
                return change_bytes(rng, b"\n".join(lines))
    return b"\n".join(lines)


def change_json(rng: Rng, content: bytes) -> bytes:
    """Put odd values into nodes, take members out, or nest deeply."""
    tree = copy.deepcopy(json.loads(content))
    for _ in range(int(rng.integers(1, 4))):
        node, above, key = tree, None, None
        while isinstance(node, dict | list) and node and (above is None or rng.random() < 0.8):
            above, key = node, pick(rng, list(node)) if isinstance(node, dict) else int(rng.integers(len(node)))
            node = node[key]
        if above is None:
            continue
        if rng.random() < 0.2:
            del above[key]
        else:
            above[key] = copy.deepcopy(pick(rng, VALUES))
    made = json.dumps(tree).encode()
    match rng.integers(8):
        case 0:
            return made.replace(b"null", b"[" * 50_000, 1)
        case 1:
            return change_text(rng, made)
    return made


def change_nifti(rng: Rng, content: bytes) -> bytes:
    """Change fields of the header, or bytes of the compressed file."""
    from nibabel import Nifti1Header

    plain = bytearray(gzip.decompress(content))
    fields = Nifti1Header(bytes(plain[:348]), check=False)
    for _ in range(int(rng.integers(1, 4))):
        name = pick(rng, fields.keys())
        value = np.array(fields[name])
        with np.errstate(all="ignore"):
            if value.dtype.kind == "S":
                fields[name] = rng.bytes(4)
            elif value.dtype.kind == "f":
                value.flat[int(rng.integers(value.size))] = float(pick(rng, NUMBERS[:-1]))
                fields[name] = value
            else:
                info = np.iinfo(value.dtype)
                value.flat[int(rng.integers(value.size))] = int(rng.choice([info.min, 0, 1, 3, 7, info.max]))
                fields[name] = value
    plain[:348] = fields.binaryblock
    packed = gzip.compress(bytes(plain), 1)
    return change_bytes(rng, packed) if rng.random() < 0.3 else packed


def change_dicom(rng: Rng, content: bytes) -> bytes:
    """Give elements odd values, take them out, or change bytes."""
    from io import BytesIO

    from pydicom import config, dcmread
    from pydicom.dataelem import DataElement

    if rng.random() < 0.3:
        return change_bytes(rng, content)
    config.settings.writing_validation_mode = config.settings.reading_validation_mode = config.IGNORE
    header = dcmread(BytesIO(content))
    for _ in range(int(rng.integers(1, 4))):
        tag = pick(rng, list(header.keys()))
        match rng.integers(4):
            case 0:
                del header[tag]
            case 1:
                header[tag] = DataElement(tag, "LO", pick(rng, WORDS))
            case 2:
                header[tag] = DataElement(tag, "DS", [pick(rng, NUMBERS[:-1]) for _ in range(int(rng.integers(1, 7)))])
            case _:
                header[tag] = DataElement(tag, "SL", int(rng.integers(-(2**31), 2**31)))
    made = BytesIO()
    try:
        header.save_as(made)
    except Exception:  # what pydicom itself will not write is no input
        return change_bytes(rng, content)
    return made.getvalue()


def seeds() -> dict[str, tuple[str, bytes]]:
    """Return a good file of each kind: its name and its content."""
    from wbmri.case import Manifest
    from wbmri.io import encode_nifti

    data = np.random.default_rng(0).integers(0, 200, (6, 5, 7)).astype(np.int16)
    affine = np.diag([-2.0, 3.0, 4.0, 1.0])
    axes = "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (0,0,0)\n"
    nrrd = f"NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 6 5 7\n{axes}endian: little\n"
    meta = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
    meta += "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 2 3 4\nDimSize = 6 5 7\n"
    meta += "AnatomicalOrientation = RAI\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    voxels = data.tobytes(order="F")
    sidecar = {
        "ImageType": ["ORIGINAL", "M"],
        "EchoTime": 0.06,
        "InversionTime": 0.16,
        "FlipAngle": 150,
        "Manufacturer": "M",
    }
    clinical = "participant_id\tsession_id\tacq_time\tcmas\ttreatment\nsub-1\tses-1\t2021-03-14\t28\tn/a\n"
    clinical += "sub-1\tses-2\t2021-09-01\t40\tx\n"
    ratings = "participant_id\tsession_id\treader\tlabel\tgrade\n" + "".join(
        f"sub-1\tses-1\tab\t{k}\t1\n" for k in range(1, 9)
    )
    scheme = (Path(__file__).parents[1] / "wbmri" / "core" / "scheme" / "builtin" / "jdm42.toml").read_bytes()
    history, mask = (next(CASE.glob(f"readings/*anna_{name}")) for name in ("history.jsonl", "masks/*.wbm"))
    manifest = Manifest(Path("x_manifest.json"), Path(), "sub-X_ses-Y", {f"anat/{k}": "0" * 64 for k in range(5)})
    return {
        "nifti": ("a.nii.gz", encode_nifti(data, affine)),
        "nrrd": ("a.nrrd", f"{nrrd}encoding: raw\n\n".encode() + voxels),
        "metaimage": ("a.mha", meta.encode() + voxels),
        "sidecar": ("a.json", json.dumps(sidecar).encode()),
        "dicom": ("a.dcm", dicom_file()),
        "clinical table": ("visits.tsv", clinical.encode()),
        "ratings table": ("ratings.tsv", ratings.encode()),
        "cohort table": ("cohort.tsv", b"participant\tsession\tpath\n1\t1\ta.nii.gz;b.nii.gz\n2\t1\tc.nii\n"),
        "scheme": ("site.toml", scheme),
        "reading": ("a_reading.json", next(CASE.glob("anat/*_reading.json")).read_bytes()),
        "history": ("a_history.jsonl", history.read_bytes()),
        "correction": ("a.wbm", mask.read_bytes()),
        "manifest": ("sub-X_ses-Y_manifest.json", manifest.encoded()),
    }


def dicom_file(number: int = 0) -> bytes:
    """Return one slice of a STIR series."""
    from io import BytesIO

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


def readers() -> dict[str, tuple[Callable[[Rng, bytes], bytes], Callable[[Path], object]]]:
    """Return what changes each kind, and what reads it."""
    from wbmri.analysis.agreement import read_ratings
    from wbmri.case import Manifest, ReadingDocument, decode, read_clinical
    from wbmri.cohort import find_visits
    from wbmri.core.scheme import load_scheme
    from wbmri.io import inspect, load, read_image
    from wbmri.review.entry_lines import read_entries
    from wbmri.review.label_editor import decode_change

    def dicom(path: Path) -> object:
        for number in (1, 2, 3):
            path.with_name(f"{number}.dcm").write_bytes(dicom_file(number))
        return inspect(path.parent), load(path.parent)

    return {
        "nifti": (change_nifti, read_image),
        "nrrd": (change_text, read_image),
        "metaimage": (change_text, read_image),
        "sidecar": (change_json, sidecar_of),
        "dicom": (change_dicom, dicom),
        "clinical table": (change_text, read_clinical),
        "ratings table": (change_text, lambda path: read_ratings([path])),
        "cohort table": (change_text, lambda path: list(find_visits(path))),
        "scheme": (change_text, load_scheme),
        "reading": (change_json, lambda path: decode(ReadingDocument, path.read_bytes(), path)),
        "history": (change_text, read_entries),
        "correction": (change_correction, lambda path: decode_change(path.read_bytes(), path.name)),
        "manifest": (change_json, lambda path: Manifest(path, path.parent, "sub-X_ses-Y", {}).read()),
    }


def change_correction(rng: Rng, content: bytes) -> bytes:
    """Change bytes, and let the checksum fit them."""
    body = change_bytes(rng, content[:-4])
    return body + zlib.crc32(body).to_bytes(4, "little")


def attempt(kind: str, number: int, folder: Path, good: dict[str, tuple[str, bytes]], known: Any) -> str:
    """Read one input; ``read``, ``refused``, or what escaped."""
    name, content = good[kind]
    change, read = known[kind]
    rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
    path = folder / name
    path.write_bytes(change(rng, content))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except WbmriError as error:
        return "refused" if "\n" not in str(error) else "error of several lines"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def child(kind: str, first: int, count: int) -> None:
    """Read inputs one after the other; say each number before, and each outcome after it."""
    good, known = seeds(), readers()
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))

    def late(*_: object) -> None:
        raise TimeoutError(f"over {SECONDS} s")

    signal.signal(signal.SIGALRM, late)
    with TemporaryDirectory() as folder:
        for number in range(first, first + count):
            os.write(1, f"{number} ".encode())
            signal.alarm(SECONDS)
            outcome = attempt(kind, number, Path(folder), good, known)
            signal.alarm(0)
            os.write(1, f"{json.dumps(outcome)}\n".encode())


def run(kind: str, count: int) -> tuple[Counter[str], dict[str, int]]:
    """Read so many inputs of a kind; count the outcomes, and name the first input of each that is a fault."""
    found: Counter[str] = Counter()
    faults: dict[str, int] = {}
    first = 0
    while first < count:
        words = [sys.executable, __file__, "--child", kind, str(first), str(count - first)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)  # noqa: S603
        lines = done.stdout.split("\n")
        for line in lines[:-1]:
            number, _, outcome = line.partition(" ")
            said = json.loads(outcome)
            found[said if said in ("read", "refused") else "escaped"] += 1
            if said not in ("read", "refused"):
                faults.setdefault(said, int(number))
        first += len(lines) - 1
        if done.returncode != 0 and first < count:
            found["crashed"] += 1
            faults.setdefault(f"ended with {done.returncode}", first)
            first += 1
    return found, faults


def main(count: int, kinds: list[str]) -> None:
    """Print a line for each kind, and below it the first input of each fault."""
    print(f"{'kind':16}{'inputs':>9}{'read':>9}{'refused':>9}{'escaped':>9}{'crashed':>9}{'per s':>9}")
    for kind in kinds or list(readers()):
        start = time.perf_counter()
        found, faults = run(kind, count)
        pace = found.total() / (time.perf_counter() - start)
        shown = "".join(f"{found[name]:9}" for name in ("read", "refused", "escaped", "crashed"))
        print(f"{kind:16}{found.total():9}{shown}{pace:9.0f}", flush=True)
        for fault, number in faults.items():
            print(f"    {number}: {fault}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT, sys.argv[2:])
