"""The first pass over DICOM files: where each image lies and how it was made, without its pixels."""

import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wbmri.core import Progress, printable
from wbmri.io.dicom.elements import DicomFile, check_elements
from wbmri.io.sequence import SequenceFacts
from wbmri.io.size_limits import FARTHEST_MM

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = [
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate", "AcquisitionDate",
    "AcquisitionTime", "AcquisitionDateTime", "ContentTime", "SeriesTime", "Modality", "Manufacturer",
    "SeriesDescription", "ManufacturerModelName", "PatientName", "PatientID", "PatientBirthDate",
    "ContrastBolusAgent", "ContrastBolusAgentSequence", "ScanningSequence", "SequenceVariant", "ScanOptions",
    "SequenceName", "PulseSequenceName", "SliceThickness", "RepetitionTime", "EchoTime", "InversionTime",
    "MagneticFieldStrength", "SpacingBetweenSlices", "ProtocolName", "FlipAngle", "DiffusionBValue",
    "AcquisitionContrast", "InversionRecovery", "EchoPulseSequence", "EchoPlanarPulseSequence",
    "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "AcquisitionNumber", "ImagePositionPatient",
    "ImageOrientationPatient", "FrameOfReferenceUID", "SamplesPerPixel", "PhotometricInterpretation",
    "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "RescaleIntercept", "RescaleSlope",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
]  # fmt: skip

# MR Image, Enhanced MR Image and Legacy Converted Enhanced MR Image Storage; and what screenshots begin with.
MR_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("4", "4.1", "4.4"))
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

# A whole-body examination has some hundreds.
MOST_FRAMES = 10_000

