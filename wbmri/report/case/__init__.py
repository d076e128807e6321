"""The report of one case: one HTML file to read on a screen or on A4, a PDF, and pictures of its outlines."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.case.case_page import case_report
    from wbmri.report.case.case_print import case_pdf
    from wbmri.report.case.key_slices import KeyImage, key_images
    from wbmri.report.case.pictures import mosaic_png, thumbnail_png
    from wbmri.report.case.text import reading_text

__all__ = [
    "KeyImage",
    "case_pdf",
    "case_report",
    "key_images",
    "mosaic_png",
    "reading_text",
    "thumbnail_png",
]

__getattr__ = lazy_names(
    __name__,
    {
        "case_page": ("case_report",),
        "case_print": ("case_pdf",),
        "key_slices": (
            "KeyImage",
            "key_images",
        ),
        "pictures": (
            "mosaic_png",
            "thumbnail_png",
        ),
        "text": ("reading_text",),
    },
)
