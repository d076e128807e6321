"""The comparison value type, the transitions it is made of, and whether two measurements differ at all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import hypot
from typing import Self

from wbmri.analysis.comparison.comparability import check_comparable, protocol_differences, unknown_facts
from wbmri.analysis.comparison.soft_tissue_change import SoftTissueChange
from wbmri.core import GradeSource, GroupReading, Reading, Subtotal
from wbmri.core.scheme import GradingRule, Group, Side


class Transition(StrEnum):
    """What became of one group between two visits.

    A group is the same also where its grades differ, but what was measured does not tell them apart.
    """

    RESOLVED = "resolved"
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NEW = "new"
    NOT_ASSESSABLE = "not assessable"

    @classmethod
    def between(cls, baseline: int | None, followup: int | None) -> "Transition":
        """Name the step from one grade to another."""
        if baseline is None or followup is None:
            return cls.NOT_ASSESSABLE
        if baseline == followup:
            return cls.SAME
        if followup < baseline:
            return cls.RESOLVED if followup == 0 else cls.BETTER
        return cls.NEW if baseline == 0 else cls.WORSE


MUCH_FAT = 0.1
"""Where fat has replaced this much more or less of a group, oedema that comes or goes with it may be none."""


def _by_fat(before: GroupReading, after: GroupReading) -> bool:
    """Tell whether oedema that the program found new or gone may be fat that has replaced muscle."""
    if GradeSource.READER in (before.source, after.source):
        return False
    fat = [0.0 if one.evidence is None else one.evidence.fat_fraction or 0.0 for one in (before, after)]
    return 0 in (before.grade, after.grade) and abs(fat[1] - fat[0]) > MUCH_FAT


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The two grades of one group.

    Parameters
    ----------
    label
        The scheme's label of the group.
    baseline, followup
        The grades; ``None`` where the group was not assessable.
    told_apart
        Whether what was measured tells grades that differ apart, see `wbmri.analysis.comparison.transitions`.
    """

    label: int
    baseline: int | None
    followup: int | None
    told_apart: bool = True

    @classmethod
    def between(cls, before: GroupReading, after: GroupReading, rule: GradingRule) -> Self:
        """Return the change of one group between its entries at two visits, see `told_apart`."""
        apart = before.grade == after.grade or (told_apart(before, after, rule) and not _by_fat(before, after))
        return cls(before.label, before.grade, after.grade, apart)

    @property
    def delta(self) -> int | None:
        """Follow-up less baseline; ``None`` unless the group was assessable at both visits."""
        return None if self.baseline is None or self.followup is None else self.followup - self.baseline

    @property
    def transition(self) -> Transition:
        """What became of the group."""
        return Transition.SAME if self.marginal else Transition.between(self.baseline, self.followup)

    @property
    def marginal(self) -> bool:
        """Whether the grades differ though what was measured does not tell them apart."""
        return bool(self.delta) and not self.told_apart


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings of one person; everything else is derived from them.

    Sums of change count only the groups that were assessable at both visits, so that a group which left the field of
    view cannot pass for one that healed.

    Parameters
    ----------
    baseline, followup
        The readings, earlier and later.
    across_protocols
        Whether scans of different protocols are compared all the same; `protocol_differences` then says so everywhere.

    Raises
    ------
    InputError
        If the readings follow different schemes, or were scanned with different protocols and that is not accepted.
    """

    baseline: Reading
    followup: Reading
    across_protocols: bool = False

    def __post_init__(self) -> None:
        check_comparable(self.baseline, self.followup, across_protocols=self.across_protocols)

    @property
    def protocol_differences(self) -> tuple[str, ...]:
        """In which known facts of acquisition the scans differ; empty unless that was accepted."""
        return protocol_differences(self.baseline, self.followup)

    @property
    def changes(self) -> tuple[GroupChange, ...]:
        """Both grades of every group, by label."""
        rule = self.baseline.scheme.grading
        return tuple(
            replace(change, told_apart=False) if _open(before, self.baseline) or _open(after, self.followup) else change
            for before, after in zip(self.baseline.groups, self.followup.groups, strict=True)
            for change in (GroupChange.between(before, after, rule),)
        )

    def by_group(self) -> tuple[tuple[Group, GroupChange], ...]:
        """Each group of the scheme with its change."""
        return tuple(zip(self.baseline.scheme.groups, self.changes, strict=True))

    @property
    def before(self) -> Subtotal:
        """Sums at baseline over the groups assessable at both visits."""
        return self._common(self.baseline)

    @property
    def after(self) -> Subtotal:
        """Sums at follow-up over the groups assessable at both visits."""
        return self._common(self.followup)

    def of_region(self, region: str) -> tuple[Subtotal, Subtotal]:
        """Return the sums at both visits over the groups of a region that were assessable at both."""
        return self._common(self.baseline, region), self._common(self.followup, region)

    def of_side(self, side: Side) -> tuple[Subtotal, Subtotal]:
        """Return the sums at both visits over the groups of a side that were assessable at both."""
        return self._common(self.baseline, side=side), self._common(self.followup, side=side)

    def exceeds(self, detectable: float) -> bool | None:
        """Say whether the total changed by more than the smallest detectable change; ``None`` without a change."""
        return None if self.delta is None else abs(self.delta) > detectable

    @property
    def delta(self) -> int | None:
        """Change of the total, negative for less oedema; ``None`` where it cannot be given, see `no_delta`."""
        return None if self.no_delta else self.after.total - self.before.total

    @property
    def no_delta(self) -> str:
        """Why there is no change of the total; empty where there is one."""
        if self.undecided:
            return "because the scan leaves a total open"
        common, every = self.before.assessable, len(self.changes)
        enough = common >= self.baseline.scheme.grading.minimum_assessable_share * every
        return "" if enough else "too few groups assessable at both visits"

    @property
    def undecided(self) -> bool:
        """Whether the total of a visit is left open between several."""
        return self.baseline.undecided or self.followup.undecided

    @property
    def delta_percent(self) -> float | None:
        """Change of the total in per cent of the baseline; ``None`` without a change or with a baseline of 0."""
        delta, start = self.delta, self.before.total
        return None if delta is None or start == 0 else 100.0 * delta / start

    @property
    def soft_tissue(self) -> SoftTissueChange:
        """Fascia, subcutis and calcinosis at both visits."""
        return SoftTissueChange.between(self.baseline.soft_tissue, self.followup.soft_tissue)

    @property
    def marginal(self) -> tuple[int, ...]:
        """Labels of the groups whose grades differ though what was measured does not tell them apart."""
        return tuple(change.label for change in self.changes if change.marginal)

    @property
    def transitions(self) -> Mapping[Transition, int]:
        """Number of groups per transition, in the order of `Transition`."""
        found = [change.transition for change in self.changes]
        return {transition: found.count(transition) for transition in Transition}

    @property
    def matrix(self) -> tuple[tuple[int, ...], ...]:
        """Number of groups with each pair of grades, shape (3, 3): rows baseline 0, 1, 2, columns follow-up 0, 1, 2."""
        steps = [(change.baseline, change.followup) for change in self.changes]
        return tuple(tuple(steps.count((row, column)) for column in range(3)) for row in range(3))

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before relying on the change, one sentence each."""
        said = []
        if self.protocol_differences:
            said.append(
                f"The scans were made with different protocols ({'; '.join(self.protocol_differences)}) and compared "
                "at the user's explicit wish: what changed may be the protocol.",
            )
        unknown = unknown_facts(self.baseline, self.followup)
        if unknown:
            said.append(
                f"Whether both scans agree in {', '.join(unknown)} is not known: check before relying on change.",
            )
        if self.marginal:
            names = [group.name for group in self.baseline.scheme.groups if group.label in self.marginal]
            said.append(
                "Graded differently, but the oedematous shares differ by no more than their uncertainty, or fat "
                "has replaced more or less of the muscle (marked ≈), so "
                f"that the transition counts as the same; the totals have the grades as they are: {'; '.join(names)}.",
            )
        for name, reading in (("first", self.baseline), ("later", self.followup)):
            if reading.undecided:
                said.append(
                    f"The scan of the {name} visit leaves its total open, {reading.score.said}: no change of the total "
                    "is given, and groups whose grade depends on it count as the same.",
                )
        missing = self.transitions[Transition.NOT_ASSESSABLE]
        if missing:
            said.append(
                f"{missing} of {len(self.changes)} groups were not assessable at both visits and are left out of every "
                "sum of change.",
            )
        return tuple(said)

    def _common(self, reading: Reading, region: str | None = None, side: Side | None = None) -> Subtotal:
        return Subtotal.of(
            entry
            for (group, entry), change in zip(reading.by_group(), self.changes, strict=True)
            if change.delta is not None and region in (None, group.region) and side in (None, group.side)
        )


