"""Grading: evidence of oedema in every muscle group, and the grades that follow from it."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.grading.grade_groups import check_contrast, grade
    from wbmri.grading.normal_reference import TISSUE_SPREAD, level_of_visit
    from wbmri.grading.regrade import Regrader
    from wbmri.grading.rule import grade_of

__all__ = ["TISSUE_SPREAD", "Regrader", "check_contrast", "grade", "grade_of", "level_of_visit"]

__getattr__ = lazy_names(
    __name__,
    {
        "grade_groups": (
            "check_contrast",
            "grade",
        ),
        "normal_reference": (
            "TISSUE_SPREAD",
            "level_of_visit",
        ),
        "regrade": ("Regrader",),
        "rule": ("grade_of",),
    },
)
