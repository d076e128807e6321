"""Where the scan itself went wrong, and which groups cannot be graded because of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ImageArtefact, LabelMap, Reason, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading.bias_field import BiasField
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.partial_view import Views
from wbmri.grading.voxels import Muscle

_ARTEFACTS = PARAMETERS.artefacts
_LIMITS = PARAMETERS.assessability
_VOIDS = PARAMETERS.voids


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
    body
        Blocks inside the skin.
    spacing
        Size of a block in mm.
    """

    ratio: NDArray[np.float32]
    label: NDArray[np.uint8]
    air: Mask
    subcutis: Mask
    body: Mask
    spacing: tuple[float, float, float]


def surroundings_of(scan: Volume, groups: NDArray[np.uint8], field: BiasField, level: float) -> Surroundings:
    """Look at the scan around the muscles.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    field, level
        What its intensities are divided by to be multiples of normal muscle.
    """
    size = np.maximum(1, np.round(_ARTEFACTS.block_mm / np.asarray(scan.spacing))).astype(int)
    count = np.maximum(1, np.asarray(scan.shape) // size)
    size = np.minimum(size, scan.shape)
    i, j, k = (slice(0, int(n * s)) for n, s in zip(count, size, strict=True))
    split = [int(n) for pair in zip(count, size, strict=True) for n in pair]
    x, y, z = (float(v) for v in np.asarray(scan.spacing) * size)
    smooth = np.exp(field.log_on(np.zeros(3, dtype=np.intp), tuple(split[::2]), (x, y, z))).astype(np.float32)
    ratio = scan.data[i, j, k].reshape(split).mean(axis=(1, 3, 5)) / (np.float32(level) * smooth)
    label = groups[i, j, k].reshape(split).max(axis=(1, 3, 5))
    air = _air(ratio, label > 0, (x, y, z))
    floor = float(np.median(ratio[air])) + _ARTEFACTS.above_air if air.any() else _ARTEFACTS.usual_body
    body = _body(ratio > floor, label > 0)
    return Surroundings(ratio, label, air, _subcutis(body, label > 0, (x, y, z)), body, (x, y, z))


def _air(ratio: NDArray[np.float32], muscle: Mask, spacing: tuple[float, float, float]) -> Mask:
    solid = wider(narrower(ratio > _ARTEFACTS.solid_ratio, spacing, _ARTEFACTS.block_mm), spacing, _ARTEFACTS.block_mm)
    return ~wider(muscle | solid, spacing, _ARTEFACTS.air_mm)


def _body(bright: Mask, muscle: Mask) -> Mask:
    from scipy import ndimage

    # Bone, lung and bowel are dark too, but closed in: only what reaches the edge of the picture is not body.
    parts, _ = ndimage.label(~(bright | muscle))
    edges = [parts[0], parts[-1], parts[:, 0], parts[:, -1], parts[:, :, 0], parts[:, :, -1]]
    made: Mask = ~np.isin(parts, np.setdiff1d(np.concatenate([edge.ravel() for edge in edges]), 0))
    return made


def _subcutis(body: Mask, muscle: Mask, spacing: tuple[float, float, float]) -> Mask:
    # Across the slices the outermost blocks share their thickness with the air.
    flat = (spacing[0], 4 * _ARTEFACTS.rim_mm, spacing[2])
    return (
        narrower(body, flat, _ARTEFACTS.skin_mm)
        & ~narrower(body, flat, _ARTEFACTS.rim_mm)
        & ~wider(muscle, flat, _ARTEFACTS.skin_mm)
    )


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


def spoils(artefact: ImageArtefact) -> bool:
    """Tell whether a group that an artefact touches cannot be graded."""
    return artefact.share > _ARTEFACTS.largest_share


def artefacts_of(around: Surroundings, scheme: Scheme, failed: Mask) -> Mapping[int, ImageArtefact]:
    """Find the groups that motion or failed fat suppression touches.

    Motion is seen by its ghosts in the air beside the body: where the picture shows none, it is not seen.

    Parameters
    ----------
    around
        What lies around the muscles.
    scheme
        Its groups.
    failed
        Blocks beside fat that is not suppressed, see `unsuppressed`.

    Returns
    -------
    mapping of int to ImageArtefact
        By label, the worse of the two; groups that neither touches are left out.
    """
    every = [group.label for group in scheme.groups]
    limbs = _limbs(scheme)
    size = np.maximum(np.bincount(around.label.ravel(), minlength=256), 1)
    made: dict[int, ImageArtefact] = {}
    ghosted = np.broadcast_to(_ghosted(around), around.label.shape)
    for reason, where, labels, words in (
        (Reason.MOTION, ghosted, every, "at levels with ghosts of motion"),
        (Reason.FAT_SUPPRESSION, failed, limbs, "beside fat that is not suppressed"),
    ):
        share = np.bincount(around.label[where], minlength=256) / size
        for label in labels:
            own = float(share[label])
            if own > _ARTEFACTS.least_share and (label not in made or own > made[label].share):
                made[label] = ImageArtefact(reason, own, f"{100 * own:.0f} % of the group lies {words}.")
    return made


def _ghosted(around: Surroundings) -> Mask:
    """Tell for each level of the body whether the air beside it holds ghosts, shape (k,)."""
    from scipy import ndimage

    bright = np.full(around.air.shape[2], np.nan)
    for level in np.flatnonzero(around.air.sum(axis=(0, 1)) >= _ARTEFACTS.least_air):
        air = around.ratio[:, :, level][around.air[:, :, level]]
        bright[level] = np.quantile(air, 1 - _ARTEFACTS.ghost_share)
    seen = np.flatnonzero(~np.isnan(bright))
    if seen.size == 0:
        return np.zeros(bright.size, dtype=bool)
    # Ghosts may be so bright that no air is left: such levels lie between those that show it.
    bright = np.interp(np.arange(bright.size), seen, bright[seen])
    found = bright > float(np.quantile(bright, 0.25)) + _ARTEFACTS.ghost_ratio
    # What moves does so over centimetres: one bright level alone is something else.
    made: Mask = ndimage.binary_opening(
        found, np.ones(max(1, round(_ARTEFACTS.ghost_mm / around.spacing[2])), dtype=bool)
    )
    return made


def unsuppressed(around: Surroundings, scheme: Scheme) -> Mask:
    """Tell which blocks lie in a region whose fat is not suppressed.

    Parameters
    ----------
    around
        What lies around the muscles.
    scheme
        Its groups.
    """
    limbs = _limbs(scheme)
    beside = around.subcutis & wider(np.isin(around.label, limbs), around.spacing, _ARTEFACTS.beside_mm)
    place = np.nonzero(beside)
    value = around.ratio[place]
    regions = _regions(around)
    of_block = regions[place[0], place[2]]
    made = np.zeros(int(regions.max()) + 1, dtype=bool)
    for region in np.flatnonzero(np.bincount(of_block, minlength=made.size) >= _ARTEFACTS.least_fat):
        made[region] = np.quantile(value[of_block == region], _ARTEFACTS.fat_quantile) > _ARTEFACTS.fat_ratio
    return np.broadcast_to(made[regions][:, None, :], around.label.shape)


def _limbs(scheme: Scheme) -> list[int]:
    """Return all groups but those of neck and trunk, which lie beside organs, brain and cord as much as beside fat.

    Where the scheme does not say where a group lies, it is looked at: better not graded than graded wrong.
    """
    return [group.label for group in scheme.groups if group.segment is None or not group.segment.axial]


def _regions(around: Surroundings) -> NDArray[np.intp]:
    """Return the number of the region at each place across and along the body, shape (i, k)."""
    across, along = (
        (np.arange(around.label.shape[axis]) * around.spacing[axis] // _ARTEFACTS.fat_region_mm).astype(np.intp)
        for axis in (0, 2)
    )
    made: NDArray[np.intp] = across[:, None] * (along.max() + 1) + along[None, :]
    return made


def metal_voids(scan: Volume, groups: NDArray[np.uint8], around: Surroundings) -> Mask:
    """Find the voxels of muscle that lie in or about a void that metal leaves.

    There is no signal at all where muscle lies, and a bright rim where the shifted signal piles up. Bone, gas and air
    are dark too, but no bright rim is about them, or they do not lie in muscle; fat that has replaced muscle is
    brighter than air.

    Parameters
    ----------
    scan, groups
        The scan as multiples of normal muscle, stored canonically, and the label of each voxel.
    around
        What lies around the muscles, for the brightness of air.

    Returns
    -------
    ndarray of bool
        The spoilt voxels, shape (i, j, k).
    """
    from scipy import ndimage

    thin = tuple(3 if mm <= 2 * min(scan.spacing) else 1 for mm in scan.spacing)
    smooth = ndimage.uniform_filter(scan.data, thin)
    dark = smooth < _VOIDS.dark_ratio
    # What is thinner than the filter is a border, or compact bone.
    core = ndimage.minimum_filter((dark & (groups > 0)).view(np.uint8), thin) > 0
    parts, _ = ndimage.label(ndimage.maximum_filter(core.view(np.uint8), thin) > 0)
    air = float(np.median(around.ratio[around.air])) if around.air.any() else 0.0
    spoilt = np.zeros(groups.shape, bool)
    margin = [int(np.ceil(max(_VOIDS.rim_mm, _VOIDS.around_mm) / mm)) for mm in scan.spacing]
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        i, j, k = (slice(max(0, one.start - m), one.stop + m) for one, m in zip(box, margin, strict=True))
        own, seen = parts[i, j, k] == number, smooth[i, j, k]
        if own.sum() * scan.voxel_ml < _VOIDS.least_ml:
            continue
        if float(np.median(seen[own])) > max(_VOIDS.air_ratio * air, 0.05):
            continue
        rim = wider(own, scan.spacing, _VOIDS.rim_mm) & ~dark[i, j, k]
        if rim.any() and float(np.mean(seen[rim] > _VOIDS.bright_ratio)) >= _VOIDS.bright_rim:
            spoilt[i, j, k] |= wider(own, scan.spacing, _VOIDS.around_mm)
    return spoilt & (groups > 0)


def unassessable(scan: Volume, muscle: Muscle, labels: LabelMap, views: Views) -> dict[int, tuple[Reason, str]]:
    """Find the groups that cannot be graded.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle
        Its labelled voxels.
    labels
        The outlines, with the groups known to lie outside.
    views
        How much of the groups is in view.

    Returns
    -------
    dict of int to tuple of Reason and str
        Label to the reason and a sentence.
    """
    made: dict[int, tuple[Reason, str]] = {}
    rule = labels.scheme.grading
    near_seam = _near_seam(scan, muscle)
    for group in labels.scheme.groups:
        own = muscle.label == group.label
        size = int(own.sum())
        if size:
            views = views.with_edge(group.label, muscle.index[own], muscle.shape)
        if group.label in labels.outside:
            made[group.label] = (
                Reason.OUTSIDE,
                views.too_little(group.label)
                or "The group lies outside the field of view, wholly or for the larger part.",
            )
        elif size == 0:
            made[group.label] = Reason.OUTSIDE, "No voxel of the group was found in the picture."
        elif size < rule.minimum_voxels:
            made[group.label] = (
                Reason.TOO_SMALL,
                f"The group has {size} voxels; at least {rule.minimum_voxels} are needed.",
            )
        elif (gap := float(np.mean(muscle.raw[own] == 0))) > _LIMITS.gap_share:
            made[group.label] = Reason.SEAM, f"{100 * gap:.0f} % of the group lies in a gap without signal."
        elif (seam := float(near_seam[own].mean())) > _LIMITS.seam_share:
            made[group.label] = (
                Reason.SEAM,
                f"{100 * seam:.0f} % of the group lies within {_LIMITS.seam_mm:g} mm of a seam.",
            )
        elif (cut := views.too_little(group.label)) is not None:
            made[group.label] = Reason.OUTSIDE, cut
    return made


def _near_seam(scan: Volume, muscle: Muscle) -> NDArray[np.bool_]:
    near = np.zeros(len(muscle.index), dtype=bool)
    if not scan.acquisition.seams_mm:
        return near
    height = scan.grid.points(muscle.index) @ scan.long_axis
    for seam in scan.acquisition.seams_mm:
        near |= np.abs(height - seam) < _LIMITS.seam_mm
    return near
