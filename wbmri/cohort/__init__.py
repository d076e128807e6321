"""Cohorts: many visits to cases, and many cases to tables."""

from wbmri.cohort.finding import Cohort, find_visits
from wbmri.cohort.group import Summary, summarise
from wbmri.cohort.job import Result, State
from wbmri.cohort.marks import QcMark, marked_cases, read_marks
from wbmri.cohort.outcome import Cause, Outcome, Standing, read_outcome
from wbmri.cohort.process import Limits
from wbmri.cohort.resources import Crew, plan_crew
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
    "find_visits",
    "marked_cases",
    "plan_crew",
    "read_marks",
    "read_outcome",
    "run",
    "summarise",
]
