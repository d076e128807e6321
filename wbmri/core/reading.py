"""A reader's grades of all groups, and the score that follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from wbmri.core.errors import InputError
from wbmri.core.evidence import Evidence, IntensityModel, Reason, Reference
from wbmri.core.provenance import Step
from wbmri.core.review_record import ReviewRecord
from wbmri.core.scheme import Group, Scheme, Side
from wbmri.core.soft_tissue import SoftTissue
from wbmri.core.volume import Acquisition

AUTO = "auto"

NOTICE = "Research software, not a medical device: the human grade is the score of record."

UNREVIEWED = "automatic, not reviewed"
"""What is said wherever a number is shown that no person has signed."""


def unreviewed_sentence(names: Iterable[str]) -> str:
    """Say which readings no person has signed; an empty text where there are none."""
    named = list(names)
    return f"{UNREVIEWED.capitalize()}: {', '.join(named)}." if named else ""


def unreviewed_count(reviewed: Iterable[bool]) -> str:
    """Say how many of many visits no person has signed; an empty text where there are none."""
    every = list(reviewed)
    missing = len(every) - sum(every)
    return f"{UNREVIEWED.capitalize()}: {missing} of {len(every)} visits." if missing else ""


class Status(StrEnum):
    """How far a reading has come."""

    SCORED = "scored"
    IN_REVIEW = "in review"
    SIGNED = "signed"
    ADDENDUM = "addendum"


class GradeSource(StrEnum):
    """Who gave the grade that counts."""

    AUTO = "auto"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class GroupReading:
    """The grade of one group and why.

    Parameters
    ----------
    label
        The scheme's label of the group.
    grade
        0, 1 or 2; ``None`` if and only if there is a reason why the group is not assessable.
    reason
        Why the group is not assessable.
    source
        Who gave the grade that counts.
    auto_grade
        The grade the program proposes; kept when a reader decides otherwise.
    evidence
        What was measured; ``None`` where nothing could be.
    confidence
        0..1: how far the proposed grade can be relied on.
    explanation
        One sentence of why.
    flags
        What is not plausible about the outline, one sentence each.
    probabilities
        How probable the grades 0, 1 and 2 are; ``None`` where that was not estimated.
    """

    label: int
    grade: int | None
    reason: Reason | None
    source: GradeSource
    auto_grade: int | None
    evidence: Evidence | None
    confidence: float
    explanation: str
    flags: tuple[str, ...] = ()
    probabilities: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        for grade in (self.grade, self.auto_grade):
            if grade not in (None, 0, 1, 2):
                raise InputError(f"the grade {grade!r} for label {self.label}", "0, 1, 2 or none", "correct the grade")
        if (self.grade is None) != (self.reason is not None):
            raise InputError(
                f"label {self.label} with grade {self.grade} and reason {self.reason}",
                "a grade, or a reason why there is none",
                "give one of the two",
            )
        if not 0.0 <= self.confidence <= 1.0:
            raise InputError(
                f"the confidence {self.confidence} for label {self.label}",
                "a number in 0..1",
                "correct the confidence",
            )

    @property
    def assessable(self) -> bool:
        """Whether the group has a grade."""
        return self.grade is not None


@dataclass(frozen=True, slots=True)
class Subtotal:
    """Sum of a set of groups.

    Parameters
    ----------
    total
        Sum of the grades.
    max_assessable
        The highest sum the assessable groups could reach.
    involved
        Groups with grade 1 or 2.
    grade2
        Groups with grade 2.
    assessable, groups
        Groups with a grade, and all groups of the set.

    Examples
    --------
    >>> def graded(label: int, grade: int) -> GroupReading:
    ...     return GroupReading(label, grade, None, GradeSource.READER, None, None, 1.0, "read")
    >>> whole = Subtotal.of([graded(1, 0), graded(2, 1), graded(3, 2)])
    >>> whole.total, whole.max_assessable, whole.involved, whole.grade2
    (3, 6, 2, 1)
    """

    total: int
    max_assessable: int
    involved: int
    grade2: int
    assessable: int
    groups: int

    @classmethod
    def of(cls, readings: Iterable[GroupReading]) -> Self:
        """Add up the grades."""
        every = list(readings)
        grades = [reading.grade for reading in every if reading.grade is not None]
        return cls(
            total=sum(grades),
            max_assessable=2 * len(grades),
            involved=sum(grade > 0 for grade in grades),
            grade2=sum(grade == 2 for grade in grades),
            assessable=len(grades),
            groups=len(every),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A total that holds if one of the explanations that a scan leaves open is true.

    Parameters
    ----------
    source
        The explanation, in words a reader understands.
    weight
        How probable it is, 0..1; those of all candidates add up to 1.
    level
        Intensity of normal muscle by it, in the units of the corrected volume.
    total, involved
        Sum of the grades, and groups with grade 1 or 2.
    """

    source: str
    weight: float
    level: float
    total: int
    involved: int


