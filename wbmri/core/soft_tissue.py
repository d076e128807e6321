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


class DepositCourse(StrEnum):
    """One deposit of calcinosis beside that of an earlier visit."""

    NEW = "new"
    UNCHANGED = "unchanged"
    LARGER = "larger"
    SMALLER = "smaller"
    GONE = "gone"


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
class Deposit:
    """One deposit of calcinosis, marked where it is on the picture.

    Parameters
    ----------
    number
        What it is called, from 1 on; one that is followed from visit to visit keeps its number.
    point_mm
        Where it is, or was, in RAS mm of this scan.
    near
        Name of the muscle group in which or beside which it lies; empty where none is near.
    course
        What became of it since the visit before; ``None`` where it was not compared.
    """

    number: int
    point_mm: tuple[float, float, float]
    near: str = ""
    course: DepositCourse | None = None

    def __post_init__(self) -> None:
        if self.number < 1:
            raise InputError(f"a deposit with the number {self.number}", "numbers from 1 on", "correct the number")

    @property
    def gone(self) -> bool:
        """Whether it is no longer there."""
        return self.course is DepositCourse.GONE

    @property
    def name(self) -> str:
        """What it is called, such as ``no. 1, Deltoid, left``."""
        return f"no. {self.number}, {self.near}" if self.near else f"no. {self.number}"

    @property
    def words(self) -> str:
        """The same with what became of it."""
        return f"{self.name}: {self.course}" if self.course else self.name


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
    deposits
        What is marked on the picture, by number; those that are gone among them.
    """

    present: bool | None = None
    places: tuple[str, ...] = ()
    course: CalcinosisCourse | None = None
    deposits: tuple[Deposit, ...] = ()

    def __post_init__(self) -> None:
        if self.places and not self.present:
            raise InputError(
                f"calcinosis at {', '.join(self.places)} that is not present",
                "places only where calcinosis is present",
                "mark it as present, or remove its places",
            )
        if not self.present and any(not deposit.gone for deposit in self.deposits):
            raise InputError(
                "a deposit of calcinosis on the picture where none is present",
                "deposits only where calcinosis is present",
                "mark it as present, or take the deposits away",
            )
        numbers = [deposit.number for deposit in self.deposits]
        if numbers != sorted(set(numbers)):
            raise InputError(f"deposits with the numbers {numbers}", "each number once, in order", "correct them")

    def with_deposit(self, deposit: Deposit) -> Self:
        """Return it with a deposit, in place of the one of that number."""
        return self._with((*(one for one in self.deposits if one.number != deposit.number), deposit))

    def without_deposit(self, number: int) -> Self:
        """Return it without the deposit of a number."""
        return self._with(tuple(one for one in self.deposits if one.number != number))

    def _with(self, deposits: tuple[Deposit, ...]) -> Self:
        there = bool(self.places) or any(not deposit.gone for deposit in deposits)
        present = True if there else False if deposits else None
        return replace(self, present=present, deposits=tuple(sorted(deposits, key=lambda one: one.number)))


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
