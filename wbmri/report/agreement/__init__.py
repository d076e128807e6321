"""The report of an analysis of agreement, and its figures."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.agreement.figures import WIDTH_MM, blank_figure
    from wbmri.report.agreement.report import agreement_files

__all__ = ["WIDTH_MM", "agreement_files", "blank_figure"]

__getattr__ = lazy_names(
    __name__,
    {
        "figures": (
            "WIDTH_MM",
            "blank_figure",
        ),
        "report": ("agreement_files",),
    },
)
