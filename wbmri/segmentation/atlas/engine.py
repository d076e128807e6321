"""The engine ``atlas``: place the model body level by level, bend it onto the scan, keep labels inside lean tissue."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.labelmap import LabelMap
from wbmri.progress import Progress
from wbmri.provenance import Step
from wbmri.scheme import DEFAULT_SCHEME, Scheme
from wbmri.segmentation.atlas.bending import PARAMETERS, bend
from wbmri.segmentation.atlas.profile import Levels, Profile, match_levels
from wbmri.segmentation.atlas.tissue import WORKING_MM, Lean, Model, lean_of_volume, lean_share, model_body
from wbmri.volume import Volume, canonical

_LEAN_ENOUGH = 0.4
"""Voxels of the scan with less lean tissue are not muscle: labels do not extend into them."""
_WHOLLY_SEEN = 0.5
"""A group of which less than this share of the model's lies within the scanned levels is outside."""


class AtlasEngine:
    """Places the 42 groups of ``jdm42`` by laying a model body over the scan."""

    name = "atlas"
    description = "a model body laid over the scan and bent onto it; whole-body or partial STIR"
    needs = ""

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups on the volume's grid.

        Raises
        ------
        InputError
            If the scheme is not ``jdm42``, or the volume shows no body.
        """
        if scheme.name != DEFAULT_SCHEME:
            raise InputError(
                f"the scheme {scheme.name} for the engine {self.name}",
                f"the scheme {DEFAULT_SCHEME}",
                "use --engine labels with a label map of that scheme",
            )
        progress(0.0, "drawing the model body")
        model = model_body()
        progress(0.1, "finding the body")
        stored = canonical(volume)
        scan, level = lean_of_volume(stored)
        progress(0.15, "placing the body")
        levels = match_levels(Profile.of(scan), Profile.of(model.lean), WORKING_MM)
        placed = _placed(levels, scan, model)
        moving = _sample(model.lean.data, placed, order=1)
        displacement = bend(scan.data, moving, lambda done: progress(0.2 + 0.65 * done, "bending the body"))
        progress(0.85, "drawing the outlines")
        # The model index of every working voxel, through the bending and the placing.
        bent = np.stack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in scan.data.shape), indexing="ij"))
        bent += np.moveaxis(displacement, -1, 0)
        index = np.stack([_sample(axis, bent, order=1, outside="nearest") for axis in placed])
        labels = _labels_on(stored, scan, index, model.labels, level)
        seen = _share_in_view(levels, model.labels, scheme)
        outside = frozenset(label for label, share in seen.items() if share < _WHOLLY_SEEN)
        labels[np.isin(labels, sorted(outside))] = 0
        confidence = _confidence(scan, index, model, seen)
        step = Step(
            "segment",
            {
                "engine": self.name,
                "working_mm": WORKING_MM,
                "lean_level": level,
                "stature_mm": levels.stature_mm,
                "profile_cost": round(levels.cost, 6),
                "bending": PARAMETERS,
            },
        )
        return LabelMap(
            _as_stored(labels, stored, volume),
            volume.affine,
            scheme,
            self.name,
            confidence={label: 0.0 if label in outside else value for label, value in confidence.items()},
            outside=outside,
            provenance=(*volume.provenance, step),
        )


def _placed(levels: Levels, scan: Lean, model: Model) -> NDArray[np.float32]:
    """Return the model index for every voxel of the scan after level-by-level placing, shape (3, x, y, z)."""
    shape = scan.data.shape
    out = np.empty((3, *shape), np.float32)
    for axis in (0, 1):
        place = scan.origin[axis] + scan.spacing_mm * np.arange(shape[axis])
        mm = (place[:, None] - levels.scan_centre[axis]) * levels.stretch[axis] + levels.model_centre[axis]
        index = (mm - model.lean.origin[axis]) / model.lean.spacing_mm
        out[axis] = index[:, None, :] if axis == 0 else index[None, :, :]
    out[2] = levels.model_level
    return out


def _sample(
    values: NDArray[Any], index: NDArray[np.float32], order: int, outside: Literal["constant", "nearest"] = "constant"
) -> NDArray[np.float32]:
    from scipy import ndimage

    sampled: NDArray[np.float32] = ndimage.map_coordinates(  # type: ignore[call-overload]  # order is 0 or 1 here
        values, index, order=order, mode=outside, prefilter=False
    )
    return sampled


def _labels_on(
    volume: Volume, scan: Lean, index: NDArray[np.float32], model_labels: NDArray[np.uint8], level: float
) -> NDArray[np.uint8]:
    """Carry the model's labels to the volume's own grid, where its voxels are lean tissue."""
    labels = np.zeros(volume.shape, np.uint8)
    into = volume.affine.copy()
    into[:3, 3] -= scan.origin
    into[:3] /= scan.spacing_mm
    for i in range(volume.shape[0]):
        jk = np.argwhere(lean_share(volume.data[i], level) > _LEAN_ENOUGH)
        if not len(jk):
            continue
        working = (jk @ into[:3, 1:3].T + into[:3, 0] * i + into[:3, 3]).T.astype(np.float32)
        model = np.stack([_sample(axis, working, order=1, outside="nearest") for axis in index])
        labels[i, jk[:, 0], jk[:, 1]] = _sample(model_labels, model, order=0)
    return labels


def _share_in_view(levels: Levels, model_labels: NDArray[np.uint8], scheme: Scheme) -> dict[int, float]:
    """Return how much of each group lies between the lowest and the highest scanned level."""
    low, high = levels.model_level[0], levels.model_level[-1]
    seen = slice(max(0, int(np.ceil(low))), max(0, int(high) + 1))
    size = len(scheme.groups) + 1
    every = np.bincount(model_labels.ravel(), minlength=size)
    inside = np.bincount(model_labels[:, :, seen].ravel(), minlength=size)
    return {group.label: float(inside[group.label] / every[group.label]) for group in scheme.groups}


def _confidence(scan: Lean, index: NDArray[np.float32], model: Model, seen: dict[int, float]) -> dict[int, float]:
    """Return for each group the share of its outline's surroundings in which scan and bent model agree.

    Measured as the Dice overlap of lean tissue within 3 working voxels of the group, times the share in view.
    """
    from scipy import ndimage

    labels = _sample(model.labels, index, order=0).astype(np.uint8)
    lean = _sample(model.lean.data, index, order=1)
    out = {}
    for label, box in enumerate(ndimage.find_objects(labels, max_label=max(seen)), start=1):
        if box is None:
            out[label] = 0.0
            continue
        around = tuple(slice(max(0, s.start - 3), s.stop + 3) for s in box)
        near = ndimage.binary_dilation(labels[around] == label, iterations=3)
        a, b = scan.data[around][near], lean[around][near]
        out[label] = float(np.clip(2 * np.minimum(a, b).sum() / max(float((a + b).sum()), 1e-6), 0, 1)) * seen[label]
    return out


def _as_stored(labels: NDArray[np.uint8], stored: Volume, volume: Volume) -> NDArray[np.uint8]:
    """Undo the canonical storage: return the labels in the order of the volume's own axes."""
    from nibabel.orientations import apply_orientation, io_orientation, ornt_transform

    back = ornt_transform(io_orientation(stored.affine), io_orientation(volume.affine))
    restored: NDArray[np.uint8] = apply_orientation(labels, back)
    return restored
