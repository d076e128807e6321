"""What a reader does becomes an entry of the history: timed, applied to the state, and put on the disk."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from wbmri.case import Case, ReadingPaths, prepare_dataset, write_signed
from wbmri.core import CaseError, Reading, Status
from wbmri.review.draft import Draft, Start
from wbmri.review.group_view import Change
from wbmri.review.history import Action, Entry, Terms
from wbmri.review.label_editor import LabelChange, Outlines
from wbmri.review.signoff_checks import SignoffIssue
from wbmri.review.store import ReadingStore
from wbmri.review.view_state import ViewState, read_view_state, write_view_state

IDLE_S = 120.0
"""A pause longer than this is not reading time."""

ReportsOf = Callable[[Reading], Sequence[tuple[Path, bytes]]]
"""Makes the reports of a signed reading, with their places."""


class ReadingClock:
    """Adds up the time between signs of activity, as long as they are not too far apart.

    Parameters
    ----------
    earlier
        Seconds read in earlier sittings.
    """

    def __init__(self, earlier: float = 0.0) -> None:
        self._last = monotonic()
        self._taken = earlier
        self._since = 0.0

    def active(self) -> None:
        """Note that the reader did something."""
        moment = monotonic()
        if moment - self._last <= IDLE_S:
            self._since += moment - self._last
        self._last = moment

    @property
    def seconds(self) -> float:
        """Reading time so far."""
        return self._taken + self._since

    @property
    def since(self) -> float:
        """Reading time since `take` was last called."""
        return self._since

    def take(self) -> float:
        """Return the reading time since this was last called."""
        since, self._since = round(self._since, 2), 0.0
        self._taken += since
        return since


class Actions:
    """The actions of one reader on one reading.

    Parameters
    ----------
    case
        The case that is read.
    reader
        Id of the person.
    paths
        The files of the reading.
    terms
        On which terms it is made.
    start
        What it begins with.
    title
        What to call the case on the screen: ``sub-X_ses-Y``, or a code where that is hidden.
    lock
        The file that says who has the case open.

    Attributes
    ----------
    view
        Where the reader is.
    store
        The history on disk.
    draft
        The reading as it stands.
    clock
        The reading time.
    signed
        Whether the reading is signed.

    Raises
    ------
    CaseError
        If the history, or a correction that it names, is damaged.
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
        self.terms = terms
        self.title = title
        self.signed = paths.reading.is_file()
        self.store = ReadingStore(paths, lock, reader, writing=not self.signed)
        try:
            state = start.state.after_all(self.store.entries)
            changes = [self.store.change(entry.number) for entry in state.edits]
        except CaseError:
            self.store.release()
            raise
        self.draft = Draft(start, state, Outlines(case, start.base, start.labels, changes))
        self.clock = ReadingClock(state.seconds)
        self.view = read_view_state(paths.place) or ViewState(next(iter(self.draft.unread), 1))

    @property
    def read_only(self) -> bool:
        """Whether actions are refused: signed, or open elsewhere."""
        return self.signed or self.store.holder is not None

    def check_open(self) -> None:
        """Refuse an action where the reading is read-only.

        Raises
        ------
        CaseError
            If it is signed, or open elsewhere.
        """
        if self.signed:
            raise CaseError(
                f"{self.title}, whose reading by {self.store.paths.reader} is signed",
                "a reading that is not signed",
                "begin an addendum",
            )
        if self.store.holder is not None:
            raise CaseError(
                f"{self.title}, which is open by {self.store.holder.words}",
                "a case that nobody else has open",
                "wait until it is closed there, and open it again",
            )

    def move(self, view: ViewState) -> None:
        """Remember where the reader is; cheap, and on the disk only where the reading is."""
        self.case.reading.scheme.group(view.label)
        self.view = view
        self.clock.active()
        if not self.read_only and self.store.entries:
            write_view_state(self.store.paths.place, view)

    def save_elsewhere(self, folder: Path) -> None:
        """Save the whole reading into another folder, and go on there."""
        self.store.move(folder)
        write_view_state(self.store.paths.place, self.view)

    def do(self, action: Action, change: LabelChange | None = None, **what: Any) -> Entry:
        """Do something: on disk when this returns, or else `ReadingStore.saving` says why not.

        Parameters
        ----------
        action
            What is done.
        change
            The voxels that it changes.
        what
            More of `Entry`.
        """
        if change is not None:
            self.draft.outlines.apply(change)
        self._begin()
        return self._append(action, change, **what)

    def undo(self) -> Change | None:
        """Take the last action back; ``None`` where there is none."""
        done = self.draft.state.done
        return self._again(done[-1], Action.UNDONE, "Undone: ") if done else None

    def redo(self) -> Change | None:
        """Do again what was taken back last; ``None`` where there is nothing."""
        undone = self.draft.state.undone
        return self._again(undone[-1], Action.REDONE, "Done again: ") if undone else None

    def words(self, entry: Entry) -> str:
        """Say what was done, such as ``Deltoid, left: grade 1``."""
        scheme = self.case.reading.scheme
        if entry.action is Action.REMARKED:
            return f"remark on {'the case' if entry.label is None else scheme.group(entry.label).name}"
        if entry.action is Action.KEPT:
            return "key image"
        if entry.tool is not None:
            return f"{entry.tool}: {', '.join(scheme.group(label).name for label in entry.labels)}"
        if entry.label is None:
            return "fascia, subcutis and calcinosis"
        return f"{scheme.group(entry.label).name}: {entry.after.words if entry.after else 'unread'}"

    def reading(self, status: Status) -> Reading:
        """Return the reading as it stands."""
        paths = self.store.paths
        return self.draft.reading(self.terms, who=self.reader, reader=paths.reader, run=paths.run, status=status)

    def sign(self, issues: Collection[SignoffIssue], reports: ReportsOf) -> Reading:
        """Write the signed reading and the last line of its history, both or neither, and let others write.

        Parameters
        ----------
        issues
            What the reader confirms.
        reports
            Makes the reports of the signed reading, which are written with it.

        Raises
        ------
        CaseError
            If something cannot be written; all is as before then.
        """
        self._begin()
        reading = self.reading(Status.SIGNED if self.store.paths.run == 1 else Status.ADDENDUM)
        files = reports(reading)
        self.clock.active()
        entry = self._entry(Action.SIGNED, self.clock.since, concerns=tuple(issue.sentence for issue in issues))

        def write() -> None:
            labels = self.draft.outlines.label_map
            write_signed(self.store.paths, reading, self.case.reading, labels, self.clock.seconds, files)

        self.store.sign(entry, write)
        self.clock.take()
        self.signed = True
        return reading

    def close(self) -> None:
        """Let others write to the case; what is in memory only is tried once more to be saved."""
        if not self.read_only and self.store.entries:
            self.clock.active()
            if self.clock.since >= 1.0 or self.store.saving.unsaved:
                self._append(Action.CLOSED)
        self.store.release()

    def _again(self, entry: Entry, action: Action, words: str) -> Change:
        """Undo an entry or do it again."""
        change = None
        if entry.tool is not None:
            change = self.store.change(entry.number)
            change = change.inverse() if action is Action.UNDONE else change
            self.draft.outlines.apply(change)
        self.do(action, of=entry.number)
        labels = frozenset(entry.labels) if entry.label is None else frozenset((entry.label,))
        return Change(words + self.words(entry), labels, change)

    def _begin(self) -> None:
        """Write the first line of the reading, when something is first decided: looking leaves no trace."""
        if self.store.entries:
            return
        if self.store.paths.elsewhere is None and self.case.paths.reading.is_file():
            with suppress(OSError):
                prepare_dataset(self.case.paths.out)
        self._append(Action.OPENED, terms=self.terms)
        write_view_state(self.store.paths.place, self.view)

    def _append(self, action: Action, change: LabelChange | None = None, **what: Any) -> Entry:
        self.clock.active()
        entry = self._entry(action, self.clock.take(), **what)
        self.draft = replace(self.draft, state=self.draft.state.after(entry))
        self.store.append(entry, change)
        return entry

    def _entry(self, action: Action, seconds: float, **what: Any) -> Entry:
        number = len(self.store.entries) + 1
        return Entry(number, self.reader, datetime.now(UTC), action, seconds=round(seconds, 2), **what)
