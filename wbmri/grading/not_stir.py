"""Whether a scan is STIR at all: by what its header says of the sequence, and by how bright fat and fluid are.

On STIR fat is darker than muscle and fluid brighter than anything. Fat is bright without suppression, whether T1- or
T2-weighted; a dark line runs between muscle and fat where water and fat are opposed in phase; fluid is dark on the
water images of a Dixon gradient echo as on anything T1-weighted. None of this needs a healthy muscle: fat is compared
with muscle, which oedema makes brighter, and fluid with brain.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading.bright_subcutis import Subcutis
from wbmri.grading.image_artefacts import narrower
from wbmri.grading.parameters import PARAMETERS

_SEQUENCE = PARAMETERS.sequence

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NotStir:
    """Why a scan is taken for another sequence.

    Parameters
    ----------
    sentence
        What a reader is told.
    certain
        Whether so much speaks for it that nothing is graded; else every grade has a low confidence.
    """

    sentence: str
    certain: bool


def not_stir(scan: Volume, groups: NDArray[np.uint8], subcutis: Subcutis, scheme: Scheme) -> NotStir | None:
    """Tell whether a scan is another sequence than STIR; ``None`` where nothing says so.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    subcutis
        What lies between skin and muscle.
    scheme
        Its groups.
    """
    ratio = scan.data / np.float32(np.median(scan.data[groups > 0]))
    fat = _fat(ratio, subcutis, scheme)
    lines = _dark_lines(ratio, groups, scan.spacing)
    head = _head(ratio, groups, scan.spacing)
    header = _by_header(scan.acquisition)
    bright = fat is not None and fat >= _SEQUENCE.bright_fat
    opposed = lines >= _SEQUENCE.lines and fat is not None and fat >= _SEQUENCE.opposed_fat
    dark_fluid = head is not None and head.fluid < _SEQUENCE.least_fluid
    dim_brain = head is not None and dark_fluid and head.brain < _SEQUENCE.dim_brain
    if not (bright or opposed or dark_fluid or header):
        return None
    said = [header] if header else []
    if bright or opposed:
        said.append(f"fat all over the body is {fat:.1f} times as bright as muscle")
    if opposed:
        said.append("dark lines run between muscle and fat")
    if dark_fluid:
        said.append("fluid in the head is no brighter than the brain")
    if dim_brain:
        said.append("the brain is hardly brighter than muscle")
    kind = _kind(bright=bright, opposed=opposed, fluid=None if head is None else not dark_fluid)
    sure = fat is not None and fat >= _SEQUENCE.sure_fat
    signs = [bool(header), bright, opposed, dark_fluid, dim_brain, sure]
    named = scan.acquisition.sequence == "STIR" and not header
    # Bright fat alone may be suppression that fails everywhere.
    certain = sum(signs) > 1 or (not named and not bright)
    verdict = "This is not a STIR scan" if certain else "This may not be a STIR scan"
    against = ", though its header names STIR" if named else ""
    end = "no group is graded" if certain else "every grade is a proposal with low confidence"
    seen = ", and ".join(part for part in (", ".join(said[:-1]), said[-1]) if part)
    return NotStir(f"{verdict}{against}: {seen}, as on {kind}; {end}.", certain)


def _kind(*, bright: bool, opposed: bool, fluid: bool | None) -> str:
    """Name the sequence by whether fat is bright, water and fat are opposed, and fluid is bright."""
    if opposed:
        return "an opposed-phase gradient echo"
    if bright and fluid is None:
        return "a T1- or T2-weighted scan without fat suppression"
    if bright:
        return "a T2-weighted scan without fat suppression" if fluid else "a T1-weighted scan"
    if fluid is False:
        return "the water image of a Dixon gradient echo, or another T1-weighted scan with fat suppression"
    return "another sequence"


def _by_header(acquisition: Acquisition) -> str | None:
    """Say what the header holds against STIR, or None."""
    inversion, repetition = acquisition.inversion_time_ms, acquisition.repetition_time_ms
    low, high = _SEQUENCE.inversion_ms
    if inversion is not None and inversion > 0 and not low <= inversion <= high:
        return f"the inversion time of {inversion:g} ms does not null fat"
    if not inversion and repetition is not None and 0 < repetition < _SEQUENCE.least_repetition_ms:
        return f"the repetition time of {repetition:g} ms is too short for an inversion"
    return None


def _fat(ratio: Floats, subcutis: Subcutis, scheme: Scheme) -> float | None:
    """Return how bright the subcutis of the median part of the body is, as a multiple of muscle."""
    value = ratio[tuple(subcutis.index.T)]
    parts: dict[str, list[NDArray[np.intp]]] = {}
    for group in scheme.groups:
        if group.label in subcutis.near:
            parts.setdefault(group.region if group.segment is None else group.segment, []).append(
                subcutis.near[group.label]
            )
    places = [np.unique(np.concatenate(near)) for near in parts.values()]
    seen = [own for own in places if own.size >= PARAMETERS.fat.least_voxels]
    if not seen:
        return None
    return float(np.median([np.quantile(value[own], PARAMETERS.fat.quantile) for own in seen]))


def _dark_lines(ratio: Floats, groups: NDArray[np.uint8], spacing: tuple[float, float, float]) -> float:
    """Return the share of the borders of muscle along which a line is darker than both sides."""
    dark = total = 0
    for axis in (axis for axis in range(3) if spacing[axis] <= _SEQUENCE.thick_slices * min(spacing)):
        image, label = np.moveaxis(ratio, axis, 0), np.moveaxis(groups, axis, 0)
        step = max(1, round(_SEQUENCE.line_mm / spacing[axis]))
        reach = 3 * step
        if label.shape[0] <= 2 * reach:
            continue
        inside, outside = label[reach : -reach - 1] > 0, label[reach + 1 : -reach] > 0
        for way, found in ((1, inside & ~outside), (-1, ~inside & outside)):
            i, j, k = np.nonzero(found)
            edge = i + reach + (way < 0)
            muscle = np.min([image[edge - way * n, j, k] for n in (step, step + 1)], axis=0)
            fat = np.min([image[edge + way * n, j, k] for n in (2 * step + 1, 3 * step)], axis=0)
            line = np.min([image[edge + way * n, j, k] for n in range(step + 2)], axis=0)
            bare = np.all([label[edge + way * n, j, k] == 0 for n in range(1, reach + 1)], axis=0)
            lower = np.minimum(muscle, fat)
            dark += int(
                np.count_nonzero(bare & (lower > _SEQUENCE.line_beside) & (line < _SEQUENCE.line_ratio * lower))
            )
            total += int(np.count_nonzero(bare))
    return dark / total if total else 0.0


@dataclass(frozen=True, slots=True)
class _Head:
    """The brain as a multiple of muscle, and the share of its inside that is much brighter than brain: fluid."""

    brain: float
    fluid: float


def _head(ratio: Floats, groups: NDArray[np.uint8], spacing: tuple[float, float, float]) -> _Head | None:
    """Look at brain and fluid; None where no brain is seen."""
    from scipy import ndimage

    top = int(np.flatnonzero((groups > 0).any(axis=(0, 1))).max()) + 1
    head = ratio[:, :, top:]
    if head.shape[2] * spacing[2] < PARAMETERS.reference.head_mm:
        return None
    thin = tuple(3 if mm <= 2 * min(spacing) else 1 for mm in spacing)
    head = ndimage.uniform_filter(head, thin)
    tissue = head > _SEQUENCE.tissue_ratio
    if not tissue.any():
        return None
    solid = head > _SEQUENCE.brain_share * float(np.quantile(head[tissue], 0.9))
    parts, count = ndimage.label(ndimage.minimum_filter(solid.view(np.uint8), thin) > 0)
    if count == 0:
        return None
    largest = int(np.bincount(parts.ravel())[1:].argmax()) + 1
    brain = (ndimage.maximum_filter((parts == largest).view(np.uint8), thin) > 0) & solid
    volume = float(np.prod(spacing)) / 1000.0
    filled = brain
    for axis in range(3):
        filled = np.stack([ndimage.binary_fill_holes(one) for one in np.moveaxis(filled, axis, 0)], axis=axis)
    flat = (spacing[0], spacing[1] if thin[1] > 1 else 1e5, spacing[2])
    inside = narrower(filled, flat, _SEQUENCE.rim_mm)
    low, high = _SEQUENCE.brain_ml
    if not low <= brain.sum() * volume <= high or inside.sum() * volume < _SEQUENCE.least_inside_ml:
        return None
    middle = float(np.median(head[brain]))
    return _Head(middle, float(np.mean(head[inside] > _SEQUENCE.fluid_ratio * middle)))
