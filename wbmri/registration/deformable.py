"""Deformable registration of two bodies: a thin-plate spline through the muscle groups, then demons on lean tissue.

Bodies are matched by landmarks of each muscle group, limb for limb; the spline is the smoothest map that carries those
of one body to those of the other (Bookstein 1989, IEEE Trans Pattern Anal Mach Intell 11:567). Demons brings one image
onto another, coarse to fine, with symmetric forces (Vercauteren, Pennec, Perchant, Ayache 2009, NeuroImage 45:S61, as
SimpleITK has them).
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wbmri.core import Grid, Json, LabelMap, Volume, canonical
from wbmri.registration.lean_tissue import Lean, lean_of_volume


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


LANDMARKS_PER_GROUP = 3
"""Each group gives this many landmarks, one above the other."""

Landmarks = dict[tuple[int, int], NDArray[np.float64]]
"""(label, third of the group) to RAS mm."""


def group_landmarks(labels: LabelMap) -> Landmarks:
    """Return the centroids of the thirds of each group from its foot to its head.

    Groups that lie outside the field of view give none.

    Returns
    -------
    dict
        (label, third) to RAS mm.
    """
    from scipy import ndimage

    out = {}
    for label, box in enumerate(ndimage.find_objects(labels.data), start=1):
        if box is None or label in labels.outside:
            continue
        world = labels.grid.points(np.argwhere(labels.data[box] == label) + [part.start for part in box])
        order = np.argsort(world[:, 2], kind="stable")
        for third, chosen in enumerate(np.array_split(order, LANDMARKS_PER_GROUP)):
            if len(chosen):
                out[label, third] = world[chosen].mean(axis=0)
    return out


def shared_labels(first: Landmarks, second: Landmarks) -> set[int]:
    """Return the labels of the groups of which both bodies have landmarks."""
    return {label for label, _ in first} & {label for label, _ in second}


def least_spread_mm(landmarks: Landmarks, labels: set[int]) -> float:
    """Return the standard deviation in mm of the groups' landmarks along the direction in which it is least."""
    points = np.array([place for (label, _), place in landmarks.items() if label in labels])
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return float(values[-1] / np.sqrt(len(points)))


_LATTICE_MM = 24.0
"""The spline is evaluated at points so far apart and interpolated between: it is smooth."""


def spline_places(grid: Grid, source: ArrayLike, target: ArrayLike, stiffness: float) -> NDArray[np.float32]:
    """Return where the voxels of a grid lie in another body.

    Parameters
    ----------
    grid
        A cubic grid along the world axes.
    source, target
        Landmarks in RAS mm of the grid's body and of the other, shape (n, 3).
    stiffness
        How far the spline may pass by the landmarks.

    Returns
    -------
    array, shape (3, x, y, z)
        RAS mm of the other body.
    """
    from scipy import ndimage
    from scipy.interpolate import RBFInterpolator

    here, there = np.asarray(source), np.asarray(target)
    spline = RBFInterpolator(here, there, kernel="thin_plate_spline", smoothing=stiffness * len(here))
    step = round(_LATTICE_MM / grid.spacing[0])
    coarse = [np.arange(-(-n // step) + 1) * step for n in grid.shape]
    lattice = grid.points(np.stack(np.meshgrid(*coarse, indexing="ij"), -1).reshape(-1, 3))
    values = spline(lattice).T.reshape(3, *(len(axis) for axis in coarse))
    fine = np.meshgrid(*(np.arange(n) / step for n in grid.shape), indexing="ij")
    return np.stack([ndimage.map_coordinates(axis, fine, order=1) for axis in values]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class DeformableParameters:
    """What decides a deformable registration.

    Parameters
    ----------
    stiffness
        How far the spline through the landmarks may pass by them.
    likeness_mm
        Width over which the two are compared: half that of a thigh muscle.
    stages
        Levels of the demons; the landmarks have done the coarse part.
    """

    stiffness: float = 1.0
    likeness_mm: float = 12.0
    stages: tuple[DemonsStage, ...] = (DemonsStage(2, 0.8, 40, 2.0), DemonsStage(1, 0.5, 25, 1.5))

    def recorded(self) -> dict[str, Json]:
        """Return what provenance records."""
        return {
            "landmarks_per_group": LANDMARKS_PER_GROUP,
            "stiffness": self.stiffness,
            "alike_mm": self.likeness_mm,
            "stages": [list(astuple(stage)) for stage in self.stages],
        }


TO_ATLAS = DeformableParameters()
"""How the scan of one person is registered to that of another."""


@dataclass(frozen=True, eq=False, slots=True)
class Deformation:
    """An atlas registered to a scan.

    Parameters
    ----------
    place
        Where each voxel of the scan's working grid lies in the atlas, RAS mm of the atlas, shape (3, x, y, z).
    likeness
        How alike scan and atlas look around there, 0..1, shape (x, y, z); 0 outside the atlas's image.
    """

    place: NDArray[np.float32]
    likeness: NDArray[np.float32]


def register_atlas(scan: Lean, found: LabelMap, atlas_volume: Volume, atlas_labels: LabelMap) -> Deformation:
    """Find where every voxel of a scan lies in an atlas.

    Parameters
    ----------
    scan
        The scan's lean tissue on the working grid.
    found
        What another engine found on the scan; its groups are the landmarks.
    atlas_volume, atlas_labels
        The atlas.
    """
    atlas, _ = lean_of_volume(canonical(atlas_volume))
    return register_lean(scan, group_landmarks(found), atlas, group_landmarks(atlas_labels))


def register_lean(
    scan: Lean,
    own: Landmarks,
    atlas: Lean,
    its: Landmarks,
    parameters: DeformableParameters = TO_ATLAS,
) -> Deformation:
    """Find where every voxel of a scan lies in another, given the lean tissue and the landmarks of both.

    Parameters
    ----------
    scan, own
        The scan.
    atlas, its
        The other.
    parameters
        What decides the registration.
    """
    from scipy import ndimage

    shared = sorted(set(own) & set(its))
    place = spline_places(scan.grid, [own[key] for key in shared], [its[key] for key in shared], parameters.stiffness)
    displacement = register_demons(scan.data, _sampled(atlas, place)[0], parameters.stages)
    bent = displaced(place, displacement)
    there, inside = _sampled(atlas, bent)
    width = parameters.likeness_mm / scan.spacing_mm
    # Only where either has tissue: air is always alike and would lend its likeness to the skin.
    tissue = np.maximum(scan.data, there)
    unlike = ndimage.gaussian_filter(tissue * (scan.data - there) ** 2, width)
    unlike /= np.maximum(ndimage.gaussian_filter(tissue, width), 1e-3)
    return Deformation(bent, np.where(inside, 1 - np.sqrt(np.clip(unlike, 0, 1)), 0).astype(np.float32))


def _sampled(atlas: Lean, place: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the atlas's lean tissue at places in it, and whether they lie in its image."""
    from scipy import ndimage

    index = np.moveaxis(atlas.grid.indices(np.moveaxis(place, 0, -1)), -1, 0)
    inside = np.ones(place.shape[1:], bool)
    for axis, length in zip(index, atlas.grid.shape, strict=True):
        inside &= (axis > -0.5) & (axis < length - 0.5)
    lean = ndimage.map_coordinates(atlas.data, index.astype(np.float32), order=1)
    return lean, inside
