"""Laying a stored atlas over a scan: first by the places of the muscle groups, then by bending lean tissue onto it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Json, LabelMap, Volume, canonical
from wbmri.registration.demons import Stages, bend
from wbmri.registration.lean_tissue import Lean, lean_of_volume

_PARTS = 3
"""Each group gives this many landmarks, one above the other."""
_STIFFNESS = 1.0
"""How far the spline through the landmarks may pass by them."""
_LATTICE_MM = 24.0
"""The spline is evaluated at points so far apart and interpolated between: it is smooth."""
_ALIKE_MM = 12.0
"""Width over which scan and atlas are compared: half that of a thigh muscle."""
_STAGES: Stages = ((2, 0.8, 40, 2.0), (1, 0.5, 25, 1.5))
"""Bending, see `wbmri.registration.demons`: the landmarks have done the coarse part."""

PARAMETERS: dict[str, Json] = {
    "landmarks_per_group": _PARTS,
    "stiffness": _STIFFNESS,
    "alike_mm": _ALIKE_MM,
    "stages": [list(stage) for stage in _STAGES],
}


@dataclass(frozen=True, eq=False, slots=True)
class Laid:
    """An atlas laid over a scan.

    Parameters
    ----------
    place
        Where each voxel of the scan's working grid lies in the atlas, RAS mm of the atlas, shape (3, x, y, z).
    alike
        How alike scan and atlas look around there, 0..1, shape (x, y, z); 0 outside the atlas's image.
    """

    place: NDArray[np.float32]
    alike: NDArray[np.float32]


Landmarks = dict[tuple[int, int], NDArray[np.float64]]
"""(label, third of the group) to RAS mm."""


def lay(scan: Lean, found: LabelMap, atlas_volume: Volume, atlas_labels: LabelMap) -> Laid:
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
    return lay_lean(scan, landmarks(found), atlas, landmarks(atlas_labels))


def lay_lean(scan: Lean, own: Landmarks, atlas: Lean, its: Landmarks, stages: Stages = _STAGES) -> Laid:
    """Find where every voxel of a scan lies in another, given the lean tissue and the landmarks of both.

    Parameters
    ----------
    scan, own
        The scan.
    atlas, its
        The other.
    stages
        How lean tissue is bent, see `wbmri.registration.demons`.
    """
    from scipy import ndimage

    place = _by_landmarks(scan, own, its)
    displacement = bend(scan.data, _sample(atlas, place)[0], lambda done: None, stages=stages)
    index = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in scan.data.shape), indexing="ij"))
    index += np.moveaxis(displacement, -1, 0)
    bent = np.stack([ndimage.map_coordinates(axis, index, order=1, mode="nearest") for axis in place])
    there, inside = _sample(atlas, bent)
    width = _ALIKE_MM / scan.spacing_mm
    # Only where either has tissue: air is always alike and would lend its likeness to the skin.
    tissue = np.maximum(scan.data, there)
    unlike = ndimage.gaussian_filter(tissue * (scan.data - there) ** 2, width)
    unlike /= np.maximum(ndimage.gaussian_filter(tissue, width), 1e-3)
    return Laid(bent, np.where(inside, 1 - np.sqrt(np.clip(unlike, 0, 1)), 0).astype(np.float32))


def landmarks(labels: LabelMap) -> Landmarks:
    """Return points by which bodies are matched: the centroids of the thirds of each group from its foot to its head.

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
        index = np.argwhere(labels.data[box] == label) + [part.start for part in box]
        world = index @ labels.affine[:3, :3].T + labels.affine[:3, 3]
        order = np.argsort(world[:, 2], kind="stable")
        for third, chosen in enumerate(np.array_split(order, _PARTS)):
            if len(chosen):
                out[label, third] = world[chosen].mean(axis=0)
    return out


def _by_landmarks(
    scan: Lean,
    here: Landmarks,
    there: Landmarks,
) -> NDArray[np.float32]:
    """Return the place in the atlas of each voxel of the working grid, by a spline through the shared landmarks."""
    from scipy import ndimage
    from scipy.interpolate import RBFInterpolator

    shared = sorted(set(here) & set(there))
    source = np.array([here[key] for key in shared])
    target = np.array([there[key] for key in shared])
    spline = RBFInterpolator(source, target, kernel="thin_plate_spline", smoothing=_STIFFNESS * len(shared))
    step = round(_LATTICE_MM / scan.spacing_mm)
    coarse = [np.arange(-(-n // step) + 1) * step for n in scan.data.shape]
    lattice = np.stack(np.meshgrid(*coarse, indexing="ij"), -1).reshape(-1, 3) * scan.spacing_mm + scan.origin
    values = spline(lattice).T.reshape(3, *(len(axis) for axis in coarse))
    fine = np.meshgrid(*(np.arange(n) / step for n in scan.data.shape), indexing="ij")
    return np.stack([ndimage.map_coordinates(axis, fine, order=1) for axis in values]).astype(np.float32)


def _sample(atlas: Lean, place: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the atlas's lean tissue at places in it, and whether they lie in its image."""
    from scipy import ndimage

    index = (place - atlas.origin[:, None, None, None]) / atlas.spacing_mm
    inside = np.ones(place.shape[1:], bool)
    for axis, length in zip(index, atlas.data.shape, strict=True):
        inside &= (axis > -0.5) & (axis < length - 0.5)
    lean = ndimage.map_coordinates(atlas.data, index.astype(np.float32), order=1)
    return lean, inside
