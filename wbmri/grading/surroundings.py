"""What lies around the muscles, coarsely: the air beside the body and the fat under its skin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.field import Field
from wbmri.volume import Volume

BLOCK_MM = 5.0
"""Voxels are averaged over blocks of about this size, which leaves little of their noise."""

SOLID_RATIO = 0.6
"""Organs, marrow and blood are brighter than this multiple of normal muscle; fat that is nulled and ghosts are not."""

AIR_MM = 30.0
"""Air is what lies at least this far from muscle and from everything solid."""

ABOVE_AIR, USUAL_BODY = 0.07, 0.12
"""The body is brighter than the air by the first, or where no air is in the picture, than the second."""

SKIN_MM, RIM_MM = 4.0, 18.0
"""Subcutis begins under the skin and is looked at to this depth."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Surroundings:
    """The scan in coarse blocks of its canonical grid.

    Parameters
    ----------
    ratio
        Intensity of each block as a multiple of normal muscle, shape (i, j, k).
    label
        The highest label in each block, 0 for none.
    air
        Blocks far from the body.
    subcutis
        Blocks between skin and muscle.
    spacing
        Size of a block in mm.
    """

    ratio: NDArray[np.float32]
    label: NDArray[np.uint8]
    air: Mask
    subcutis: Mask
    spacing: tuple[float, float, float]


def surroundings_of(scan: Volume, groups: NDArray[np.uint8], field: Field, level: float) -> Surroundings:
    """Look at the scan around the muscles.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    field, level
        What its intensities are divided by to be multiples of normal muscle.
    """
    size = np.maximum(1, np.round(BLOCK_MM / np.asarray(scan.spacing))).astype(int)
    count = np.maximum(1, np.asarray(scan.shape) // size)
    size = np.minimum(size, scan.shape)
    i, j, k = (slice(0, int(n * s)) for n, s in zip(count, size, strict=True))
    split = [int(n) for pair in zip(count, size, strict=True) for n in pair]
    x, y, z = (float(v) for v in np.asarray(scan.spacing) * size)
    smooth = np.exp(field.log_on(np.zeros(3, dtype=np.intp), tuple(split[::2]), (x, y, z))).astype(np.float32)
    ratio = scan.data[i, j, k].reshape(split).mean(axis=(1, 3, 5)) / (np.float32(level) * smooth)
    label = groups[i, j, k].reshape(split).max(axis=(1, 3, 5))
    air = _air(ratio, label > 0, (x, y, z))
    floor = float(np.median(ratio[air])) + ABOVE_AIR if air.any() else USUAL_BODY
    return Surroundings(ratio, label, air, _subcutis(ratio > floor, label > 0, (x, y, z)), (x, y, z))


def _air(ratio: NDArray[np.float32], muscle: Mask, spacing: tuple[float, float, float]) -> Mask:
    solid = wider(narrower(ratio > SOLID_RATIO, spacing, BLOCK_MM), spacing, BLOCK_MM)
    return ~wider(muscle | solid, spacing, AIR_MM)


def _subcutis(bright: Mask, muscle: Mask, spacing: tuple[float, float, float]) -> Mask:
    from scipy import ndimage

    # Bone, lung and bowel are dark too, but closed in: only what reaches the edge of the picture is not body.
    parts, _ = ndimage.label(~(bright | muscle))
    edges = [parts[0], parts[-1], parts[:, 0], parts[:, -1], parts[:, :, 0], parts[:, :, -1]]
    body = ~np.isin(parts, np.setdiff1d(np.concatenate([edge.ravel() for edge in edges]), 0))
    # Across the slices the outermost blocks share their thickness with the air.
    flat = (spacing[0], 4 * RIM_MM, spacing[2])
    return narrower(body, flat, SKIN_MM) & ~narrower(body, flat, RIM_MM) & ~wider(muscle, flat, SKIN_MM)


def wider(mask: Mask, spacing: tuple[float, float, float], reach_mm: float) -> Mask:
    """Return the blocks within a distance, along each axis, of some block of a mask."""
    from scipy import ndimage

    size = tuple(2 * round(reach_mm / mm) + 1 for mm in spacing)
    made: Mask = ndimage.maximum_filter(mask.view(np.uint8), size, mode="constant") > 0
    return made


def narrower(mask: Mask, spacing: tuple[float, float, float], reach_mm: float) -> Mask:
    """Return the blocks of a mask that are farther than a distance, along each axis, from what is not in it."""
    from scipy import ndimage

    size = tuple(2 * round(reach_mm / mm) + 1 for mm in spacing)
    made: Mask = ndimage.minimum_filter(mask.view(np.uint8), size, mode="constant") > 0
    return made
