"""The borders of labels within one plane, computed once for all slices so that scrolling only has to show them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]

LINE_MM = 1.3
"""Borders are about as wide as this: voxels that are larger are divided before."""

MOST_PARTS = 5
"""Into how many parts a voxel is divided at most."""


class Edges:
    """The borders in all slices of one plane.

    Parameters
    ----------
    labels
        Shape (a, b, c); not copied, so that `update` sees what became of them.
    spacing
        Distance between voxels in mm.
    plane
        The axis across the plane, and the two axes in it.
    """

    def __init__(self, labels: Labels, spacing: Sequence[float], plane: tuple[int, int, int]) -> None:
        self._labels = labels
        self._plane = plane
        self.parts = tuple(
            1 if axis == plane[0] else int(np.clip(round(step / LINE_MM), 1, MOST_PARTS))
            for axis, step in enumerate(spacing)
        )
        self.data = self._of(labels)

    def update(self, box: tuple[slice, ...]) -> None:
        """Follow a change of the labels in a box; its borders reach one voxel beyond it."""
        grown, seen = (
            tuple(
                part if axis == self._plane[0] else slice(max(0, part.start - by), min(part.stop + by, size))
                for axis, (part, size) in enumerate(zip(box, self._labels.shape, strict=True))
            )
            for by in (1, 2)
        )
        fresh = self._of(self._labels[seen])
        target, source = [], []
        for inner, outer, parts in zip(grown, seen, self.parts, strict=True):
            target.append(slice(inner.start * parts, inner.stop * parts))
            source.append(slice((inner.start - outer.start) * parts, (inner.stop - outer.start) * parts))
        self.data[tuple(target)] = fresh[tuple(source)]

    def _of(self, labels: Labels) -> Labels:
        fine = labels
        for axis, parts in enumerate(self.parts):
            fine = np.repeat(fine, parts, axis) if parts > 1 else fine
        inside = np.ones(fine.shape, dtype=bool)
        for axis in self._plane[1:]:
            same = fine[_cut(axis, 1, None)] == fine[_cut(axis, None, -1)]
            inside[_cut(axis, 1, None)] &= same
            inside[_cut(axis, None, -1)] &= same
        return np.where(inside, np.uint8(0), fine)


def _cut(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    """Index a three-dimensional array along one axis."""
    return tuple(slice(start, stop) if here == axis else slice(None) for here in range(3))
