"""Cohorts: many visits to cases, spread over workers, and many cases to tables."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.cohort.aggregate import summarise
    from wbmri.cohort.discovery import Cohort, find_visits, visits_of
    from wbmri.cohort.job import (
        Basis,
        Cause,
        Ending,
        Outcome,
        Result,
        State,
        digest_of_reading,
        job_maker,
        read_outcome,
        write_outcome,
    )
    from wbmri.cohort.qc import UNUSUAL, marked_cases, modified_z, read_marks
    from wbmri.cohort.run_plan import Crew, crew_planner, plan_crew, preview, seconds_per_visit
    from wbmri.cohort.visit import Skipped, Visit, VisitFilter, digest_of, stamp_of
    from wbmri.cohort.worker import attempt, glance
    from wbmri.cohort.worker_pool import VisitProgress, run
    from wbmri.cohort.worker_process import Limits

__all__ = [
    "UNUSUAL",
    "Basis",
    "Cause",
    "Cohort",
    "Crew",
    "Ending",
    "Limits",
    "Outcome",
    "Result",
    "Skipped",
    "State",
    "Visit",
    "VisitFilter",
    "VisitProgress",
    "attempt",
    "crew_planner",
    "digest_of",
    "digest_of_reading",
    "find_visits",
    "glance",
    "job_maker",
    "marked_cases",
    "modified_z",
    "plan_crew",
    "preview",
    "read_marks",
    "read_outcome",
    "run",
    "seconds_per_visit",
    "stamp_of",
    "summarise",
    "visits_of",
    "write_outcome",
]

__getattr__ = lazy_names(
    __name__,
    {
        "aggregate": ("summarise",),
        "discovery": (
            "Cohort",
            "find_visits",
            "visits_of",
        ),
        "job": (
            "Basis",
            "Cause",
            "Ending",
            "Outcome",
            "Result",
            "State",
            "digest_of_reading",
            "job_maker",
            "read_outcome",
            "write_outcome",
        ),
        "qc": (
            "UNUSUAL",
            "marked_cases",
            "modified_z",
            "read_marks",
        ),
        "run_plan": (
            "Crew",
            "crew_planner",
            "plan_crew",
            "preview",
            "seconds_per_visit",
        ),
        "visit": (
            "Skipped",
            "Visit",
            "VisitFilter",
            "digest_of",
            "stamp_of",
        ),
        "worker": (
            "attempt",
            "glance",
        ),
        "worker_pool": (
            "VisitProgress",
            "run",
        ),
        "worker_process": ("Limits",),
    },
)
