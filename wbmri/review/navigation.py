"""In which order the groups are read, and how long a case is read."""

from collections.abc import Mapping
from enum import StrEnum
from time import monotonic

from wbmri.core import Reading
from wbmri.core.scheme import Scheme

IDLE_S = 120.0
"""A pause longer than this is not reading time."""


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


class Order(StrEnum):
    """The order of the groups."""

    SCHEME = "scheme order"
    LEAST_CERTAIN = "least certain first"


def ordered(scheme: Scheme, order: Order, confidence: Mapping[int, float]) -> tuple[int, ...]:
    """Return the labels in the order in which they are read.

    Parameters
    ----------
    scheme
        The groups; their own order has left and right of a pair side by side.
    order
        The order wanted.
    confidence
        Label to how far the suggested grade can be relied on, 0..1; a group that is not there comes first.
    """
    labels = [group.label for group in scheme.groups]
    if order is Order.LEAST_CERTAIN:
        labels.sort(key=lambda label: (confidence.get(label, 0.0), label))
    return tuple(labels)


def confidence_of(reading: Reading) -> dict[int, float]:
    """Return how far each group's suggestion can be relied on."""
    return {entry.label: entry.confidence for entry in reading.groups}


def neighbour(order: tuple[int, ...], label: int, step: int) -> int:
    """Return the label that many places further on, round the end."""
    return order[(order.index(label) + step) % len(order)]


def other_side(label: int) -> int:
    """Return the label of the same pair on the other side."""
    return label + 1 if label % 2 else label - 1
