"""Pictures as secondary captures, which every viewer shows."""

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri import __version__
from wbmri.core import NOTICE
from wbmri.export.dicom.derived_series import NUMBER
from wbmri.export.dicom.export_study import MAKER, PROGRAM, ExportStudy, content_uid

if TYPE_CHECKING:
    from pydicom import Dataset

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def write_captures(pictures: "list[tuple[NDArray[np.uint8], str]]", study: ExportStudy) -> "list[Dataset]":
    """Write coronal pictures in colour as one series of secondary captures.

    Parameters
    ----------
    pictures
        Red, green and blue, uint8 of shape (rows, columns, 3), seen face to face, each with what it shows in words.
        No person may be named in their pixels.
    study
        What they are written into.
    """
    digest = sha256(b"".join(pixels.tobytes() for pixels, _ in pictures)).hexdigest()
    series = content_uid("key", study.uid, study.when, digest)
    made = []
    for number, (pixels, words) in enumerate(pictures, start=1):
        image = study.new_object(
            _SECONDARY_CAPTURE,
            content_uid(series, number),
            series,
            NUMBER + 4,
            "OT",
            "Muscle oedema key images (wbmri)",
        )
        image.BodyPartExamined = "WHOLEBODY"
        image.ConversionType = "WSD"
        image.SecondaryCaptureDeviceManufacturer = MAKER
        image.SecondaryCaptureDeviceManufacturerModelName = PROGRAM
        image.SecondaryCaptureDeviceSoftwareVersions = __version__
        image.InstanceNumber = number
        image.ImageType = ["DERIVED", "SECONDARY"]
        image.PatientOrientation = ["L", "F"]
        image.BurnedInAnnotation = "NO"  # words, but none that name the person
        image.RecognizableVisualFeatures = "NO" if study.faceless else "YES"
        image.DerivationDescription = f"Coronal slice, {words}, with outlines burnt in"[:1024]
        image.ImageComments = NOTICE
        image.Rows, image.Columns = pixels.shape[:2]
        image.SamplesPerPixel, image.PhotometricInterpretation, image.PlanarConfiguration = 3, "RGB", 0
        image.BitsAllocated = image.BitsStored = 8
        image.HighBit, image.PixelRepresentation = 7, 0
        content = np.ascontiguousarray(pixels).tobytes()
        image.PixelData = content + b"\0" * (len(content) % 2)
        image["PixelData"].VR = "OB"
        made.append(image)
    return made
