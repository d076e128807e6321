"""What was measured in each group, and what turned its intensities into multiples of normal muscle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wbmri.core.errors import InputError


class Reason(StrEnum):
    """Why a group cannot be graded."""

    OUTSIDE = "outside the field of view"
    MOTION = "motion"
    FAT_SUPPRESSION = "fat-suppression failure"
    SEAM = "seam"
    METAL = "metal"
    TOO_SMALL = "too few voxels"
    FAT = "replaced by fat"
    SEQUENCE = "not a STIR scan"
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
    detectable_ratio, detectable_share
        The faintest oedema, as a multiple of normal muscle, and the smallest share of it that this scan can tell in the
        group; ``None`` where that was not estimated.
    fat_fraction
        Share of the group that fat has replaced, 0..1; ``None`` where none was found.
    in_view
        Share of the group that the field of view shows, 0..1; ``None`` where it is not cut.
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
    detectable_ratio: float | None = None
    detectable_share: float | None = None
    fat_fraction: float | None = None
    in_view: float | None = None


@dataclass(frozen=True, slots=True)
class BiasFieldSpline:
    """The logarithm of a bias field: a tensor-product quadratic B-spline over the canonical (RAS) grid.

    Parameters
    ----------
    knots_mm
        Knots along each axis of the canonical grid, in mm from its first voxel.
    log_coefficients
        Natural logarithms, those of the last axis next to each other.
    """

    knots_mm: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]
    log_coefficients: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MuscleKernel:
    """How the intensities of one tissue spread in a scan.

    Parameters
    ----------
    spread
        Standard deviation of normal muscle in log intensity.
    level_spread
        Standard deviation of a group's own level about that of all muscle, in log intensity.
    shares
        Probability of each share of muscle (0.2, 0.3, ... 0.9) in a voxel that holds fat besides.
    least_contrast
        Oedema lies at least this far, in log intensity, above normal muscle.
    """

    spread: float
    level_spread: float
    shares: tuple[float, ...]
    least_contrast: float


@dataclass(frozen=True, slots=True)
class SliceGain:
    """By what the slices of a station are brighter and darker by turns: cross-talk, or interleaves.

    Parameters
    ----------
    axis
        The axis of the canonical (RAS) grid across the slices: 0, 1 or 2.
    first, stop
        The levels along the last axis of that grid where it holds, the second not itself.
    log_gain
        Natural logarithm of each slice's gain, in the order of the axis.
    """

    axis: int
    first: int
    stop: int
    log_gain: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A wave of brighter and darker bands across the picture.

    Parameters
    ----------
    axis
        The axis of the canonical (RAS) grid that it does not run along: 0, 1 or 2.
    turns_per_mm
        How often it turns per mm along the other two, from the first voxel.
    log_gain
        Factors of its cosine and its sine, natural logarithm of intensity.
    """

    axis: int
    turns_per_mm: tuple[float, float]
    log_gain: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ImageArtefact:
    """What disturbs the image where a group lies.

    Parameters
    ----------
    reason
        Motion or failed fat suppression.
    share
        Share of the group that lies there, 0..1.
    explanation
        What a reader is told, one sentence.
    """

    reason: Reason
    share: float
    explanation: str


@dataclass(frozen=True, slots=True)
class AlternativeScale:
    """Another field or level that the scan leaves open.

    Parameters
    ----------
    level
        Intensity of normal muscle, in the units of the corrected volume.
    weight
        Probability that it is the right one, 0..1.
    source
        What it takes for true, in words a reader understands.
    bias_field
        What the intensities are divided by; ``None`` for the field of the `IntensityModel` itself.
    lifted
        Labels of the groups that are brighter altogether by it.
    """

    level: float
    weight: float
    source: str
    bias_field: BiasFieldSpline | None = None
    lifted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IntensityModel:
    """By what a scan was measured, so that one group can be measured anew; its level is that of `Reading.reference`.

    Parameters
    ----------
    bias_field
        What the intensities are divided by.
    kernel
        How those of one tissue spread.
    artefacts
        Label to what disturbs the image there; groups that nothing touches are left out.
    slice_gains
        What the slices were divided by before anything else.
    bands
        What else was divided out then: bands across the picture.
    alternatives
        Other fields and levels that the scan leaves open, and `weight` is what remains for this one.
    lifted
        Labels of the groups that are brighter altogether by the field and level that were used.
    """

    bias_field: BiasFieldSpline
    kernel: MuscleKernel
    artefacts: Mapping[int, ImageArtefact] = field(default_factory=dict)
    slice_gains: tuple[SliceGain, ...] = ()
    bands: tuple[Band, ...] = ()
    alternatives: tuple[AlternativeScale, ...] = ()
    lifted: tuple[int, ...] = ()

    @property
    def weight(self) -> float:
        """Probability of the field and the level that were used, 0..1."""
        return 1.0 - sum(other.weight for other in self.alternatives)
