"""How a case is read, and what a reader may see before signing."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How a case is read; fixed when a reading is begun."""

    ASSISTED = "assisted"
    BLINDED = "blinded"
    SECOND = "second reader"
    ADJUDICATION = "adjudication"


@dataclass(frozen=True, slots=True)
class Visible:
    """What a screen may show.

    Parameters
    ----------
    suggestions
        The program's grades, with the evidence they come from.
    other_readers
        What other people decided.
    clinical
        Clinical data of the person.
    visits
        Who the person is and which visit this is, other visits included.
    """

    suggestions: bool
    other_readers: bool
    clinical: bool
    visits: bool


_WHILE_READING = {
    Mode.ASSISTED: Visible(True, True, True, True),
    Mode.SECOND: Visible(True, False, True, True),
    Mode.BLINDED: Visible(False, False, False, False),
    Mode.ADJUDICATION: Visible(True, True, True, True),
}


def visible(mode: Mode, *, signed: bool) -> Visible:
    """Return what may be seen in a mode; after signing, everything."""
    return Visible(True, True, True, True) if signed else _WHILE_READING[mode]
