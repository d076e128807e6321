"""Reports a clinician reads: one self-contained HTML file per case, per comparison and per cohort."""

from wbmri.report.agreement_report import agreement_files, agreement_report
from wbmri.report.bodymap import body_map_svg
from wbmri.report.case_report import case_report
from wbmri.report.cohort_figures import groups_figure, totals_figure
from wbmri.report.comparison_figures import Drawing, drawings
from wbmri.report.comparison_pdf import comparison_pdf
from wbmri.report.comparison_report import comparison_report
from wbmri.report.findings import Findings
from wbmri.report.mosaic import mosaic_png
from wbmri.report.outcome_report import outcome_files
from wbmri.report.qc_page import QcCase, qc_page
from wbmri.report.thumbnail import thumbnail_png
from wbmri.report.visits import Images, Visits

__all__ = [
    "Drawing",
    "Findings",
    "Images",
    "QcCase",
    "Visits",
    "agreement_files",
    "agreement_report",
    "body_map_svg",
    "case_report",
    "comparison_pdf",
    "comparison_report",
    "drawings",
    "groups_figure",
    "mosaic_png",
    "outcome_files",
    "qc_page",
    "thumbnail_png",
    "totals_figure",
]
