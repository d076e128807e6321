"""One person reading one case: every action, on disk before the next."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Case, ReadingPaths, keep_valid, note_signed, write_signed
from wbmri.errors import CaseError, InputError
from wbmri.labelmap import LabelMap
from wbmri.reading import GradeSource, GroupReading, Reading, Reason, Status, Subtotal
from wbmri.review.brush import Block
from wbmri.review.clock import ReadingClock
from wbmri.review.concerns import Concern, find_concerns
from wbmri.review.decision import Decision
from wbmri.review.deeds import Deeds
from wbmri.review.entries import Action, Entry, Terms
from wbmri.review.finishing import decided, reading_of, review_step, with_marks
from wbmri.review.journal import problem_of
from wbmri.review.keeping import Keeper
from wbmri.review.lock import Holder
from wbmri.review.masks import Labels, MaskChange
from wbmri.review.modes import Visible, visible
from wbmri.review.order import Order, confidence_of, neighbour, ordered, other_side
from wbmri.review.outlines import EDGES, Outlines
from wbmri.review.place import Place, read_place, write_place
from wbmri.review.saving import Saving
from wbmri.review.views import Change, GroupView, Totals
from wbmri.scheme import Group
from wbmri.soft_tissue import Calcinosis, LimbPart, SoftTissue, Tissue
from wbmri.volume import Volume

_CALCINOSIS = {None: "not looked at", False: "none", True: "present"}


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


class Session:
    """A reading that is being made; `wbmri.review.open_review` opens one.

    Actions change the state, are appended to the reading's history and forced to the disk before they return. Where
    that fails they count nevertheless, `saving` says so, and each later action tries again.

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
        self._place = read_place(paths.place) or Place(self._unread()[0] if self._unread() else 1)

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
        return replace(self._outlines.map, data=self._outlines.labels)

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
            Subtotal.of(given.values()), suggested, len(given), len(self._labels()), self._start.base.scheme.maximum
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
    def soft_tissue(self) -> SoftTissue:
        """Fascia, subcutis and calcinosis as marked so far, with what the program suggests where that may be seen."""
        suggested = self._start.base.soft_tissue if self.visible.suggestions else None
        return with_marks(suggested, self._deeds.marked) or SoftTissue()

    def group(self, label: int) -> GroupView:
        """Return one group as it may be shown."""
        see = self.visible
        return GroupView(
            group=self._start.base.scheme.group(label),
            decision=self._deeds.decisions.get(label),
            measured=self._measured(label) if see.suggestions else None,
            outline_edited=self._deeds.is_edited(label),
            others={reader: _entry(reading, label) for reader, reading in self._start.others.items()}
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
    def place(self) -> Place:
        """The group that is being read, and where its view is."""
        return self._place

    @property
    def current(self) -> int:
        """Label of the group that is being read."""
        return self._place.label

    def move(self, place: Place) -> None:
        """Remember where the reader is; cheap, to be called whenever the view comes to rest."""
        self._group(place.label)
        self._place = place
        self._clock.active()
        if not self.read_only and self._keeper.entries:
            write_place(self.paths.place, place)

    def choose(self, label: int) -> int:
        """Go to a group and return its label; the view's point is forgotten, for the screen centres on the group."""
        self.move(replace(self._place, label=label, point_mm=None))
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

    # Deciding. Each raises CaseError where the reading is read-only or signed.

    def grade(self, label: int, grade: int) -> Change:
        """Give a group a grade."""
        return self._decide(label, Decision(grade, suggestion_seen=self._seen(label)))

    def not_assessable(self, label: int, reason: Reason, note: str = "") -> Change:
        """Say why a group cannot be graded; the reason `Reason.OTHER` needs a note."""
        return self._decide(label, Decision(None, reason, note.strip(), suggestion_seen=self._seen(label)))

    def accept(self, label: int) -> Change:
        """Take over what the program suggests.

        Raises
        ------
        InputError
            If suggestions are hidden.
        """
        if not self.visible.suggestions:
            raise InputError(f"accepting a suggestion in a {self.mode} reading", "a grade", "give a grade 0, 1 or 2")
        measured = self._measured(label)
        reason = None
        if measured.auto_grade is None:
            # In an addendum the entry may hold the reader's own reason; the program's is in its reading.
            by_program = measured if measured.source is GradeSource.AUTO else _entry(self.case.reading, label)
            reason = by_program.reason or Reason.OTHER
        note = measured.explanation if reason is Reason.OTHER else ""
        return self._decide(label, Decision(measured.auto_grade, reason, note, accepted=True, suggestion_seen=True))

    def clear(self, label: int) -> Change:
        """Make a group unread again."""
        return self._decide(label, None)

    def mark(self, tissue: Tissue, part: LimbPart, value: int | None) -> Change:
        """Mark fascia or subcutis of one part of the limbs as normal, 0, oedematous, 1, or not looked at, ``None``."""
        words = {0: "normal", 1: "oedema", None: "not looked at"}
        marked = (self._deeds.marked or SoftTissue()).with_sign(tissue, part, value)
        return self._mark(marked, f"{tissue}, {part}: {words.get(value, value)}")

    def mark_calcinosis(self, calcinosis: Calcinosis) -> Change:
        """Mark whether there is calcinosis, where, and its course since the visit before."""
        marked = replace(self._deeds.marked or SoftTissue(), calcinosis=calcinosis)
        return self._mark(marked, f"calcinosis: {_CALCINOSIS[calcinosis.present]}")

    def edit(self, change: MaskChange, tool: str) -> Change:
        """Change outlines; the groups that changed are measured anew when they are next looked at.

        Parameters
        ----------
        change
            The voxels, as `Stroke.change`, `fill_between`, `mirror` or `MaskChange.between` give them.
        tool
            What made it, for the history, such as ``paint``.

        Raises
        ------
        InputError
            If the change does not fit the outlines as they are.
        """
        self._check_open()
        for label in change.labels:
            self._group(label)
        if not change.voxels:
            return Change(f"{tool}: nothing to change", frozenset(), change)
        self._outlines.apply(change)
        entry = self._entry(Action.EDITED, tool=tool, labels=tuple(sorted(change.labels)))
        self._do(entry, change)
        return Change(self._words(entry), change.labels, change)

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, normal or oedematous: no fat, air, bone or fluid."""
        return self._outlines.within_muscle(block)

    def undo(self) -> Change | None:
        """Take the last action back, whether it was a decision or an outline; ``None`` where there is none."""
        self._check_open()
        if not self._deeds.done:
            return None
        entry = self._deeds.done[-1]
        return self._again(entry, Action.UNDONE, "Undone: ")

    def redo(self) -> Change | None:
        """Do again what was taken back last; ``None`` where there is nothing."""
        self._check_open()
        if not self._deeds.undone:
            return None
        entry = self._deeds.undone[-1]
        return self._again(entry, Action.REDONE, "Done again: ")

    @property
    def undo_words(self) -> str | None:
        """What `undo` would take back."""
        return self._words(self._deeds.done[-1]) if self._deeds.done else None

    @property
    def redo_words(self) -> str | None:
        """What `redo` would do again."""
        return self._words(self._deeds.undone[-1]) if self._deeds.undone else None

    # Keeping.

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

    def retry(self) -> Saving:
        """Try to save what is in memory only."""
        return self._keeper.retry()

    def save_elsewhere(self, folder: str | Path) -> Saving:
        """Save the whole reading into another folder, and go on there.

        `open_review` with that folder opens it again; its files may also be copied into the case's folder ``readings``.

        Raises
        ------
        CaseError
            If that folder cannot be written either, or already holds this reading.
        """
        self._keeper.move(Path(folder))
        write_place(self.paths.place, self._place)
        return self.saving

    def alive(self, *, active: bool = False) -> None:
        """Say that the window is still open, at least once a minute; active if the reader did something meanwhile.

        Time without activity for more than two minutes does not count as reading time.
        """
        if active:
            self._clock.active()
        self._keeper.refresh()

    @property
    def seconds(self) -> float:
        """How long the case has been read, idle time left out."""
        return self._clock.seconds

    # Ending.

    def concerns(self) -> tuple[Concern, ...]:
        """Return what to look at before signing, unread groups first."""
        labels = sorted(self._labels())
        outside = [label for label in labels if self._outlines.outside(label)]
        return find_concerns((self.group(label) for label in labels), outside)

    def sign(self, accepting: Collection[Concern] = ()) -> Reading:
        """Lock the reading: its files are written and nothing of it changes any more.

        `wbmri.scoring.sign` does this and also writes the report and the tables of OUT.

        Parameters
        ----------
        accepting
            The concerns that the reader has seen and confirms; they go to the history.

        Raises
        ------
        CaseError
            If a group is unread, a concern is not confirmed, or the files cannot be written.
        """
        self._check_open()
        concerns = self.concerns()
        open_ones = [concern for concern in concerns if concern.blocks or concern not in accepting]
        if open_ones:
            more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
            raise CaseError(
                f"{open_ones[0].sentence.rstrip('.')}{more}",
                "every group read and every contradiction confirmed",
                "resolve or confirm what is shown before signing",
            )
        saving = self.retry()
        if saving.problem is not None:
            raise CaseError("a reading that is not saved", "all of it on disk", saving.problem)
        reading = self._reading(Status.SIGNED if self.paths.run == 1 else Status.ADDENDUM)
        corrected = bool(self._deeds.edited) or self._corrected_before()
        outlines = (self.labels, self._outlines.map.affine) if corrected else (None, None)
        self._clock.active()
        seconds = self._clock.seconds
        try:
            signed = write_signed(self.paths, reading, self.case.reading, *outlines)
        except OSError as error:
            raise CaseError(
                "a reading that cannot be signed yet", "all of it on disk", problem_of(error, self.paths.folder)
            ) from error
        self._do(self._entry(Action.SIGNED, concerns=tuple(concern.sentence for concern in concerns)))
        self._signed = True
        if self.paths.elsewhere is None:
            # The reading is signed and saved; this only says so to the case.
            with suppress(OSError):
                note_signed(signed, seconds)
        self._keeper.release()
        return reading

    def close(self) -> None:
        """Let others write to the case; what is in memory only is tried once more to be saved."""
        if not self.read_only and self._keeper.entries:
            self._clock.active()
            if self._clock.since >= 1.0 or self.saving.unsaved:
                self._do(self._entry(Action.CLOSED))
        self._keeper.release()

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

    def _seen(self, label: int) -> bool:
        """Whether the suggestion was seen before: now, or before an earlier decision that this one replaces."""
        before = self._deeds.decisions.get(label)
        return self.visible.suggestions or (before is not None and before.suggestion_seen)

    def _decide(self, label: int, decision: Decision | None) -> Change:
        self._check_open()
        group = self._group(label)
        if label in self._start.agreed:
            raise CaseError(
                f"a decision on {group.name}", "one of the groups on which the readers differ", "choose one of those"
            )
        before = self._deeds.decisions.get(label)
        if decision == before:
            return Change(f"{group.name}: {decision.words if decision else 'unread'}", frozenset({label}))
        suggestion = None
        if decision is not None and self.visible.suggestions:
            found = self._measured(label).auto_grade
            suggestion = -1 if found is None else found
        entry = self._entry(Action.DECIDED, label=label, before=before, after=decision, suggestion=suggestion)
        self._do(entry)
        return Change(self._words(entry), frozenset({label}))

    def _mark(self, marked: SoftTissue, words: str) -> Change:
        self._check_open()
        before = self._deeds.marked
        if marked != before:
            self._do(self._entry(Action.MARKED, marked_before=before, marked=marked))
        return Change(words, frozenset())

    def _again(self, entry: Entry, action: Action, words: str) -> Change:
        """Undo an entry or do it again."""
        change = None
        if entry.tool is not None:
            change = self._keeper.change(entry.number)
            change = change.inverse() if action is Action.UNDONE else change
            self._outlines.apply(change)
        self._do(self._entry(action, of=entry.number))
        labels = frozenset(entry.labels) if entry.label is None else frozenset((entry.label,))
        return Change(words + self._words(entry), labels, change)

    def _entry(self, action: Action, **what: Any) -> Entry:
        if not self._keeper.entries and action is not Action.OPENED:
            self._begin()
        self._clock.active()
        return Entry(
            len(self._keeper.entries) + 1,
            self.reader,
            datetime.now(UTC),
            action,
            seconds=self._clock.take(),
            **what,
        )

    def _begin(self) -> None:
        """Write the first line of the reading, when something is first decided: looking leaves no trace."""
        if self.paths.elsewhere is None:
            with suppress(OSError):
                keep_valid(self.case.paths)
        self._do(self._entry(Action.OPENED, terms=self._terms))
        write_place(self.paths.place, self._place)

    def _do(self, entry: Entry, change: MaskChange | None = None) -> None:
        self._deeds.follow(entry)
        self._keeper.append(entry, change)

    def _words(self, entry: Entry) -> str:
        if entry.tool is not None:
            return f"{entry.tool}: {', '.join(self._group(label).name for label in entry.labels)}"
        if entry.label is None:
            return "fascia, subcutis and calcinosis"
        return f"{self._group(entry.label).name}: {entry.after.words if entry.after else 'unread'}"

    def _reading(self, status: Status) -> Reading:
        decisions = self._deeds.decisions
        groups = [
            decided(self._measured(label), decisions[label])
            if label in decisions
            else self._start.agreed.get(label) or self._measured(label)
            for label in sorted(self._labels())
        ]
        step = review_step(
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
            step=step,
        )

    def _corrected_before(self) -> bool:
        """Whether an addendum starts from corrected outlines."""
        return self.paths.run > 1 and replace(self.paths, run=self.paths.run - 1).labels.is_file()

    def _check_open(self) -> None:
        if self._signed:
            raise CaseError(
                f"{self.title}, whose reading by {self.paths.reader} is signed",
                "a reading that is not signed",
                "begin an addendum",
            )
        if self.holder is not None:
            raise CaseError(
                f"{self.title}, which is open by {self.holder.words}",
                "a case that nobody else has open",
                "wait until it is closed there, and open it again",
            )


def _entry(reading: Reading, label: int) -> GroupReading:
    return next(entry for entry in reading.groups if entry.label == label)
