"""All that the report of a comparison shows, on a page as in print."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wbmri.analysis.comparison import (
    LEAST_OVERLAP,
    Comparison,
    Correspondence,
    Course,
    Response,
    ResponseRule,
    VisitInterval,
    judge_response,
    response_words,
)
from wbmri.case import DetectableChange
from wbmri.core import Reading, Subtotal
from wbmri.core.scheme import Side
from wbmri.report.comparison.side_by_side import Visits


@dataclass(frozen=True, eq=False, slots=True)
class Findings:
    """What was found between two visits, and what is needed to judge it.

    Parameters
    ----------
    comparison
        The two readings.
    participant
        BIDS label without its prefix.
    sessions
        BIDS labels of the two visits without their prefixes.
    visits
        The scans prepared for drawing; without them the report has no images.
    correspondence
        The visits laid over each other; ``None`` where that was not possible.
    rule
        When a change counts as a response, where that was asked for.
    detectable
        The smallest detectable change that the site found, if it knows one.
    course
        All visits over time, where there are more than two or clinical measures are known.
    units
        Unit of each clinical measure, where it is known.
    interval
        What is known of the time between the visits.
    notes
        What else a reader must know before relying on the change, one sentence each.
    """

    comparison: Comparison
    participant: str
    sessions: tuple[str, str]
    visits: Visits | None = None
    correspondence: Correspondence | None = None
    rule: ResponseRule | None = None
    detectable: DetectableChange | None = None
    course: Course | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    interval: VisitInterval = field(default_factory=VisitInterval)
    notes: tuple[str, ...] = ()

    @property
    def readings(self) -> tuple[Reading, Reading]:
        """The reading of each visit."""
        return self.comparison.baseline, self.comparison.followup

    @property
    def names(self) -> tuple[str, str]:
        """The visits as they are called, such as ``ses-baseline``."""
        return f"ses-{self.sessions[0]}", f"ses-{self.sessions[1]}"

    @property
    def unreviewed(self) -> tuple[str, ...]:
        """Which of the visits no person has signed."""
        both = zip(self.names, self.readings, strict=True)
        return tuple(name for name, reading in both if not reading.reviewed)

    @property
    def title(self) -> str:
        """Title of the report."""
        return f"Change of muscle oedema: sub-{self.participant} {self.names[0]} to {self.names[1]}"

    @property
    def doubtful(self) -> frozenset[int]:
        """Labels of the groups whose outlines at the two visits do not lie in the same place."""
        return frozenset(() if self.correspondence is None else self.correspondence.doubtful)

    def marks_of(self, label: int) -> str:
        """Return the marks of a group whose change is to be looked at, as the cautions explain them."""
        marginal = "≈" if label in self.comparison.marginal else ""
        return marginal + ("‡" if label in self.doubtful else "")

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before relying on the change, one sentence each."""
        said = [*self.notes, *self.comparison.cautions]
        if self.doubtful:
            groups = [group.name for group in self.comparison.baseline.scheme.groups if group.label in self.doubtful]
            said.append(
                f"Outlines that do not lie in the same place at both visits (overlap below {LEAST_OVERLAP:g}, marked "
                f"‡), so look at both scans before relying on their change: {'; '.join(groups)}.",
            )
        for name, reading in zip(self.names, self.readings, strict=True):
            said += [f"{name}: {warning}" for warning in reading.warnings]
        return tuple(said)

    @property
    def detectable_words(self) -> str:
        """How the change compares with the smallest detectable change."""
        known = self.detectable
        if known is None:
            return (
                "The smallest detectable change is not known here: a change within the readers' own error cannot be "
                "told from one of the disease. 'wbmri agreement' estimates it from double reads."
            )
        source = f"smallest detectable change, {known.sdc95:.1f} points (95 %; {known.patients} patients, readers "
        source += f"{', '.join(known.readers)})"
        beyond = self.comparison.exceeds(known.sdc95)
        if beyond is None:
            return f"Without a change of the total there is nothing to compare with the {source}."
        return f"The change is {'beyond' if beyond else 'within'} the {source}."

    @property
    def response(self) -> Response:
        """How the change is judged."""
        return judge_response(self.comparison, self.rule, None if self.detectable is None else self.detectable.sdc95)

    @property
    def response_words(self) -> str:
        """How the change is judged, and by which rule."""
        return response_words(self.response, self.rule)

    @property
    def subtotals(self) -> list[tuple[str, Subtotal, Subtotal]]:
        """Sums at both visits by region, then by side, over the groups assessable at both."""
        regions = self.comparison.baseline.scheme.regions
        made = [(region, *self.comparison.of_region(region)) for region in regions]
        return made + [(f"patient’s {side}", *self.comparison.of_side(side)) for side in (Side.RIGHT, Side.LEFT)]
