"""The whole way: images in, a complete case out; two visits in, their comparison out."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.pipeline.case_export import ExportedCase, ExportFormat, export_case
    from wbmri.pipeline.options import Fingerprint, ScoringOptions
    from wbmri.pipeline.sign_off import SignedCase, add_case, sign
    from wbmri.pipeline.visit_change import ComparedCases, compare_cases, compare_visits
    from wbmri.pipeline.visit_findings import Terms
    from wbmri.pipeline.visit_score import ScoredCase, score, score_case, score_visit

__all__ = [
    "ComparedCases",
    "ExportFormat",
    "ExportedCase",
    "Fingerprint",
    "ScoredCase",
    "ScoringOptions",
    "SignedCase",
    "Terms",
    "add_case",
    "compare_cases",
    "compare_visits",
    "export_case",
    "score",
    "score_case",
    "score_visit",
    "sign",
]

__getattr__ = lazy_names(
    __name__,
    {
        "case_export": (
            "ExportFormat",
            "ExportedCase",
            "export_case",
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
        ),
    },
)
