"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.model import Comparison, GroupChange, Transition, compare
from wbmri.comparison.registration import PointMap, register_visits

__all__ = ["Comparison", "GroupChange", "PointMap", "Transition", "compare", "register_visits"]
