"""The whole way: images in, a complete case out; two visits in, their comparison out."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.pipeline.case_export import DICOM_FORMATS, ExportedCase, ExportFormat, export_case
    from wbmri.pipeline.comparison_export import COMPARISON_FORMATS, ExportedComparison, export_comparison
    from wbmri.pipeline.options import Fingerprint, ScoringOptions
    from wbmri.pipeline.sign_off import SignedCase, add_case, sign
    from wbmri.pipeline.visit_change import ComparedCases, compare_cases, compare_visits
    from wbmri.pipeline.visit_findings import Terms
    from wbmri.pipeline.visit_score import ScoredCase, score, score_case, score_visit, without_names

__all__ = [
    "COMPARISON_FORMATS",
    "DICOM_FORMATS",
    "ComparedCases",
    "ExportFormat",
    "ExportedCase",
    "ExportedComparison",
    "Fingerprint",
    "ScoredCase",
    "ScoringOptions",
    "SignedCase",
    "Terms",
    "add_case",
    "compare_cases",
    "compare_visits",
    "export_case",
    "export_comparison",
    "score",
    "score_case",
    "score_visit",
    "sign",
    "without_names",
]

__getattr__ = lazy_names(
    __name__,
    {
        "case_export": (
            "DICOM_FORMATS",
            "ExportFormat",
            "ExportedCase",
            "export_case",
        ),
        "comparison_export": (
            "COMPARISON_FORMATS",
            "ExportedComparison",
            "export_comparison",
        ),
        "options": (
            "Fingerprint",
            "ScoringOptions",
        ),
        "sign_off": (
            "SignedCase",
            "add_case",
            "sign",
        ),
        "visit_change": (
            "ComparedCases",
            "compare_cases",
            "compare_visits",
        ),
        "visit_findings": ("Terms",),
        "visit_score": (
            "ScoredCase",
            "score",
            "score_case",
            "score_visit",
            "without_names",
        ),
    },
)
