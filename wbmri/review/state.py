"""A reading as it stands: what a screen shows of it, and where the reader is."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Case, Holder, ReadingPaths
from wbmri.core import CaseError, GroupReading, InputError, LabelMap, Reading, SoftTissue, Status, Subtotal, Volume
from wbmri.core.scheme import Group
from wbmri.review.group_view import GroupView, Totals
from wbmri.review.history import Decision, Deeds, Terms
from wbmri.review.label_editor import EDGES, Block, Labels, Outlines
from wbmri.review.navigation import (
    Order,
    ReadingClock,
    confidence_of,
    neighbour,
    ordered,
    other_side,
)
from wbmri.review.reading import decided, reading_of, review_record, with_marks
from wbmri.review.reading_mode import Visible, visible
from wbmri.review.store import Keeper, Saving
from wbmri.review.view_state import ViewState, read_view_state, write_view_state


@dataclass(frozen=True, slots=True)
class Start:
    """What a reading begins with.

    Parameters
    ----------
    base
        The reading whose evidence and suggestions are shown: the program's, or for an addendum the signed one.
    labels
        Loads the outlines to begin with.
    decisions
        What is decided already, by label.
    marked
        What is marked already beside the muscles.
    others
        Reader to that person's signed reading.
    agreed
        In an adjudication, the entries on which both readers agree, by label.
    """

    base: Reading
    labels: Callable[[], LabelMap]
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    marked: SoftTissue | None = None
    others: Mapping[str, Reading] = field(default_factory=dict)
    agreed: Mapping[int, GroupReading] = field(default_factory=dict)


class OpenReading:
    """What is to be seen of a reading while it is made; `wbmri.review.Session` adds what is done to it.

    Attributes
    ----------
    case
        The case that is read.
    reader
        Id of the person.
    mode
        How it is read.
    title
        What to call the case on the screen: ``sub-X_ses-Y``, or a code where that is hidden.
    """

    def __init__(
        self,
        case: Case,
        reader: str,
        paths: ReadingPaths,
        terms: Terms,
        start: Start,
        title: str,
        lock: Path,
    ) -> None:
        self.case = case
        self.reader = reader
        self.mode = terms.mode
        self.title = title
        self._terms = terms
        self._start = start
        self._signed = paths.reading.is_file()
        self._keeper = Keeper(paths, lock, reader, writing=not self._signed)
        try:
            self._deeds = Deeds(start.decisions, self._keeper.entries, start.marked)
            changes = [self._keeper.change(entry.number) for entry in self._deeds.edits]
        except CaseError:
            self._keeper.release()
            raise
        self._outlines = Outlines(case, start.base, start.labels, changes)
        self._clock = ReadingClock(self._deeds.seconds)
        self._order = Order.SCHEME
        self._view = read_view_state(paths.place) or ViewState(self._unread()[0] if self._unread() else 1)

    # What there is to see.

    @property
    def paths(self) -> ReadingPaths:
        """The files of the reading."""
        return self._keeper.paths

    @property
    def volume(self) -> Volume:
        """The scan; loaded when first asked for."""
        return self._outlines.volume

    @property
    def labels(self) -> Labels:
        """The outlines as they are now, on the volume's grid; read-only, changed by `edit`, `undo` and `redo`."""
        return self._outlines.labels

    @property
    def label_map(self) -> LabelMap:
        """The outlines as they are now, with what the engine said about them."""
        given = self._outlines.map
        return replace(given, data=self._outlines.labels) if self._deeds.edited else given

    def load(self) -> None:
        """Load the scan and the outlines side by side, on this thread and another, before they are asked for.

        Raises
        ------
        CaseError
            If a file of the case is missing or damaged.
        """
        with ThreadPoolExecutor(1) as other:
            outlines = other.submit(lambda: self._outlines.labels)
            _ = self._outlines.volume
            outlines.result()

    def prepare(self) -> None:
        """Load what showing and correcting outlines needs; may be called on another thread before the first `edit`."""
        self._outlines.prepare()

    @property
    def visible(self) -> Visible:
        """What may be shown now."""
        # Whoever adds to a signed reading has seen everything.
        return visible(self.mode, signed=self._signed or self.paths.run > 1)

    @property
    def totals(self) -> Totals:
        """Total, involved groups and how many are read."""
        entries = {label: decided(self._measured(label), decision) for label, decision in self._deeds.decisions.items()}
        given = {**self._start.agreed, **entries}
        suggested = None
        if self.visible.suggestions:
            suggested = Subtotal.of(given.get(label) or self._measured(label) for label in self._labels())
        return Totals(
            Subtotal.of(given.values()),
            suggested,
            len(given),
            len(self._labels()),
            self._start.base.scheme.maximum,
        )

    @property
    def reading(self) -> Reading:
        """The reading as it stands, for reports and maps; groups without a decision hold the program's entry.

        Raises
        ------
        CaseError
            If suggestions are hidden: `totals` and `groups` have what may be shown.
        """
        if not self.visible.suggestions:
            raise CaseError(f"{self.title}, which is read {self.mode}", "a reading that is signed", "sign it first")
        return self._reading(Status.IN_REVIEW)

    @property
    def decisions(self) -> Mapping[int, Decision]:
        """What was decided, by label."""
        return MappingProxyType(self._deeds.decisions)

    @property
    def edited(self) -> frozenset[int]:
        """Labels of the groups whose outlines were corrected."""
        return self._deeds.edited

    @property
    def soft_tissue(self) -> SoftTissue:
        """Fascia, subcutis and calcinosis as marked so far, with what the program suggests where that may be seen."""
        suggested = self._start.base.soft_tissue if self.visible.suggestions else None
        return with_marks(suggested, self._deeds.marked) or SoftTissue()

    def group(self, label: int) -> GroupView:
        """Return one group as it may be shown."""
        see = self.visible
        return GroupView(
            group=self._group(label),
            decision=self._deeds.decisions.get(label),
            measured=self._measured(label) if see.suggestions else None,
            outline_edited=self._deeds.is_edited(label),
            others={reader: entry_of(reading, label) for reader, reading in self._start.others.items()}
            if see.other_readers
            else {},
            to_read=label not in self._start.agreed,
        )

    def groups(self) -> tuple[GroupView, ...]:
        """Return all groups in the order of reading."""
        return tuple(self.group(label) for label in self._labels())

    def histogram(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.intp]] | None:
        """Return how bright a group is.

        Returns
        -------
        tuple of ndarray, or None
            Edges of the bins as multiples of normal muscle, shape (n + 1,), and voxels in each bin, shape (n,);
            ``None`` where suggestions are hidden or the level of normal muscle is not known.
        """
        counts = self._outlines.histogram(label) if self.visible.suggestions else None
        return None if counts is None else (EDGES, counts)

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, normal or oedematous: no fat, air, bone or fluid."""
        return self._outlines.within_muscle(block)

    # Moving about.

    @property
    def order(self) -> Order:
        """The order of reading."""
        return self._order

    def reorder(self, order: Order) -> None:
        """Choose the order of reading.

        Raises
        ------
        InputError
            If it would give suggestions away that are hidden.
        """
        if order is Order.LEAST_CERTAIN and not self.visible.suggestions:
            raise InputError(f"the order {order!r} in a {self.mode} reading", "the scheme's order", "choose that")
        self._order = order

    @property
    def view_state(self) -> ViewState:
        """The group that is being read, and where its view is."""
        return self._view

    @property
    def current(self) -> int:
        """Label of the group that is being read."""
        return self._view.label

    def move(self, view: ViewState) -> None:
        """Remember where the reader is; cheap, to be called whenever the view comes to rest."""
        self._group(view.label)
        self._view = view
        self._clock.active()
        if not self.read_only and self._keeper.entries:
            write_view_state(self.paths.place, view)

    def choose(self, label: int) -> int:
        """Go to a group and return its label; the view's point is forgotten, for the screen centres on the group."""
        self.move(replace(self._view, label=label, point_mm=None))
        return label

    def next_group(self) -> int:
        """Go to the next group in the order of reading, and return its label."""
        return self.choose(neighbour(self._labels(), self.current, 1))

    def previous_group(self) -> int:
        """Go to the previous group in the order of reading, and return its label."""
        return self.choose(neighbour(self._labels(), self.current, -1))

    def next_unread(self) -> int | None:
        """Go to the next group that waits for a decision and return its label; ``None`` where none does."""
        labels = self._labels()
        after = labels.index(self.current) + 1
        unread = self._unread()
        found = next((label for label in (*labels[after:], *labels[:after]) if label in unread), None)
        return None if found is None else self.choose(found)

    def other_side(self) -> int:
        """Go to the same group on the other side, and return its label."""
        return self.choose(other_side(self.current))

    # Whether it can be changed and is kept.

    @property
    def saving(self) -> Saving:
        """Whether everything is on disk, and if not, why."""
        return self._keeper.saving

    @property
    def holder(self) -> Holder | None:
        """The other person, or other window, that has the case open; ``None`` where this session may write."""
        return self._keeper.holder

    @property
    def signed(self) -> bool:
        """Whether the reading is signed; nothing of it changes any more."""
        return self._signed

    @property
    def read_only(self) -> bool:
        """Whether actions are refused: signed, or open elsewhere."""
        return self._signed or self.holder is not None

    @property
    def seconds(self) -> float:
        """How long the case has been read, idle time left out."""
        return self._clock.seconds

    # Inside.

    def _labels(self) -> tuple[int, ...]:
        return ordered(self._start.base.scheme, self._order, confidence_of(self._start.base))

    def _unread(self) -> tuple[int, ...]:
        return tuple(
            group.label
            for group in self._start.base.scheme.groups
            if group.label not in self._deeds.decisions and group.label not in self._start.agreed
        )

    def _group(self, label: int) -> Group:
        return self._start.base.scheme.group(label)

    def _measured(self, label: int) -> GroupReading:
        return self._outlines.measured(label, edited=self._deeds.is_edited(label))

    def _reading(self, status: Status) -> Reading:
        decisions = self._deeds.decisions
        groups = [
            decided(self._measured(label), decisions[label])
            if label in decisions
            else self._start.agreed.get(label) or self._measured(label)
            for label in sorted(self._labels())
        ]
        review = review_record(
            self._start.base.scheme,
            self._terms,
            decisions,
            who=self.reader,
            edited=self._deeds.edited,
            agreed=self._start.agreed,
            run=self.paths.run,
        )
        return reading_of(
            self._start.base,
            groups,
            reader=self.paths.reader,
            status=status,
            marked=self._deeds.marked,
            review=review,
        )


def entry_of(reading: Reading, label: int) -> GroupReading:
    """Return the entry of one group."""
    return next(entry for entry in reading.groups if entry.label == label)
