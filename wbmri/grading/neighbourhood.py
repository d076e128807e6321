"""What the voxels that are measured say about those of their group that are not.

The edge of a muscle cannot be measured, and in a thin muscle that is half of it. Oedema lies in patches a centimetre
and more across, so a voxel of the edge is most probably like the measured ones beside it. Each measured voxel therefore
counts for the part of the group around it: the more, the fewer others are measured there.
"""

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.masks import Muscle

REACH_MM = 5.0
"""A voxel speaks for its group up to twice this distance, the less the farther, and across two thick slices."""

CELL_MM = 2.5
"""Voxels are counted in cells of about this width, where they are finer."""

LEAST = 1e-4
"""Below this share of its surroundings a voxel is not reached by a measured one."""


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
    # Voxels much finer than the reach are taken together in cells.
    step = np.array([max(1, round(CELL_MM / mm)) for mm in muscle.spacing])
    size = [2 * max(1, round(REACH_MM / (mm * n))) + 1 for mm, n in zip(muscle.spacing, step, strict=True)]
    index = (index - index.min(axis=0)) // step
    shape = tuple(index.max(axis=0) + 1)
    where = np.ravel_multi_index(tuple(index.T), shape)
    seen = where[measured]

    def around(values: NDArray[np.float32], at: NDArray[np.intp]) -> NDArray[np.float32]:
        block = np.bincount(at, values, minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
        smooth: NDArray[np.float32] = uniform_filter(
            uniform_filter(block, size, mode="constant"), size, mode="constant"
        )
        return smooth.ravel() / np.float32(step.prod())

    speak = around(np.ones(seen.size, dtype=np.float32), seen)[where]
    # Places that no measured voxel reaches are spoken for by none.
    asked = np.where(speak > LEAST, 1 / np.maximum(speak, LEAST), 0).astype(np.float32)
    weight = around(asked, where)[seen].astype(np.float64)
    made: NDArray[np.float64] = weight * (weight.sum() / (weight @ weight))
    return made
