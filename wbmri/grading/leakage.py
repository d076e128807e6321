"""Brightness that is not oedema of a group: bright tissue that its outline took in, and shading."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.grading.bias_field import BiasField
from wbmri.grading.voxels import Muscle

BRIGHT_RATIO = 1.25
"""From this multiple of normal muscle on a voxel is bright."""

LARGEST_SHARE = 0.2
"""A group with a larger share of bright voxels has oedema of its own, and is measured with its edge."""

DOUBT = 1.5
"""An outline is wrong by up to so many times what the engine expects: measured on two bodies, in 9 of 10 groups."""

BEYOND_MM = 12.0
"""How far around a group's bright voxels the region they belong to is followed."""


def without_spill(
    scan: Volume,
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    field: BiasField,
    level: float,
) -> Muscle:
    """Return the muscle with what other tissue spilled over the outlines taken out of its inner voxels.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle, log_ratio
        Its labelled voxels and the logarithm of each over the level of normal muscle.
    field, level
        What the intensities are divided by, and the level of normal muscle.
    """
    bright = log_ratio > np.log(BRIGHT_RATIO)
    size = np.maximum(np.bincount(muscle.label, minlength=256), 1)
    share = np.bincount(muscle.label[bright], minlength=256) / size
    suspect = bright & (share <= LARGEST_SHARE)[muscle.label]
    spilled = np.zeros(muscle.label.size, dtype=bool)
    for label in np.unique(muscle.label[suspect & muscle.rim]):
        places = np.flatnonzero(suspect & (muscle.label == label))
        larger = places[_of_larger_region(scan, muscle.index[places], field, level)]
        # No more voxels can have spilled over than the engine may have got wrong.
        wrong = DOUBT * (1 - muscle.confidence[label]) * size[label]
        for beyond in (larger, larger[muscle.rim[larger]]):
            if beyond.size <= wrong:
                spilled[beyond] = True
                break
    return replace(muscle, inner=muscle.inner & ~spilled)


def _of_larger_region(scan: Volume, index: NDArray[np.intp], field: BiasField, level: float) -> NDArray[np.bool_]:
    """Tell which bright voxels of a group belong to a bright region of which more lies beyond the group."""
    from scipy import ndimage

    reach = np.ceil(BEYOND_MM / np.asarray(scan.spacing)).astype(int)
    low = np.maximum(index.min(axis=0) - reach, 0)
    block = scan.data[tuple(slice(a, b) for a, b in zip(low, index.max(axis=0) + reach + 1, strict=True))]
    region = block > BRIGHT_RATIO * level * np.exp(field.log_on(low, block.shape, scan.spacing))
    own = tuple((index - low).T)
    region[own] = True
    parts, count = ndimage.label(region)
    whole = np.bincount(parts.ravel(), minlength=count + 1)
    inside = np.bincount(parts[own], minlength=count + 1)
    larger: NDArray[np.bool_] = (whole > 2 * inside)[parts[own]]
    return larger


SMOOTH_MM = 80.0
"""Shading has no structure shorter than this, half a wave."""

AMPLITUDE = 0.1
"""Standard deviation expected of each wave of it, in log intensity."""

DISAGREEMENT = 0.1
"""Standard deviation of the log intensity of muscle about it, from one observation to the next."""

PLACE_ML = 2.0
"""Volume of muscle that counts as one observation."""

NEAR_MM = 12.0
"""At this distance, on one slice, shading hardly changes, and patches of oedema often end."""


def without_shading(values: NDArray[np.float64], points: NDArray[np.float64], voxel_ml: float) -> NDArray[np.float64]:
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
        numbers = range(1, max(1, round(length / SMOOTH_MM)) + 1)
        waves += [np.cos(np.pi * number * (points[:, axis] - low) / length) for number in numbers]
    design = np.stack(waves, axis=1)
    design -= design.mean(axis=0)
    weight = voxel_ml / (PLACE_ML * DISAGREEMENT**2)
    # Darker voxels share their place with fat; they follow, and do not lead.
    middle = float(np.median(values))
    lead = np.abs(values - middle) < 3 * DISAGREEMENT
    normal = weight * design[lead].T @ design[lead] + np.eye(design.shape[1]) / AMPLITUDE**2
    found = np.linalg.solve(normal, weight * design[lead].T @ (values[lead] - middle))
    smooth = values - design @ found
    made: NDArray[np.float64] = smooth - np.median(smooth) + middle
    return made


def unrest(values: NDArray[np.float64], index: NDArray[np.intp], spacing: tuple[float, float, float]) -> float:
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
        Standard deviation of one place about the other's level: that of the noise where nothing but shading lies
        between them, 0 where no two places are so far apart.
    """
    low = index.min(axis=0)
    block = np.full(index.max(axis=0) - low + 1, np.nan)
    block[tuple((index - low).T)] = values
    apart = []
    for axis in range(3):
        if spacing[axis] < NEAR_MM / 2:
            along = np.moveaxis(block, axis, 0)
            step = round(NEAR_MM / spacing[axis])
            apart.append((along[step:] - along[:-step]).ravel())
    every = np.concatenate(apart) if apart else np.zeros(0)
    every = every[np.isfinite(every)]
    return float(np.sqrt((every**2).mean() / 2)) if every.size else 0.0
