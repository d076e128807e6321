"""The outlines as a reader corrects them, and what the program measures in them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Case
from wbmri.errors import InputError
from wbmri.grading import Regrader
from wbmri.labelmap import LabelMap
from wbmri.reading import GroupReading, Reading
from wbmri.review.brush import Block
from wbmri.review.masks import Labels, MaskChange
from wbmri.volume import Volume

STALE = "The outline was corrected after this was measured."
"""What is said of a corrected group of a scan that cannot be measured anew."""

EDGES = np.linspace(0.0, 4.0, 81)
"""Bins of the histogram of a group, as multiples of normal muscle."""


class Outlines:
    """The label map of a case, changed in place; loaded when first needed.

    Parameters
    ----------
    case
        The case.
    base
        The reading whose evidence holds while an outline is unchanged.
    start
        Loads the outlines before any change.
    changes
        What was changed in earlier sittings, in order.
    """

    def __init__(self, case: Case, base: Reading, start: Callable[[], LabelMap], changes: Iterable[MaskChange]) -> None:
        self._case = case
        self._base = base
        self._start = start
        self._changes = tuple(changes)
        self._measured: dict[int, GroupReading] = {}

    @cached_property
    def volume(self) -> Volume:
        """The scan."""
        return self._case.volume()

    @cached_property
    def map(self) -> LabelMap:
        """The outlines before any change, with what the engine said about them."""
        return self._start()

    @cached_property
    def _labels(self) -> Labels:
        labels = self.map.data.copy()
        for change in self._changes:
            change.apply(labels)
        return labels

    @cached_property
    def _boxes(self) -> dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Where each group lies: its first voxel and the one after its last, along each axis."""
        from scipy import ndimage

        found = ndimage.find_objects(self._labels)
        return {
            label: (np.array([one.start for one in box]), np.array([one.stop for one in box]))
            for label, box in enumerate(found, start=1)
            if box is not None
        }

    @cached_property
    def _regrader(self) -> Regrader | None:
        try:
            return Regrader(self.volume, self.map, self._base)
        except InputError:
            # Not every reading was measured by this program's field and level.
            return None

    @property
    def labels(self) -> Labels:
        """The outlines as they are now; read-only."""
        view = self._labels.view()
        view.flags.writeable = False
        return view

    def prepare(self) -> None:
        """Load what a change needs, so that the first one does not wait for it."""
        if self._boxes and self._regrader is not None:
            # The first measurement also makes the tables that all use.
            label = min(self._boxes, key=lambda one: int(np.prod(self._boxes[one][1] - self._boxes[one][0])))
            self._regrader.regrade(self._labels, label, self._box(label))

    def apply(self, change: MaskChange) -> None:
        """Change the outlines; `InputError` where the change does not fit them."""
        change.apply(self._labels)
        for label in change.labels:
            self._measured.pop(label, None)
            gained = change.index[change.after == label]
            if gained.size:
                place = np.stack(np.unravel_index(gained, change.shape))
                low, high = place.min(axis=1), place.max(axis=1) + 1
                if label in self._boxes:
                    low, high = np.minimum(low, self._boxes[label][0]), np.maximum(high, self._boxes[label][1])
                self._boxes[label] = low, high

    def measured(self, label: int, *, edited: bool) -> GroupReading:
        """Return the program's entry for a group as its outline is now."""
        given = next(entry for entry in self._base.groups if entry.label == label)
        if not edited:
            return given
        if label not in self._measured:
            self._measured[label] = self._again(given)
        return self._measured[label]

    def outside(self, label: int) -> bool:
        """Whether a group has no voxel, or is known to lie outside the field of view."""
        return label in self.map.outside or not bool((self._labels[self._box(label)] == label).any())

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, or all of them where that cannot be told."""
        if self._regrader is None:
            return np.ones(self._labels[block].shape, dtype=bool)
        return self._regrader.muscle_like(block)

    def histogram(self, label: int) -> NDArray[np.intp] | None:
        """Count a group's voxels in the bins of `EDGES`; ``None`` where the level of normal muscle is not known."""
        if self._regrader is None:
            return None
        return self._regrader.histogram(self._labels, label, EDGES, self._box(label))

    def _again(self, given: GroupReading) -> GroupReading:
        if self._regrader is None:
            return replace(given, flags=(*given.flags, STALE))
        made = self._regrader.regrade(self._labels, given.label, self._box(given.label))
        return replace(made, flags=given.flags)

    def _box(self, label: int) -> Block:
        if label not in self._boxes:
            return slice(0, 1), slice(0, 1), slice(0, 1)
        low, high = self._boxes[label]
        i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return i, j, k
