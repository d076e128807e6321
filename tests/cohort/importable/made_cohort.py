"""A made cohort: small legs of four muscle groups, at two visits, and visits broken in different ways."""

import gzip
import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from blocks_engine import SHAPE, blocks
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from wbmri.io import encode_nifti

AFFINE = np.array([[6.0, 0, 0, -129.0], [0, 8.0, 0, -50.0], [0, 0, 8.0, -160.0], [0, 0, 0, 1.0]])

STIR = {
    "ScanningSequence": "SE_IR",
    "RepetitionTime": 4.5,
    "EchoTime": 0.06,
    "InversionTime": 0.16,
    "MagneticFieldStrength": 1.5,
    "Manufacturer": "Maker",
    "Modality": "MR",
}
T1 = {**STIR, "ScanningSequence": "SE", "RepetitionTime": 0.5, "EchoTime": 0.01, "InversionTime": None}

SCHEME = """\
name = "legs"
version = "1"
title = "Legs"
anchors = ["none", "some", "much"]

[grading]
involved_fraction = 0.025
extensive_fraction = 0.5
extensive_includes_equal = true
oedema_ratio = 1.15
marked_ratio = 2.0
minimum_voxels = 30
minimum_assessable_share = 0.5

[[pairs]]
id = "leg_anterior"
name = "Anterior leg"
region = "leg"
colour = "#ddcc77"
members = [{ name = "tibialis anterior" }]

[[pairs]]
id = "leg_posterior"
name = "Posterior leg"
region = "leg"
colour = "#d1bbd7"
members = [{ name = "soleus" }]
"""


def scan(seed: int, oedema: float) -> NDArray[np.float32]:
    """Draw legs whose muscles are oedematous to this share."""
    rng = np.random.default_rng(seed)
    image = rng.normal(10, 2, SHAPE)
    image[4:40, 1:13, 2:38] += 40
    labels = blocks()
    for label in range(1, 5):
        inside = np.flatnonzero(labels == label)
        image.ravel()[inside] = rng.normal(100, 6, inside.size)
        wet = inside[: round(min(1.0, oedema * (0.6 + 0.2 * label)) * inside.size)]
        image.ravel()[wet] = rng.normal(180, 8, wet.size)
    return np.abs(image).astype(np.float32)


@dataclass(frozen=True)
class Place:
    """Where a visit goes.

    Parameters
    ----------
    root
        The dataset.
    person, visit
        ``sub-X`` and ``ses-Y``.
    """

    root: Path
    person: str
    visit: str

    @property
    def name(self) -> str:
        return f"{self.person}_{self.visit}"

    def image(self, acquisition: str = "stir", suffix: str = "T2w") -> Path:
        folder = self.root / self.person / self.visit / "anat"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.name}_acq-{acquisition}_{suffix}.nii.gz"


def write_visit(place: Place, seed: int, oedema: float = 0.5, **facts: object) -> Path:
    """Write a good visit, with changes of its sidecar."""
    path = place.image()
    path.write_bytes(encode_nifti(scan(seed, oedema), AFFINE))
    sidecar = {key: value for key, value in {**STIR, **facts}.items() if value is not None}
    path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))
    return path


def _truncated(place: Place, seed: int) -> str:
    path = write_visit(place, seed)
    path.write_bytes(path.read_bytes()[:20000])
    return "damaged or cut short"


def _wrong_sequence(place: Place, seed: int) -> str:
    write_visit(place, seed, **T1)
    return "no STIR image among 1"


def _not_a_number(place: Place, seed: int) -> str:
    path = write_visit(place, seed)
    data = scan(seed, 0.5)
    data[3, 4, 5] = np.nan
    path.write_bytes(encode_nifti(data, AFFINE))
    return "NaN"


def _two_patients(place: Place, seed: int) -> str:
    folder = place.root / "sourcedata" / place.person / place.visit
    write_dicom(folder, scan(seed, 0.5), people=("SECRET-1", "SECRET-2"))
    return "2 different patient IDs"


def _no_stir(place: Place, seed: int) -> str:
    place.image("t1", "T1w").write_bytes(encode_nifti(scan(seed, 0.5), AFFINE))
    return "no STIR image among 1"


def _huge_header(place: Place, seed: int) -> str:
    path = write_visit(place, seed)
    content = bytearray(gzip.decompress(path.read_bytes()))
    struct.pack_into("<8h", content, 40, 3, 32767, 32767, 32767, 1, 1, 1, 1)
    path.write_bytes(gzip.compress(content))
    return "promises"


