"""Brightness that is not oedema of a group: leakage of its outline, and what is left of the bias field."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.grading.bias_field import BiasField
from wbmri.grading.fascia_and_vessels import BrightShape
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle

_EVIDENCE = PARAMETERS.evidence
_LEAKAGE = PARAMETERS.leakage
_RESIDUAL = PARAMETERS.residual_field


def without_leakage(
    scan: Volume,
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    field: BiasField,
    level: float,
) -> Muscle:
    """Return the muscle without, among its inner voxels, the bright tissue that outlines leaked into.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle, log_ratio
        Its labelled voxels and the logarithm of each over the level of normal muscle.
    field, level
        What the intensities are divided by, and the level of normal muscle.
    """
    bright = log_ratio > np.log(_LEAKAGE.bright_ratio)
    size = np.maximum(np.bincount(muscle.label, minlength=256), 1)
    share = np.bincount(muscle.label[bright], minlength=256) / size
    suspect = bright & (share <= _LEAKAGE.largest_share)[muscle.label]
    leaked = np.zeros(muscle.label.size, dtype=bool)
    for label in np.unique(muscle.label[suspect & muscle.rim]):
        places = np.flatnonzero(suspect & (muscle.label == label))
        larger = places[_of_larger_region(scan, muscle.index[places], field, level)]
        # An outline cannot have leaked into more voxels than the engine may have got wrong.
        wrong = _LEAKAGE.doubt * (1 - muscle.confidence[label]) * size[label]
        for beyond in (larger, larger[muscle.rim[larger]]):
            if beyond.size <= wrong:
                leaked[beyond] = True
                break
    return replace(muscle, inner=muscle.inner & ~leaked)


def across_outlines(
    scan: Volume,
    groups: NDArray[np.uint8],
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    field: BiasField,
    level: float,
) -> dict[int, BrightShape]:
    """Find groups whose brightness goes on beyond all muscle, where their outlines share voxels with what lies there.

    However sure an outline is, its voxels hold some of both: oedema that crosses it and bright subcutis, which comes as
    thin as a slice, look the same.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    groups
        Its labels, shape (i, j, k).
    muscle, log_ratio, field, level
        As for `without_leakage`.

    Returns
    -------
    dict of int to BrightShape
        By label, what may not be muscle.
    """
    size = np.maximum(np.bincount(muscle.label[muscle.inner], minlength=256), 1)
    bright = log_ratio > np.log(_LEAKAGE.bright_ratio)
    share = np.bincount(muscle.label[bright & muscle.inner], minlength=256) / size
    suspect = bright & (share <= _LEAKAGE.largest_share)[muscle.label]
    edge = suspect & muscle.inner & (muscle.rim | (muscle.share < _EVIDENCE.ends))
    found = {}
    for label in (int(each) for each in np.unique(muscle.label[edge])):
        places = np.flatnonzero(suspect & (muscle.label == label))
        larger = places[_of_larger_region(scan, muscle.index[places], field, level, groups)]
        doubted = larger[edge[larger]]
        if doubted.size >= _LEAKAGE.least_across * size[label]:
            words = "Some of what is bright goes on beyond the muscle: oedema that crosses its outline, or a neighbour."
            found[label] = BrightShape(1.0, words, doubted=doubted)
    return found


def away_from_brightness(scan: Volume, muscle: Muscle, field: BiasField, level: float) -> Muscle:
    """Return the muscle without, among its inner voxels, those that touch something very bright in the next slice.

    Slices are thick, and an outline cuts through voxels that the muscle shares with a vessel or a joint.

    Parameters
    ----------
    scan, muscle, field, level
        As for `without_leakage`.
    """
    alone = muscle.inner & ~_beside_brightness(scan, muscle, field, level)
    left, whole = (np.bincount(muscle.label[which], minlength=256) for which in (alone, muscle.inner))
    return replace(muscle, inner=np.where((left >= _LEAKAGE.least_left * whole)[muscle.label], alone, muscle.inner))


def _beside_brightness(scan: Volume, muscle: Muscle, field: BiasField, level: float) -> NDArray[np.bool_]:
    """Tell which labelled voxels lie beside a very bright one of the next slice that is not of their group."""
    index, shape = muscle.index, np.asarray(scan.shape)
    thick = np.asarray(muscle.spacing) > PARAMETERS.voxels.thick_slices * min(muscle.spacing)
    made = np.zeros(len(index), dtype=bool)
    if not len(index):
        return made
    low = np.maximum(index.min(axis=0) - 1, 0)
    block = scan.data[tuple(slice(a, b) for a, b in zip(low, index.max(axis=0) + 2, strict=True))]
    bright = block > _LEAKAGE.beside_ratio * level * np.exp(field.log_on(low, block.shape, scan.spacing))
    groups = np.zeros(block.shape, dtype=np.uint8)
    groups[tuple((index - low).T)] = muscle.label
    for axis in np.flatnonzero(thick):
        for step in (-1, 1):
            there = index.copy()
            there[:, axis] = np.clip(there[:, axis] + step, 0, shape[axis] - 1)
            at = tuple((there - low).T)
            made |= bright[at] & (groups[at] != muscle.label)
    return made


def _of_larger_region(
    scan: Volume,
    index: NDArray[np.intp],
    field: BiasField,
    level: float,
    groups: NDArray[np.uint8] | None = None,
) -> NDArray[np.bool_]:
    """Tell which bright voxels of a group belong to a bright region of which more lies beyond it.

    Of all groups where they are given; else what lies in another group counts, too.
    """
    from scipy import ndimage

    reach = np.ceil(_LEAKAGE.beyond_mm / np.asarray(scan.spacing)).astype(int)
    low = np.maximum(index.min(axis=0) - reach, 0)
    within = tuple(slice(a, b) for a, b in zip(low, index.max(axis=0) + reach + 1, strict=True))
    block = scan.data[within]
    region = block > _LEAKAGE.bright_ratio * level * np.exp(field.log_on(low, block.shape, scan.spacing))
    if groups is not None:
        region &= groups[within] == 0
    own = tuple((index - low).T)
    region[own] = True
    parts, count = ndimage.label(region)
    whole = np.bincount(parts.ravel(), minlength=count + 1)
    inside = np.bincount(parts[own], minlength=count + 1)
    larger: NDArray[np.bool_] = (whole > _LEAKAGE.larger * inside)[parts[own]]
    return larger


def without_residual_field(
    values: NDArray[np.float64], points: NDArray[np.float64], voxel_ml: float
) -> NDArray[np.float64]:
    """Take what is smooth off the intensities of one group.

    Parameters
    ----------
    values
        Log intensities, shape (n,).
    points
        Where they lie in mm, shape (n, 3).
    voxel_ml
        Volume of a voxel.

    Returns
    -------
    ndarray
        Log intensities with the same median, shape (n,).
    """
    waves: list[NDArray[np.float64]] = []
    for axis in range(3):
        low, high = points[:, axis].min(), points[:, axis].max()
        length = max(float(high - low), 1.0)
        numbers = range(1, max(1, round(length / _RESIDUAL.wave_mm)) + 1)
        waves += [np.cos(np.pi * number * (points[:, axis] - low) / length) for number in numbers]
    design = np.stack(waves, axis=1)
    design -= design.mean(axis=0)
    weight = voxel_ml / (_RESIDUAL.observation_ml * _RESIDUAL.disagreement**2)
    # Darker voxels share their place with fat; they follow, and do not lead.
    middle = float(np.median(values))
    lead = np.abs(values - middle) < _RESIDUAL.lead * _RESIDUAL.disagreement
    normal = weight * design[lead].T @ design[lead] + np.eye(design.shape[1]) / _RESIDUAL.amplitude**2
    found = np.linalg.solve(normal, weight * design[lead].T @ (values[lead] - middle))
    smooth = values - design @ found
    made: NDArray[np.float64] = smooth - np.median(smooth) + middle
    return made


def unevenness(values: NDArray[np.float64], index: NDArray[np.intp], spacing: tuple[float, float, float]) -> float:
    """Return how much places a centimetre apart differ.

    Parameters
    ----------
    values
        Log intensities, shape (n,).
    index
        Their voxels, shape (n, 3).
    spacing
        Voxel distances in mm.

    Returns
    -------
    float
        Standard deviation of one place about the other's level: that of the noise where nothing but the bias field lies
        between them, 0 where no two places are so far apart.
    """
    low = index.min(axis=0)
    block = np.full(index.max(axis=0) - low + 1, np.nan)
    block[tuple((index - low).T)] = values
    apart = []
    for axis in range(3):
        if spacing[axis] < _RESIDUAL.near_mm / 2:
            along = np.moveaxis(block, axis, 0)
            step = round(_RESIDUAL.near_mm / spacing[axis])
            apart.append((along[step:] - along[:-step]).ravel())
    every = np.concatenate(apart) if apart else np.zeros(0)
    every = every[np.isfinite(every)]
    return float(np.sqrt((every**2).mean() / 2)) if every.size else 0.0
