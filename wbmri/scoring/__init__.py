"""The whole way: images in, a complete case out; two visits in, their comparison out."""

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
