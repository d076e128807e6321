"""How much of each voxel's thickness its own group fills, where slices are thick.

The outline of one slice says nothing about where, between this slice and the next, the muscle ends; the outlines of
both do. Between a slice where a place lies well inside the outline and one where it lies barely outside, the muscle
ends nearer to the second: shape-based interpolation (Raya and Udupa 1990, IEEE Trans Med Imaging 9:32).
"""

import numpy as np
from numpy.typing import NDArray

REACH_MM = 5.0
"""Over this distance in the plane of the slice it is told how far inside or outside an outline a place lies."""

LEAST_DEPTH = 0.02
"""A place is inside or outside by at least this much, so that its distance to the outline is never nothing."""

UNSURE = 0.2
"""Where the muscle ends is known to this part of the distance between two slices, either way."""


def own_shares(
    groups: NDArray[np.uint8], flat: NDArray[np.intp], spacing: tuple[float, float, float], thick: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Estimate how much of each voxel its own group fills.

    Parameters
    ----------
    groups
        Label of each voxel, shape (i, j, k), with a voxel of background on every side.
    flat
        Which voxels are asked for: all those of each group that occurs among them, in ascending order, shape (n,).
    spacing
        Voxel distances in mm.
    thick
        Which axes are through thick slices, shape (3,).

    Returns
    -------
    ndarray
        From 0 to 1, shape (n,); 1 everywhere where no axis is thick.
    """
    from scipy import ndimage

    own = groups.ravel()[flat]
    made = np.ones(flat.size, dtype=np.float32)
    if not thick.any():
        return made
    size = [1 if through else 2 * round(REACH_MM / (2 * mm)) + 1 for mm, through in zip(spacing, thick, strict=True)]
    by_label = np.argsort(own, kind="stable")
    ends = np.cumsum(np.bincount(own, minlength=256))
    for label in np.unique(own):
        place = by_label[ends[label - 1] : ends[label]]
        index = np.stack(np.unravel_index(flat[place], groups.shape))
        low = index.min(axis=1) - 1
        inside = np.zeros(index.max(axis=1) - low + 2, dtype=np.float32)
        where = tuple(index - low[:, None])
        inside[where] = 1.0
        # Twice the mean over a square: how deep a place lies, and smooth.
        depth = ndimage.uniform_filter(ndimage.uniform_filter(inside, size, mode="constant"), size, mode="constant")
        made[place] = _filled(inside, (depth - 0.5).astype(np.float32), where, np.flatnonzero(thick))
    return made


def _filled(
    inside: NDArray[np.float32],
    depth: NDArray[np.float32],
    where: tuple[NDArray[np.intp], ...],
    axes: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Return the share of each voxel's thickness up to where the group ends before the next slice on either side."""
    here = np.maximum(depth[where], LEAST_DEPTH)
    filled = np.ones(here.size, dtype=np.float32)
    for axis in axes:
        halves = np.zeros(here.size, dtype=np.float32)
        for step in (-1, 1):
            there = tuple(along + step if k == axis else along for k, along in enumerate(where))
            ends = here / (here + np.maximum(-depth[there], LEAST_DEPTH))
            halves += np.where(inside[there] > 0, 0.5, _half(ends))
        filled *= halves
    return filled


def _half(ends: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the expected share of the voxel on one side of its middle, of at most a half."""
    beyond = np.clip(ends + UNSURE - 0.5, 0, 2 * UNSURE)
    return np.where(beyond < 2 * UNSURE, ends - beyond**2 / (4 * UNSURE), 0.5)
