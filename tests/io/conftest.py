"""A small DICOM factory: series of any geometry, encoding and sequence, with made-up people."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MRImageStorage,
)

CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)

STIR: Mapping[str, Any] = {
    "ScanningSequence": ["SE", "IR"],
    "SequenceVariant": ["SK", "SP"],
    "ScanOptions": ["IR"],
    "RepetitionTime": 4500.0,
    "EchoTime": 68.0,
    "InversionTime": 160.0,
    "SeriesDescription": "a",
}
T1: Mapping[str, Any] = {
    "ScanningSequence": "SE",
    "ScanOptions": None,
    "RepetitionTime": 560.0,
    "EchoTime": 11.0,
    "InversionTime": None,
    "SeriesDescription": "STIR",
}
PERSON: Mapping[str, Any] = {
    "PatientName": "Nobody^Anna",
    "PatientID": "SECRET-1",
    "PatientBirthDate": "20150607",
    "StudyDate": "20240203",
    "StudyInstanceUID": "1.2.826.0.1.777",
    "FrameOfReferenceUID": "1.2.826.0.1.888",
}
MAGNITUDE = ["ORIGINAL", "PRIMARY", "M", "NORM", "DIS2D"]


@dataclass(frozen=True)
class Stack:
    """What a stack is written from: geometry in LPS mm, voxels as (columns, rows, slices)."""

    voxels: NDArray[np.uint16]
    origin: tuple[float, float, float] = (-100.0, -20.0, 500.0)
    orientation: tuple[float, ...] = CORONAL
    spacing: tuple[float, float, float] = (5.0, 5.0, 6.0)
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def lps(self) -> NDArray[np.float64]:
        """Affine from (column, row, slice) to LPS mm."""
        row, column = np.reshape(self.orientation, (2, 3))
        affine = np.eye(4)
        affine[:3, :3] = (np.stack([row, column, np.cross(row, column)]) * np.reshape(self.spacing, (3, 1))).T
        affine[:3, 3] = self.origin
        return affine

    @property
    def ras(self) -> NDArray[np.float64]:
        """Affine from (column, row, slice) to RAS mm."""
        return np.diag([-1.0, -1.0, 1.0, 1.0]) @ self.lps

    def position(self, k: int) -> list[float]:
        """LPS mm of the first voxel of a slice; a shift per slice shears the stack."""
        return [round(float(x), 6) for x in (self.lps @ [self.shift[0] * k, self.shift[1] * k, k, 1.0])[:3]]


def smooth(shape: tuple[int, int, int] = (40, 40, 6), seed: int = 1) -> NDArray[np.uint16]:
    """Voxels that look like nothing in particular, each slice another."""
    rng = np.random.default_rng(seed)
    made: NDArray[np.uint16] = rng.integers(100, 900, shape).astype(np.uint16)
    return made


def uid(*parts: object) -> str:
    """Return an identifier that depends on nothing but the parts."""
    return "2.25." + str(int.from_bytes(zlib.crc32(repr(parts).encode()).to_bytes(4, "big"), "big") + 10**12)


def header(facts: Mapping[str, Any], number: int) -> Dataset:
    """Make what all images of one series share."""
    data = Dataset()
    fields = {
        "SOPClassUID": MRImageStorage,
        "ImageType": MAGNITUDE,
        "Modality": "MR",
        "Manufacturer": "Maker",
        "ManufacturerModelName": "Model",
        "MagneticFieldStrength": 1.5,
        "FlipAngle": 150.0,
        "MRAcquisitionType": "2D",
        "SliceThickness": 3.3,
        "SpacingBetweenSlices": 77.0,
        "SeriesNumber": number,
        "SeriesInstanceUID": uid("series", number),
        "AcquisitionNumber": 1,
        "AcquisitionTime": f"10{number:02d}00.000000",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        **PERSON,
        **STIR,
        **facts,
    }
    for keyword, value in fields.items():
        if value is not None:
            setattr(data, keyword, value)
    return data


def save(data: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write one file, with the syntaxes that pydicom encodes itself."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    if syntax == ExplicitVRBigEndian:
        data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def write_classic(
    folder: Path,
    stack: Stack,
    facts: Mapping[str, Any] | None = None,
    *,
    number: int = 1,
    slices: Sequence[int] | None = None,
    syntax: str = ExplicitVRLittleEndian,
    mark: object = "",
) -> list[Path]:
    """Write a stack as one file per slice; names and instance numbers say nothing about where the slices lie."""
    wanted = list(range(stack.voxels.shape[2]) if slices is None else slices)
    jumbled = np.random.default_rng(7).permutation(len(wanted))
    paths = []
    for place, k in enumerate(wanted):
        data = header(facts or {}, number)
        data.Columns, data.Rows = stack.voxels.shape[:2]
        data.PixelSpacing = [stack.spacing[1], stack.spacing[0]]
        data.ImageOrientationPatient = [round(float(x), 8) for x in stack.orientation]
        data.ImagePositionPatient = stack.position(k)
        data.InstanceNumber = int(jumbled[place])
        data.SOPInstanceUID = uid("image", number, k, mark, stack.origin)
        data.PixelData = np.ascontiguousarray(stack.voxels[:, :, k].T).astype("<u2").tobytes()
        paths.append(save(data, folder / f"{number}{mark}" / f"{jumbled[place]:03d}.bin", syntax))
    return paths


def item(**fields: Any) -> list[Dataset]:
    """Make a sequence of one item."""
    made = Dataset()
    for keyword, value in fields.items():
        setattr(made, keyword, value)
    return [made]


def write_enhanced(
    path: Path,
    stacks: Sequence[Stack],
    *,
    number: int = 1,
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Write stacks as one multi-frame file, its frames in no order."""
    classic = {"ScanningSequence": None, "SequenceVariant": None, "ScanOptions": None, "EchoTime": None}
    classic |= {"RepetitionTime": None, "InversionTime": None, "FlipAngle": None, "SliceThickness": None}
    data = header(
        {**classic, "SpacingBetweenSlices": None, "SOPClassUID": EnhancedMRImageStorage, **(facts or {})},
        number,
    )
    data.EchoPulseSequence, data.EchoPlanarPulseSequence = "SPIN", "NO"
    frames = [(stack, k) for stack in stacks for k in range(stack.voxels.shape[2])]
    order = np.random.default_rng(3).permutation(len(frames))
    shared = Dataset()
    shared.MRTimingAndRelatedParametersSequence = item(RepetitionTime=4500.0, FlipAngle=150.0)
    shared.MREchoSequence = item(EffectiveEchoTime=68.0)
    shared.MRModifierSequence = item(InversionRecovery="YES", InversionTimes=160.0)
    shared.PixelMeasuresSequence = item(PixelSpacing=[stacks[0].spacing[1], stacks[0].spacing[0]], SliceThickness=5.0)
    data.SharedFunctionalGroupsSequence = [shared]
    groups, pixels = [], []
    for place in order:
        stack, k = frames[place]
        group = Dataset()
        group.PlanePositionSequence = item(ImagePositionPatient=stack.position(k))
        group.PlaneOrientationSequence = item(ImageOrientationPatient=[float(x) for x in stack.orientation])
        group.PixelValueTransformationSequence = item(RescaleSlope=2.0, RescaleIntercept=-50.0, RescaleType="US")
        groups.append(group)
        pixels.append(stack.voxels[:, :, k].T)
    data.PerFrameFunctionalGroupsSequence = groups
    data.Columns, data.Rows = stacks[0].voxels.shape[:2]
    data.NumberOfFrames = len(groups)
    data.SOPInstanceUID = uid("enhanced", number)
    data.PixelData = np.ascontiguousarray(pixels).astype("<u2").tobytes()
    return save(data, path)


