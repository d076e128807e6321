"""Spreading the visits of a cohort over workers, on this machine or on a cluster."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.cohort.scheduler.local import Step, preview, run, seconds_per_visit, visits_of
    from wbmri.cohort.scheduler.resources import Crew, crew_planner, plan_crew
    from wbmri.cohort.scheduler.worker_process import Limits

__all__ = ["Crew", "Limits", "Step", "crew_planner", "plan_crew", "preview", "run", "seconds_per_visit", "visits_of"]

__getattr__ = lazy_names(
    __name__,
    {
        "local": (
            "Step",
            "preview",
            "run",
            "seconds_per_visit",
            "visits_of",
        ),
        "resources": (
            "Crew",
            "crew_planner",
            "plan_crew",
        ),
        "worker_process": ("Limits",),
    },
)
