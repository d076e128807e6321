"""Groups that a given label map lacks, filled in from an engine's, without touching a voxel that was given."""

import numpy as np
from numpy.typing import NDArray

from wbmri.labelmap import LabelMap
from wbmri.provenance import Json, Step
from wbmri.segmentation.given import Given
from wbmri.volume import Volume

_SHELL_MM = 5.0
"""What the engine adds beside a given outline is taken only where it is thicker than twice this: a thinner shell is
disagreement about an edge, not a muscle that is missing."""


def lacking(given: Given) -> frozenset[int]:
    """Return the labels of the groups that a given map does not hold, or not wholly."""
    return given.labels.outside | given.partly


def fill(given: Given, made: LabelMap, volume: Volume) -> LabelMap:
    """Complete a given label map.

    A group that was not given comes from the engine whole; of a group that was given in part, the engine adds what
    lies apart from the given outline. No voxel about which the given map says anything is changed.

    Parameters
    ----------
    given
        The given map.
    made
        The engine's labels of the same scheme, on the same grid.
    volume
        The scan both belong to.

    Returns
    -------
    LabelMap
        With the origin of each group: the name of the engine that made its outline, joined by ``+`` where two did.

    Raises
    ------
    InputError
        If the engine's labels are on another grid.
    """
    made.check_grid(volume)
    data = given.labels.data.copy()
    origin: dict[int, str] = {}
    confidence = dict(given.labels.confidence)
    outside = set(given.labels.outside)
    free = ~given.taken
    for group in given.labels.scheme.groups:
        label = group.label
        if label not in given.labels.outside:
            origin[label] = given.labels.engine
        if label not in lacking(given) or label in made.outside:
            continue
        there = (made.data == label) & free
        if label in given.partly:
            there = _thick(there, volume)
        added = int(np.count_nonzero(there))
        if not added:
            continue
        kept = int(np.count_nonzero(data == label))
        data[there] = label
        sure = made.confidence.get(label, 0.0)
        confidence[label] = (confidence.get(label, 0.0) * kept + sure * added) / (kept + added)
        origin[label] = f"{origin[label]}+{made.engine}" if kept else made.engine
        outside.discard(label)
    sources: dict[str, Json] = {given.labels.scheme.group(label).id: source for label, source in origin.items()}
    steps = [step for step in made.provenance if step not in given.labels.provenance]
    return LabelMap(
        data,
        given.labels.affine,
        given.labels.scheme,
        given.labels.engine,
        confidence,
        frozenset(outside),
        origin,
        (*given.labels.provenance, *steps, Step("fill", {"shell_mm": _SHELL_MM, "origin": sources})),
    )


def _thick(mask: NDArray[np.bool_], volume: Volume) -> NDArray[np.bool_]:
    """Return the parts of a mask that are thicker than a shell."""
    from scipy import ndimage

    box = ndimage.find_objects(mask.view(np.uint8))
    if not box:
        return mask
    part = mask[box[0]]
    padded = np.pad(part, 1)
    core = ndimage.distance_transform_edt(padded, sampling=volume.spacing) > _SHELL_MM
    near = ndimage.distance_transform_edt(~core, sampling=volume.spacing) <= _SHELL_MM if core.any() else core
    thick = np.zeros_like(mask)
    thick[box[0]] = part & near[1:-1, 1:-1, 1:-1]
    return thick
