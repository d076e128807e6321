"""Filling a group between the slices on which it was drawn."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.review.label_editor.label_change import LabelChange, Labels


def fill_between(
    labels: Labels,
    label: int,
    axis: int,
    spacing: Sequence[float],
    *,
    between: tuple[int, int] | None = None,
    steal: bool = False,
) -> LabelChange:
    """Interpolate the shape of a group between slices (Raya and Udupa, IEEE Trans Med Imaging 1990;9:32).

    Parameters
    ----------
    labels
        The label map, shape (i, j, k).
    label
        The group.
    axis
        The voxel axis across the slices.
    spacing
        Voxel distances in mm.
    between
        Two slices that hold the group; what lies between them is drawn anew from these two. If ``None``, the empty
        slices between those that hold the group are filled.
    steal
        Whether voxels are taken from neighbouring groups.

    Raises
    ------
    InputError
        If one of the two slices does not hold the group, or there is no gap to fill.
    """
    own = np.moveaxis(labels == label, axis, 0)
    drawn = [int(number) for number in np.flatnonzero(own.any(axis=(1, 2)))]
    if between is None:
        gaps = [(a, b) for a, b in pairwise(drawn) if b - a > 1]
    else:
        low, high = sorted(between)
        missing = [number for number in (low, high) if number not in drawn]
        if missing:
            raise InputError(
                f"slice {missing[0]} without label {label}",
                "two slices that hold the group",
                "draw it there first",
            )
        gaps = [(low, high)] if high - low > 1 else []
    if not gaps:
        raise InputError(
            f"label {label} on {len(drawn)} slices without a gap",
            "two slices with undrawn ones between them",
            "draw the group on two slices further apart",
        )
    rest = tuple(np.delete(np.asarray(spacing, dtype=np.float64), axis))
    after = labels.copy()
    turned = np.moveaxis(after, axis, 0)
    for a, b in gaps:
        for number, shape in _shapes(own[a], own[b], a, b, rest):
            there = turned[number]
            if between is not None:
                there[there == label] = 0
            there[shape & ((there == 0) | steal)] = label
    return LabelChange.between(labels, after)


def _shapes(
    first: NDArray[np.bool_],
    last: NDArray[np.bool_],
    a: int,
    b: int,
    spacing: tuple[float, ...],
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield the shape on each slice between two: where the interpolated distance from the outline is inside."""
    inside_first, inside_last = _inside_mm(first, spacing), _inside_mm(last, spacing)
    for number in range(a + 1, b):
        share = (number - a) / (b - a)
        yield number, (1 - share) * inside_first + share * inside_last > 0


def _inside_mm(mask: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Return how far each pixel lies inside the outline in mm, negative outside."""
    from scipy import ndimage

    inside: NDArray[np.float64] = ndimage.distance_transform_edt(mask, spacing)
    outside: NDArray[np.float64] = ndimage.distance_transform_edt(~mask, spacing)
    return inside - outside
