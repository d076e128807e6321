"""Deformable registration of two bodies: a thin-plate spline through the muscle groups, then demons on lean tissue."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Json, LabelMap, Volume, canonical
from wbmri.registration.demons import DemonsStage, displaced, register_demons
from wbmri.registration.landmarks import LANDMARKS_PER_GROUP, Landmarks, group_landmarks
from wbmri.registration.lean_tissue import Lean, lean_of_volume
from wbmri.registration.thin_plate_spline import spline_places


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
