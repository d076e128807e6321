"""Pages and figures of a cohort."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.report.cohort.figures import groups_figure, totals_figure, waterfall_figure
    from wbmri.report.cohort.pages import QcCase, outcome_files, qc_page

__all__ = ["QcCase", "groups_figure", "outcome_files", "qc_page", "totals_figure", "waterfall_figure"]

__getattr__ = lazy_names(
    __name__,
    {
        "figures": (
            "groups_figure",
            "totals_figure",
            "waterfall_figure",
        ),
        "pages": (
            "QcCase",
            "outcome_files",
            "qc_page",
        ),
    },
)
