"""The report of two visits of one person, as a page, for print, and drawing by drawing."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.comparison.figures import drawings
    from wbmri.report.comparison.findings import Findings
    from wbmri.report.comparison.pdf import comparison_pdf
    from wbmri.report.comparison.report import comparison_report
    from wbmri.report.comparison.visits import Images, Visits

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
        "figures": ("drawings",),
        "findings": ("Findings",),
        "pdf": ("comparison_pdf",),
        "report": ("comparison_report",),
        "visits": (
            "Images",
            "Visits",
        ),
    },
)
