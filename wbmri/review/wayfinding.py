"""The way through the groups of a reading: which one is read, which comes next, and where the view is."""

from abc import ABC, abstractmethod
from dataclasses import replace

from wbmri.core import InputError
from wbmri.review.actions import Actions
from wbmri.review.blinding import Visible
from wbmri.review.draft import Draft
from wbmri.review.view_state import Navigation, Order, ViewState


class Wayfinding(ABC):
    """Where a reader is in a reading; a `Session` is one that is also graded.

    Parameters
    ----------
    actions
        The actions of the reading.
    """

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._navigation = Navigation(actions.draft.start.base)

    @property
    @abstractmethod
    def visible(self) -> Visible:
        """What may be shown now."""

    @property
    def _draft(self) -> Draft:
        return self._actions.draft

    @property
    def order(self) -> Order:
        """The order of reading."""
        return self._navigation.order

    def reorder(self, order: Order) -> None:
        """Choose the order of reading.

        Raises
        ------
        InputError
            If it would give suggestions away that are hidden.
        """
        if order is Order.LEAST_CERTAIN and not self.visible.suggestions:
            mode = self._actions.terms.mode
            raise InputError(f"the order {order!r} in a {mode} reading", "the scheme's order", "choose that")
        self._navigation.order = order

    @property
    def view_state(self) -> ViewState:
        """The group that is being read, and where its view is."""
        return self._actions.view

    @property
    def current(self) -> int:
        """Label of the group that is being read."""
        return self._actions.view.label

    def move(self, view: ViewState) -> None:
        """Remember where the reader is; cheap, to be called whenever the view comes to rest."""
        self._actions.move(view)

    def choose(self, label: int) -> int:
        """Go to a group and return its label; the view's point is forgotten, for the screen centres on the group."""
        self.move(replace(self._actions.view, label=label, point_mm=None))
        return label

    def next_group(self) -> int:
        """Go to the next group in the order of reading, and return its label."""
        return self.choose(self._navigation.neighbour(self.current, 1))

    def previous_group(self) -> int:
        """Go to the previous group in the order of reading, and return its label."""
        return self.choose(self._navigation.neighbour(self.current, -1))

    def next_unread(self) -> int | None:
        """Go to the next group that waits for a decision and return its label; ``None`` where none does."""
        found = self._navigation.next_of(self._draft.unread, self.current)
        return None if found is None else self.choose(found)

    def other_side(self) -> int:
        """Go to the same group on the other side, and return its label."""
        return self.choose(self._actions.case.reading.scheme.opposite(self.current))
