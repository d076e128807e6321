"""A group redrawn from a click or a stroke: muscle that was missed is added, what was wrongly taken is given back.

Who corrects an outline clicks in the middle of what is wrong. How thick that is, the click's distance from its border
tells; how far it reaches along the muscle, the picture tells: from the click a front runs through what may change,
slowly where the brightness differs from that under the click (a geodesic distance weighted by the image; Criminisi et
al. 2008, GeoS). A small slip of the outline is mended by a small change, a muscle that was missed whole by a large one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Box, InputError
from wbmri.review.label_editor.brush import Within
from wbmri.review.label_editor.label_change import LabelChange, Labels

THICKEST_MM = 20.0
"""No error is taken to be thicker than twice this."""
REACH, THIN_MM = 5.0, 3.0
"""From a thick error the front runs this many times half its thickness. A thin one is a slip of the outline and says
little about what lies further along it: half its thickness, and once more for each so many mm of that."""
_SPREAD, _STEEPNESS = 0.3, 2.0
"""Where the brightness differs by this share from that of the click, the front takes 1 + this many times as long."""
_MOST_DIFFERENT = 5.0
"""Differences count up to this many times that share."""
_SPECK_MM = 4.0
"""A click on a voxel that may not change counts as one on the nearest that may, if that lies no further."""
_DARK = 0.5
"""What is darker than this share of the click, or of the muscle around it, is no muscle."""
_AIR = 0.25
"""What is darker than this share of the darkest tenth of the muscle around it is air or fat, wherever one clicks."""
_MOST_VOXELS = 500_000
"""The front runs through so many voxels at most; a larger part of the scan is looked at more coarsely."""


def redraw(
    labels: Labels,
    image: NDArray[np.float32],
    spacing: Sequence[float],
    label: int,
    seeds: Sequence[Sequence[float]],
    *,
    missed: bool,
    within: Within | None = None,
) -> LabelChange:
    """Return the change that mends an outline where it was clicked.

    Muscle that was missed is taken from the background and from the groups that were clicked; all other groups keep
    what they have. What was wrongly taken becomes background. What is dark is never taken.

    Parameters
    ----------
    labels
        The label map as it is, shape (i, j, k); not changed.
    image
        The scan on the same voxels.
    spacing
        Voxel distances in mm.
    label
        The group.
    seeds
        The click, or the points of a stroke, in voxel coordinates (i, j, k); in the middle of what is wrong.
    missed
        Whether muscle of the group was missed there; else the group has wrongly taken it.
    within
        Which voxels of a block look like muscle, see `wbmri.review.Session.within_muscle`.

    Raises
    ------
    InputError
        If no seed lies on muscle that is not of the group yet or, for what was wrongly taken, on the group.
    """
    points = np.unique(np.rint(np.asarray(seeds, dtype=np.float64).reshape(-1, 3)).astype(int), axis=0)
    points = points[np.all((points >= 0) & (points < labels.shape), axis=1)]
    mm = np.asarray(spacing, dtype=np.float64)
    near = _Part(labels, image, label, points, _box(points, THICKEST_MM / mm, labels.shape), within, missed)
    points = near.on_free(points, mm)
    if not points.size:
        raise InputError(
            f"a click {'on no muscle outside' if missed else 'outside'} label {label}",
            f"a click {'on muscle that the group lacks' if missed else 'on what the group has wrongly taken'}",
            "click in the middle of what is wrong, or use the brush",
        )
    half = min(float(np.median(near.depth(points, mm))), THICKEST_MM)
    box = _box(points, _reach(half) / mm, labels.shape)
    whole = _Part(labels, image, label, points, box, within, missed)
    taken = whole.front(points, mm, half)
    place = np.nonzero(taken)
    index = np.ravel_multi_index(
        tuple(axis + first for axis, first in zip(place, whole.low, strict=True)), labels.shape
    )
    return LabelChange.setting(labels, index, label if missed else 0)


class _Part:
    """A part of the scan around a click, and which of its voxels may change."""

    def __init__(
        self,
        labels: Labels,
        image: NDArray[np.float32],
        label: int,
        points: NDArray[np.intp],
        box: Box,
        within: Within | None,
        missed: bool,
    ) -> None:
        self.low = np.array([part.start for part in box])
        self.image, drawn = image[box], labels[box]
        own = drawn == label
        # What the error is measured from: the group that lacks it, or what is not of the group.
        self.right = own if missed else ~own
        self.free = own
        if missed and points.size:
            clicked = labels[tuple(points.T)]
            self.free = ((drawn == 0) | np.isin(drawn, clicked)) & ~own
            limit = _DARK * float(np.median(image[tuple(points.T)]))
            muscle = self.image[drawn > 0]
            if muscle.size:
                darkest, typical = np.percentile(muscle, (10, 50))
                limit = max(min(limit, _DARK * float(typical)), _AIR * float(darkest))
            self.free &= self.image > limit
            if within is not None:
                self.free &= within(box)

    def on_free(self, points: NDArray[np.intp], mm: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the points that may change; one on a dark speck of what does not belong to a group moves beside it."""
        from scipy import ndimage

        if not points.size or not self.free.any():
            return points[:0]
        away, nearest = ndimage.distance_transform_edt(~self.free, mm, return_indices=True)
        at = tuple((points - self.low).T)
        good = (away[at] == 0) | ((away[at] <= _SPECK_MM) & ~self.right[at])
        return np.unique(nearest[(slice(None), *at)].T[good] + self.low, axis=0)

    def depth(self, points: NDArray[np.intp], mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points lie inside what may change, in mm."""
        from scipy import ndimage

        if self.free.all():
            return np.full(len(points), THICKEST_MM)
        inside = ndimage.distance_transform_edt(self.free, mm)
        found: NDArray[np.float64] = inside[tuple((points - self.low).T)]
        return found

    def front(self, points: NDArray[np.intp], mm: NDArray[np.float64], half: float) -> NDArray[np.bool_]:
        """Return the voxels that a front from the points reaches; `half` is half the thickness of the error in mm."""
        from scipy import ndimage
        from skimage.graph import MCP_Geometric

        steps = _steps(self.free.shape, mm)
        free, right = _coarser(self.free, steps) >= 0.5, _coarser(self.right, steps) >= 0.5
        seen = _coarser(self.image, steps)
        start = np.unique((points - self.low) // steps, axis=0)
        at = tuple(start.T)
        free[at] = True
        level = float(np.median(_mean_where(seen, free)[at]))
        if right.any():
            away = ndimage.distance_transform_edt(~right, mm * steps)
            free &= away <= 2 * float(away[at].max())
        differs = np.minimum(np.abs(seen - level) / max(_SPREAD * level, 1e-6), _MOST_DIFFERENT)
        slowness = np.where(free, 1 + _STEEPNESS * differs**2, -1.0)
        way, _ = MCP_Geometric(slowness, sampling=tuple((mm * steps).tolist())).find_costs(start.tolist())
        reached = way <= _reach(half)
        for axis, step in enumerate(steps):
            reached = np.repeat(reached, step, axis=axis)
        i, j, k = self.free.shape
        taken: NDArray[np.bool_] = reached[:i, :j, :k] & self.free
        return taken


def _reach(half: float) -> float:
    """Return how far the front runs in mm, for half the thickness of the error in mm."""
    return half * min(REACH, 1 + half / THIN_MM)


def _box(points: NDArray[np.intp], reach: NDArray[np.float64], shape: Sequence[int]) -> Box:
    """Return the part of the grid around points, with so many voxels on every side."""
    if not points.size:
        return slice(0, 1), slice(0, 1), slice(0, 1)
    low = np.maximum(points.min(axis=0) - np.ceil(reach).astype(int) - 1, 0)
    high = np.minimum(points.max(axis=0) + np.ceil(reach).astype(int) + 2, shape)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return i, j, k


def _steps(shape: Sequence[int], mm: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return how many voxels along each axis become one, so that few enough are left; the finest axes come first."""
    steps = np.ones(3, int)
    while np.prod(np.ceil(np.array(shape) / steps)) > _MOST_VOXELS:
        steps[np.argmin(mm * steps)] *= 2
    return steps


def _coarser(values: NDArray[np.generic], steps: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the means of blocks of voxels; blocks at the end are filled up with the last voxel."""
    made: NDArray[np.float32] = values.astype(np.float32)
    for axis, step in enumerate(steps):
        if step > 1:
            rest = -made.shape[axis] % step
            made = np.pad(made, [(0, rest if other == axis else 0) for other in range(3)], mode="edge")
            blocks = [*made.shape[:axis], made.shape[axis] // step, step, *made.shape[axis + 1 :]]
            made = made.reshape(blocks).mean(axis=axis + 1).astype(np.float32)
    return made


def _mean_where(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the mean over each voxel's neighbours of those that a mask holds."""
    from scipy import ndimage

    weight = ndimage.uniform_filter(mask.astype(np.float32), 3)
    total = ndimage.uniform_filter(np.where(mask, values, np.float32(0)), 3)
    made: NDArray[np.float32] = (total / np.maximum(weight, 1e-6)).astype(np.float32)
    return made
