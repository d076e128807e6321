"""What became of fascia, subcutis and calcinosis between two visits; beside the score, as they are."""

from dataclasses import dataclass
from typing import Self

from wbmri.core import Calcinosis, Deposit, DepositCourse, LimbPart, SoftTissue, Tissue, TissueSign


@dataclass(frozen=True, slots=True)
class SignChange:
    """One tissue in one part of the limbs at both visits.

    Parameters
    ----------
    tissue, part
        Which one.
    baseline, followup
        The sign at each visit.
    """

    tissue: Tissue
    part: LimbPart
    baseline: TissueSign
    followup: TissueSign

    @property
    def name(self) -> str:
        """What it is called, such as ``Fascia, proximal``."""
        return f"{self.tissue.capitalize()}, {self.part}"

    @property
    def said(self) -> tuple[str, str]:
        """The sign at each visit in words; what no reader decided is a suggestion."""
        return _sign(self.baseline), _sign(self.followup)

    @property
    def change(self) -> str:
        """What became of it in a word."""
        before, after = self.baseline.value, self.followup.value
        if before is None or after is None:
            return "not known"
        return {-1: "gone", 0: "same", 1: "new"}[after - before]


@dataclass(frozen=True, slots=True)
class SoftTissueChange:
    """Fascia, subcutis and calcinosis at both visits; none of it counts in a total.

    Parameters
    ----------
    signs
        Each tissue in each part of the limbs.
    baseline_calcinosis, followup_calcinosis
        What readers marked.
    """

    signs: tuple[SignChange, ...]
    baseline_calcinosis: Calcinosis
    followup_calcinosis: Calcinosis

    @classmethod
    def between(cls, before: SoftTissue | None, after: SoftTissue | None) -> Self:
        """Put the findings of two visits beside each other; where nobody looked, nothing is known."""
        first, second = before or SoftTissue(), after or SoftTissue()
        return cls(
            tuple(
                SignChange(tissue, part, _of(first, tissue, part), _of(second, tissue, part))
                for tissue in Tissue
                for part in LimbPart
            ),
            first.calcinosis,
            second.calcinosis,
        )

    @property
    def calcinosis_said(self) -> tuple[str, str]:
        """Calcinosis at each visit in words."""
        return _calcinosis(self.baseline_calcinosis), _calcinosis(self.followup_calcinosis)

    @property
    def calcinosis_change(self) -> str:
        """What became of calcinosis: the later reader's word, or else what both visits tell."""
        before, after = self.baseline_calcinosis, self.followup_calcinosis
        if after.course is not None:
            return str(after.course)
        if before.present is None or after.present is None:
            return "not known"
        both = {(False, False): "none", (False, True): "new", (True, False): "gone"}
        return both.get((before.present, after.present), "present at both, course not marked")

    @property
    def deposits(self) -> tuple[tuple[str, tuple[str, str], str], ...]:
        """Each deposit that is marked on a picture: its name, what is marked at each visit, and what became of it.

        Only the later reader follows a deposit from one visit to the next; its number at both visits is the same then.
        """
        before = {one.number: one for one in self.baseline_calcinosis.deposits if not one.gone}
        after = {one.number: one for one in self.followup_calcinosis.deposits}
        followed = {number for number, one in after.items() if one.course not in (None, DepositCourse.NEW)}
        rows = []
        for number, one in sorted(before.items()):
            if number not in followed:
                rows.append((_named(one), ("marked", "not followed"), "not known"))
        for number, one in sorted(after.items()):
            first = "marked" if number in followed and number in before else "not marked"
            rows.append((_named(one), (first, "gone" if one.gone else "marked"), str(one.course or "not compared")))
        return tuple(rows)

    @property
    def rows(self) -> tuple[tuple[str, tuple[str, str], str], ...]:
        """Everything as a table: what, how it was at each visit in words, and what became of it."""
        signs = tuple((one.name, one.said, one.change) for one in self.signs)
        return (*signs, ("Calcinosis", self.calcinosis_said, self.calcinosis_change), *self.deposits)


def _of(findings: SoftTissue, tissue: Tissue, part: LimbPart) -> TissueSign:
    return findings.signs.get(tissue, {}).get(part, TissueSign())


def _named(deposit: Deposit) -> str:
    return f"Calcinosis {deposit.name}"


def _sign(sign: TissueSign) -> str:
    if sign.value is None:
        return "not looked at"
    return f"{sign.value}" if sign.graded is not None else f"{sign.value} (suggested)"


def _calcinosis(marked: Calcinosis) -> str:
    if marked.present is None:
        return "not looked at"
    if not marked.present:
        return "none"
    return f"present: {', '.join(marked.places)}" if marked.places else "present"
