"""What an analysis of agreement finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from wbmri.analysis.statistics import Estimate, LimitsOfAgreement
from wbmri.case import SCHEMA_VERSION, STRICT
from wbmri.core import NOTICE


class LevelKind(StrEnum):
    """What a row is about."""

    ALL = "all groups"
    REGION = "region"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Level:
    """All groups, the groups of a region, or one group.

    Parameters
    ----------
    kind
        Which of the three.
    id
        ``all``, the region, or the group's id.
    name
        For screens and reports.
    labels
        The scheme's labels of its groups.
    """

    kind: LevelKind
    id: str
    name: str
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GradeAgreement:
    """Agreement on the grades of single groups, pooled over the groups of a level.

    Parameters
    ----------
    level
        Which groups.
    units
        Groups at visits that at least two readers graded.
    patients
        Whose they are.
    exact, close
        Share of equal grades, and of grades at most one apart; with more than two readers, of their pairs.
    kappa_linear, kappa_quadratic
        Weighted kappa (Cohen 1968); with more than two readers the mean over their pairs (Light 1971).
    ac1, ac2_quadratic
        Gwet's coefficients, unweighted and with quadratic weights.
    alpha_ordinal
        Krippendorff's alpha for ordered categories.
    """

    level: Level
    units: int
    patients: int
    exact: Estimate
    close: Estimate
    kappa_linear: Estimate
    kappa_quadratic: Estimate
    ac1: Estimate
    ac2_quadratic: Estimate
    alpha_ordinal: Estimate


class Measure(StrEnum):
    """Which number of a patient is compared."""

    STATUS = "status"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class ScoreAgreement:
    """Agreement on the sum of the grades of a level, at a visit or as change between two.

    Sums count the groups that every reader graded, for change at both visits.

    Parameters
    ----------
    level
        Which groups.
    measure
        The score of a visit, or its change.
    units, patients
        Visits (for change: pairs of visits) that all readers read, and whose they are.
    means
        Mean of each reader, in their order.
    icc_2_1, icc_3_1
        Intraclass correlation of single scores: absolute agreement, and consistency.
    detectable95, detectable80
        Smallest detectable change of one reader's score.
    mean_detectable95, mean_detectable80
        The same for the mean of all these readers' scores.
    detectable_formula
        Which formula was used for them.
    limits
        Limits of agreement; ``None`` with more than two readers or fewer than three units.
    """

    level: Level
    measure: Measure
    units: int
    patients: int
    means: tuple[float, ...]
    icc_2_1: Estimate
    icc_3_1: Estimate
    detectable95: Estimate
    detectable80: Estimate
    mean_detectable95: Estimate
    mean_detectable80: Estimate
    detectable_formula: str
    limits: LimitsOfAgreement | None


@dataclass(frozen=True, slots=True)
class Plotted:
    """The totals of two readers, one entry per unit, for a plot.

    Parameters
    ----------
    participants
        Whose they are.
    first, second
        The readers' totals (or their changes).
    """

    participants: tuple[str, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SetAgreement:
    """Agreement within a set of readers.

    Parameters
    ----------
    readers
        Who they are.
    visits, patients
        Visits that at least two of them read, and whose.
    not_assessable
        Reader to the number of groups without a grade at the visits read.
    one_sided
        Groups at visits to which some of the readers who read the visit gave a grade and others none.
    grades
        Agreement on grades: all groups, each region, each group.
    scores
        Agreement on sums: all groups and each region, status and change.
    matrix
        Of two readers: groups by grade 0, 1, 2 and none, the first reader's in rows, the second's in columns.
    plotted
        Of two readers: the totals behind status and change.
    """

    readers: tuple[str, ...]
    visits: int
    patients: int
    not_assessable: Mapping[str, int]
    one_sided: int
    grades: tuple[GradeAgreement, ...]
    scores: tuple[ScoreAgreement, ...]
    matrix: tuple[tuple[int, ...], ...] | None
    plotted: Mapping[Measure, Plotted]

    def score(self, measure: Measure) -> ScoreAgreement:
        """Return the agreement on the total, or on its change."""
        return next(entry for entry in self.scores if entry.measure is measure and entry.level.kind is LevelKind.ALL)


@dataclass(frozen=True, slots=True)
class ReaderChange:
    """How one reader saw a cohort change.

    Parameters
    ----------
    reader
        Who; or ``mean of readers``.
    patients
        Patients whose change could be given.
    mean, sd
        Of the change of the total; ``None`` where not defined.
    srm
        Standardised response mean: mean over standard deviation.
    fell, same, rose
        Patients whose total fell, stayed and rose.
    sign_p, signed_rank_p
        Two-sided p-values of the sign test and of Wilcoxon's signed-rank test; ``None`` for fewer than two changes.
    """

    reader: str
    patients: int
    mean: float | None
    sd: float | None
    srm: Estimate
    fell: int
    same: int
    rose: int
    sign_p: float | None
    signed_rank_p: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The whole analysis; ``agreement.json`` holds it.

    Parameters
    ----------
    scheme
        Name and version.
    maximum
        The highest total.
    readers
        All who were compared.
    change
        What change means: which visits.
    overall
        All people who read, where there are two or more; else all readers.
    pairs
        Every two readers who share a visit; the one pair there is, where there are two readers.
    changes
        How each reader saw the cohort change; empty without second visits.
    cautions
        What to know before relying on it, one sentence each.
    rounds, seed
        Of the resampling behind the intervals.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    scheme: str
    maximum: int
    readers: tuple[str, ...]
    change: str
    overall: SetAgreement
    pairs: tuple[SetAgreement, ...]
    changes: tuple[ReaderChange, ...]
    cautions: tuple[str, ...]
    rounds: int
    seed: int
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION
