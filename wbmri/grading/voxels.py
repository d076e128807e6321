"""Which voxels of a group are measured, how much of each is muscle, and the intensities they are measured by."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.parameters import PARAMETERS

_VOXELS = PARAMETERS.voxels


@dataclass(frozen=True, eq=False, slots=True)
class Muscle:
    """The labelled voxels of a scan as flat arrays, in the order of the canonical grid.

    Parameters
    ----------
    index
        Voxel indices on the canonical grid, shape (n, 3).
    label
        The group of each voxel, shape (n,).
    raw
        Intensity of each voxel, shape (n,).
    quiet
        Median of the voxel and its neighbours inside muscle, shape (n,): noise and thin bright tubes are gone from it,
        and patches of oedema keep their size.
    inner
        Whether the voxel lies inside its group, away from the edge, shape (n,).
    core
        Whether the voxel lies deep inside its group, shape (n,).
    rim
        Whether the voxel lies so near the outline that one a few millimetres off could have taken it in, shape (n,).
    share
        How much of the voxel its group fills, as far as the outlines of neighbouring slices tell, 0..1, shape (n,); 1
        everywhere where no axis is thick.
    filled
        Whether so much of the voxel is filled, in so far as the outline is sure, that it shows its group and nothing
        else, shape (n,).
    fat
        Whether fat has replaced the muscle of the voxel, shape (n,): such voxels are neither measured nor neighbours.
    confidence
        How far each label's outline can be relied on, 0..1, shape (256,); 1 for one that a person gave.
    shape, spacing
        The canonical grid: voxels along each axis and their distance in mm.
    """

    index: NDArray[np.intp]
    label: NDArray[np.uint8]
    raw: NDArray[np.float32]
    quiet: NDArray[np.float32]
    inner: NDArray[np.bool_]
    core: NDArray[np.bool_]
    rim: NDArray[np.bool_]
    share: NDArray[np.float32]
    filled: NDArray[np.bool_]
    fat: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    @property
    def points(self) -> NDArray[np.float64]:
        """Positions in mm along the canonical axes from the first voxel, shape (n, 3)."""
        made: NDArray[np.float64] = self.index * np.asarray(self.spacing)
        return made


def gather(
    data: NDArray[np.float32],
    groups: NDArray[np.uint8],
    spacing: tuple[float, float, float],
    confidence: Mapping[int, float],
    label: int | None = None,
    fat: NDArray[np.bool_] | None = None,
) -> Muscle:
    """Gather the labelled voxels of a canonical grid, or of a block of it.

    Parameters
    ----------
    data, groups
        Intensities and labels, shape (i, j, k).
    spacing
        Voxel distances in mm.
    confidence
        How far the outline of each label can be relied on, 0..1.
    label
        The only group whose voxels are gathered; those of the others still count as their neighbours.
    fat
        Which voxels fat has replaced, shape (i, j, k).
    """
    # One voxel of background on every side, so that neighbours need no bounds.
    padded = np.pad(groups, 1)
    flat = np.flatnonzero(padded if label is None else padded == label)
    strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    size = np.asarray(spacing)
    thin = size <= _VOXELS.thick_slices * size.min()
    own = padded.ravel()[flat]
    share = own_shares(padded, flat, spacing, ~thin)
    sure = np.array([confidence.get(k, 0.0) for k in range(256)])
    filled = share >= np.where(sure >= _VOXELS.sure, _VOXELS.filled, _VOXELS.filled_unsure)[own]
    deep = _inside(padded, flat, size, thin, _VOXELS.core_mm)
    core = _enough_or_whole(deep, own, _VOXELS.core_share)
    inside = _enough_or_whole(_inside(padded, flat, size, thin, _VOXELS.edge_mm), own, _VOXELS.inner_share)
    i, j, k = groups.shape
    index = np.stack(np.unravel_index(flat, padded.shape), axis=1) - 1
    lean = padded if fat is None else np.where(np.pad(fat, 1), np.uint8(0), padded)
    dark = lean.ravel()[flat] == 0
    return Muscle(
        index=index,
        label=own,
        raw=data[tuple(index.T)],
        quiet=_neighbour_median(data, index, lean.ravel(), flat, strides, thin),
        inner=_enough(
            inside & (share >= _VOXELS.filled),
            _enough(share >= _VOXELS.filled, inside, own, _VOXELS.thin_share),
            own,
            _VOXELS.thin_share,
        )
        & ~dark,
        core=_enough(core & filled, core, own, 0.0) & ~dark,
        rim=~deep,
        share=share,
        filled=filled & ~dark,
        fat=dark,
        confidence=sure,
        shape=(i, j, k),
        spacing=spacing,
    )


def _neighbour_median(
    data: NDArray[np.float32],
    index: NDArray[np.intp],
    groups: NDArray[np.uint8],
    flat: NDArray[np.intp],
    strides: NDArray[np.intp],
    thin: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Median over the voxels of muscle among each voxel and its neighbours along the thin axes (lower one of two)."""
    steps = [(-1, 0, 1) if along else (0,) for along in thin]
    offsets = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    within = np.array([data.shape[1] * data.shape[2], data.shape[2], 1])
    place, values = index @ within, np.ascontiguousarray(data).ravel()
    around = np.empty((flat.size, len(offsets)), dtype=np.float32)
    for column, offset in enumerate(offsets):
        # Beyond the grid there is no muscle, so that it does not matter which voxel is looked at for one.
        value = values.take(place + offset @ within, mode="clip")
        around[:, column] = np.where(groups[flat + offset @ strides] > 0, value, np.inf)
    around.sort(axis=1)
    count = np.isfinite(around).sum(axis=1)
    middle: NDArray[np.float32] = np.take_along_axis(around, np.maximum((count - 1) // 2, 0)[:, None], axis=1)[:, 0]
    # A voxel of fat among fat has no muscle around it.
    return np.where(count > 0, middle, values[place])


def _enough(
    chosen: NDArray[np.bool_],
    wider: NDArray[np.bool_],
    own: NDArray[np.uint8],
    least_share: float,
) -> NDArray[np.bool_]:
    """Keep the chosen voxels of the groups that have enough of them, and the wider choice of the others."""
    kept = np.bincount(own[chosen], minlength=256)
    enough = (kept >= _VOXELS.least_voxels) & (kept >= least_share * np.bincount(own, minlength=256))
    return np.where(enough[own], chosen, wider)


def _inside(
    padded: NDArray[np.uint8],
    flat: NDArray[np.intp],
    spacing: NDArray[np.float64],
    thin: NDArray[np.bool_],
    edge_mm: float,
) -> NDArray[np.bool_]:
    """Find the voxels whose group goes on for some millimetres along every thin axis."""
    groups = padded.ravel()
    own = groups[flat]
    place = np.unravel_index(flat, padded.shape)
    strides = (padded.shape[1] * padded.shape[2], padded.shape[2], 1)
    inside = np.ones(flat.size, dtype=bool)
    for axis in np.flatnonzero(thin):
        along, length = place[axis], padded.shape[axis]
        for step in range(1, round(edge_mm / spacing[axis]) + 1):
            for there in (np.maximum(along - step, 0), np.minimum(along + step, length - 1)):
                inside &= groups[flat + (there - along) * strides[axis]] == own
    return inside


def _enough_or_whole(inside: NDArray[np.bool_], own: NDArray[np.uint8], kept_share: float) -> NDArray[np.bool_]:
    """Keep what lies inside of the groups that are thick enough, and all of the others."""
    total = np.bincount(own, minlength=256)
    kept = np.bincount(own[inside], minlength=256)
    whole = kept < kept_share * total
    return inside | whole[own]


def own_shares(
    groups: NDArray[np.uint8],
    flat: NDArray[np.intp],
    spacing: tuple[float, float, float],
    thick: NDArray[np.bool_],
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
    size = [
        1 if through else 2 * round(_VOXELS.reach_mm / (2 * mm)) + 1 for mm, through in zip(spacing, thick, strict=True)
    ]
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
    here = np.maximum(depth[where], _VOXELS.least_depth)
    filled = np.ones(here.size, dtype=np.float32)
    for axis in axes:
        halves = np.zeros(here.size, dtype=np.float32)
        for step in (-1, 1):
            there = tuple(along + step if k == axis else along for k, along in enumerate(where))
            ends = here / (here + np.maximum(-depth[there], _VOXELS.least_depth))
            halves += np.where(inside[there] > 0, 0.5, _half(ends))
        filled *= halves
    return filled


def _half(ends: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the expected share of the voxel on one side of its middle, of at most a half."""
    beyond = np.clip(ends + _VOXELS.unsure_end - 0.5, 0, 2 * _VOXELS.unsure_end)
    return np.where(beyond < 2 * _VOXELS.unsure_end, ends - beyond**2 / (4 * _VOXELS.unsure_end), 0.5)


def represented(muscle: Muscle, places: NDArray[np.intp], measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many observations each measured voxel of a group counts for.

    Parameters
    ----------
    muscle
        The labelled voxels.
    places
        Those of the group, shape (n,).
    measured
        Which of them are measured, shape (n,).

    Returns
    -------
    ndarray
        One per measured voxel. They add up to the number of voxels that would say as much if all counted alike (Kish
        1965, Survey Sampling).
    """
    from scipy.ndimage import uniform_filter

    index = muscle.index[places]
    # Voxels much finer than the reach are taken together in blocks.
    step = np.array([max(1, round(_VOXELS.coarse_mm / mm)) for mm in muscle.spacing])
    size = [2 * max(1, round(_VOXELS.reach_mm / (mm * n))) + 1 for mm, n in zip(muscle.spacing, step, strict=True)]
    index = (index - index.min(axis=0)) // step
    shape = tuple(index.max(axis=0) + 1)
    where = np.ravel_multi_index(tuple(index.T), shape)
    seen = where[measured]

    def around(values: NDArray[np.float32], at: NDArray[np.intp]) -> NDArray[np.float32]:
        block = np.bincount(at, values, minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
        smooth: NDArray[np.float32] = uniform_filter(
            uniform_filter(block, size, mode="constant"),
            size,
            mode="constant",
        )
        return smooth.ravel() / np.float32(step.prod())

    speak = around(np.ones(seen.size, dtype=np.float32), seen)[where]
    # Places that no measured voxel reaches are spoken for by none.
    asked = np.where(speak > _VOXELS.least_reach, 1 / np.maximum(speak, _VOXELS.least_reach), 0).astype(np.float32)
    weight = around(asked, where)[seen].astype(np.float64)
    made: NDArray[np.float64] = weight * (weight.sum() / (weight @ weight))
    return made
