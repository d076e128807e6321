"""What turned the intensities of a scan into multiples of normal muscle, kept with its reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wbmri.core.evidence import Reason


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
    """

    bias_field: BiasFieldSpline
    kernel: MuscleKernel
    artefacts: Mapping[int, ImageArtefact] = field(default_factory=dict)
