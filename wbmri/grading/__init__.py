"""Grading: evidence of oedema in every muscle group, and the grades that follow from it."""

from wbmri.grading.grade import check_contrast, grade
from wbmri.grading.reference import level_of_visit
from wbmri.grading.regrade import Regrader

__all__ = ["Regrader", "check_contrast", "grade", "level_of_visit"]
