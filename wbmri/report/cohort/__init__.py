"""Pages and figures of many cases: of a cohort, and of several readers."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.cohort.agreement_report import agreement_files
    from wbmri.report.cohort.cohort_figures import groups_figure, totals_figure, waterfall_figure
    from wbmri.report.cohort.cohort_pages import QcCase, outcome_files, qc_page

__all__ = [
    "QcCase",
    "agreement_files",
    "groups_figure",
    "outcome_files",
    "qc_page",
    "totals_figure",
    "waterfall_figure",
]

__getattr__ = lazy_names(
    __name__,
    {
        "agreement_report": ("agreement_files",),
        "cohort_figures": (
            "groups_figure",
            "totals_figure",
            "waterfall_figure",
        ),
        "cohort_pages": (
            "QcCase",
            "outcome_files",
            "qc_page",
        ),
    },
)
