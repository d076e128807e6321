"""One person reading one case: every action, on disk before the next."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wbmri.case import keep_valid, note_signed, write_signed
from wbmri.core import (
    Calcinosis,
    CaseError,
    GradeSource,
    InputError,
    LimbPart,
    Reading,
    Reason,
    SoftTissue,
    Status,
    Tissue,
)
from wbmri.review.group_view import Change
from wbmri.review.history import Action, Decision, Entry
from wbmri.review.label_editor import MaskChange
from wbmri.review.signoff_checks import SignoffIssue, signoff_issues
from wbmri.review.state import OpenReading, entry_of
from wbmri.review.store import Saving, problem_of
from wbmri.review.view_state import write_view_state

_CALCINOSIS = {None: "not looked at", False: "none", True: "present"}


class Session(OpenReading):
    """A reading that is being made; `wbmri.review.open_review` opens one.

    Actions change the state, are appended to the reading's history and forced to the disk before they return. Where
    that fails they count nevertheless, `saving` says so, and each later action tries again.
    """

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
            by_program = measured if measured.source is GradeSource.AUTO else entry_of(self.case.reading, label)
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
        write_view_state(self.paths.place, self._view)
        return self.saving

    def alive(self, *, active: bool = False) -> None:
        """Say that the window is still open, at least once a minute; active if the reader did something meanwhile.

        Time without activity for more than two minutes does not count as reading time.
        """
        if active:
            self._clock.active()
        self._keeper.refresh()

    # Ending.

    def signoff_issues(self) -> tuple[SignoffIssue, ...]:
        """Return what to look at before signing, unread groups first."""
        labels = sorted(self._labels())
        outside = [label for label in labels if self._outlines.outside(label)]
        return signoff_issues((self.group(label) for label in labels), outside)

    def sign(self, accepting: Collection[SignoffIssue] = ()) -> Reading:
        """Lock the reading: its files are written and nothing of it changes any more.

        `wbmri.pipeline.sign` does this and also writes the report and the tables of OUT.

        Parameters
        ----------
        accepting
            The issues that the reader has seen and confirms; they go to the history.

        Raises
        ------
        CaseError
            If a group is unread, an issue is not confirmed, or the files cannot be written.
        """
        self._check_open()
        issues = self.signoff_issues()
        open_ones = [issue for issue in issues if issue.blocks or issue not in accepting]
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
        self._clock.active()
        seconds = self._clock.seconds
        try:
            signed = write_signed(self.paths, reading, self.case.reading, self.label_map)
        except OSError as error:
            raise CaseError(
                "a reading that cannot be signed yet",
                "all of it on disk",
                problem_of(error, self.paths.folder),
            ) from error
        self._do(self._entry(Action.SIGNED, concerns=tuple(issue.sentence for issue in issues)))
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

    def _seen(self, label: int) -> bool:
        """Whether the suggestion was seen before: now, or before an earlier decision that this one replaces."""
        before = self._deeds.decisions.get(label)
        return self.visible.suggestions or (before is not None and before.suggestion_seen)

    def _decide(self, label: int, decision: Decision | None) -> Change:
        self._check_open()
        group = self._group(label)
        if label in self._start.agreed:
            raise CaseError(
                f"a decision on {group.name}",
                "one of the groups on which the readers differ",
                "choose one of those",
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
        write_view_state(self.paths.place, self._view)

    def _do(self, entry: Entry, change: MaskChange | None = None) -> None:
        self._deeds.follow(entry)
        self._keeper.append(entry, change)

    def _words(self, entry: Entry) -> str:
        if entry.tool is not None:
            return f"{entry.tool}: {', '.join(self._group(label).name for label in entry.labels)}"
        if entry.label is None:
            return "fascia, subcutis and calcinosis"
        return f"{self._group(entry.label).name}: {entry.after.words if entry.after else 'unread'}"

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
