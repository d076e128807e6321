"""Where a reading stands: decisions, marks and corrections, and what can be undone; it follows from the history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from wbmri.core import CaseError, SoftTissue
from wbmri.review.history import Action, Decision, Entry, Terms


@dataclass(frozen=True, slots=True)
class ReadingState:
    """The state after some entries of a history; the same entries give the same state.

    Parameters
    ----------
    decisions
        What is decided, by label.
    marked
        What is marked beside the muscles; ``None`` where nobody looked.
    done
        The actions that hold, in order; the last is what undo takes back.
    undone
        The actions that were taken back, in order; the last is what redo does again.
    terms
        On which terms the reading is made; ``None`` before its first entry.
    seconds
        Reading time.
    edited
        Labels of the groups whose outlines were changed.
    """

    decisions: Mapping[int, Decision] = field(default_factory=dict)
    marked: SoftTissue | None = None
    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()
    terms: Terms | None = None
    seconds: float = 0.0
    edited: frozenset[int] = frozenset()

    @property
    def edits(self) -> tuple[Entry, ...]:
        """The changes of outlines that hold, in order."""
        return tuple(entry for entry in self.done if entry.tool is not None)

    def after_all(self, entries: Iterable[Entry]) -> Self:
        """Return the state after several more entries."""
        state = self
        for entry in entries:
            state = state.after(entry)
        return state

    def after(self, entry: Entry) -> Self:
        """Return the state after one more entry.

        Raises
        ------
        CaseError
            If it undoes, or does again, another action than the last.
        """
        state = replace(self, seconds=self.seconds + entry.seconds)
        match entry.action:
            case Action.OPENED:
                return replace(state, terms=self.terms or entry.terms)
            case Action.DECIDED | Action.EDITED | Action.MARKED:
                return replace(state, undone=())._with(entry)
            case Action.UNDONE:
                taken = _last(self.done, entry)
                return replace(state, undone=(*self.undone, taken))._without(taken)
            case Action.REDONE:
                again = _last(self.undone, entry)
                return replace(state, undone=self.undone[:-1])._with(again)
            case Action.SIGNED | Action.CLOSED:
                return state

    def _with(self, entry: Entry) -> Self:
        state = replace(self, done=(*self.done, entry), edited=self.edited.union(entry.labels))
        return state._set(entry, entry.after, entry.marked)

    def _without(self, entry: Entry) -> Self:
        done = self.done[:-1]
        edited = frozenset(label for one in done for label in one.labels) if entry.labels else self.edited
        return replace(self, done=done, edited=edited)._set(entry, entry.before, entry.marked_before)

    def _set(self, entry: Entry, decision: Decision | None, marked: SoftTissue | None) -> Self:
        if entry.action is Action.MARKED:
            return replace(self, marked=marked)
        if entry.label is None:
            return self
        others = {label: given for label, given in self.decisions.items() if label != entry.label}
        return replace(self, decisions=others if decision is None else {**others, entry.label: decision})


def _last(entries: tuple[Entry, ...], entry: Entry) -> Entry:
    """Return the action that an entry undoes or does again."""
    if not entries or entries[-1].number != entry.of:
        raise CaseError(
            f"a history whose line {entry.number} says that line {entry.of} was {entry.action}",
            "actions undone from the last one back, and done again in order",
            "restore the history from a backup",
        )
    return entries[-1]
