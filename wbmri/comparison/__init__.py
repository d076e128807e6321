"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.model import Comparison, GroupChange, Transition, compare
from wbmri.comparison.registration import PointMap, register_visits
from wbmri.comparison.response import Response, ResponseRule

__all__ = [
    "Comparison",
    "GroupChange",
    "PointMap",
    "Response",
    "ResponseRule",
    "Transition",
    "compare",
    "register_visits",
]