@dataclass(frozen=True, slots=True)
class Score:
    """What a reading adds up to; derived from it and never stored apart from it.

    Parameters
    ----------
    total
        Sum of the grades; ``None`` when too few groups are assessable, or when it is withheld.
    prorated
        The total scaled to all groups: total / max_assessable x maximum; ``None`` when the total is.
    maximum
        The scheme's highest possible total.
    whole
        The raw sums over all groups.
    regions
        Sums per body region, in the scheme's order.
    sides
        Sums of the left and of the right side.
    candidates
        The totals between which the program cannot decide, where it withholds one.
    """

    total: int | None
    prorated: float | None
    maximum: int
    whole: Subtotal
    regions: Mapping[str, Subtotal]
    sides: Mapping[Side, Subtotal]
    candidates: tuple[Candidate, ...] = ()

    @property
    def involved(self) -> int:
        """Groups with grade 1 or 2."""
        return self.whole.involved

    @property
    def said(self) -> str:
        """The total over what can be reached, or the totals that are left open, or that there is none."""
        if self.total is not None:
            return f"{self.total}/{self.whole.max_assessable}"
        return f"{self.open_totals} of {self.whole.max_assessable}" if self.candidates else "no total"

    @property
    def open_totals(self) -> str:
        """The totals between which nobody has decided, such as ``28 or 0``; empty where none are left open."""
        return " or ".join(dict.fromkeys(str(one.total) for one in self.candidates))


@dataclass(frozen=True, slots=True)
class Reading:
    """Grades of all groups of a scheme by one reader.

    Parameters
    ----------
    scheme
        The groups and anchors that were used.
    groups
        One entry per group, by label.
    acquisition
        How the graded image was acquired; readings of different protocols are not compared silently.
    engine
        The segmentation engine behind the outlines.
    reference
        The normal-muscle level that was used; ``None`` for a reading without measurement.
    reader
        ``"auto"``, or the identifier of a person.
    status
        How far the reading has come.
    warnings
        What a reader must know before relying on the reading, one sentence each.
    provenance
        Every step from the input to the grades.
    soft_tissue
        Fascia, subcutis and calcinosis, never added to the score; ``None`` where nobody looked.
    review
        How a person made it; ``None`` for the program's own.
    intensity_model
        By what the groups were measured, so that one can be measured anew; ``None`` where nothing was.
    candidates
        The totals between which the program could not decide, the most probable first; empty where it could. A person
        who grades the groups decides, and gives a total.

    Raises
    ------
    InputError
        If the entries are not exactly the groups of the scheme in the order of their labels.
    """

    scheme: Scheme
    groups: tuple[GroupReading, ...]
    acquisition: Acquisition
    engine: str
    reference: Reference | None = None
    reader: str = AUTO
    status: Status = Status.SCORED
    warnings: tuple[str, ...] = ()
    provenance: tuple[Step, ...] = ()
    soft_tissue: SoftTissue | None = None
    review: ReviewRecord | None = None
    intensity_model: IntensityModel | None = None
    candidates: tuple[Candidate, ...] = ()

    def __post_init__(self) -> None:
        labels = [entry.label for entry in self.groups]
        expected = [group.label for group in self.scheme.groups]
        if labels != expected:
            raise InputError(
                f"a reading of {len(labels)} groups",
                f"one entry for each of the {len(expected)} groups of the scheme {self.scheme.name}, by label",
                "grade every group or mark it not assessable",
            )

    def by_group(self) -> tuple[tuple[Group, GroupReading], ...]:
        """Each group of the scheme with its entry."""
        return tuple(zip(self.scheme.groups, self.groups, strict=True))

    def with_group(self, entry: GroupReading) -> Self:
        """Return the reading with one entry replaced."""
        return replace(self, groups=tuple(entry if old.label == entry.label else old for old in self.groups))

    @property
    def reviewed(self) -> bool:
        """Whether a person has signed the grades."""
        return self.reader != AUTO and self.status in (Status.SIGNED, Status.ADDENDUM)

    @property
    def read_by(self) -> str:
        """Who gave the grades, and whether that is signed, in words."""
        return UNREVIEWED if self.reader == AUTO else f"reader {self.reader}, {self.status}"

    @property
    def undecided(self) -> bool:
        """Whether the total is left open between several; a person who grades the groups decides."""
        return self.reader == AUTO and bool(self.candidates)

    @property
    def score(self) -> Score:
        """Total, prorated total and subtotals."""
        pairs = self.by_group()
        whole = Subtotal.of(entry for _, entry in pairs)
        maximum = self.scheme.maximum
        enough = whole.assessable >= self.scheme.grading.minimum_assessable_share * whole.groups
        undecided = self.candidates if self.undecided else ()
        given = enough and not undecided
        return Score(
            total=whole.total if given else None,
            prorated=whole.total / whole.max_assessable * maximum if given else None,
            maximum=maximum,
            whole=whole,
            regions={
                region: Subtotal.of(entry for group, entry in pairs if group.region == region)
                for region in self.scheme.regions
            },
            sides={side: Subtotal.of(entry for group, entry in pairs if group.side == side) for side in Side},
            candidates=undecided,
        )
