"""Drawing a group as the mirror image of the one on the other side."""

import numpy as np
from numpy.typing import NDArray

from wbmri.review.masks import Labels, MaskChange


def mirror(
    labels: Labels, affine: NDArray[np.float64], label: int, *, replace: bool = True, steal: bool = False
) -> MaskChange:
    """Draw a group as the mirror image of the same group on the other side, about the body's midline.

    The midline is the nearly sagittal plane between the pairs of groups, found where both sides are drawn; the mirror
    image is then moved, within a few centimetres, to where the group itself lies, as no body is quite symmetrical.

    Parameters
    ----------
    labels
        The label map, shape (i, j, k).
    affine
        4x4 matrix from voxel indices to RAS mm.
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
    raise NotImplementedError
