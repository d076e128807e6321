"""What became of a cohort: change, responders, and how the score goes with clinical measures."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.clinical.cohort_outcomes import Correlation, Outcomes, outcome_tables, outcomes
    from wbmri.analysis.clinical.scored_cohort import ScoredCohort, by_label, read_cohort

__all__ = ["Correlation", "Outcomes", "ScoredCohort", "by_label", "outcome_tables", "outcomes", "read_cohort"]

__getattr__ = lazy_names(
    __name__,
    {
        "cohort_outcomes": (
            "Correlation",
            "Outcomes",
            "outcome_tables",
            "outcomes",
        ),
        "scored_cohort": (
            "ScoredCohort",
            "by_label",
            "read_cohort",
        ),
    },
)
