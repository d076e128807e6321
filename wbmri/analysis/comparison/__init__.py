"""Two readings of one person: what changed, group by group and in the totals."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.comparison.comparability import FIELD_TOLERANCE_T, TIME_TOLERANCE, against
    from wbmri.analysis.comparison.correspondence import LEAST_OVERLAP, Correspondence, correspond
    from wbmri.analysis.comparison.course import UNPUBLISHED, Course, Response, ResponseRule, Visit
    from wbmri.analysis.comparison.transitions import Comparison, GroupChange, Transition, compare

__all__ = [
    "FIELD_TOLERANCE_T",
    "LEAST_OVERLAP",
    "TIME_TOLERANCE",
    "UNPUBLISHED",
    "Comparison",
    "Correspondence",
    "Course",
    "GroupChange",
    "Response",
    "ResponseRule",
    "Transition",
    "Visit",
    "against",
    "compare",
    "correspond",
]

__getattr__ = lazy_names(
    __name__,
    {
        "comparability": (
            "FIELD_TOLERANCE_T",
            "TIME_TOLERANCE",
            "against",
        ),
        "correspondence": (
            "Correspondence",
            "LEAST_OVERLAP",
            "correspond",
        ),
        "course": (
            "Course",
            "Response",
            "ResponseRule",
            "UNPUBLISHED",
            "Visit",
        ),
        "transitions": (
            "Comparison",
            "GroupChange",
            "Transition",
            "compare",
        ),
    },
)
