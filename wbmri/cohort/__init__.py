"""Cohorts: many visits to cases, and many cases to tables."""

from typing import TYPE_CHECKING

from wbmri.deferred import deferred_names

if TYPE_CHECKING:
    from wbmri.cohort.finding import Cohort, find_visits
    from wbmri.cohort.group import Summary, summarise
    from wbmri.cohort.job import Result, State
    from wbmri.cohort.marks import QcMark, marked_cases, read_marks
    from wbmri.cohort.outcome import Cause, Outcome, Standing, read_outcome
    from wbmri.cohort.process import Limits
    from wbmri.cohort.resources import Crew, crew_planner, plan_crew
    from wbmri.cohort.running import Step, run
    from wbmri.cohort.settings import Settings
    from wbmri.cohort.visit import Skipped, Visit

__all__ = [
    "Cause",
    "Cohort",
    "Crew",
    "Limits",
    "Outcome",
    "QcMark",
    "Result",
    "Settings",
    "Skipped",
    "Standing",
    "State",
    "Step",
    "Summary",
    "Visit",
    "crew_planner",
    "find_visits",
    "marked_cases",
    "plan_crew",
    "read_marks",
    "read_outcome",
    "run",
    "summarise",
]

# Loaded when first used: a run and each of its workers would otherwise load what only the group level needs.
__getattr__ = deferred_names(
    __name__,
    {
        "finding": ("Cohort", "find_visits"),
        "group": ("Summary", "summarise"),
        "job": ("Result", "State"),
        "marks": ("QcMark", "marked_cases", "read_marks"),
        "outcome": ("Cause", "Outcome", "Standing", "read_outcome"),
        "process": ("Limits",),
        "resources": ("Crew", "crew_planner", "plan_crew"),
        "running": ("Step", "run"),
        "settings": ("Settings",),
        "visit": ("Skipped", "Visit"),
    },
)
