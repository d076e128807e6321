"""The history of a reading, a line for every action of a reader, and the state of the reading that follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from wbmri.case import SCHEMA_VERSION, STRICT, Chain, completed_lines, decode, unsealed
from wbmri.core import CaseError, InputError, KeySlice, Reason, SoftTissue
from wbmri.review.blinding import Mode


@dataclass(frozen=True, slots=True)
class Decision:
    """A grade, or the reason why there is none.

    Parameters
    ----------
    grade
        0, 1 or 2; ``None`` if and only if there is a reason.
    reason
        Why the group is not assessable.
    note
        What the reader adds in words; needed where the reason is `Reason.OTHER`.
    accepted
        Whether the reader took over the program's suggestion instead of giving the grade.
    suggestion_seen
        Whether the program's suggestion was on the screen before the decision.

    Raises
    ------
    InputError
        If it is neither or both, or another reason is not named.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    grade: int | None
    reason: Reason | None = None
    note: str = ""
    accepted: bool = False
    suggestion_seen: bool = False

    def __post_init__(self) -> None:
        if (self.grade is None) == (self.reason is None) or self.grade not in (None, 0, 1, 2):
            raise InputError(
                f"the grade {self.grade!r} with the reason {self.reason!r}",
                "a grade 0, 1 or 2, or a reason why the group is not assessable",
                "give one of the two",
            )
        if self.reason is Reason.OTHER and not self.note.strip():
            raise InputError("the reason 'other' without a note", "the reason in words", "write it into the note")

    @property
    def words(self) -> str:
        """``grade 1``, or ``not assessable: motion``."""
        return f"grade {self.grade}" if self.reason is None else f"not assessable: {self.reason}"


class Action(StrEnum):
    """What a reader did."""

    OPENED = "opened"
    DECIDED = "decided"
    EDITED = "edited"
    MARKED = "marked"
    REMARKED = "remarked"
    KEPT = "kept"
    UNDONE = "undone"
    REDONE = "redone"
    SIGNED = "signed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a reading is made; fixed by its first line.

    Parameters
    ----------
    mode
        How it is read.
    between
        For an adjudication, the two readers.
    seed
        Seed of the blinded order the case came from.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    mode: Mode
    between: tuple[str, str] | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a reading's history.

    Parameters
    ----------
    number
        Counts the lines from 1.
    who
        Id of the person.
    when
        Time of the action, UTC.
    action
        What was done.
    terms
        Of the line that opened the reading.
    label
        The group that was decided on.
    before, after
        The decision before and after, written as ``from`` and ``to``; ``None`` for unread.
    marked_before, marked
        What was marked beside the muscles before and after, as a whole.
    remark_before, remark
        The free text on a group, or without one on the case, before and after.
    kept_before, kept
        The slices chosen for the report before and after, as a whole.
    suggestion
        What the program suggested then, if the reader saw it: a grade, or -1 for not assessable.
    tool
        What changed the outlines; the voxels lie in a file of the same number.
    labels
        The groups whose outlines changed.
    voxels
        The SHA-256 of the file with these voxels; in the line on disk only.
    of
        Number of the line that was undone or done again.
    concerns
        What the reader confirmed when signing, one sentence each.
    seconds
        Reading time since the line before, idle time left out.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    number: int
    who: str
    when: datetime
    action: Action
    terms: Terms | None = None
    label: int | None = None
    before: Annotated[Decision | None, Field(alias="from")] = None
    after: Annotated[Decision | None, Field(alias="to")] = None
    marked_before: SoftTissue | None = None
    marked: SoftTissue | None = None
    remark_before: str = ""
    remark: str = ""
    kept_before: tuple[KeySlice, ...] = ()
    kept: tuple[KeySlice, ...] = ()
    suggestion: int | None = None
    tool: str | None = None
    labels: tuple[int, ...] = ()
    voxels: str | None = None
    of: int | None = None
    concerns: tuple[str, ...] = ()
    seconds: float = 0.0
    schema_version: int = field(default=SCHEMA_VERSION)


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
    remarks
        Free text by label, that on the case under 0; no empty ones.
    key_slices
        What was chosen for the report.
    """

    decisions: Mapping[int, Decision] = field(default_factory=dict)
    marked: SoftTissue | None = None
    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()
    terms: Terms | None = None
    seconds: float = 0.0
    edited: frozenset[int] = frozenset()
    remarks: Mapping[int, str] = field(default_factory=dict)
    key_slices: tuple[KeySlice, ...] = ()

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
            case Action.DECIDED | Action.EDITED | Action.MARKED | Action.REMARKED | Action.KEPT:
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
        if entry.action is Action.KEPT:
            return replace(state, key_slices=entry.kept)
        return state._set(entry, entry.after, entry.marked, entry.remark)

    def _without(self, entry: Entry) -> Self:
        done = self.done[:-1]
        edited = frozenset(label for one in done for label in one.labels) if entry.labels else self.edited
        if entry.action is Action.KEPT:
            return replace(self, done=done, key_slices=entry.kept_before)
        return replace(self, done=done, edited=edited)._set(
            entry, entry.before, entry.marked_before, entry.remark_before
        )

    def _set(self, entry: Entry, decision: Decision | None, marked: SoftTissue | None, remark: str) -> Self:
        if entry.action is Action.REMARKED:
            kept = {label: text for label, text in self.remarks.items() if label != (entry.label or 0)}
            return replace(self, remarks={**kept, entry.label or 0: remark} if remark else kept)
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


@dataclass(frozen=True, slots=True)
class Lines:
    """What is on disk of a history.

    Parameters
    ----------
    entries
        Every completed action, in order.
    length
        How many bytes their lines take.
    chain
        Where the next line goes on.
    """

    entries: tuple[Entry, ...]
    length: int
    chain: Chain


def read_entries(path: Path) -> Lines:
    """Read the history of a reading; a torn last line, of an action that was never completed, does not count.

    Raises
    ------
    CaseError
        If a line is not as it was written.
    """
    lines, chain = completed_lines(path.read_bytes() if path.exists() else b"", path)
    entries = tuple(decode(Entry, unsealed(line), path) for line in lines)
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            raise CaseError(
                f"{path} with line {entry.number} in place {number}",
                "every action once, in order",
                "restore the file from a backup",
            )
    return Lines(entries, sum(len(line) + 1 for line in lines), chain)
