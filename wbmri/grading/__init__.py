"""Grading: evidence of oedema in every muscle group, and the grades that follow from it."""

from wbmri.grading.grade import grade
from wbmri.grading.regrade import Regrader

__all__ = ["Regrader", "grade"]
