"""Reports a clinician reads: one self-contained HTML file per case, per comparison and per cohort."""

from wbmri.report.bodymap import body_map_svg
from wbmri.report.case_report import case_report
from wbmri.report.cohort_figures import changes_figure, groups_figure, totals_figure
from wbmri.report.comparison_report import comparison_figure, comparison_report
from wbmri.report.mosaic import mosaic_png
from wbmri.report.qc_page import QcCase, qc_page
from wbmri.report.thumbnail import thumbnail_png

__all__ = [
    "QcCase",
    "body_map_svg",
    "case_report",
    "changes_figure",
    "comparison_figure",
    "comparison_report",
    "groups_figure",
    "mosaic_png",
    "qc_page",
    "thumbnail_png",
    "totals_figure",
]
