"""Which groups cannot be graded, and why."""

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.masks import Muscle
from wbmri.labelmap import LabelMap
from wbmri.reading import Reason
from wbmri.volume import Volume

GAP_SHARE = 0.2
"""A group with a larger share of voxels without any signal has a gap between stations in it."""

SEAM_MM = 10.0
"""A seam spoils the muscle up to this far on either side."""

SEAM_SHARE = 0.5
"""A group with a larger share of its voxels that near a seam is not assessable."""

CUT_SHARE = 0.5
"""A group is cut by the edge of the field of view when this share of its largest cross-section lies on the edge."""


def unassessable(scan: Volume, muscle: Muscle, labels: LabelMap) -> dict[int, tuple[Reason, str]]:
    """Find the groups that cannot be graded.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle
        Its labelled voxels.
    labels
        The outlines, with the groups known to lie outside.

    Returns
    -------
    dict of int to tuple of Reason and str
        Label to the reason and a sentence.
    """
    made: dict[int, tuple[Reason, str]] = {}
    rule = labels.scheme.grading
    near_seam = _near_seam(scan, muscle)
    for group in labels.scheme.groups:
        own = muscle.label == group.label
        size = int(own.sum())
        if group.label in labels.outside:
            made[group.label] = (
                Reason.OUTSIDE,
                "The group lies outside the field of view, wholly or for the larger part.",
            )
        elif size == 0:
            made[group.label] = Reason.OUTSIDE, "No voxel of the group was found in the picture."
        elif size < rule.minimum_voxels:
            made[group.label] = (
                Reason.TOO_SMALL,
                f"The group has {size} voxels; at least {rule.minimum_voxels} are needed.",
            )
        elif (gap := float(np.mean(muscle.raw[own] == 0))) > GAP_SHARE:
            made[group.label] = Reason.SEAM, f"{100 * gap:.0f} % of the group lies in a gap without signal."
        elif (seam := float(near_seam[own].mean())) > SEAM_SHARE:
            made[group.label] = Reason.SEAM, f"{100 * seam:.0f} % of the group lies within {SEAM_MM:g} mm of a seam."
        elif _cut(muscle.index[own], muscle.shape):
            made[group.label] = Reason.OUTSIDE, "The edge of the field of view cuts the group where it is widest."
    return made


def _near_seam(scan: Volume, muscle: Muscle) -> NDArray[np.bool_]:
    near = np.zeros(len(muscle.index), dtype=bool)
    if not scan.acquisition.seams_mm:
        return near
    height = muscle.index @ (scan.affine[:3, :3].T @ scan.long_axis) + scan.affine[:3, 3] @ scan.long_axis
    for seam in scan.acquisition.seams_mm:
        near |= np.abs(height - seam) < SEAM_MM
    return near


def _cut(index: NDArray[np.intp], shape: tuple[int, int, int]) -> bool:
    """Whether a group meets an edge of the grid with a cross-section near its largest."""
    for axis, length in enumerate(shape):
        areas = np.bincount(index[:, axis], minlength=length)
        if max(areas[0], areas[-1]) >= CUT_SHARE * areas.max():
            return True
    return False
