"""How bright the subcutis is beside each group, and where that shows that fat is not suppressed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.core.scheme import Scheme, Side
from wbmri.grading.image_artefacts import Surroundings, wider
from wbmri.grading.parameters import PARAMETERS

_FAT = PARAMETERS.fat

_FAR_MM = 1e5
"""A voxel so large that no neighbour along its axis is looked at."""


@dataclass(frozen=True, eq=False, slots=True)
class Subcutis:
    """What lies between skin and muscle.

    Parameters
    ----------
    index
        Its voxels on the canonical grid, shape (n, 3).
    near
        Label to the voxels that lie near the group, as places in `index`.
    """

    index: NDArray[np.intp]
    near: Mapping[int, NDArray[np.intp]]


def subcutis_of(scan: Volume, groups: NDArray[np.uint8], around: Surroundings) -> Subcutis:
    """Find the voxels between skin and muscle.

    Parameters
    ----------
    scan, groups
        The scan as multiples of normal muscle, stored canonically, and the label of each voxel.
    around
        What lies around the muscles, for the brightness of air.
    """
    from scipy import ndimage

    thin = tuple(3 if mm <= 2 * min(scan.spacing) else 1 for mm in scan.spacing)
    air = float(np.median(around.ratio[around.air])) if around.air.any() else 0.0
    bright = ndimage.uniform_filter(scan.data, thin) > air + PARAMETERS.artefacts.above_air
    parts, count = ndimage.label(~(bright | (groups > 0)))
    at_edge = np.zeros(count + 1, bool)
    for edge in (parts[0], parts[-1], parts[:, 0], parts[:, -1], parts[:, :, 0], parts[:, :, -1]):
        at_edge[edge] = True
    at_edge[0] = False
    outside = at_edge[parts]
    # Across thick slices a voxel shares its thickness with what lies beside it, wherever the skin runs.
    flat = (scan.spacing[0] if thin[0] > 1 else _FAR_MM, scan.spacing[1] if thin[1] > 1 else _FAR_MM, scan.spacing[2])
    fat = (
        ~wider(outside, flat, _FAT.skin_mm)
        & wider(outside, scan.spacing, _FAT.rim_mm)
        & ~wider(groups > 0, flat, _FAT.beside_mm)
    )
    number = np.cumsum(fat.ravel(), dtype=np.int32).reshape(fat.shape) - 1
    near = {}
    for label, box in enumerate(ndimage.find_objects(groups), start=1):
        if box is not None:
            i, j, k = _wide(box, scan)
            own = wider(groups[i, j, k] == label, scan.spacing, _FAT.near_mm) & fat[i, j, k]
            near[label] = number[i, j, k][own].astype(np.intp)
    return Subcutis(np.argwhere(fat), near)


def _wide(box: tuple[slice, ...], scan: Volume) -> tuple[slice, slice, slice]:
    margin = [int(np.ceil(_FAT.near_mm / mm)) for mm in scan.spacing]
    i, j, k = (slice(max(0, one.start - m), one.stop + m) for one, m in zip(box, margin, strict=True))
    return i, j, k


def brightness_beside(data: NDArray[np.float32], subcutis: Subcutis) -> dict[int, float]:
    """Return how bright the fat beside each group is; groups without enough of it are left out.

    Parameters
    ----------
    data
        The scan as multiples of normal muscle, stored canonically, its field taken off.
    subcutis
        What lies between skin and muscle.
    """
    value = data[tuple(subcutis.index.T)]
    return {
        label: float(np.quantile(value[near], _FAT.quantile))
        for label, near in subcutis.near.items()
        if near.size >= _FAT.least_voxels
    }


def brighter_sides(data: NDArray[np.float32], subcutis: Subcutis, scheme: Scheme) -> dict[int, float]:
    """Find the groups of those parts of limbs whose fat is brighter than that of the other side.

    Parameters
    ----------
    data
        The scan as multiples of normal muscle, stored canonically. Fat is so dark that its brightness is half noise,
        which knows no field: it is not taken off.
    subcutis
        What lies between skin and muscle.
    scheme
        Its groups. Neck, trunk and pelvis lie beside organs as much as beside fat.

    Returns
    -------
    dict of int to float
        Label to the ratio of the two sides.
    """
    value = data[tuple(subcutis.index.T)]
    made: dict[int, float] = {}
    segments = {group.segment for group in scheme.groups if group.segment is not None}
    for segment in sorted(one for one in segments if one.proximal or one.distal):
        labels = {
            side: [group.label for group in scheme.groups if group.segment is segment and group.side is side]
            for side in Side
        }
        bright = {side: _brightness(value, subcutis, own) for side, own in labels.items()}
        for side, own in bright.items():
            other = bright[side.opposite]
            if own is None or other is None:
                continue
            if own > _FAT.sides_ratio * other and own - other > _FAT.sides_more:
                made |= dict.fromkeys(labels[side], own / other)
    return made


def _brightness(value: NDArray[np.float32], subcutis: Subcutis, labels: Iterable[int]) -> float | None:
    none = np.zeros(0, dtype=np.intp)
    places = np.unique(np.concatenate([none, *(subcutis.near.get(label, none) for label in labels)]))
    return float(np.quantile(value[places], _FAT.quantile)) if places.size >= _FAT.least_voxels_sides else None
