"""Demons registration: the displacement that brings one image onto another, coarse to fine.

Symmetric forces: Vercauteren, Pennec, Perchant, Ayache 2009, NeuroImage 45:S61, as SimpleITK has them.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Json


@dataclass(frozen=True, slots=True)
class DemonsStage:
    """One level of resolution.

    Parameters
    ----------
    shrink
        Voxels of the full grid for one of the level's.
    image_smoothing
        Standard deviation of the smoothing of both images, in voxels of the full grid.
    iterations
        Number of iterations.
    field_smoothing
        Standard deviation of the smoothing of the displacement after each iteration, in voxels of the full grid.
    """

    shrink: int
    image_smoothing: float
    iterations: int
    field_smoothing: float


BETWEEN_PEOPLE = (DemonsStage(4, 1.5, 60, 3.0), DemonsStage(2, 0.8, 50, 2.5), DemonsStage(1, 0.5, 40, 1.8))
"""Stages for a body that has been placed only level by level, such as the model body."""


def demons_parameters(stages: Sequence[DemonsStage] = BETWEEN_PEOPLE) -> dict[str, Json]:
    """Return what provenance records of a registration by demons."""
    return {"method": "symmetric-forces demons", "stages": [list(astuple(stage)) for stage in stages]}


def register_demons(
    fixed: NDArray[np.float32],
    moving: NDArray[np.float32],
    stages: Sequence[DemonsStage] = BETWEEN_PEOPLE,
    progress: Callable[[float], None] = lambda done: None,
) -> NDArray[np.float32]:
    """Register two images of one grid.

    Parameters
    ----------
    fixed, moving
        Images of one shape (x, y, z), 0..1.
    stages
        Levels of resolution, coarse to fine.
    progress
        Called with the share that is done.

    Returns
    -------
    array, shape (x, y, z, 3)
        Displacement in voxels: the moving image at index i + displacement[i] lies on the fixed image at i.
    """
    import SimpleITK as sitk

    target = sitk.GetImageFromArray(fixed.transpose(2, 1, 0))
    model = sitk.GetImageFromArray(moving.transpose(2, 1, 0))
    field = sitk.Image(target.GetSize(), sitk.sitkVectorFloat64, 3)
    for number, stage in enumerate(stages):
        grid = sitk.Image([-(-n // stage.shrink) for n in target.GetSize()], sitk.sitkFloat32)
        grid.SetSpacing([float(stage.shrink)] * 3)
        grid.SetOrigin([(stage.shrink - 1) / 2] * 3)
        demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
        demons.SetNumberOfIterations(stage.iterations)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(stage.field_smoothing)
        images = [
            sitk.Resample(sitk.SmoothingRecursiveGaussian(image, stage.image_smoothing), grid)
            for image in (target, model)
        ]
        field = demons.Execute(*images, sitk.Resample(field, grid))
        progress((number + 1) / len(stages))
    full = sitk.Resample(field, target)
    return np.ascontiguousarray(sitk.GetArrayFromImage(full).transpose(2, 1, 0, 3), dtype=np.float32)


def displaced(field: NDArray[np.float32], displacement: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the places that a registration by demons found, given those before it.

    Parameters
    ----------
    field
        A place for every voxel, shape (3, x, y, z).
    displacement
        What `register_demons` returned, shape (x, y, z, 3).

    Returns
    -------
    array, shape (3, x, y, z)
        `field` at index i + displacement[i], linearly interpolated; its edge stands for all beyond it.
    """
    from scipy import ndimage

    index = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in field.shape[1:]), indexing="ij"))
    index += np.moveaxis(displacement, -1, 0)
    return np.stack([ndimage.map_coordinates(axis, index, order=1, mode="nearest") for axis in field])
