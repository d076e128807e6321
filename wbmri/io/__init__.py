"""Reading DICOM folders and image files, and writing files that are there whole or not at all."""

from wbmri.io.images import read_image, read_labels
from wbmri.io.inspection import FoundSeries, FoundStation, Inspection, inspect
from wbmri.io.loading import load
from wbmri.io.nifti import encode_nifti
from wbmri.io.writing import force_to_disk, write_atomic

__all__ = [
    "FoundSeries",
    "FoundStation",
    "Inspection",
    "encode_nifti",
    "force_to_disk",
    "inspect",
    "load",
    "read_image",
    "read_labels",
    "write_atomic",
]
