"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.model import Comparison, GroupChange, Transition, compare
from wbmri.comparison.response import Response, ResponseRule

__all__ = ["Comparison", "GroupChange", "Response", "ResponseRule", "Transition", "compare"]
