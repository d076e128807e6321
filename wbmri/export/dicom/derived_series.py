"""The composed volume as a derived MR series: what a segmentation and a report can refer to as one image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import PLANES, Grid, InputError, Storage, Volume
from wbmri.export.dicom.export_study import ExportStudy, code_item, content_uid, equipment
from wbmri.io import SourceImage

if TYPE_CHECKING:
    from pydicom import Dataset

NUMBER = 7701
"""Series numbers of wbmri's objects: this one for the images, the next ones for what rests on them."""

_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
_RADIOLOGICAL = {"sagittal": "PIR", "coronal": "LIP", "axial": "LPS"}
"""Where columns, rows and slices point in each plane: the patient's right, and head or front, come first."""
_LARGEST = 32767.0
_READING_DATES = (
    "InstanceCreationDate",
    "InstanceCreationTime",
    "SeriesDate",
    "SeriesTime",
    "ContentDate",
    "ContentTime",
)
_SEQUENCE = (
    "BodyPartExamined", "ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType", "EchoTrainLength",
    "FlipAngle", "ImagedNucleus", "ImagingFrequency", "PatientPosition", "AcquisitionDate", "AcquisitionTime",
    "ContentDate", "ContentTime", "PositionReferenceIndicator",
)  # fmt: skip
"""What the derived images take over from a source image as it is."""
_UNKNOWN = {
    "ScanningSequence": ["SE", "IR"], "SequenceVariant": "NONE", "ScanOptions": "", "MRAcquisitionType": "",
    "EchoTrainLength": None, "PatientPosition": "", "PositionReferenceIndicator": "", "BodyPartExamined": "WHOLEBODY",
}  # fmt: skip
"""What is written where the source does not say: STIR is an inversion recovery spin echo, the rest is left open."""


@dataclass(frozen=True, eq=False, slots=True)
class DerivedSeries:
    """The images of one volume.

    Parameters
    ----------
    images
        One object per slice, in the order of the slices.
    storage
        How the volume's voxels are ordered in them: columns, rows, slices.
    """

    images: tuple["Dataset", ...] = field(repr=False)
    storage: Storage

    @property
    def uid(self) -> str:
        """Identifier of the series."""
        return str(self.images[0].SeriesInstanceUID)


def write_series(volume: Volume, study: ExportStudy) -> DerivedSeries:
    """Write a composed volume as MR images, one per slice.

    The slices lie across the axis with the largest spacing; rows run from the patient's right to the left, or from
    front to back in a sagittal stack. Nothing is resampled or mirrored.

    Parameters
    ----------
    volume
        The scan.
    study
        What they are written into.

    Raises
    ------
    InputError
        If the axes of the volume do not stand at right angles, which DICOM cannot say.
    """
    storage = radiological(volume.grid)
    grid = storage.grid
    pixels, scale = _stored(storage.apply(volume.data))
    digest = sha256(pixels.tobytes() + grid.affine.round(6).tobytes()).hexdigest()
    series = content_uid("mr", study.uid, study.frame_of_reference, digest)
    seen = pixels[pixels > 0]
    window = [float(np.percentile(seen, share)) for share in (5.0, 99.5)] if seen.size else [0.0, 1.0]
    made = []
    for k in range(grid.shape[2]):
        image = study.new_object(_MR_IMAGE, content_uid(series, k), series, NUMBER, "MR", "STIR composed (wbmri)")
        # Of the scan's own date, not of the reading's: a scan that is read again is the same series.
        for keyword in _READING_DATES:
            del image[keyword]
        image.InstanceNumber = k + 1
        image.ImageType = ["DERIVED", "SECONDARY", "OTHER", "COMPOSED"]
        image.AcquisitionNumber = None
        _describe_sequence(image, volume, study)
        _place(image, grid, k, study)
        _hold(image, pixels[:, :, k], window)
        image.DerivationDescription = f"Stations composed and evened by wbmri; intensities times {scale:g}"
        if study.faceless:
            image.RecognizableVisualFeatures = "NO"
            image.DerivationDescription += "; face set to 0 by wbmri, not checked by a person"
        image.ContributingEquipmentSequence = [equipment()]
        sources = _near(study.images, image, grid.spacing[2])
        if sources:
            image.SourceImageSequence = [_reference(one) for one in sources]
        made.append(image)
    return DerivedSeries(tuple(made), storage)


