"""What a history adds up to: the decisions, the outlines changed, and what can be undone."""

from collections import Counter
from collections.abc import Iterable, Mapping

from wbmri.review.decision import Decision
from wbmri.review.entries import Action, Entry, Terms


class Deeds:
    """The state after following entries one by one; the same entries give the same state.

    Parameters
    ----------
    decisions
        What is decided before the first entry, by label.
    entries
        What was done, in order.
    """

    def __init__(self, decisions: Mapping[int, Decision], entries: Iterable[Entry]) -> None:
        self.decisions = dict(decisions)
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
            case Action.DECIDED | Action.EDITED:
                self.done.append(entry)
                self.undone.clear()
                self._decide(entry.label, entry.after)
                self._corrections.update(entry.labels)
            case Action.UNDONE:
                taken = self.done.pop()
                self.undone.append(taken)
                self._decide(taken.label, taken.before)
                self._corrections.subtract(taken.labels)
            case Action.REDONE:
                again = self.undone.pop()
                self.done.append(again)
                self._decide(again.label, again.after)
                self._corrections.update(again.labels)
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

    def _decide(self, label: int | None, decision: Decision | None) -> None:
        if label is None:
            return
        if decision is None:
            self.decisions.pop(label, None)
        else:
            self.decisions[label] = decision
