"""Cohorts: many visits to cases, and many cases to tables."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.cohort.job import Result, State
    from wbmri.cohort.job_record import read_outcome
    from wbmri.cohort.qc import marked_cases, read_marks
    from wbmri.cohort.settings import Settings

__all__ = ["Result", "Settings", "State", "marked_cases", "read_marks", "read_outcome"]

__getattr__ = lazy_names(
    __name__,
    {
        "job": (
            "Result",
            "State",
        ),
        "job_record": ("read_outcome",),
        "qc": (
            "marked_cases",
            "read_marks",
        ),
        "settings": ("Settings",),
    },
)
