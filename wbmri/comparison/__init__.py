"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.course import Course, Visit
from wbmri.comparison.model import Comparison, GroupChange, Transition, compare
from wbmri.comparison.registration import PointMap, register_visits
from wbmri.comparison.response import Response, ResponseRule

__all__ = [
    "Comparison",
    "Course",
    "GroupChange",
    "PointMap",
    "Response",
    "ResponseRule",
    "Transition",
    "Visit",
    "compare",
    "register_visits",
]
