"""Which visits a cohort has."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.cohort.discovery.cohort import Cohort, find_visits
    from wbmri.cohort.discovery.visit import Skipped, Visit

__all__ = ["Cohort", "Skipped", "Visit", "find_visits"]

__getattr__ = lazy_names(
    __name__,
    {
        "cohort": (
            "Cohort",
            "find_visits",
        ),
        "visit": (
            "Skipped",
            "Visit",
        ),
    },
)
