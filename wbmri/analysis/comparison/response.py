"""Whether a person responded between two visits, by a rule that each site sets."""

from dataclasses import dataclass
from enum import StrEnum

from wbmri.analysis.comparison.transitions import Comparison
from wbmri.core import InputError

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