def _unreadable(place: Place, seed: int) -> str:
    os.chmod(write_visit(place, seed), 0)
    return "Permission denied"


BREAKS: tuple[Callable[[Place, int], str], ...] = (
    _truncated,
    _wrong_sequence,
    _not_a_number,
    _two_patients,
    _no_stir,
    _huge_header,
    _unreadable,
)


def write_dicom(folder: Path, data: NDArray[np.float32], people: Sequence[str] = ("SECRET-1",), day: int = 3) -> None:
    """Write a scan as coronal DICOM slices, whose people take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(data.shape[1]):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = MRImageStorage, f"2.25.{hash((str(folder), k)) % 10**12}"
        one.SeriesInstanceUID, one.StudyInstanceUID = f"2.25.7{day}", f"2.25.8{day}"
        one.FrameOfReferenceUID = f"2.25.9{day}"
        one.PatientID, one.PatientName, one.StudyDate = people[k % len(people)], "Nobody^Anna", f"202402{day:02d}"
        one.Modality, one.ImageType, one.ScanningSequence = "MR", ["ORIGINAL", "PRIMARY", "M"], ["SE", "IR"]
        one.RepetitionTime, one.EchoTime, one.InversionTime = 4500.0, 60.0, 160.0
        one.MagneticFieldStrength, one.SeriesNumber, one.SamplesPerPixel = 1.5, 1, 1
        one.PhotometricInterpretation, one.BitsAllocated, one.BitsStored = "MONOCHROME2", 16, 16
        one.HighBit, one.PixelRepresentation, one.SliceThickness = 15, 0, 8.0
        one.Columns, one.Rows, one.PixelSpacing = data.shape[0], data.shape[2], [8.0, 6.0]
        one.ImageOrientationPatient = [-1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
        top = AFFINE @ [0, k, data.shape[2] - 1, 1]
        one.ImagePositionPatient = [-top[0], -top[1], top[2]]
        one.PixelData = np.ascontiguousarray(data[:, k, ::-1].T).astype("<u2").tobytes()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
        one.save_as(folder / f"{k:03d}.dcm", enforce_file_format=True)


@dataclass(frozen=True)
class Made:
    """A made cohort.

    Parameters
    ----------
    root
        The BIDS dataset.
    scheme
        The scheme its four groups belong to.
    good
        Names of the visits that can be scored.
    bad
        Names of the others, with what must be said of each.
    """

    root: Path
    scheme: Path
    good: tuple[str, ...]
    bad: dict[str, str]


def _places(root: Path) -> Iterator[Place]:
    number = 0
    while True:
        number += 1
        for visit in ("baseline", "month6"):
            yield Place(root, f"sub-{number:03d}", f"ses-{visit}")


def make_cohort(root: Path, visits: int, broken: int, kinds: Sequence[Callable[[Place, int], str]] = BREAKS) -> Made:
    """Write so many visits, of which so many are broken: two of them one scan under two names, the others in turn.

    Parameters
    ----------
    root
        Folder of the dataset; made.
    visits, broken
        How many in all, and how many of them broken; the broken ones are spread over the cohort.
    kinds
        The ways in which they are broken.
    """
    root.mkdir(parents=True)
    (root / "dataset_description.json").write_text(json.dumps({"Name": "made", "BIDSVersion": "1.10.0"}))
    (root.parent / "legs.toml").write_text(SCHEME)
    every = [place for place, _ in zip(_places(root), range(visits), strict=False)]
    step = visits / max(1, broken)
    spoilt = [every[int(number * step)] for number in range(broken)]
    good, bad = [], {}
    for number, place in enumerate(every):
        if place not in spoilt:
            late = place.visit == "ses-month6"
            write_visit(place, number, 0.25 if late else 0.3 + 0.6 * (number % 7) / 7)
            good.append(place.name)
    for number, place in enumerate(spoilt):
        if number >= 2:
            bad[place.name] = kinds[(number - 2) % len(kinds)](place, 1000 + number)
    if len(spoilt) >= 2:
        first, second = spoilt[:2]
        shutil.copy(write_visit(first, 999), second.image())
        bad |= {first.name: f"same images as {second.name}", second.name: f"same images as {first.name}"}
    people = sorted({place.person for place in every})
    rows = [f"{person}\t{6 + k % 9}\t{'FM'[k % 2]}\t2015-01-01" for k, person in enumerate(people)]
    (root / "participants.tsv").write_text("\n".join(["participant_id\tage\tsex\tbirth_date", *rows]) + "\n")
    return Made(root, root.parent / "legs.toml", tuple(good), bad)
