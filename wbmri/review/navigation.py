"""In which order the groups are read, and from which group to which."""

from collections.abc import Collection
from enum import StrEnum

from wbmri.core import Reading


class Order(StrEnum):
    """The order of the groups."""

    SCHEME = "scheme order"
    LEAST_CERTAIN = "least certain first"


class Navigation:
    """The way through the groups of a reading.

    Parameters
    ----------
    reading
        The reading whose groups are read, with how far each suggestion can be relied on.

    Attributes
    ----------
    order
        The order of reading.
    """

    def __init__(self, reading: Reading) -> None:
        self.order = Order.SCHEME
        self._scheme = reading.scheme
        self._confidence = {entry.label: entry.confidence for entry in reading.groups}

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels in the order of reading; the scheme's own has left and right of a pair side by side."""
        labels = [group.label for group in self._scheme.groups]
        if self.order is Order.LEAST_CERTAIN:
            labels.sort(key=lambda label: (self._confidence.get(label, 0.0), label))
        return tuple(labels)

    def neighbour(self, label: int, step: int) -> int:
        """Return the label that many places further on, round the end."""
        labels = self.labels
        return labels[(labels.index(label) + step) % len(labels)]

    def next_of(self, wanted: Collection[int], label: int) -> int | None:
        """Return the next of some labels after one, round the end; ``None`` where there are none."""
        labels = self.labels
        after = labels.index(label) + 1
        return next((one for one in (*labels[after:], *labels[:after]) if one in wanted), None)
