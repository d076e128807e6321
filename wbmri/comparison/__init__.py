"""Two readings of one person: what changed, group by group and in the totals."""

from wbmri.comparison.model import Comparison, GroupChange, Transition, compare

__all__ = ["Comparison", "GroupChange", "Transition", "compare"]
