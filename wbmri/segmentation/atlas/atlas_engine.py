"""The engine ``atlas``: place the model body level by level, bend it onto the scan, keep labels inside lean tissue."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Progress, Step, Volume, canonical, part
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.registration import WORKING_MM, demons_parameters, lean_share
from wbmri.segmentation.atlas.alignment import RegisteredBody, register_body, sample
from wbmri.segmentation.engine import check_pairs

_LEAN_ENOUGH = 0.4
"""Voxels of the scan with less lean tissue are not muscle: labels do not extend into them."""


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
            If the pairs of the scheme are not those of ``jdm42``, or the volume shows no body.
        """
        check_pairs(scheme, load_scheme(), f"the engine {self.name}")
        stored = canonical(volume)
        registered = register_body(stored, part(progress, 0.0, 0.85))
        progress(0.85, "drawing the outlines")
        labels = _labels_on(stored, registered)
        aligned = registered.aligned
        seen = aligned.share_in_view
        outside = aligned.outside()
        # Of a group that the field of view cuts, what is in the picture stays; what cannot be there was mistaken.
        labels[np.isin(labels, sorted(aligned.unseen()))] = 0
        confidence = _confidence(registered, seen)
        step = Step(
            "segment",
            {
                "engine": self.name,
                "working_mm": WORKING_MM,
                "lean_level": aligned.lean_level,
                "stature_mm": aligned.levels.stature_mm,
                "profile_cost": round(aligned.levels.cost, 6),
                "bending": demons_parameters(),
            },
        )
        return LabelMap(
            volume.grid.stored_as("RAS").undo(labels),
            volume.affine,
            scheme,
            self.name,
            confidence={label: 0.0 if label in outside else value for label, value in confidence.items()},
            outside=outside,
            provenance=(*volume.provenance, step),
        )


def _labels_on(volume: Volume, registered: RegisteredBody) -> NDArray[np.uint8]:
    """Carry the model's labels to the volume's own grid, where its voxels are lean tissue."""
    labels = np.zeros(volume.shape, np.uint8)
    aligned = registered.aligned
    into = volume.grid.index_map(aligned.scan.grid)
    for i in range(volume.shape[0]):
        jk = np.argwhere(lean_share(volume.data[i], aligned.lean_level) > _LEAN_ENOUGH)
        if not len(jk):
            continue
        working = (jk @ into[:3, 1:3].T + into[:3, 0] * i + into[:3, 3]).T.astype(np.float32)
        labels[i, jk[:, 0], jk[:, 1]] = sample(aligned.model.labels, registered.index_at(working), order=0)
    return labels


def _confidence(registered: RegisteredBody, seen: dict[int, float]) -> dict[int, float]:
    """Return for each group the share of its outline's surroundings in which scan and bent model agree.

    Measured as the Dice overlap of lean tissue within 3 working voxels of the group, times the share in view.
    """
    from scipy import ndimage

    model = registered.aligned.model
    labels = sample(model.labels, registered.index, order=0).astype(np.uint8)
    lean = sample(model.lean.data, registered.index, order=1)
    out = {}
    for label, box in enumerate(ndimage.find_objects(labels, max_label=max(seen)), start=1):
        if box is None:
            out[label] = 0.0
            continue
        around = tuple(slice(max(0, s.start - 3), s.stop + 3) for s in box)
        near = ndimage.binary_dilation(labels[around] == label, iterations=3)
        a, b = registered.aligned.scan.data[around][near], lean[around][near]
        out[label] = float(np.clip(2 * np.minimum(a, b).sum() / max(float((a + b).sum()), 1e-6), 0, 1)) * seen[label]
    return out