SURE = 0.9
"""Where a total is left open, a group whose grade is less probable than this depends on what is open."""


def _open(entry: GroupReading, reading: Reading) -> bool:
    """Say whether the grade of a group depends on what its scan leaves open."""
    if not reading.undecided or entry.grade is None or entry.probabilities is None:
        return False
    return entry.probabilities[entry.grade] < SURE


def compare(baseline: Reading, followup: Reading, *, across_protocols: bool = False) -> Comparison:
    """Compare two readings of one person.

    Parameters
    ----------
    baseline, followup
        The readings, earlier and later.
    across_protocols
        Compare scans of different protocols all the same; every result is then marked.

    Raises
    ------
    InputError
        If the readings follow different schemes, or were scanned with different protocols and that is not accepted.
    """
    return Comparison(baseline, followup, across_protocols)


Interval = tuple[float, float, float]
"""Lower limit, estimate and upper limit."""


def told_apart(before: GroupReading, after: GroupReading, rule: GradingRule) -> bool:
    """Say whether two grades of a group differ by more than measuring the group twice may give.

    A repeated scan has other noise, and near a threshold the group another grade. The grades are told apart where the
    90 % interval of the difference of the two oedematous shares leaves out 0. That interval follows from those of the
    shares by the square-and-add rule (Zou and Donner, Stat Med 2008;27:1693-1702). Swapping the visits changes nothing.

    Parameters
    ----------
    before, after
        The group at both visits.
    rule
        The thresholds of the scheme.

    Returns
    -------
    bool
        True without further question where a person gave a grade, where a share has no interval, and where a grade
        rests on how bright the oedema is and not on its share.
    """
    first, second = _share(before, rule), _share(after, rule)
    if first is None or second is None:
        return True
    (_, less, less_at_most), (more_at_least, more, _) = sorted((first, second), key=lambda share: share[1])
    return more - less > hypot(more - more_at_least, less_at_most - less)


def _share(entry: GroupReading, rule: GradingRule) -> Interval | None:
    """Return the oedematous share by which a group was graded, or ``None`` if something else decided the grade."""
    measured = entry.evidence
    if measured is None or measured.fraction_range is None or entry.source is GradeSource.READER:
        return None
    if entry.grade == 2 and measured.oedema_fraction < rule.extensive_fraction:
        return None  # marked, not extensive
    low, high = measured.fraction_range
    return low, measured.oedema_fraction, high
