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
