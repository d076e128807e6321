"""Where a reader is: the group, the slice and the zoom that are come back to, and the order of the groups."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case import SCHEMA_VERSION, STRICT, decode, encode
from wbmri.core import CaseError, Reading


@dataclass(frozen=True, slots=True)
class ViewState:
    """The group, the slice and the zoom to come back to.

    Parameters
    ----------
    label
        The group that is being read.
    point_mm
        Centre of the view in RAS mm; each of the three planes goes through it. ``None`` before the view moved.
    zoom
        Screen pixels per mm; ``None`` for the view's own choice.
    plane
        The plane that is shown.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    label: int
    point_mm: tuple[float, float, float] | None = None
    zoom: float | None = None
    plane: str = "coronal"
    schema_version: int = SCHEMA_VERSION


def read_view_state(path: Path) -> ViewState | None:
    """Return where a reader left off; ``None`` where that is not known, for nothing depends on it."""
    try:
        return decode(ViewState, path.read_bytes(), path)
    except (OSError, CaseError):
        return None


def write_view_state(path: Path, state: ViewState) -> None:
    """Remember where a reader is: whole or not at all, but not forced to the disk, for it happens all the time."""
    temporary = path.with_name(f".{path.name}")
    with suppress(OSError):
        temporary.write_bytes(encode(state, indent=None))
        os.replace(temporary, path)


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
