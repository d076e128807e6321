"""In which order the groups of a case are read."""

from collections.abc import Mapping
from enum import StrEnum

from wbmri.reading import Reading
from wbmri.scheme import Scheme


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
