"""The group level: many cases to tables, comparisons and pages."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.cohort.aggregate.group_level import summarise

__all__ = [
    "summarise",
]

__getattr__ = lazy_names(
    __name__,
    {
        "group_level": ("summarise",),
    },
)
