"""DICOM files: headers, series and stacks, pixels."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.io.dicom.headers import Frame, files_under, read_file, read_headers
    from wbmri.io.dicom.pixels import read_pixels
    from wbmri.io.dicom.series import Series, Stack, group_series

__all__ = ["Frame", "Series", "Stack", "files_under", "group_series", "read_file", "read_headers", "read_pixels"]

__getattr__ = lazy_names(
    __name__,
    {
        "headers": (
            "Frame",
            "files_under",
            "read_file",
            "read_headers",
        ),
        "pixels": ("read_pixels",),
        "series": (
            "Series",
            "Stack",
            "group_series",
        ),
    },
)
