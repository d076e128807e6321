"""What a screen shows of a reading: only what may be seen in its mode."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wbmri.core import GroupReading, Subtotal
from wbmri.core.scheme import Group
from wbmri.review.history import Decision
from wbmri.review.label_editor import LabelChange


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group as a screen may show it.

    Parameters
    ----------
    group
        The group of the scheme.
    decision
        What this reader decided; ``None`` while it is unread.
    measured
        The program's entry for the outline as it is now: `auto_grade` is the suggestion, with its evidence, confidence,
        explanation, flags and probabilities. ``None`` where suggestions are hidden.
    outline_edited
        Whether the reader changed the outline.
    others
        Reader to that person's entry, where these may be seen.
    to_read
        Whether the group waits for a decision of this reader at all: in an adjudication those on which both readers
        agree do not.
    remark
        What this reader remarks on it in free text.
    """

    group: Group
    decision: Decision | None
    measured: GroupReading | None
    outline_edited: bool = False
    others: Mapping[str, GroupReading] = field(default_factory=dict)
    to_read: bool = True
    remark: str = ""

    @property
    def read(self) -> bool:
        """Whether it needs no decision any more."""
        return self.decision is not None or not self.to_read


@dataclass(frozen=True, slots=True)
class Totals:
    """What stands at the top of the screen.

    Parameters
    ----------
    given
        Sum over the groups this reader has decided; in an adjudication also over those on which both readers agree.
    with_suggestions
        The same with the suggestions for the others; ``None`` where suggestions are hidden.
    read
        Groups that need no decision any more.
    groups
        All groups.
    maximum
        The highest possible total, 84 for ``jdm42``.
    open_totals
        The totals that the suggestions leave open, such as ``28 or 0``; empty where they give one, or are hidden.
    """

    given: Subtotal
    with_suggestions: Subtotal | None
    read: int
    groups: int
    maximum: int
    open_totals: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What an action changed, so that a screen can follow.

    Parameters
    ----------
    words
        What was done, in words for a status line, such as ``Deltoid, left: grade 1``.
    labels
        The groups whose view changed.
    mask
        The voxels that changed; ``None`` where the outlines did not.
    """

    words: str
    labels: frozenset[int]
    mask: LabelChange | None = None
