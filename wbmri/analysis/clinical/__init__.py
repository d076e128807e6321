"""What became of a cohort: change, responders, and how the score goes with clinical measures."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.clinical.scored_cohort import ScoredCohort, by_label, read_cohort
    from wbmri.analysis.clinical.study import Correlation, Outcomes, outcome_tables, outcomes

__all__ = ["Correlation", "Outcomes", "ScoredCohort", "by_label", "outcome_tables", "outcomes", "read_cohort"]

__getattr__ = lazy_names(
    __name__,
    {
        "scored_cohort": (
            "ScoredCohort",
            "by_label",
            "read_cohort",
        ),
        "study": (
            "Correlation",
            "Outcomes",
            "outcome_tables",
            "outcomes",
        ),
    },
)
