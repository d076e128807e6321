"""DICOM files: headers, series and stacks, pixels."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.io.dicom.elements import DicomFile, check_elements
    from wbmri.io.dicom.headers import Frame, file_words, files_under, read_file, read_headers
    from wbmri.io.dicom.pixels import read_pixels
    from wbmri.io.dicom.segments import Segment, SegmentMap, is_dicom, read_segments
    from wbmri.io.dicom.series import Series, Stack, group_series

__all__ = [
    "DicomFile",
    "Frame",
    "Segment",
    "SegmentMap",
    "Series",
    "Stack",
    "check_elements",
    "file_words",
    "files_under",
    "group_series",
    "is_dicom",
    "read_file",
    "read_headers",
    "read_pixels",
    "read_segments",
]

__getattr__ = lazy_names(
    __name__,
    {
        "elements": ("DicomFile", "check_elements"),
        "headers": (
            "Frame",
            "file_words",
            "files_under",
            "read_file",
            "read_headers",
        ),
        "pixels": ("read_pixels",),
        "segments": (
            "Segment",
            "SegmentMap",
            "is_dicom",
            "read_segments",
        ),
        "series": (
            "Series",
            "Stack",
            "group_series",
        ),
    },
)
