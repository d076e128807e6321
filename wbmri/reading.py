"""A reader's grades of all groups, and the score that follows from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from wbmri.errors import InputError
from wbmri.provenance import Step
from wbmri.scheme import Group, Scheme, Side
from wbmri.soft_tissue import SoftTissue
from wbmri.volume import Acquisition

AUTO = "auto"

NOTICE = "Research software, not a medical device: the human grade is the score of record."


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


class Reason(StrEnum):
    """Why a group cannot be graded."""

    OUTSIDE = "outside the field of view"
    MOTION = "motion"
    FAT_SUPPRESSION = "fat-suppression failure"
    SEAM = "seam"
    METAL = "metal"
    TOO_SMALL = "too few voxels"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OutsideLevel:
    """What other scans say about the level of normal muscle, free of the unit of their intensities.

    Parameters
    ----------
    ratio
        Normal muscle as a multiple of the level that brain and fluid predict by the signal equation.
    spread
        Standard deviation of the logarithm of that ratio in a scan to which it is applied.
    source
        Where it comes from, such as ``12 control scans``.
    """

    ratio: float
    spread: float
    source: str

    def __post_init__(self) -> None:
        if not (self.ratio > 0 and self.spread > 0):
            raise InputError(
                f"a level of {self.ratio} with a spread of {self.spread} ({self.source})",
                "two positive numbers",
                "measure the level of normal muscle again",
            )


@dataclass(frozen=True, slots=True)
class Reference:
    """The normal-muscle level against which a scan was graded.

    Parameters
    ----------
    level
        Intensity of normal muscle, in the units of the corrected volume.
    spread
        Standard deviation of that intensity between normal-muscle voxels, in the same units.
    source
        Where the level comes from, in words a reader understands.
    trusted
        Whether the level can be relied on; if not, every grade is a proposal with low confidence.
    uncertainty
        Standard deviation of the level itself, relative; ``None`` where it was not estimated.
    mode
        Level of the lowest credible mode of all muscle, in the same units: normal muscle, if any is left.
    predicted
        Level that brain and fluid of this scan alone predict, in the same units; ``None`` without a brain.
    outside
        What other scans said about the level, where they were asked.
    """

    level: float
    spread: float
    source: str
    trusted: bool
    uncertainty: float | None = None
    mode: float | None = None
    predicted: float | None = None
    outside: tuple[OutsideLevel, ...] = ()


class Extent(StrEnum):
    """How oedema fills a muscle."""

    PATCHY = "patchy"
    DIFFUSE = "diffuse"


@dataclass(frozen=True, slots=True)
class Pattern:
    """How oedema lies in one group.

    Parameters
    ----------
    extent
        Diffuse where one focus fills most of the muscle, patchy otherwise.
    foci
        Number of separate bright regions large enough to be told from noise.
    largest_ml
        Volume of the largest one in millilitres.
    fascial_share
        Share of the bright voxels near the outline, relative to the share of all voxels there: above 1 the oedema keeps
        to the fascia, below 1 to the centre. ``None`` where the group is too thin to tell.
    """

    extent: Extent
    foci: int
    largest_ml: float
    fascial_share: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured in one group.

    Parameters
    ----------
    oedema_fraction
        Share of the measured muscle that is oedematous, 0..1.
    oedema_ratio
        Mean intensity of the oedematous part as a multiple of the normal-muscle level; ``None`` without oedema.
    median_ratio
        Median intensity of the group as a multiple of the normal-muscle level.
    volume_ml
        Volume of the group's outline in millilitres.
    voxels
        Voxels that were measured, after edges and bright structures that are not muscle were left out.
    fraction_range
        Where the oedematous share lies with a probability of 90 %; ``None`` where it was not estimated.
    high_ratio
        90th percentile of the group's intensities as a multiple of the normal-muscle level.
    t2_ms
        T2 that the oedematous part would need to have that ratio, in ms; ``None`` without oedema or echo time.
    pattern
        How the oedema lies in the group; ``None`` without oedema.
    asymmetry
        Share of oedema in this group less that on the other side, -1..1; ``None`` where the other is not assessable.
    """

    oedema_fraction: float
    oedema_ratio: float | None
    median_ratio: float
    volume_ml: float
    voxels: int
    fraction_range: tuple[float, float] | None = None
    high_ratio: float | None = None
    t2_ms: float | None = None
    pattern: Pattern | None = None
    asymmetry: float | None = None


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
                f"the confidence {self.confidence} for label {self.label}", "a number in 0..1", "correct the confidence"
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
class Score:
    """What a reading adds up to; derived from it and never stored apart from it.

    Parameters
    ----------
    total
        Sum of the grades; ``None`` when too few groups are assessable.
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
    """

    total: int | None
    prorated: float | None
    maximum: int
    whole: Subtotal
    regions: Mapping[str, Subtotal]
    sides: Mapping[Side, Subtotal]

    @property
    def involved(self) -> int:
        """Groups with grade 1 or 2."""
        return self.whole.involved


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
    def score(self) -> Score:
        """Total, prorated total and subtotals."""
        pairs = self.by_group()
        whole = Subtotal.of(entry for _, entry in pairs)
        maximum = self.scheme.maximum
        enough = whole.assessable >= self.scheme.grading.minimum_assessable_share * whole.groups
        return Score(
            total=whole.total if enough else None,
            prorated=whole.total / whole.max_assessable * maximum if enough else None,
            maximum=maximum,
            whole=whole,
            regions={
                region: Subtotal.of(entry for group, entry in pairs if group.region == region)
                for region in self.scheme.regions
            },
            sides={side: Subtotal.of(entry for group, entry in pairs if group.side == side) for side in Side},
        )
