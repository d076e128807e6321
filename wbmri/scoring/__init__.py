"""The whole way: images in, a complete case out; two visits in, their comparison out."""

from typing import TYPE_CHECKING

from wbmri.deferred import deferred_names

if TYPE_CHECKING:
    from wbmri.scoring.atlases import add_case
    from wbmri.scoring.change import ComparedCases, compare_cases, compare_visits
    from wbmri.scoring.change_document import ChangeDocument
    from wbmri.scoring.finding import Terms
    from wbmri.scoring.signing import SignedCase, sign
    from wbmri.scoring.visit import ScoredCase, score, score_case

__all__ = [
    "ChangeDocument",
    "ComparedCases",
    "ScoredCase",
    "SignedCase",
    "Terms",
    "add_case",
    "compare_cases",
    "compare_visits",
    "score",
    "score_case",
    "sign",
]

# Loaded when first used: a worker of a cohort scores visits, and needs neither comparing nor signing.
__getattr__ = deferred_names(
    __name__,
    {
        "atlases": ("add_case",),
        "change": ("ComparedCases", "compare_cases", "compare_visits"),
        "change_document": ("ChangeDocument",),
        "finding": ("Terms",),
        "signing": ("SignedCase", "sign"),
        "visit": ("ScoredCase", "score", "score_case"),
    },
)
