"""What can be measured on a label map without the image: sizes, pieces, gaps to neighbours, places."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, LabelMap
from wbmri.core.scheme import Scheme, Side

CUT_SHARE = 0.1
"""A group counts as cut when this share of its largest cross-section lies on an edge of the grid."""

PIECE_SHARE = 0.1
"""Parts of a group that hold a smaller share of it are specks, not pieces."""

GAP_MM = 40.0
"""Gaps between groups are measured up to here."""

_LOOK_MM = 4.0
"""Gaps are measured on every n-th voxel, so that the looked-at voxels lie about this far apart."""

_OVER_MM = 10.0
"""The middle is known to about this; muscles beside the spine reach over it."""


@dataclass(frozen=True, eq=False, slots=True)
class Measures:
    """What was measured on each group; arrays are indexed by label, entry 0 is unused.

    Parameters
    ----------
    scheme
        The groups.
    volume_ml
        Volume, shape (n,); 0 for a group without a voxel.
    cut
        Whether the edge of the grid cuts the group, shape (n,).
    pieces
        Connected parts that hold at least `PIECE_SHARE` of the group, shape (n,).
    gap_mm
        Distance from the surface of one group to that of another, shape (n, n); infinity beyond `GAP_MM`.
    centre
        Centroids in RAS mm, shape (n, 3); NaN for a group without a voxel.
    across
        Share of the group beyond the middle of the body, on the side that is not its own, shape (n,); NaN where the
        middle is not known.
    """

    scheme: Scheme
    volume_ml: NDArray[np.float64]
    cut: NDArray[np.bool_]
    pieces: NDArray[np.int64]
    gap_mm: NDArray[np.float64]
    centre: NDArray[np.float64]
    across: NDArray[np.float64]

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Groups that are there and not cut, shape (n,)."""
        found: NDArray[np.bool_] = (self.volume_ml > 0) & ~self.cut
        return found


def measure(labels: LabelMap) -> Measures:
    """Measure every group of a label map, on any grid, oblique ones included."""
    from scipy import ndimage

    data, grid = labels.data, labels.grid
    size = len(labels.scheme.groups) + 1
    count = np.bincount(data.ravel(), minlength=size)
    cut = np.zeros(size, bool)
    pieces = np.zeros(size, np.int64)
    centre = np.full((size, 3), np.nan)
    for label, box in enumerate(ndimage.find_objects(data, max_label=size - 1), start=1):
        if box is None:
            continue
        own = data[box] == label
        cut[label] = _cut(own, box, data.shape)
        parts, number = ndimage.label(own, np.ones((3, 3, 3)))
        sizes = np.bincount(parts.ravel(), minlength=number + 1)[1:]
        pieces[label] = max(1, int((sizes >= PIECE_SHARE * count[label]).sum()))
        middle = [
            np.average(np.arange(extent.start, extent.stop), weights=own.sum(_others(axis)))
            for axis, extent in enumerate(box)
        ]
        centre[label] = grid.points(middle)
    volume = np.asarray(count * grid.voxel_ml, np.float64)
    volume[0] = 0.0
    return Measures(
        labels.scheme,
        volume,
        cut,
        pieces,
        _gaps(data, grid, size),
        centre,
        _across(labels, centre, size),
    )


def _others(axis: int) -> tuple[int, ...]:
    return tuple(other for other in range(3) if other != axis)


def _cut(own: NDArray[np.bool_], box: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    for axis, (extent, length) in enumerate(zip(box, shape, strict=True)):
        areas = own.sum(_others(axis))
        at_edge = [areas[0]] * (extent.start == 0) + [areas[-1]] * (extent.stop == length)
        if at_edge and max(at_edge) >= CUT_SHARE * areas.max():
            return True
    return False


def _gaps(data: NDArray[np.uint8], grid: Grid, size: int) -> NDArray[np.float64]:
    from scipy import ndimage

    spacing = np.array(grid.spacing)
    stride = np.maximum(1, np.floor(_LOOK_MM / spacing + 0.25)).astype(int)
    seen = data[tuple(slice(int(s) // 2, None, int(s)) for s in stride)]
    spacing = spacing * stride
    reach = np.ceil(GAP_MM / spacing).astype(int)
    gaps = np.full((size, size), np.inf)
    for label, box in enumerate(ndimage.find_objects(seen, max_label=size - 1), start=1):
        if box is None:
            continue
        around = tuple(slice(max(0, s.start - int(r)), s.stop + int(r)) for s, r in zip(box, reach, strict=True))
        near = seen[around]
        distance = ndimage.distance_transform_edt(near != label, sampling=spacing)
        there = near > 0
        np.minimum.at(gaps[label], near[there], distance[there])
    gaps[gaps > GAP_MM] = np.inf
    np.fill_diagonal(gaps, 0.0)
    # Voxel centres of touching groups lie one voxel apart.
    between: NDArray[np.float64] = np.maximum(0.0, np.minimum(gaps, gaps.T) - float(spacing.max()))
    return between


def _across(labels: LabelMap, centre: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Find the plane between left and right, and how much of each group lies beyond it.

    The plane's normal is the middle direction from left to right groups, so a body that lies turned is no trouble; its
    place may shift evenly along the body, so one that lies bent is little.
    """
    out = np.full(size, np.nan)
    scheme = labels.scheme
    lefts = [
        group.label
        for group in scheme.groups
        # Arms lie where the person puts them: they say nothing about the middle of the body.
        if group.side is Side.LEFT
        and not (group.segment and group.segment.in_arm)
        and np.isfinite(centre[[group.label, scheme.opposite(group.label)]]).all()
    ]
    if len(lefts) < 2:
        return out
    left, right = centre[lefts], centre[[scheme.opposite(label) for label in lefts]]
    apart = right - left
    # Swapped outlines must not turn the plane round: the patient's right is +x whatever the outlines say.
    apart *= np.where(apart[:, :1] < 0, -1.0, 1.0)
    normal = np.median(apart / np.linalg.norm(apart, axis=1, keepdims=True), axis=0)
    normal /= np.linalg.norm(normal)
    middle = (left + right) / 2
    slope = _slope(middle[:, 2], middle @ normal)
    offset = float(np.median(middle @ normal - slope * middle[:, 2]))
    index = np.argwhere(labels.data)
    place = labels.grid.points(index)
    to_right = place @ normal - offset - slope * place[:, 2]
    label = labels.data[tuple(index.T)]
    on_left = np.zeros(size, bool)
    on_left[[group.label for group in scheme.groups if group.side is Side.LEFT]] = True
    wrong = np.where(on_left[label], to_right, -to_right) > _OVER_MM
    count = np.bincount(label, minlength=size)
    there = count > 0
    out[there] = np.bincount(label, weights=wrong, minlength=size)[there] / count[there]
    return out


def _slope(height: NDArray[np.float64], place: NDArray[np.float64]) -> float:
    """Median of the slopes between all pairs of points (Theil 1950, Sen 1968); points close in height have no say."""
    rise = place[:, None] - place[None]
    run = height[:, None] - height[None]
    enough = run > 50.0
    return float(np.median(rise[enough] / run[enough])) if enough.any() else 0.0
