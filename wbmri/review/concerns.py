"""What a reader should look at before signing: what is unread, and what contradicts itself."""

from dataclasses import dataclass
from enum import StrEnum


class ConcernKind(StrEnum):
    """What a concern is about."""

    UNREAD = "unread"
    OUTSIDE = "graded outside the view"
    OVERLOOKED = "grade 0 with much oedema"
    UNSUPPORTED = "oedema graded where none was measured"
    DISTANT = "grade and measurement far apart"
    ASSESSABLE = "not assessable but measured"
    OUTLINE = "outline not plausible"


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to look at.

    Parameters
    ----------
    label
        The group.
    kind
        What it is about.
    sentence
        The same in one sentence with the numbers.
    blocks
        Whether the reading cannot be signed until it is resolved; the others can be confirmed.
    """

    label: int
    kind: ConcernKind
    sentence: str
    blocks: bool = False
