"""The outlines as they lie on the screen: where each group is, and its borders within each plane."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
from napari_wbmri.viewer.marks import Mark, Standing, rgb_of
from wbmri.review.label_editor import LabelChange

Labels = NDArray[np.uint8]

LINE_MM = 1.3
"""Borders are about as wide as this: voxels that are larger are divided before."""

CLEAR = (0.0, 0.0, 0.0, 0.0)
CHOSEN = (1.0, 1.0, 1.0, 1.0)

_PAINTS = tuple((grade, given) for grade in (None, 0, 1, 2) for given in (False, True))
"""What contours are painted as, from 1 on: a grade, and whether it was given or is only suggested."""

_WHITE = len(_PAINTS) + 1

MOST_PARTS = 5
"""Into how many parts a voxel is divided at most."""


class Edges:
    """The borders in all slices of one plane: an array for napari, of which only what is asked for is computed.

    Parameters
    ----------
    labels
        Shape (a, b, c); not copied, so that what is asked for later follows what became of them.
    spacing
        Distance between voxels in mm.
    plane
        The axis across the plane, and the two axes in it.
    paint
        By label, what stands for its border; not copied. By default the label itself.
    """

    ndim = 3
    dtype = np.dtype(np.uint8)

    def __init__(
        self, labels: Labels, spacing: Sequence[float], plane: tuple[int, int, int], paint: Labels | None = None
    ) -> None:
        self._labels = labels
        self._paint = np.arange(256, dtype=np.uint8) if paint is None else paint
        self._plane = plane
        self.parts = tuple(
            1 if axis == plane[0] else int(np.clip(round(step / LINE_MM), 1, MOST_PARTS))
            for axis, step in enumerate(spacing)
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape once large voxels are divided."""
        return tuple(size * parts for size, parts in zip(self._labels.shape, self.parts, strict=True))

    @property
    def size(self) -> int:
        """How many voxels these are."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes that are kept: none."""
        return 0

    def __getitem__(self, asked: Any) -> Labels:
        wanted = list(asked) if isinstance(asked, tuple) else [asked]
        if not all(isinstance(part, int | np.integer | slice) for part in wanted):
            return np.asarray(self._of(self._labels)[asked])
        seen = [slice(None)] * self.ndim
        for axis, part in enumerate(wanted):
            if not isinstance(part, slice):
                place, parts = range(self.shape[axis])[int(part)], self.parts[axis]
                # In the plane, borders depend on the voxels beside.
                reach = 0 if axis == self._plane[0] else 1
                first = max(place // parts - reach, 0)
                seen[axis], wanted[axis] = slice(first, place // parts + 1 + reach), place - first * parts
        return np.asarray(self._of(self._labels[tuple(seen)])[tuple(wanted)])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return self._of(self._labels).astype(dtype or self.dtype)

    def _of(self, labels: Labels) -> Labels:
        fine = labels
        for axis, parts in enumerate(self.parts):
            fine = np.repeat(fine, parts, axis) if parts > 1 else fine
        border = np.zeros(fine.shape, dtype=bool)
        for axis in self._plane[1:]:
            other = fine[_cut(axis, 1, None)] != fine[_cut(axis, None, -1)]
            border[_cut(axis, 1, None)] |= other
            border[_cut(axis, None, -1)] |= other
        drawn = np.zeros(fine.shape, np.uint8)
        drawn[border] = self._paint[fine[border]]
        return drawn


class Contours(Enum):
    """Which outlines are drawn."""

    ALL = "all contours"
    CHOSEN = "this group's contour"
    NONE = "no contours"


class ContourPaint:
    """The colours of the contours. They stay; which of them a group has changes: other colours are other shaders.

    Attributes
    ----------
    palette
        Every colour there is, by what stands for it; ``None`` is what nothing else stands for.
    codes
        What stands for the colour of each label, shape (256,); changed in place.
    """

    def __init__(self) -> None:
        self.palette: dict[int | None, tuple[float, ...]] = {None: CLEAR, 0: CLEAR, _WHITE: CHOSEN}
        for code, (grade, given) in enumerate(_PAINTS, start=1):
            self.palette[code] = (*rgb_of(grade), 0.95 if given else 0.6)
        self.codes = np.zeros(256, np.uint8)

    def choose(self, contours: Contours, marks: Mapping[int, Mark], label: int) -> bool:
        """Give every group the colour of its mark, the one that is read white; return whether that changed any."""
        codes = np.zeros_like(self.codes)
        if contours is Contours.ALL:
            for one, mark in marks.items():
                codes[one] = _PAINTS.index((mark.grade, mark.standing is Standing.GIVEN)) + 1
        codes[label] = _WHITE if label else 0
        changed = bool((codes != self.codes).any())
        self.codes[:] = codes
        return changed


class ShownLabels:
    """The outlines of one scan on the screen's grid; every view of the scan shows the same ones.

    Parameters
    ----------
    labels
        Labels on the stored grid; copied, and `change` keeps the copy up to date.
    grid
        Where the stored grid lies on the screen.
    """

    def __init__(self, labels: Labels, grid: DisplayGrid) -> None:
        self._stored = np.array(labels, dtype=np.uint8)
        self._grid = grid
        self.data: Labels = grid.shown(self._stored)
        self._boxes: dict[int, tuple[slice, ...]] = {}

    def change(self, change: LabelChange) -> None:
        """Follow a change of the outlines."""
        change.apply(self._stored)
        for label in change.labels:
            self._boxes.pop(label, None)

    def lines(self, plane: str, paint: Labels) -> dict[str, Any]:
        """Return what a napari layer needs that shows the borders within a plane, painted by label."""
        edges, step = Edges(self.data, self._grid.spacing, PLANES[plane], paint), np.array(self._grid.spacing)
        part = step / edges.parts
        translate = tuple(self._grid.origin - (step - part) / 2)
        return self._grid.layer() | {"data": edges, "scale": tuple(part), "translate": translate}

    def box(self, label: int) -> tuple[slice, ...] | None:
        """Return the box of a group on the screen's grid; ``None`` where it has no voxels."""
        if not self._boxes:
            from scipy.ndimage import find_objects

            found = find_objects(self.data, max_label=255)
            self._boxes = {label: box for label, box in enumerate(found, start=1) if box is not None}
        elif label not in self._boxes:
            places = np.nonzero(self.data == label)
            if places[0].size:
                self._boxes[label] = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in places)
        return self._boxes.get(label)

    def middle(self, label: int, plane: str) -> tuple[float, float, float] | None:
        """Return the point on the screen to look at a group from: its middle, in the slice that shows most of it."""
        box = self.box(label)
        if box is None:
            return None
        inside = self.data[box] == label
        across = PLANES[plane][0]
        others = tuple(axis for axis in range(3) if axis != across)
        best = int(np.argmax(np.count_nonzero(inside, axis=others)))
        index = [(part.start + part.stop - 1) / 2 for part in box]
        index[across] = box[across].start + best
        return self._grid.point(index)


def _cut(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    """Index a three-dimensional array along one axis."""
    return tuple(slice(start, stop) if here == axis else slice(None) for here in range(3))
