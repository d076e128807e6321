"""Where a scan shows nothing but air, far from any body: no brush paints there."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wbmri.review.label_editor.brush import Block
from wbmri.review.label_editor.label_change import Labels

_CELL_MM = 6.0
"""The scan is looked at in cells of about this size, so that noise does not pass for a body."""
_SOLID = 0.4
"""A cell as bright as this share of the muscle of the scan belongs to a body."""
_NEAR_MM = 20.0
"""Skin, suppressed fat and bone are as dark as air: what lies within this distance of a body may be painted on."""


class Air:
    """Tells which voxels lie in air.

    Parameters
    ----------
    image
        The scan, shape (i, j, k).
    labels
        The outlines on the same voxels; what is outlined belongs to the body.
    spacing
        Voxel distances in mm.
    """

    def __init__(self, image: NDArray[np.float32], labels: Labels, spacing: Sequence[float]) -> None:
        from scipy import ndimage

        self._cell = np.maximum(1, np.round(_CELL_MM / np.asarray(spacing))).astype(int)
        inside = labels > 0
        muscle = float(np.median(image[inside])) if inside.any() else np.inf
        solid = (self._mean(image) > _SOLID * muscle) | (self._mean(inside.astype(np.float32)) > 0)
        away = ndimage.distance_transform_edt(~solid, sampling=self._cell * np.asarray(spacing))
        self._air: NDArray[np.bool_] = away > _NEAR_MM if solid.any() else np.zeros_like(solid)

    def _mean(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of each cell; those at the far ends hold what is left."""
        made = image
        for axis, step in enumerate(self._cell):
            starts = np.arange(0, made.shape[axis], step)
            size = np.diff(np.append(starts, made.shape[axis])).astype(np.float32)
            shape = [-1 if a == axis else 1 for a in range(3)]
            made = (np.add.reduceat(made, starts, axis=axis) / size.reshape(shape)).astype(np.float32)
        return made

    def free_of(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block do not lie in air."""
        cells = [np.arange(part.start, part.stop) // step for part, step in zip(block, self._cell, strict=True)]
        return ~self._air[np.ix_(*cells)]
