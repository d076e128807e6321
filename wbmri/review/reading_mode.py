"""How a case is read: what a reader may see before signing, and names and order that give nothing away."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from wbmri.case import CasePaths


def default_seed(reader: str) -> int:
    """Return a seed that follows from the reader's id: two readers see the cases in different orders."""
    return int.from_bytes(sha256(f"reader {reader}".encode()).digest()[:4], "big")


def rank(case: CasePaths, seed: int) -> bytes:
    """Return what the cases are sorted by; a further case does not change the order of the others."""
    return sha256(f"{seed} {case.name}".encode()).digest()


def code(case: CasePaths, seed: int) -> str:
    """Return a name for a case, such as ``case 3F9A61``, that says neither who it is nor which visit."""
    return f"case {rank(case, seed).hex()[:6].upper()}"


def without_names(text: str, case: CasePaths, title: str) -> str:
    """Return a text with another title where it names a case or its files."""
    for name, instead in (
        (str(case.folder), "the folder of this case"),
        (case.name, title),
        (f"sub-{case.participant}", "…"),
        (f"ses-{case.session}", "…"),
    ):
        text = text.replace(name, instead)
    return text


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


HIDING = (Mode.BLINDED, Mode.SECOND)
"""Modes in which something is hidden until the reader has signed every visit of the person."""

_WHILE_READING = {
    Mode.ASSISTED: Visible(True, True, True, True),
    Mode.SECOND: Visible(True, False, True, True),
    Mode.BLINDED: Visible(False, False, False, False),
    Mode.ADJUDICATION: Visible(True, True, True, True),
}


def visible(mode: Mode, *, revealed: bool) -> Visible:
    """Return what may be seen in a mode; once it is revealed, everything."""
    return Visible(True, True, True, True) if revealed else _WHILE_READING[mode]
