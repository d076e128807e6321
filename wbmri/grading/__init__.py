"""Grading: evidence of oedema in every muscle group, and the grades that follow from it."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.grading.field_on_grid import fitted_field
    from wbmri.grading.group_grades import check_contrast, grade
    from wbmri.grading.normal_reference import level_of_visit
    from wbmri.grading.parameters import PARAMETERS
    from wbmri.grading.regrade import Regrader
    from wbmri.grading.rule import grade_of
    from wbmri.grading.scales import bias_field_on

__all__ = [
    "PARAMETERS",
    "Regrader",
    "bias_field_on",
    "check_contrast",
    "fitted_field",
    "grade",
    "grade_of",
    "level_of_visit",
]

__getattr__ = lazy_names(
    __name__,
    {
        "field_on_grid": ("fitted_field",),
        "group_grades": (
            "check_contrast",
            "grade",
        ),
        "normal_reference": ("level_of_visit",),
        "parameters": ("PARAMETERS",),
        "regrade": ("Regrader",),
        "rule": ("grade_of",),
        "scales": ("bias_field_on",),
    },
)
