"""What the scheme ``jdm42`` says of a label, for whole arrays of labels at a time."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment, Side, load_scheme


def pair_numbers(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the number of each label's pair, counted from 1; 0 where there is no group."""
    numbers: NDArray[np.uint8] = _tables()[0][labels]
    return numbers


def on_right(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether each label is of a group on the right."""
    right: NDArray[np.bool_] = _tables()[1][labels]
    return right


def of_other_side(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return each label's counterpart on the other side; 0 where there is no group."""
    opposite: NDArray[np.uint8] = _tables()[2][labels]
    return opposite


def labels_in(*segments: BodySegment, side: Side | None = None) -> tuple[int, ...]:
    """Return the labels of the groups in some segments of the body, of one side or of both."""
    groups = load_scheme().groups
    return tuple(group.label for group in groups if group.segment in segments and side in (None, group.side))


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8]]:
    scheme = load_scheme()
    count = len(scheme.groups) + 1
    pair, right, opposite = np.zeros(count, np.uint8), np.zeros(count, bool), np.zeros(count, np.uint8)
    for group in scheme.groups:
        pair[group.label] = scheme.pair_index(group.label) + 1
        right[group.label] = group.side is Side.RIGHT
        opposite[group.label] = scheme.opposite(group.label)
    return pair, right, opposite
