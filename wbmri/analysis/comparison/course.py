"""The visits of one person in the order in which they took place, and whether the person responded between two."""

from dataclasses import dataclass
from enum import StrEnum

from wbmri.analysis.comparison.transitions import Comparison
from wbmri.case import ClinicalRow
from wbmri.core import InputError, Reading, Subtotal

UNPUBLISHED = "No response criterion is published for whole-body MRI in dermatomyositis: the rule is the site's own."


class Response(StrEnum):
    """How the total of two visits is judged."""

    COMPLETE = "complete response"
    RESPONSE = "response"
    NONE = "no response"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """When a fall of the total counts as a response; all conditions must hold.

    Parameters
    ----------
    least_fall_percent
        Smallest fall in per cent of the baseline.
    least_fall_points
        Smallest fall in points.
    beyond_detectable
        Whether the fall must also exceed the smallest detectable change, where one is known.

    Raises
    ------
    InputError
        If a fall lies outside 0 to 100 per cent, or below one point.
    """

    least_fall_percent: float = 50.0
    least_fall_points: int = 1
    beyond_detectable: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.least_fall_percent <= 100 or self.least_fall_points < 1:
            raise InputError(
                f"a response rule of {self.least_fall_percent:g} % and {self.least_fall_points} points",
                "a fall of 0 to 100 per cent and of at least 1 point",
                "correct the rule",
            )

    @property
    def words(self) -> str:
        """The rule in one sentence."""
        points = "" if self.least_fall_points == 1 else f" and at least {self.least_fall_points} points"
        beyond = (
            ", and by more than the smallest detectable change where one is known" if self.beyond_detectable else ""
        )
        return f"Rule: the total falls by at least {self.least_fall_percent:g} %{points}{beyond}; complete: to 0."

    def judge(self, comparison: Comparison, detectable: float | None = None) -> Response:
        """Judge two visits by the groups that were assessable at both.

        Parameters
        ----------
        comparison
            The two visits.
        detectable
            The smallest detectable change of the total, in points, if one is known.

        Returns
        -------
        Response
            Not known where the change is not, or where there was no oedema at baseline that could fall.
        """
        delta, percent = comparison.delta, comparison.delta_percent
        if delta is None or percent is None:
            return Response.UNKNOWN
        fell = -percent >= self.least_fall_percent and -delta >= self.least_fall_points
        if self.beyond_detectable and detectable is not None:
            fell = fell and -delta > detectable
        if not fell:
            return Response.NONE
        return Response.COMPLETE if comparison.after.total == 0 else Response.RESPONSE


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
