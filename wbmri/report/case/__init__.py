"""The report of one case: one HTML file to read on a screen or on A4, a PDF, and pictures of its outlines."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.case.key_slices import KeyImage, key_images
    from wbmri.report.case.pdf import case_pdf
    from wbmri.report.case.pictures import mosaic_png, thumbnail_png
    from wbmri.report.case.report import case_report
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
        "key_slices": (
            "KeyImage",
            "key_images",
        ),
        "pdf": ("case_pdf",),
        "pictures": (
            "mosaic_png",
            "thumbnail_png",
        ),
        "report": ("case_report",),
        "text": ("reading_text",),
    },
)
