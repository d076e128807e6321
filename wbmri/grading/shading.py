"""Whether faint brightness in a muscle is shading: smooth where oedema has edges."""

import numpy as np
from numpy.typing import NDArray

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
