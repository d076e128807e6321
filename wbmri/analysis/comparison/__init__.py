"""Two readings of one person: what changed, group by group and in the totals."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.comparison.change_document import (
        ChangeDocument,
        ChangeRow,
        CoursePoint,
        SubtotalChange,
        encode_changes,
    )
    from wbmri.analysis.comparison.comparability import (
        FIELD_TOLERANCE_T,
        LEAST_OVERLAP,
        TIME_TOLERANCE,
        Correspondence,
        against,
        correspond,
    )
    from wbmri.analysis.comparison.course import (
        UNPUBLISHED,
        Course,
        Response,
        ResponseRule,
        Visit,
        VisitInterval,
        judge_response,
        response_words,
    )
    from wbmri.analysis.comparison.soft_tissue_change import SoftTissueChange
    from wbmri.analysis.comparison.transitions import Comparison, GroupChange, Transition, compare

__all__ = [
    "FIELD_TOLERANCE_T",
    "LEAST_OVERLAP",
    "TIME_TOLERANCE",
    "UNPUBLISHED",
    "ChangeDocument",
    "ChangeRow",
    "Comparison",
    "Correspondence",
    "Course",
    "CoursePoint",
    "GroupChange",
    "Response",
    "ResponseRule",
    "SoftTissueChange",
    "SubtotalChange",
    "Transition",
    "Visit",
    "VisitInterval",
    "against",
    "compare",
    "correspond",
    "encode_changes",
    "judge_response",
    "response_words",
]

__getattr__ = lazy_names(
    __name__,
    {
        "change_document": (
            "ChangeDocument",
            "ChangeRow",
            "CoursePoint",
            "SubtotalChange",
            "encode_changes",
        ),
        "comparability": (
            "Correspondence",
            "FIELD_TOLERANCE_T",
            "LEAST_OVERLAP",
            "TIME_TOLERANCE",
            "against",
            "correspond",
        ),
        "course": (
            "Course",
            "Response",
            "ResponseRule",
            "UNPUBLISHED",
            "Visit",
            "VisitInterval",
            "judge_response",
            "response_words",
        ),
        "soft_tissue_change": ("SoftTissueChange",),
        "transitions": (
            "Comparison",
            "GroupChange",
            "Transition",
            "compare",
        ),
    },
)