# How a data set without the preamble begins: group 0008, its length, character set or image type.
BARE_STARTS = (b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00")


@dataclass(frozen=True, slots=True)
class Frame:
    """One two-dimensional image: a classic file, or a frame of a multi-frame file.

    Parameters
    ----------
    path, index, of
        The file, which of its frames, and how many it holds.
    size
        Columns and rows.
    spacing
        Distance in mm between columns and between rows; ``None`` where the header does not say.
    position
        LPS mm of the first voxel's centre; ``None`` where the header does not say.
    orientation
        LPS unit vectors along a row and along a column, six numbers; empty where the header gives none.
    depth_mm
        Distance to the next slice, or thickness, as the header claims; used for a lone slice only.
    slope, intercept
        From stored values to intensities.
    facts
        How it was made.
    flaw
        What makes its pixels unusable, as the received part of an error; empty if nothing does.
    series, number, acquisition, stack, time
        Marks that separate one acquisition from another.
    instance, patient, visit, frame_of_reference
        Identifiers, for comparison only; never shown or written.
    """

    path: Path
    index: int
    of: int
    size: tuple[int, int]
    spacing: tuple[float, float] | None
    position: tuple[float, float, float] | None
    orientation: tuple[float, ...]
    depth_mm: float
    slope: float
    intercept: float
    facts: SequenceFacts
    flaw: str
    number: int
    acquisition: str
    stack: str
    time: str = field(repr=False)
    series: str = field(repr=False)
    instance: str = field(repr=False)
    patient: tuple[str, str, str] = field(repr=False)
    visit: str = field(repr=False)
    frame_of_reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Headers:
    """All images found.

    Parameters
    ----------
    frames
        The images.
    not_dicom, not_images
        Number of files that are no DICOM, and that are DICOM without an image.
    damaged
        DICOM files that cannot be read.
    """

    frames: tuple[Frame, ...]
    not_dicom: int
    not_images: int
    damaged: tuple[Path, ...]


def files_under(inputs: Iterable[Path]) -> list[Path]:
    """Return all files under the given files and folders, each once, in a fixed order."""
    found: dict[Path, None] = {}
    for item in inputs:
        if item.is_file():
            found[item.resolve()] = None
        for folder, subfolders, names in os.walk(item):
            subfolders.sort()
            # What is no file, such as a pipe, would never end; a link may lead in circles.
            files = (Path(os.path.realpath(os.path.join(folder, name))) for name in sorted(names))
            found.update(dict.fromkeys(file for file in files if file.is_file()))
    return list(found)


def file_words(path: Path) -> str:
    """Return ``file 17 of 40 by name in its folder``, with which whoever has the folder finds it.

    A message never speaks of a DICOM file by its name, which may identify the person.
    """
    names: list[str] = []
    with suppress(OSError):
        names = sorted(one.name for one in path.parent.iterdir())
    if path.name not in names:
        return "a file"
    return f"file {names.index(path.name) + 1} of {len(names)} by name in its folder"


def read_headers(files: Sequence[Path], progress: Progress) -> Headers:
    """Read the headers of all DICOM images among the files.

    Parameters
    ----------
    files
        Files of any kind.
    progress
        Told how far it has come.
    """
    frames: list[Frame] = []
    damaged: list[Path] = []
    not_dicom = not_images = 0
    for done, path in enumerate(files):
        progress(done / len(files), "reading DICOM headers")
        found = read_file(path)
        if found is None:
            not_dicom += 1
        elif isinstance(found, Damage):
            damaged.append(path)
        else:
            frames.extend(found)
            not_images += not found
    return Headers(tuple(frames), not_dicom, not_images, tuple(damaged))


class Damage:
    """Stands for a DICOM file that cannot be read."""


def read_file(path: Path) -> list[Frame] | Damage | None:
    """Return the images of a file, which may be none; ``None`` if it is no DICOM, or that it is damaged."""
    marked = False
    try:
        with path.open("rb") as file:
            start = file.read(132)
        marked = start[128:] == b"DICM"
        return list(read_frames(path)) if marked or start.startswith(BARE_STARTS) else None
    except OSError:
        return Damage()
    except Exception:  # whatever a damaged header does to the parser, the file is named to the user
        return Damage() if marked else None


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the images of one DICOM file; none for objects that hold no image."""
    from pydicom import dcmread

    with warnings.catch_warnings():
        # Values that break the letter of the standard are common, and are checked here where they matter.
        warnings.filterwarnings("ignore", module=r"pydicom\..*")
        with DicomFile(path) as file:
            check_elements(file)
            file.seek(0)
            header = dcmread(file, stop_before_pixels=True, specific_tags=list(TAGS), force=True)
        kind = header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID")
        if kind is None:
            raise ValueError("cut off before it says what it is")
        if not header.get("Rows") or not header.get("Columns"):
            if kind in MR_CLASSES:
                raise ValueError("cut off before its size")
            return
        groups = header.get("PerFrameFunctionalGroupsSequence") or []
        shared = list(header.get("SharedFunctionalGroupsSequence") or [])
        flaw = flaw_of(path, header)
        count = len(groups) or int(header.get("NumberOfFrames") or 1)
        if not 0 < count <= min(path.stat().st_size, MOST_FRAMES):
            raise ValueError("more frames than an examination has, or than bytes")
        if not groups:
            first = frame(
                path, header, [*(item for part in shared for item in functional_items(part)), header], 0, flaw
            )
            yield from (replace(first, index=index) for index in range(count))
            return
        for index in range(count):
            items = [item for part in (*groups[index : index + 1], *shared) for item in functional_items(part)]
            yield frame(path, header, [*items, header], index, flaw)


def flaw_of(path: Path, header: "Dataset") -> str:
    """Say what makes the pixels of a file unusable as far as the header shows it; empty if nothing does."""
    if header.get("PhotometricInterpretation") == "MONOCHROME1":
        return "an inverted grey scale (MONOCHROME1)"
    syntax = header.file_meta.get("TransferSyntaxUID")
    if syntax is not None and (syntax.is_encapsulated or syntax.is_deflated):
        return ""
    pixels = int(header.Rows) * int(header.Columns) * int(header.get("NumberOfFrames") or 1)
    needed = pixels * int(header.get("SamplesPerPixel") or 1) * int(header.get("BitsAllocated") or 16) // 8
    there = path.stat().st_size
    return f"only {there} bytes for pixels of {needed} bytes" if there < needed else ""


def functional_items(group: "Dataset") -> list["Dataset"]:
    """Return the items of all macros of one functional group."""
    return [item for element in group if element.VR == "SQ" for item in element.value]


def frame(path: Path, header: "Dataset", items: Sequence["Dataset"], index: int, flaw: str) -> Frame:
    """Make the record of one image; ``items`` are asked in turn for what may differ between frames."""
    spacing = numbers(items, "PixelSpacing", 2)
    position = numbers(items, "ImagePositionPatient", 3)
    orientation = numbers(items, "ImageOrientationPatient", 6)
    depth = number(items, "SpacingBetweenSlices") or number(items, "SliceThickness") or 0.0
    slope = number(items, "RescaleSlope")
    series_number = number(items, "SeriesNumber")
    return Frame(
        path=path,
        index=index,
        of=int(header.get("NumberOfFrames") or 1),
        size=(int(header.Columns), int(header.Rows)),
        spacing=(spacing[1], spacing[0]) if spacing and min(spacing) > 0 else None,
        # Farther out than any table reaches, it says nothing of where the image lies.
        position=(position[0], position[1], position[2])
        if position and max(map(abs, position)) <= FARTHEST_MM
        else None,
        orientation=orientation if orientation and perpendicular(orientation) else (),
        depth_mm=abs(depth),
        slope=1.0 if slope is None else slope,
        intercept=number(items, "RescaleIntercept") or 0.0,
        facts=sequence_facts(header, items),
        number=int(series_number) if series_number is not None else 10**9,
        flaw=flaw,
        acquisition=text(items, "FrameAcquisitionNumber") or text(items, "AcquisitionNumber"),
        stack=text(items, "StackID"),
        time=acquisition_time(items),
        series=text(items, "SeriesInstanceUID"),
        instance=text(items, "SOPInstanceUID"),
        patient=patient(header),
        visit=text(items, "StudyDate") or text(items, "StudyInstanceUID") or text(items, "FrameOfReferenceUID"),
        frame_of_reference=text(items, "FrameOfReferenceUID"),
    )


def perpendicular(orientation: tuple[float, ...]) -> bool:
    """Tell whether six numbers are two unit vectors at right angles, but for rounding."""
    row, column = orientation[:3], orientation[3:]
    products = (math.hypot(*row) - 1.0, math.hypot(*column) - 1.0, sum(a * b for a, b in zip(row, column, strict=True)))
    return max(map(abs, products)) < 0.01


def sequence_facts(header: "Dataset", items: Sequence["Dataset"]) -> SequenceFacts:
    """Collect what decides the kind of a series; enhanced MR terms are put into the classic ones."""
    enhanced = {
        "IR": text(items, "InversionRecovery") == "YES",
        "SE": text(items, "EchoPulseSequence") in ("SPIN", "BOTH"),
        "GR": text(items, "EchoPulseSequence") in ("GRADIENT", "BOTH"),
        "EP": text(items, "EchoPlanarPulseSequence") == "YES",
    }
    echo_time = number(items, "EffectiveEchoTime")
    inversion = number(items, "InversionTimes")
    agent = text([header], "ContrastBolusAgent")
    return SequenceFacts(
        modality=text(items, "Modality").upper(),
        image_type=codes(items, "FrameType") or codes(items, "ImageType"),
        scanning_sequence=codes(items, "ScanningSequence") or tuple(name for name, on in enhanced.items() if on),
        sequence_variant=codes(items, "SequenceVariant"),
        scan_options=codes(items, "ScanOptions"),
        contrast=text(items, "AcquisitionContrast").upper(),
        sequence_name=text(items, "SequenceName") or text(items, "PulseSequenceName"),
        description=f"{text(items, 'SeriesDescription')} {text(items, 'ProtocolName')}".strip(),
        echo_time_ms=number(items, "EchoTime") if echo_time is None else echo_time,
        repetition_time_ms=number(items, "RepetitionTime"),
        inversion_time_ms=(number(items, "InversionTime") if inversion is None else inversion) or None,
        flip_angle_deg=number(items, "FlipAngle"),
        b_value=number(items, "DiffusionBValue"),
        field_strength_t=number(items, "MagneticFieldStrength"),
        manufacturer=text(items, "Manufacturer") or None,
        model=text(items, "ManufacturerModelName") or None,
        contrast_agent=(bool(agent) or None) if "ContrastBolusAgentSequence" not in header else True,
        grey=text(items, "PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2", "")
        and not text(items, "SOPClassUID").startswith(SECONDARY_CAPTURE),
    )


def patient(header: "Dataset") -> tuple[str, str, str]:
    """Return what tells one person from another, without differences of spelling that mean nothing."""
    name = "".join(letter for letter in text([header], "PatientName").casefold() if letter.isalnum())
    return text([header], "PatientID").strip().casefold(), name, text([header], "PatientBirthDate").strip()


def acquisition_time(items: Sequence["Dataset"]) -> str:
    """Return a text that sorts by when the image was acquired."""
    moment = text(items, "FrameAcquisitionDateTime") or text(items, "AcquisitionDateTime")
    clock = text(items, "AcquisitionTime") or text(items, "SeriesTime") or text(items, "ContentTime")
    return moment or (text(items, "AcquisitionDate") + clock.ljust(13, "0"))


def value(items: Iterable["Dataset"], keyword: str) -> Any:
    """Return the first value that one of the items gives for a keyword, or None."""
    return next((found for item in items if (found := item.get(keyword)) not in (None, "")), None)


def text(items: Iterable["Dataset"], keyword: str) -> str:
    """Return a value as text without control characters, empty if missing."""
    found = value(items, keyword)
    return "" if found is None else printable(str(found).strip())


def codes(items: Iterable["Dataset"], keyword: str) -> tuple[str, ...]:
    """Return a value as coded strings in capitals, empty if missing."""
    found = value(items, keyword)
    listed = [found] if isinstance(found, str) else list(found or [])
    return tuple(printable(code.strip().upper()) for code in listed if code.strip())


def numbers(items: Iterable["Dataset"], keyword: str, count: int) -> tuple[float, ...] | None:
    """Return a value as so many finite numbers, or None if it is missing or unusable."""
    found = value(items, keyword)
    listed = list(found) if hasattr(found, "__iter__") and not isinstance(found, str) else [found]
    try:
        made = tuple(float(item) for item in listed)
    except (TypeError, ValueError):
        return None
    return made[:count] if len(made) >= count and all(map(math.isfinite, made)) else None


def number(items: Iterable["Dataset"], keyword: str) -> float | None:
    """Return the first of a value's numbers, or None."""
    found = numbers(items, keyword, 1)
    return found[0] if found else None