def recode(path: Path, kind: str) -> None:
    """Compress the pixels of a file with GDCM, and leave its header as it is."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, kind)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    compressed = path.with_suffix(".compressed")
    writer.SetFileName(str(compressed))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    # GDCM writes the geometry of multi-frame files anew, and in the wrong order.
    data, made = dcmread(path), dcmread(compressed)
    data.PixelData = made.PixelData
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = made.file_meta.TransferSyntaxUID
    data.save_as(path)
    compressed.unlink()


def write_body(
    folder: Path,
    facts: Mapping[str, Any] | None = None,
    *,
    number: int = 1,
    stations: int = 3,
    one_series: bool = False,
    top: float = 900.0,
    **changes: Any,
) -> list[list[Path]]:
    """Write coronal stations of 200 mm that overlap by 40 mm, head first, numbered upwards."""
    written = []
    for station in range(stations):
        stack = Stack(smooth(seed=number + station), origin=(-100.0, -20.0, top - 160.0 * station), **changes)
        own = {"SeriesInstanceUID": uid("series", number)} if one_series else {}
        written.append(
            write_classic(
                folder,
                stack,
                {**(facts or {}), **own},
                number=number if one_series else number + station,
                mark=f"-{station}" if one_series else "",
            ),
        )
    return written


@pytest.fixture(scope="session")
def dicom() -> ModuleType:
    """The factory above, since test files do not import each other."""
    import sys

    return sys.modules[__name__]


SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
