"""Outlines carried on: a group filled between the slices on which it was drawn, or mirrored from the other side."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError
from wbmri.core.scheme import Scheme, Side
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


LEAST_PAIRS = 3
"""Pairs drawn on both sides that are needed to know the midline."""

LEAST_OWN = 0.2
"""A group smaller than this share of its model says nothing about where it lies."""


def mirror(
    labels: Labels,
    grid: Grid,
    scheme: Scheme,
    label: int,
    *,
    replace: bool = True,
    steal: bool = False,
) -> LabelChange:
    """Draw a group as the mirror image of the same group on the other side, about the body's midline.

    The midline is the nearly sagittal plane between the pairs of groups that are drawn on both sides. Limbs are never
    quite alike, so the mirror image is then moved to where the group itself was drawn, if it was.

    Parameters
    ----------
    labels
        The label map, shape (i, j, k).
    grid
        Its grid.
    scheme
        Its scheme, which knows the other side.
    label
        The group to draw; the one on the other side of its pair is the model.
    replace
        Whether the group's own voxels outside the mirror image are erased.
    steal
        Whether voxels are taken from other groups.

    Raises
    ------
    InputError
        If the other side is not drawn, or fewer than three pairs are drawn on both sides.
    """
    other = scheme.opposite(label)
    centres, sizes = _centres(labels, grid)
    if not sizes[other]:
        raise InputError(f"no outline of label {other}", "a model on the other side", "draw the other side first")
    normal, offset = _midline(centres, sizes, scheme, leaving_out=scheme.pair_index(label))
    model = np.argwhere(labels == other)
    image = _reflected(grid.points(model), normal, offset)
    moved = np.zeros(3)
    if sizes[label] >= LEAST_OWN * sizes[other]:
        moved = centres[label] - image.mean(axis=0)
    # Every voxel near the mirror image asks which voxel of the other side it is the image of: no holes, no overlaps.
    there = grid.indices(image + moved)
    low = np.maximum(np.floor(there.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(there.max(axis=0)).astype(int) + 2, labels.shape)
    if np.any(high <= low):
        raise InputError(
            f"a mirror image of label {other} outside the picture",
            "room for it",
            "draw the group by hand",
        )
    near = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), axis=-1)
    source = _reflected(grid.points(near.reshape(-1, 3)) - moved, normal, offset)
    asked = np.rint(grid.indices(source)).astype(int)
    inside = np.all((asked >= 0) & (asked < labels.shape), axis=1)
    drawn = np.zeros(len(asked), dtype=bool)
    drawn[inside] = labels[tuple(asked[inside].T)] == other
    after = labels.copy()
    if replace:
        after[after == label] = 0
    block = after[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    block[drawn.reshape(block.shape) & ((block == 0) | (steal & (block != other)))] = label
    return LabelChange.between(labels, after)


def _centres(labels: Labels, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the centre of mass in RAS mm and the number of voxels of each label, by label."""
    place = np.nonzero(labels)
    own = labels[place]
    sizes = np.bincount(own, minlength=257)
    index = np.stack([np.bincount(own, axis, minlength=257) for axis in place], axis=1) / np.maximum(sizes, 1)[:, None]
    return grid.points(index), sizes


def _midline(
    centres: NDArray[np.float64],
    sizes: NDArray[np.intp],
    scheme: Scheme,
    leaving_out: int,
) -> tuple[NDArray[np.float64], float]:
    """Fit a plane to the points halfway between left and right; return its unit normal and distance from the origin."""
    pairs = [pair for pair in range(len(scheme.pairs)) if pair != leaving_out]
    left, right = (np.array([scheme.label_of(pair, side) for pair in pairs], np.intp) for side in Side)
    both = (sizes[left] > 0) & (sizes[right] > 0)
    if both.sum() < LEAST_PAIRS:
        raise InputError(
            f"{int(both.sum())} pairs of groups drawn on both sides",
            f"at least {LEAST_PAIRS} for the body's midline",
            "draw the group by hand",
        )
    left, right = left[both], right[both]
    halfway = (centres[left] + centres[right]) / 2
    weight = np.sqrt(np.minimum(sizes[left], sizes[right]))
    # x = a + b y + c z; weak ties of the slopes to zero keep few or clustered pairs from tilting it.
    middle = np.average(halfway, axis=0, weights=weight)
    design = np.column_stack([np.ones(len(halfway)), halfway[:, 1:] - middle[1:]]) * weight[:, None]
    ties = np.diag([0.0, 60.0, 60.0]) * weight.mean()
    solved = np.linalg.lstsq(
        np.vstack([design, ties]),
        np.concatenate([halfway[:, 0] * weight, np.zeros(3)]),
        rcond=None,
    )
    a, b, c = solved[0]
    normal = np.array([1.0, -b, -c])
    length = float(np.linalg.norm(normal))
    return normal / length, float(a - b * middle[1] - c * middle[2]) / length


def _reflected(points: NDArray[np.float64], normal: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
    made: NDArray[np.float64] = points - 2 * (points @ normal - offset)[:, None] * normal
    return made
