"""Codes of groups, as DICOM, FHIR and 3D Slicer ask for them: SNOMED CT where one fits, else wbmri's own."""

import re
from dataclasses import dataclass
from hashlib import sha256

from wbmri.core.scheme.model import Group, Pair, Side

PRIVATE_CODES = "99WBMRI"
"""Designator of wbmri's own codes; docs/hospital.md lists them."""

_LONGEST_CODE = 16
"""Characters of a code value in DICOM (value representation SH)."""


@dataclass(frozen=True, slots=True)
class CodedEntry:
    """A concept as objects name it.

    Parameters
    ----------
    value
        The code, at most 16 characters.
    scheme
        Designator of the coding scheme: ``SCT`` for SNOMED CT, ``DCM``, ``UCUM`` or `PRIVATE_CODES`.
    meaning
        What it means, in English.
    """

    value: str
    scheme: str
    meaning: str


ANATOMICAL_STRUCTURE = CodedEntry("91723000", "SCT", "Anatomical Structure")
"""DICOM CID 7150, the category of all groups."""

_SIDES = {
    Side.LEFT: CodedEntry("7771000", "SCT", "Left"),
    Side.RIGHT: CodedEntry("24028007", "SCT", "Right"),
}


def private_code(value: str, meaning: str) -> CodedEntry:
    """Return one of wbmri's own codes; a value that is too long ends in the first characters of its digest.

    Examples
    --------
    >>> private_code("thigh_anterior", "Thigh, anterior").value
    'thigh_anterior'
    >>> private_code("forearm_posterior", "Forearm, posterior").value
    'forearm_pos_773b'
    """
    if len(value) > _LONGEST_CODE:
        value = f"{value[: _LONGEST_CODE - 5]}_{sha256(value.encode()).hexdigest()[:4]}"
    return CodedEntry(value, PRIVATE_CODES, meaning[:64])


def side_code(side: Side) -> CodedEntry:
    """Return the code of a side (DICOM CID 244)."""
    return _SIDES[side]


def pair_code(pair: Pair) -> CodedEntry:
    """Return the code of a pair of groups, without its side.

    It is that of SNOMED CT if the scheme gives one for the pair, or for the only muscle it consists of; a group of
    several muscles has none there and is called by its id.
    """
    codes = (*pair.codes, *(pair.members[0].codes if len(pair.members) == 1 else ()))
    for code in codes:
        if code.terminology == "SCT":
            return CodedEntry(code.value, "SCT", code.meaning[:64])
    return private_code(pair.id, pair.name)


def side_of(value: str, meaning: str = "") -> Side | None:
    """Return the side that a code value of SNOMED CT or DICOM, or its meaning, stands for; ``None`` for any other."""
    for side, code in _SIDES.items():
        if value in (code.value, {Side.LEFT: "G-A101", Side.RIGHT: "G-A100"}[side]):
            return side
    words = set(re.findall(r"[a-z]+", meaning.lower()))
    named = [side for side in Side if side in words]
    return named[0] if len(named) == 1 else None


def rgb(group: Group) -> tuple[int, int, int]:
    """Return the colour of a group, 0..255 each."""
    colour = group.pair.colour
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
