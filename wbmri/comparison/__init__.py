"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.correspondence import LEAST_OVERLAP, Correspondence, correspond
from wbmri.comparison.course import Course, Visit
from wbmri.comparison.model import Comparison, GroupChange, Transition, compare
from wbmri.comparison.registration import PointMap, intensities_at, register_visits
from wbmri.comparison.response import UNPUBLISHED, Response, ResponseRule
from wbmri.comparison.sharing import against

__all__ = [
    "LEAST_OVERLAP",
    "UNPUBLISHED",
    "Comparison",
    "Correspondence",
    "Course",
    "GroupChange",
    "PointMap",
    "Response",
    "ResponseRule",
    "Transition",
    "Visit",
    "against",
    "compare",
    "correspond",
    "intensities_at",
    "register_visits",
]
