"""What a history adds up to: the decisions, the outlines changed, and what can be undone."""

from collections import Counter
from collections.abc import Iterable, Mapping

from wbmri.errors import CaseError
from wbmri.review.decision import Decision
from wbmri.review.entries import Action, Entry, Terms
from wbmri.soft_tissue import SoftTissue


class Deeds:
    """The state after following entries one by one; the same entries give the same state.

    Parameters
    ----------
    decisions
        What is decided before the first entry, by label.
    marked
        What is marked beside the muscles before the first entry.
    entries
        What was done, in order.
    """

    def __init__(
        self, decisions: Mapping[int, Decision], entries: Iterable[Entry], marked: SoftTissue | None = None
    ) -> None:
        self.decisions = dict(decisions)
        self.marked = marked
        self.done: list[Entry] = []
        self.undone: list[Entry] = []
        self.terms: Terms | None = None
        self.signed = False
        self.seconds = 0.0
        self._corrections: Counter[int] = Counter()
        for entry in entries:
            self.follow(entry)

    def follow(self, entry: Entry) -> None:
        """Do what an entry says."""
        self.seconds += entry.seconds
        match entry.action:
            case Action.OPENED:
                self.terms = self.terms or entry.terms
            case Action.DECIDED | Action.EDITED | Action.MARKED:
                self.done.append(entry)
                self.undone.clear()
                self._forward(entry)
            case Action.UNDONE:
                taken = _last(self.done, entry)
                self.undone.append(taken)
                self._back(taken)
            case Action.REDONE:
                again = _last(self.undone, entry)
                self.done.append(again)
                self._forward(again)
            case Action.SIGNED:
                self.signed = True
            case Action.CLOSED:
                pass

    @property
    def edits(self) -> tuple[Entry, ...]:
        """The changes of outlines that hold, in order."""
        return tuple(entry for entry in self.done if entry.tool is not None)

    @property
    def edited(self) -> frozenset[int]:
        """The groups whose outlines were changed."""
        return frozenset(label for label, count in self._corrections.items() if count)

    def is_edited(self, label: int) -> bool:
        """Whether a group's outline was changed."""
        return self._corrections[label] > 0

    def _forward(self, entry: Entry) -> None:
        self._corrections.update(entry.labels)
        self._set(entry, entry.after, entry.marked)

    def _back(self, entry: Entry) -> None:
        self._corrections.subtract(entry.labels)
        self._set(entry, entry.before, entry.marked_before)

    def _set(self, entry: Entry, decision: Decision | None, marked: SoftTissue | None) -> None:
        if entry.action is Action.MARKED:
            self.marked = marked
        elif entry.label is not None and decision is not None:
            self.decisions[entry.label] = decision
        elif entry.label is not None:
            self.decisions.pop(entry.label, None)


def _last(entries: list[Entry], entry: Entry) -> Entry:
    """Take the action that an entry undoes or does again."""
    if not entries or entries[-1].number != entry.of:
        raise CaseError(
            f"a history whose line {entry.number} says that line {entry.of} was {entry.action}",
            "actions undone from the last one back, and done again in order",
            "restore the history from a backup",
        )
    return entries.pop()
