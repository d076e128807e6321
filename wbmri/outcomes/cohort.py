"""The score of each visit beside what else was measured then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from wbmri.agreement.ratings import natural
from wbmri.case import ClinicalRow
from wbmri.comparison import Comparison
from wbmri.errors import InputError
from wbmri.reading import Reading


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
class Step:
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
        By participant; a person's visits by their months where all of them have some, else by their labels.
    measures
        Every clinical measure.
    """

    visits: tuple[ScoredVisit, ...]
    measures: tuple[str, ...]

    @classmethod
    def of(cls, readings: Mapping[tuple[str, str], Reading], rows: Iterable[ClinicalRow] = ()) -> Self:
        """Join readings with the rows of ``participants.tsv`` and ``sessions.tsv``.

        A row without a session holds for the person, and counts at each of that person's visits unless a row of the
        visit has the measure too.

        Parameters
        ----------
        readings
            Participant and session to the reading of record.
        rows
            From `wbmri.case.read_clinical`, of one table or of several.

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
        visits = [
            ScoredVisit(
                who,
                when,
                reading,
                row.months if (row := of_visit.get((who, when))) else None,
                {**(of_person[who].measures if who in of_person else {}), **(row.measures if row else {})},
            )
            for (who, when), reading in readings.items()
        ]
        ordered = sorted(visits, key=lambda visit: natural(visit.participant))
        people = dict.fromkeys(visit.participant for visit in ordered)
        return cls(
            tuple(
                visit
                for person in people
                for visit in _in_order([visit for visit in visits if visit.participant == person])
            ),
            tuple(dict.fromkeys(name for row in every for name in row.measures)),
        )

    @property
    def participants(self) -> tuple[str, ...]:
        """Every person once."""
        return tuple(dict.fromkeys(visit.participant for visit in self.visits))

    @property
    def steps(self) -> tuple[Step, ...]:
        """First and last visit of each person who has two or more."""
        found = []
        for person in self.participants:
            visits = [visit for visit in self.visits if visit.participant == person]
            if len(visits) > 1:
                found.append(Step.between(visits[0], visits[-1]))
        return tuple(found)


def _in_order(visits: Sequence[ScoredVisit]) -> list[ScoredVisit]:
    times = {visit.session: visit.months for visit in visits}
    if any(time is None for time in times.values()):
        return sorted(visits, key=lambda visit: natural(visit.session))
    return sorted(visits, key=lambda visit: (times[visit.session] or 0.0, natural(visit.session)))
