"""The score of each visit beside what else was measured then, from the cases of OUT and clinical tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Self

from wbmri.analysis.comparison import Comparison
from wbmri.case import ClinicalRow, find_cases, natural_sort_key, read_case, read_clinical, reading_of_record
from wbmri.core import InputError, Reading

Order = Callable[[str, Sequence[str]], Sequence[str]]
"""Takes a participant and its sessions, and returns the sessions in the order of time."""

_FIRST = ("baseline", "bl", "screening", "pre", "v0")
"""Session labels that come before all others."""


@dataclass(frozen=True, slots=True)
class ScoredVisit:
    """One person at one visit: the reading of record and the clinical measures.

    Parameters
    ----------
    participant, session
        BIDS labels without their prefixes.
    reading
        The grades.
    months
        Time since the person's first visit; ``None`` where it is not known.
    measures
        Clinical measure to value; what is missing is left out.
    """

    participant: str
    session: str
    reading: Reading
    months: float | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float | None:
        """The total scaled to all groups; ``None`` where too few groups are assessable."""
        return self.reading.score.prorated


@dataclass(frozen=True, slots=True)
class VisitPair:
    """First and last visit of one person.

    Parameters
    ----------
    first, last
        The visits.
    comparison
        What changed between them; ``None`` where they cannot be compared.
    problem
        Why not, in one sentence; empty where they can.
    """

    first: ScoredVisit
    last: ScoredVisit
    comparison: Comparison | None
    problem: str = ""

    @classmethod
    def between(cls, first: ScoredVisit, last: ScoredVisit) -> Self:
        """Compare two visits where that is allowed."""
        try:
            return cls(first, last, Comparison(first.reading, last.reading))
        except InputError as error:
            return cls(first, last, None, f"sub-{first.participant} has no change: {error.received}.")

    @property
    def participant(self) -> str:
        """Whose visits they are."""
        return self.first.participant

    @property
    def delta(self) -> float | None:
        """Change of the total over the groups assessable at both visits; ``None`` where it cannot be given."""
        return None if self.comparison is None else self.comparison.delta


@dataclass(frozen=True, slots=True)
class ScoredCohort:
    """Scored visits, by person and in their order, with the clinical measures known for any of them.

    Parameters
    ----------
    visits
        By participant; a person's visits in the order of time.
    measures
        Every clinical measure.
    of_people
        Those among them that are known of the person and of no visit; each stands at the person's first visit alone.
    """

    visits: tuple[ScoredVisit, ...]
    measures: tuple[str, ...]
    of_people: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        readings: Mapping[tuple[str, str], Reading],
        rows: Iterable[ClinicalRow] = (),
        order: Order | None = None,
    ) -> Self:
        """Join readings with the rows of ``participants.tsv`` and ``sessions.tsv``.

        A row without a session holds for the person, of whom it says nothing about one visit or another: its measures
        count once, beside the first visit, and not at all if rows of visits have a measure of that name.

        Parameters
        ----------
        readings
            Participant and session to the reading of record.
        rows
            From `wbmri.case.read_clinical`, of one table or of several.
        order
            Orders the visits of a person whose months are not all known; by their labels if ``None``.

        Raises
        ------
        InputError
            If there are no readings, or rows of which none belongs to a visit that was read.
        """
        every = list(rows)
        of_person = {row.participant: row for row in every if row.session is None}
        of_visit = {(row.participant, row.session): row for row in every if row.session is not None}
        if not readings:
            raise InputError("no readings", "the readings of a cohort", "score its visits first")
        if every and not any(who in of_person or (who, when) in of_visit for who, when in readings):
            raise InputError(
                f"clinical measures of sub-{every[0].participant} and {len(every) - 1} other rows",
                f"rows of people who were scored, such as sub-{next(iter(readings))[0]}",
                "use the same participant and session labels in both",
            )
        at_visits = {name for row in of_visit.values() for name in row.measures}
        visits = [
            ScoredVisit(
                who,
                when,
                reading,
                row.months if (row := of_visit.get((who, when))) else None,
                row.measures if row else {},
            )
            for (who, when), reading in readings.items()
        ]
        visits.sort(key=lambda visit: natural_sort_key(visit.participant))
        ordered = []
        for own in _by_person(visits):
            first, *later = _in_order(own, order or by_label)
            known = of_person[first.participant].measures if first.participant in of_person else {}
            own_measures = {name: value for name, value in known.items() if name not in at_visits}
            ordered += [replace(first, measures={**own_measures, **first.measures}), *later]
        measures = tuple(dict.fromkeys(name for row in every for name in row.measures))
        return cls(tuple(ordered), measures, frozenset(measures) - at_visits)

    @property
    def participants(self) -> tuple[str, ...]:
        """Every person once."""
        return tuple(dict.fromkeys(visit.participant for visit in self.visits))

    @property
    def first_visits(self) -> tuple[ScoredVisit, ...]:
        """The first visit of each person."""
        return tuple(own[0] for own in _by_person(self.visits))

    @property
    def pairs(self) -> tuple[VisitPair, ...]:
        """First and last visit of each person who has two or more."""
        return tuple(VisitPair.between(own[0], own[-1]) for own in _by_person(self.visits) if len(own) > 1)


def by_label(participant: str, sessions: Sequence[str]) -> list[str]:
    """Put sessions into the order of their labels: what begins a study first, and numbers by their size."""
    return sorted(sessions, key=lambda label: (label.casefold() not in _FIRST, natural_sort_key(label.casefold())))


def _by_person(visits: Iterable[ScoredVisit]) -> list[list[ScoredVisit]]:
    """Return the visits of each person, which follow each other."""
    return [list(own) for _, own in groupby(visits, key=lambda visit: visit.participant)]


def _in_order(visits: Sequence[ScoredVisit], order: Order) -> list[ScoredVisit]:
    sessions = order(visits[0].participant, [visit.session for visit in visits])
    ordered = sorted(visits, key=lambda visit: sessions.index(visit.session))
    if all(visit.months is not None for visit in visits):
        ordered.sort(key=lambda visit: visit.months or 0.0)
    return ordered


def read_cohort(out: str | Path, clinical: Iterable[str | Path] = ()) -> ScoredCohort:
    """Gather the readings of OUT and the clinical measures of tables.

    Parameters
    ----------
    out
        Folder of cases.
    clinical
        ``participants.tsv``, ``sub-X_sessions.tsv``, or tables with both identifiers.

    Raises
    ------
    InputError
        If there are no cases, a table cannot be read, or it names none of the people of the cases.
    CaseError
        If a case is damaged.
    """
    cases = [read_case(paths.reading) for paths in find_cases(out)]
    if not cases:
        raise InputError(f"{out} without cases", "an OUT folder that 'wbmri score' wrote", "score its visits first")
    return ScoredCohort.of(
        {(case.participant, case.session): reading_of_record(case) for case in cases},
        [row for path in clinical for row in read_clinical(path)],
    )
