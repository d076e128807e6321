"""The visits of one person in the order in which they took place, and whether the person responded between two."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

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
    NOT_JUDGED = "not judged"


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

    @classmethod
    def asked(cls, fall_percent: float | None, fall_points: int | None) -> Self | None:
        """Return the rule that somebody asks for by one of its figures; ``None`` where nobody does."""
        if fall_percent is None and fall_points is None:
            return None
        usual = cls()
        return cls(
            usual.least_fall_percent if fall_percent is None else fall_percent,
            usual.least_fall_points if fall_points is None else fall_points,
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


def judge_response(comparison: Comparison, rule: ResponseRule | None, detectable: float | None) -> Response:
    """Judge two visits, but not by a rule that nobody asked for while the smallest detectable change is unknown.

    A fall within the readers' own error is none of the disease, so that only who asks for a rule has it without that.

    Parameters
    ----------
    comparison
        The two visits.
    rule
        The rule that was asked for; ``None`` for the usual one.
    detectable
        The smallest detectable change of the total, in points, if one is known.
    """
    if rule is None and detectable is None:
        return Response.NOT_JUDGED
    return (rule or ResponseRule()).judge(comparison, detectable)


def response_words(response: Response, rule: ResponseRule | None) -> str:
    """Say how a change was judged and by which rule, or why it was not."""
    if response is Response.NOT_JUDGED:
        return (
            "Not judged: the smallest detectable change is not known. 'wbmri agreement' estimates it; a rule that is "
            "asked for (--response-fall, --response-points) is applied without it."
        )
    return f"{response.capitalize()}. {(rule or ResponseRule()).words} {UNPUBLISHED}"


@dataclass(frozen=True, slots=True)
class VisitInterval:
    """The time between two visits; never a date.

    Parameters
    ----------
    months
        In months; ``None`` where it is not known.
    source
        Who says so, in words.

    Raises
    ------
    InputError
        If it is not positive.
    """

    months: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.months is not None and not self.months > 0:
            raise InputError(
                f"an interval of {self.months:g} months between the visits",
                "more than 0 months",
                "name the earlier visit first, and correct the interval",
            )

    @property
    def words(self) -> str:
        """The interval in words."""
        return "interval not known" if self.months is None else f"{self.months:.1f} months apart ({self.source})"


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
    def between(self) -> float | None:
        """Months from the first to the last visit; ``None`` where they are not known, or the same."""
        first, last = self._stated(self.visits[0]), self._stated(self.visits[-1])
        return None if first is None or last is None or last <= first else last - first

    @property
    def measures(self) -> tuple[str, ...]:
        """The clinical measures that are known at one visit at least, in the order of their table."""
        rows = [visit.clinical for visit in self.visits if visit.clinical is not None]
        return tuple(dict.fromkeys(name for row in rows for name in row.measures))

    @staticmethod
    def _stated(visit: Visit) -> float | None:
        return None if visit.clinical is None else visit.clinical.months
