"""Bending the placed model until its lean tissue lies on the scan's."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Json

Array = NDArray[np.float32]

Stages = tuple[tuple[int, float, int, float], ...]

_STAGES: Stages = ((4, 1.5, 60, 3.0), (2, 0.8, 50, 2.5), (1, 0.5, 40, 1.8))
"""Shrink factor, smoothing of the images (voxels), iterations, smoothing of the field (voxels of the shrunk grid)."""

PARAMETERS: dict[str, Json] = {"method": "symmetric-forces demons", "stages": [list(stage) for stage in _STAGES]}


def bend(
    fixed: Array,
    moving: Array,
    progress: Callable[[float], None],
    stages: Stages = _STAGES,
) -> NDArray[np.float32]:
    """Register by demons, coarse to fine.

    Parameters
    ----------
    fixed, moving
        Images of one shape (x, y, z), 0..1.
    progress
        Called with the share that is done.
    stages
        Shrink factor, smoothing of the images, iterations and smoothing of the field, coarse to fine.

    Returns
    -------
    array, shape (x, y, z, 3)
        Displacement in voxels: the moving image at index i + displacement[i] lies on the fixed image at i.
    """
    import SimpleITK as sitk

    target = sitk.GetImageFromArray(fixed.transpose(2, 1, 0))
    model = sitk.GetImageFromArray(moving.transpose(2, 1, 0))
    field = sitk.Image(target.GetSize(), sitk.sitkVectorFloat64, 3)
    for number, (shrink, blur, iterations, smoothing) in enumerate(stages):
        grid = sitk.Image([-(-n // shrink) for n in target.GetSize()], sitk.sitkFloat32)
        grid.SetSpacing([float(shrink)] * 3)
        grid.SetOrigin([(shrink - 1) / 2] * 3)
        demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
        demons.SetNumberOfIterations(iterations)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(smoothing)
        images = [sitk.Resample(sitk.SmoothingRecursiveGaussian(image, blur), grid) for image in (target, model)]
        field = demons.Execute(*images, sitk.Resample(field, grid))
        progress((number + 1) / len(stages))
    full = sitk.Resample(field, target)
    return np.ascontiguousarray(sitk.GetArrayFromImage(full).transpose(2, 1, 0, 3), dtype=np.float32)