def radiological(grid: Grid) -> Storage:
    """Return how the voxels of a grid are ordered as columns, rows and slices for a radiologist.

    Raises
    ------
    InputError
        If its axes do not stand at right angles.
    """
    if not grid.right_angled:
        raise InputError(
            "a volume whose axes do not stand at right angles",
            "a rectangular grid, as DICOM has it",
            "resample the scan to a rectangular grid and score it again",
        )
    axis = grid.slice_axis
    # Of equally spaced axes, slices follow the one nearest to front and back: whole bodies are read so.
    spacing = np.array(grid.spacing).round(3)
    if (spacing == spacing[axis]).all():
        axis = int(np.argmax(np.abs(grid.directions[1])))
    facing = PLANES[int(np.argmax(np.abs(grid.directions[:, axis])))]
    return grid.stored_as(_RADIOLOGICAL[facing])


def _stored(data: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """Return intensities as whole numbers of 16 bits, and the power of ten they were multiplied by."""
    largest = float(np.abs(data).max())
    scale = 10.0 ** np.floor(np.log10(_LARGEST / largest))
    return np.rint(data * scale).astype(np.int16), scale


def _describe_sequence(image: "Dataset", volume: Volume, study: ExportStudy) -> None:
    for keyword in _SEQUENCE:
        value = study.acquisition.get(keyword)
        value = _UNKNOWN.get(keyword) if value in (None, "") else value
        if value is not None or keyword in _UNKNOWN:
            setattr(image, keyword, value)
    if image.BodyPartExamined != "WHOLEBODY":
        # A part that may be paired needs a side: a scan that is scored shows both.
        image.ImageLaterality = "B"
    acquisition = volume.acquisition
    image.Manufacturer = acquisition.manufacturer or ""
    if acquisition.model:
        image.ManufacturerModelName = acquisition.model
    image.RepetitionTime = decimal(acquisition.repetition_time_ms)
    image.EchoTime = decimal(acquisition.echo_time_ms)
    image.InversionTime = decimal(acquisition.inversion_time_ms)
    if acquisition.field_strength_t is not None:
        image.MagneticFieldStrength = decimal(acquisition.field_strength_t)


def _place(image: "Dataset", grid: Grid, k: int, study: ExportStudy) -> None:
    image.FrameOfReferenceUID = study.frame_of_reference
    directions = grid.lps_directions
    image.ImageOrientationPatient = [decimal(value) for value in (*directions[:, 0], *directions[:, 1])]
    image.ImagePositionPatient = [decimal(value) for value in grid.lps_points([0, 0, k])]
    columns, rows, slices = grid.spacing
    image.PixelSpacing = [decimal(rows), decimal(columns)]
    image.SliceThickness = image.SpacingBetweenSlices = decimal(slices)


def _hold(image: "Dataset", pixels: NDArray[np.int16], window: Sequence[float]) -> None:
    image.Columns, image.Rows = pixels.shape
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 1
    low, high = window
    image.WindowCenter, image.WindowWidth = decimal(round((low + high) / 2)), decimal(max(round(high - low), 1))
    image.PixelData = np.ascontiguousarray(pixels.T).astype("<i2").tobytes()
    image["PixelData"].VR = "OW"


def decimal(value: float | None) -> str:
    """Return a number as a decimal string of DICOM, at most 16 characters; an empty one for ``None``.

    Examples
    --------
    >>> decimal(-0.0523359562429438), decimal(1.25), decimal(None)
    ('-0.0523359562429', '1.25', '')
    """
    from pydicom.valuerep import format_number_as_ds

    # Rounding leaves zeros with a sign.
    return "" if value is None else f"{value:g}" if value == int(value) else str(format_number_as_ds(float(value)))


def _near(images: Sequence[SourceImage], image: "Dataset", spacing: float) -> list[SourceImage]:
    """Return the source images that lie less than one slice from a derived one, or all if they lie across it."""
    orientation = np.array(image.ImageOrientationPatient, dtype=float)
    normal = np.cross(orientation[:3], orientation[3:])
    position = np.array(image.ImagePositionPatient, dtype=float)
    near = []
    for one in images:
        parallel = abs(float(one.normal @ normal)) > 0.99
        if not parallel or abs(float((one.position - position) @ normal)) < spacing:
            near.append(one)
    return near


def _reference(one: SourceImage) -> "Dataset":
    from pydicom import Dataset

    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = one.sop_class, one.instance
    if one.frame is not None:
        made.ReferencedFrameNumber = one.frame
    made.PurposeOfReferenceCodeSequence = [
        code_item("121322", "DCM", "Source image for image processing operation"),
    ]
    return made
