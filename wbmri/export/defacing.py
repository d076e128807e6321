"""Taking the face out of a scan: all that lies before a plane from the brows to the chin, but for the muscles.

The plane and the sides of what is taken out do not follow the face, and the air before it goes, too: nothing of its
shape is left. Where chin and brows are is told by the outlines of the neck, which reach up to the base of the skull,
and by how far the head rises above them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, LabelMap, Step, Volume

FACE_REMOVED = (
    "The program found the face and set it to 0; nobody has looked whether all of it is gone. Ears, the rest of the "
    "body and whatever was burnt into the source are still there: look at the images before you give them away."
)
NO_HEAD = "There is no head in the scan, so no face was removed."

_NECK = ("neck_flexors", "neck_extensors")
_SHOULDERS = ("trapezius", "deltoid", "rotator_cuff", "pectoral")
_UPPER_MM = 25.0
"""The upper end of the neck's outlines, which lies between the ears."""
_CHIN = 0.6
"""How far the chin lies below the base of the skull, as a share of the height of the vertex above that."""
_BROWS = 0.65
"""The same of the brows, above it."""
_DEEP = 0.2
"""How far the plane lies behind the forehead at the brows, likewise: a turned head has an eye further back."""
_SIDES = 0.85
"""How far to each side it reaches, likewise; heads are narrower."""
_LEAST_HEAD_MM, _HEAD_MM, _LARGEST_HEAD_MM = 70.0, 150.0, 190.0
"""Height of the vertex above the base of the skull: the least and most it can be, and what it is taken for where the
scan does not show it."""
_CHIN_ABOVE_COLLARBONES_MM = 50.0
"""Where the scan ends within the neck, a chin lies no lower than so far above the lower end of its outlines."""
_BRIGHT = 0.15
"""Share of the brightest voxels by which the head is told from air."""
_LEAST_AREA_MM2 = 1500.0
_RISE_MM = 60.0
"""What rises so far above the shoulders is a head."""


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is, in RAS mm: above `chin` and before a plane, to each side of the head's middle.

    Parameters
    ----------
    chin
        Height of the chin.
    middle
        Where the middle of the head lies from left to right.
    half_width
        How far it reaches to each side.
    front
        Where the plane lies at the height of the chin: between the ears.
    slope
        How far the plane comes forward with each mm upwards.
    """

    chin: float
    middle: float
    half_width: float
    front: float
    slope: float

    def holds(self, grid: Grid) -> NDArray[np.bool_]:
        """Return which voxels of a grid lie in the face or before it, shape of the grid."""
        x, y, z = (grid.along(axis) for axis in range(3))
        beside = np.abs(x - self.middle) <= self.half_width
        inside: NDArray[np.bool_] = (z >= self.chin) & (y >= self.front + self.slope * (z - self.chin)) & beside
        return inside


def deface(volume: Volume, labels: LabelMap) -> Volume | None:
    """Return a scan without its face, or ``None`` if it shows none.

    Voxels of muscles stay as they are, also where outlines reach into the face.

    Parameters
    ----------
    volume
        The scan.
    labels
        Its outlines.

    Returns
    -------
    Volume or None
        The same with 0 where the face was. Ears and the back of the head stay.

    Raises
    ------
    InputError
        If there is a head, and no outline of the neck by which its face could be found.
    """
    face = _find(volume, labels)
    if face is None:
        return None
    gone = face.holds(volume.grid) & (labels.data == 0)
    if not gone.any():
        return None
    data = volume.data.copy()
    data[gone] = 0
    found = {name: round(float(getattr(face, name)), 2) for name in Face.__dataclass_fields__}
    return replace(volume, data=data, provenance=(*volume.provenance, Step("deface", found)))


def _points(labels: LabelMap, pairs: tuple[str, ...]) -> NDArray[np.float64]:
    wanted = [group.label for group in labels.scheme.groups if group.pair.id in pairs]
    return labels.grid.points(np.argwhere(np.isin(labels.data, wanted)))


def _find(volume: Volume, labels: LabelMap) -> Face | None:
    neck = _points(labels, _NECK)
    height = volume.grid.along(2)
    top_of_scan = float(height.max())
    if not len(neck):
        shoulders = _points(labels, _SHOULDERS)
        if len(shoulders) and top_of_scan - shoulders[:, 2].max() > _RISE_MM:
            raise InputError(
                "a scan with shoulders and what is above them, but no outlines of the neck, to be defaced",
                "outlines of the neck, by which the face is found",
                "draw them in 'wbmri review', or have another program remove the face",
            )
        return None
    skull = float(np.percentile(neck[:, 2], 99.5))
    upper = neck[neck[:, 2] > skull - _UPPER_MM]
    middle, ears = float(np.median(upper[:, 0])), float(np.median(upper[:, 1]))
    near = (height > skull - _UPPER_MM) & (np.abs(volume.grid.along(0) - middle) < _HEAD_MM)
    bright = near & (volume.data > _BRIGHT * np.percentile(volume.data[near], 99))
    head = _vertex(height[bright], volume.grid) - skull
    whole = top_of_scan - skull - head > volume.grid.spacing[int(np.argmax(np.abs(volume.grid.directions[2])))]
    size = float(np.clip(head, _LEAST_HEAD_MM, _LARGEST_HEAD_MM)) if whole else _HEAD_MM
    chin = skull - _CHIN * size
    if top_of_scan - skull < _UPPER_MM:
        # The neck itself may be cut: its upper end is then no base of a skull.
        chin = min(chin, float(neck[:, 2].min()) + _CHIN_ABOVE_COLLARBONES_MM)
    if chin >= top_of_scan:
        return None
    brows = skull + _BROWS * size
    slope = 0.0
    if whole:
        there = bright & (np.abs(height - brows) < 0.1 * size)
        surface = float(np.percentile(volume.grid.along(1)[there], 98))
        slope = max((surface - _DEEP * size - ears) / (brows - chin), 0.0)
    return Face(chin, middle, _SIDES * size, ears, slope)


def _vertex(heights: NDArray[np.float32], grid: Grid) -> float:
    """Return the height up to which levels have more than a few voxels in them."""
    step = 2.0 * max(grid.spacing)
    levels = np.floor(heights / step).astype(np.int64)
    first = int(levels.min())
    counts = np.bincount(levels - first)
    full = np.flatnonzero(counts * np.prod(grid.spacing) / step > _LEAST_AREA_MM2)
    return float((full[-1] + first + 1) * step) if full.size else float(heights.min())
