"""The outlines as a reader corrects them, and what the program measures in them."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock, RLock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Case
from wbmri.core import CaseError, GroupReading, InputError, LabelMap, Reading, Volume, drawn_labels
from wbmri.grading import Regrader
from wbmri.review.label_editor.brush import Air, Block
from wbmri.review.label_editor.label_change import LabelChange, Labels
from wbmri.segmentation.quality import check_outlines

STALE = "The outline was corrected after this was measured."
"""What is said of a corrected group of a scan that cannot be measured anew."""

EDGES = np.linspace(0.0, 4.0, 81)
"""Bins of the histogram of a group, as multiples of normal muscle."""

NEAR_MM = 30.0
"""What is further from a group than this does not lie beside it."""


Box = tuple[NDArray[np.intp], NDArray[np.intp]]
"""The first voxel and the one after the last, along each axis."""


class _Drawn(NamedTuple):
    """The outlines before any change and as they are now."""

    map: LabelMap
    labels: Labels


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

    def __init__(
        self, case: Case, base: Reading, start: Callable[[], LabelMap], changes: Iterable[LabelChange]
    ) -> None:
        self._case = case
        self._base = base
        self._given = {entry.label: entry for entry in base.groups}
        self._start = start
        self._changes = tuple(changes)
        self._measured: dict[int, GroupReading] = {}
        self._histograms: dict[int, NDArray[np.intp]] = {}
        self._examined: Mapping[int, tuple[str, ...]] | None = None
        # The scan, the outlines and what measuring needs may be loaded on different threads: each is loaded once.
        self._loading_scan, self._loading = Lock(), RLock()
        self._volume: Volume | None = None
        self._drawn: _Drawn | None = None
        self._found: dict[int, Box] | None = None
        self._regrader: Regrader | None = None
        self._air: Air | None = None
        self._measurable = True

    @property
    def volume(self) -> Volume:
        """The scan."""
        with self._loading_scan:
            if self._volume is None:
                self._volume = self._case.volume()
            return self._volume

    def load(self) -> None:
        """Load the scan and the outlines side by side, on this thread and another."""
        with ThreadPoolExecutor(1) as other:
            outlines = other.submit(self._outlines)
            _ = self.volume
            outlines.result()

    @property
    def label_map(self) -> LabelMap:
        """The outlines as they are now, with what is known about them: what a person drew is a person's."""
        drawn = self._outlines()
        if np.array_equal(drawn.map.data, drawn.labels):
            return drawn.map
        corrected = drawn.map.corrected(drawn.labels.copy())
        return replace(corrected, flags={**corrected.flags, **(self._examined or {})})

    def _outlines(self) -> "_Drawn":
        with self._loading:
            if self._drawn is None:
                given = self._start()
                labels = given.data.copy()
                try:
                    for change in self._changes:
                        change.apply(labels)
                except InputError as error:
                    raise CaseError(
                        f"{self._case.paths.name}, whose outlines are not those the reading was begun with",
                        "the label map of that time",
                        "restore it from a backup, or read the case under another id",
                    ) from error
                self._drawn = _Drawn(given, labels)
            return self._drawn

    def _boxes(self) -> dict[int, Box]:
        """Return where each group lies or lay before; a picture does not wait for it."""
        from scipy import ndimage

        with self._loading:
            if self._found is None:
                self._found = {
                    label: (np.array([one.start for one in box]), np.array([one.stop for one in box]))
                    for label, box in enumerate(ndimage.find_objects(self._outlines().map.data), start=1)
                    if box is not None
                }
                for change in self._changes:
                    _widen(self._found, change)
            return self._found

    def _measuring(self) -> Regrader | None:
        """Return what measures a group anew; ``None`` where the reading was not measured by this program."""
        with self._loading:
            if self._regrader is None and self._measurable:
                try:
                    self._regrader = Regrader(self.volume, self._outlines().map, self._base)
                except InputError:
                    self._measurable = False
            return self._regrader

    @property
    def labels(self) -> Labels:
        """The outlines as they are now; read-only."""
        view = self._outlines().labels.view()
        view.flags.writeable = False
        return view

    def prepare(self) -> None:
        """Load what a change needs, so that the first one does not wait for it."""
        self._airy()
        measuring, boxes = self._measuring(), self._boxes()
        if measuring is not None and boxes:
            # The first measurement also makes the tables that all use.
            label = min(boxes, key=lambda one: int(np.prod(boxes[one][1] - boxes[one][0])))
            measuring.regrade(self.labels, label, self._box(label))

    def apply(self, change: LabelChange) -> None:
        """Change the outlines; `InputError` where the change does not fit them."""
        change.apply(self._outlines().labels)
        boxes = self._boxes()
        self._examined = None
        for label in change.labels:
            self._measured.pop(label, None)
            self._histograms.pop(label, None)
        _widen(boxes, change)

    def measured(self, label: int, *, edited: bool) -> GroupReading:
        """Return the program's entry for a group as its outline is now."""
        given = self._given[label]
        if not edited:
            return given
        if label not in self._measured:
            self._measured[label] = self._again(given)
        return self._measured[label]

    def outside(self, label: int) -> bool:
        """Whether a group has no voxel, or is known to lie outside the field of view; what a person drew is in view."""
        there = bool((self.labels[self._box(label)] == label).any())
        return not there or (label in self._outlines().map.outside and not self._by_person(label))

    def examine(self) -> None:
        """Find what is not plausible about the outlines that a person drew, for `measured`; takes seconds."""
        if self._examined is None:
            given, labels = self._outlines()
            drawn = drawn_labels(given.data, labels)
            found: dict[int, tuple[str, ...]] = {}
            for flag in check_outlines(given.corrected(labels)) if drawn else ():
                if flag.label in drawn:
                    found[flag.label] = (*found.get(flag.label, ()), flag.sentence)
            self._examined = found
            for label in drawn & self._measured.keys():
                self._measured[label] = replace(self._measured[label], flags=found.get(label, ()))

    def _by_person(self, label: int) -> bool:
        """Whether a person drew a group's outline, see `wbmri.core.LabelMap.corrected`."""
        given, labels = self._outlines()
        box = self._box(label)
        return label in drawn_labels(given.data[box], labels[box])

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, or all of them where that cannot be told."""
        measuring = self._measuring()
        return np.ones(self.labels[block].shape, dtype=bool) if measuring is None else measuring.muscle_like(block)

    def ratios(self, block: Block) -> NDArray[np.float64] | None:
        """Return a block as multiples of normal muscle, the field taken off; ``None`` where that is not known."""
        measuring = self._measuring()
        return None if measuring is None else measuring.ratios(block)

    def most_oedema(self, label: int, axis: int) -> tuple[float, float, float] | None:
        """Return the middle of a group's oedema, in voxels, on the slice that shows most; ``None`` where there is none.

        Parameters
        ----------
        label
            The group.
        axis
            The voxel axis across the slices.
        """
        box = self._box(label)
        ratios = self.ratios(box)
        if ratios is None:
            return None
        bright = (self.labels[box] == label) & (ratios > self._base.scheme.grading.oedema_ratio)
        if not bright.any():
            return None
        counts = np.count_nonzero(bright, axis=tuple(other for other in range(3) if other != axis))
        best = int(np.argmax(counts))
        places = np.argwhere(bright)
        i, j, k = places[places[:, axis] == best].mean(axis=0) + [part.start for part in box]
        return float(i), float(j), float(k)

    def nearest(self, point_mm: tuple[float, float, float]) -> int | None:
        """Return the group in which a point in RAS mm lies, or else the nearest one; ``None`` where none is near."""
        spacing = np.array(self.volume.spacing)
        place = np.asarray(self.volume.grid.indices(point_mm))
        reach = np.ceil(NEAR_MM / spacing)
        low = np.clip(np.rint(place) - reach, 0, self.volume.shape).astype(int)
        high = np.clip(np.rint(place) + reach + 1, 0, self.volume.shape).astype(int)
        block = self.labels[tuple(slice(*ends) for ends in zip(low, high, strict=True))]
        inside = np.argwhere(block > 0)
        if not inside.size:
            return None
        far = np.linalg.norm((inside + low - place) * spacing, axis=1)
        best = int(np.argmin(far))
        return int(block[tuple(inside[best])]) if far[best] <= NEAR_MM else None

    def within_body(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block do not lie in air, far from any body."""
        return self._airy().free_of(block)

    def _airy(self) -> Air:
        with self._loading:
            if self._air is None:
                self._air = Air(self.volume.data, self._outlines().map.data, self.volume.spacing)
            return self._air

    def histogram(self, label: int) -> NDArray[np.intp] | None:
        """Count a group's voxels in the bins of `EDGES`; ``None`` where the level of normal muscle is not known."""
        measuring = self._measuring()
        if measuring is None:
            return None
        if label not in self._histograms:
            self._histograms[label] = measuring.histogram(
                self.labels,
                label,
                EDGES,
                self._box(label),
                by_person=self._by_person(label),
            )
        return self._histograms[label]

    def _again(self, given: GroupReading) -> GroupReading:
        measuring = self._measuring()
        if measuring is None:
            return replace(given, flags=(*given.flags, STALE))
        label = given.label
        by_person = self._by_person(label)
        made = measuring.regrade(self.labels, label, self._box(label), by_person=by_person)
        # Flags of an outline that is no more say nothing; those of the new one come with `examine`.
        found = (self._examined or {}).get(label, ()) if by_person else given.flags
        return replace(made, flags=found)

    def _box(self, label: int) -> Block:
        boxes = self._boxes()
        if label not in boxes:
            return slice(0, 1), slice(0, 1), slice(0, 1)
        low, high = boxes[label]
        i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return i, j, k


def _widen(boxes: dict[int, Box], change: LabelChange) -> None:
    """Let the boxes hold all voxels that a change gives to groups or takes from them."""
    for label in change.labels:
        own = change.index[(change.before == label) | (change.after == label)]
        place = np.stack(np.unravel_index(own, change.shape))
        low, high = place.min(axis=1), place.max(axis=1) + 1
        if label in boxes:
            low, high = np.minimum(low, boxes[label][0]), np.maximum(high, boxes[label][1])
        boxes[label] = low, high
