"""The report of one case: one HTML file to read on a screen or on A4, and pictures of its outlines."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.case.pictures import mosaic_png, thumbnail_png
    from wbmri.report.case.report import case_report

__all__ = [
    "case_report",
    "mosaic_png",
    "thumbnail_png",
]

__getattr__ = lazy_names(
    __name__,
    {
        "pictures": (
            "mosaic_png",
            "thumbnail_png",
        ),
        "report": ("case_report",),
    },
)
