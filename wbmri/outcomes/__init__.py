"""What became of a cohort: change, responders, and how the score goes with clinical measures."""

from wbmri.outcomes.cohort import ScoredCohort, ScoredVisit, Step, by_label
from wbmri.outcomes.correlating import Correlation, correlations
from wbmri.outcomes.gathering import read_cohort
from wbmri.outcomes.study import Outcomes, PersonOutcome, outcomes
from wbmri.outcomes.tables import outcome_tables

__all__ = [
    "Correlation",
    "Outcomes",
    "PersonOutcome",
    "ScoredCohort",
    "ScoredVisit",
    "Step",
    "by_label",
    "correlations",
    "outcome_tables",
    "outcomes",
    "read_cohort",
]
