"""The report of two visits of one person, as a page, for print, and drawing by drawing."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.comparison.comparison_findings import Findings
    from wbmri.report.comparison.comparison_page import comparison_report
    from wbmri.report.comparison.comparison_print import comparison_pdf
    from wbmri.report.comparison.figures import drawings
    from wbmri.report.comparison.side_by_side import Images, Visits

__all__ = [
    "Findings",
    "Images",
    "Visits",
    "comparison_pdf",
    "comparison_report",
    "drawings",
]

__getattr__ = lazy_names(
    __name__,
    {
        "comparison_findings": ("Findings",),
        "comparison_page": ("comparison_report",),
        "comparison_print": ("comparison_pdf",),
        "figures": ("drawings",),
        "side_by_side": (
            "Images",
            "Visits",
        ),
    },
)
