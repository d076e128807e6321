"""Reading DICOM folders and image files, and writing files that are there whole or not at all."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.io.atomic_write import finish_writing, remove_drafts, write_atomic, write_together
    from wbmri.io.image_files import is_image, read_image, read_labels
    from wbmri.io.inspection import FoundSeries, FoundStation, Inspection, inspect
    from wbmri.io.nifti import encode_nifti
    from wbmri.io.sample_data import sample_images
    from wbmri.io.scan_plan import load
    from wbmri.io.sequence import STIR_KINDS, STIR_NAME, Kind, classify, read_sidecar, sidecar_path
    from wbmri.io.source_study import SourceImage, SourceStudy, read_source_study

__all__ = [
    "STIR_KINDS",
    "STIR_NAME",
    "FoundSeries",
    "FoundStation",
    "Inspection",
    "Kind",
    "SourceImage",
    "SourceStudy",
    "classify",
    "encode_nifti",
    "finish_writing",
    "inspect",
    "is_image",
    "load",
    "read_image",
    "read_labels",
    "read_sidecar",
    "read_source_study",
    "remove_drafts",
    "sample_images",
    "sidecar_path",
    "write_atomic",
    "write_together",
]

__getattr__ = lazy_names(
    __name__,
    {
        "atomic_write": (
            "finish_writing",
            "remove_drafts",
            "write_atomic",
            "write_together",
        ),
        "image_files": (
            "is_image",
            "read_image",
            "read_labels",
        ),
        "inspection": (
            "FoundSeries",
            "FoundStation",
            "Inspection",
            "inspect",
        ),
        "nifti": ("encode_nifti",),
        "sample_data": ("sample_images",),
        "scan_plan": ("load",),
        "sequence": (
            "Kind",
            "STIR_KINDS",
            "STIR_NAME",
            "classify",
            "read_sidecar",
            "sidecar_path",
        ),
        "source_study": (
            "SourceImage",
            "SourceStudy",
            "read_source_study",
        ),
    },
)
