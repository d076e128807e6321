"""Findings beside the muscles, read on the same scan and never added to the score."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from wbmri.core.errors import InputError


class Tissue(StrEnum):
    """What lies around the muscles."""

    FASCIA = "fascia"
    SUBCUTIS = "subcutis"


class LimbPart(StrEnum):
    """Upper arm and thigh, or forearm and leg."""

    PROXIMAL = "proximal"
    DISTAL = "distal"


class CalcinosisCourse(StrEnum):
    """Calcinosis beside that of an earlier visit."""

    NONE = "none"
    NEW = "new"
    UNCHANGED = "unchanged"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class TissueSign:
    """Oedema of one tissue in one part of the limbs: 0 absent, 1 present.

    Parameters
    ----------
    suggested
        What the image suggests; ``None`` where too little of the tissue is in the picture.
    graded
        What a reader decided; ``None`` before that.
    bright_share
        Share of the tissue that is bright, 0..1; ``None`` where it was not measured.
    explanation
        One sentence of why.
    """

    suggested: int | None = None
    graded: int | None = None
    bright_share: float | None = None
    explanation: str = ""

    def __post_init__(self) -> None:
        for value in (self.suggested, self.graded):
            if value not in (None, 0, 1):
                raise InputError(f"the sign {value!r} of fascia or subcutis", "0, 1 or none", "correct the sign")

    @property
    def value(self) -> int | None:
        """The reader's decision, or else the suggestion."""
        return self.suggested if self.graded is None else self.graded


@dataclass(frozen=True, slots=True)
class Calcinosis:
    """Calcinosis, which only a person marks: STIR shows it dark, if at all.

    Parameters
    ----------
    present
        Whether there is any; ``None`` before a reader decided.
    places
        Where, in the reader's words.
    course
        How it compares with the visit before; ``None`` where there is none.
    """

    present: bool | None = None
    places: tuple[str, ...] = ()
    course: CalcinosisCourse | None = None

    def __post_init__(self) -> None:
        if self.places and not self.present:
            raise InputError(
                f"calcinosis at {', '.join(self.places)} that is not present",
                "places only where calcinosis is present",
                "mark it as present, or remove its places",
            )


@dataclass(frozen=True, slots=True)
class SoftTissue:
    """Fascia, subcutis and calcinosis of one scan; none of it counts in the score.

    Parameters
    ----------
    signs
        Oedema by tissue and part of the limbs.
    calcinosis
        What a reader marked.
    """

    signs: Mapping[Tissue, Mapping[LimbPart, TissueSign]] = field(
        default_factory=lambda: {tissue: dict.fromkeys(LimbPart, TissueSign()) for tissue in Tissue},
    )
    calcinosis: Calcinosis = Calcinosis()

    def with_sign(self, tissue: Tissue, part: LimbPart, graded: int | None) -> Self:
        """Return the findings with a reader's decision about one tissue in one part of the limbs."""
        parts = {**self.signs[tissue], part: replace(self.signs[tissue][part], graded=graded)}
        return replace(self, signs={**self.signs, tissue: parts})
