"""Two or more visits of one person in the order in which they took place."""

from dataclasses import dataclass

from wbmri.analysis.comparison.transitions import Comparison
from wbmri.case import ClinicalRow
from wbmri.core import InputError, Reading, Subtotal


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a course.

    Parameters
    ----------
    session
        BIDS label without its prefix.
    reading
        Its grades.
    clinical
        What was measured and given at that visit, if it is known.
    """

    session: str
    reading: Reading
    clinical: ClinicalRow | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The visits of one person over time.

    Sums count only the groups that were assessable at every visit, so that all points of the course mean the same.

    Parameters
    ----------
    visits
        At least two, in their order.
    across_protocols
        As for `Comparison`.

    Raises
    ------
    InputError
        If there are fewer than two visits, one stands twice, they cannot be compared, or their times run backwards.
    """

    visits: tuple[Visit, ...]
    across_protocols: bool = False

    def __post_init__(self) -> None:
        sessions = [visit.session for visit in self.visits]
        if len(sessions) < 2 or len(set(sessions)) < len(sessions):
            raise InputError(
                f"the visits {', '.join(sessions) or 'none'}",
                "two or more different visits",
                "name each visit once",
            )
        for visit in self.visits[1:]:
            Comparison(self.visits[0].reading, visit.reading, self.across_protocols)
        times = [time for time in (self._stated(visit) for visit in self.visits) if time is not None]
        if times != sorted(times):
            raise InputError(
                f"the visits {', '.join(sessions)} at {', '.join(f'{time:.1f}' for time in times)} months",
                "visits in the order in which they took place",
                "name the earliest visit first",
            )

    @property
    def sums(self) -> tuple[Subtotal, ...]:
        """The sums of each visit over the groups that were assessable at all of them."""
        every = [visit.reading.groups for visit in self.visits]
        common = [all(entry.assessable for entry in entries) for entries in zip(*every, strict=True)]
        return tuple(Subtotal.of(entry for entry, kept in zip(groups, common, strict=True) if kept) for groups in every)

    @property
    def months(self) -> tuple[float, ...] | None:
        """Time of each visit since the first, in months; ``None`` unless all are known."""
        times = [self._stated(visit) for visit in self.visits]
        known = [time for time in times if time is not None]
        return tuple(time - known[0] for time in known) if len(known) == len(times) else None

    @property
    def measures(self) -> tuple[str, ...]:
        """The clinical measures that are known at one visit at least, in the order of their table."""
        rows = [visit.clinical for visit in self.visits if visit.clinical is not None]
        return tuple(dict.fromkeys(name for row in rows for name in row.measures))

    @staticmethod
    def _stated(visit: Visit) -> float | None:
        return None if visit.clinical is None else visit.clinical.months
