"""The constants by which faults of the scan are found.

See `wbmri.grading.parameters` for units and sources.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GhostParameters:
    """Copies of the body in the air beside it.

    Parameters
    ----------
    thick_slices
        As for `SliceGainParameters`.
    brightest
        What is brighter than this counts as so bright.
    source_ratio, least_seen
        What is so bright leaves copies that are seen; fewer blocks of them in the air say nothing.
    least_width_mm, least_shift_mm
        The picture must be so wide along the axis, and copies nearer than this are not told from the body itself.
    window_mm, least_mm
        Length along the body over which air and body are compared, and over which copies must go on.
    likeness, likeness_alone, least_mirrored
        Correlation from which on the air repeats the body: where the other side shows air, where it does not, and what
        it must be there.
    least_inside
        The same where the copy lies: a layer of fat has the extent of one, not its bright and dark parts.
    least_share, most_share
        Fainter and brighter copies, relative to their source, are not looked at.
    most, apart_mm
        How many pairs of copies at most at a level, and how far from each other.
    fat_step
        Less than this, log, from one block to the next is no edge.
    ratio, least_mean, spoiling_mean
        A block is hit where copies are brighter than this, a group where they are so bright on average, and it cannot
        be graded where they are as bright as the third.
    """

    thick_slices: float = 1.5
    brightest: float = 4.0
    source_ratio: float = 0.3
    least_seen: int = 15
    least_width_mm: float = 200.0
    least_shift_mm: float = 25.0
    window_mm: float = 60.0
    least_mm: float = 20.0
    likeness: float = 0.3
    likeness_alone: float = 0.45
    least_mirrored: float = 0.15
    least_inside: float = 0.45
    least_share: float = 0.03
    most_share: float = 0.75
    most: int = 2
    apart_mm: float = 20.0
    fat_step: float = 0.25
    ratio: float = 0.1
    least_mean: float = 0.07
    spoiling_mean: float = 0.25


@dataclass(frozen=True, slots=True)
class BandParameters:
    """Bands across the picture.

    Parameters
    ----------
    thick_slices
        As for `SliceGainParameters`: bands lie in the slices, or where voxels are cubes, in any plane along the body.
    cell_mm, most_voxels
        Muscle is summed in cells of this size to find the wave; about so many voxels of it are enough.
    reach
        Voxels count that lie within so much, log, of the level of their group.
    pitch_mm
        Bands nearer to each other than the first are noise, those farther apart than the second are shading.
    ring, least_power
        The wave must have so many times the median power of waves of the same pitch, give or take this share. The power
        of chance is distributed exponentially; that of anatomy and oedema reached 12 times it.
    least_gain
        And this amplitude, log.
    rounds
        How often pitch and direction are refined.
    """

    thick_slices: float = 1.5
    cell_mm: float = 6.0
    most_voxels: int = 200_000
    reach: float = 0.5
    pitch_mm: tuple[float, float] = (20.0, 110.0)
    ring: float = 0.2
    least_power: float = 30.0
    least_gain: float = 0.03
    rounds: int = 5


@dataclass(frozen=True, slots=True)
class BlurParameters:
    """Borders of muscles that motion has blurred.

    Parameters
    ----------
    thick_slices
        As for `SliceGainParameters`.
    reach_mm, step_mm
        A border is looked at to this far on either side; its steepest part is taken over such a step.
    least_contrast, least_borders, least_windows
        Fainter borders, as a multiple of normal muscle, say nothing, nor do fewer of them or fewer windows.
    window_mm, least_mm
        Length along the body over which the median is taken, and over which blur must go on.
    blurred
        Levels are blurred whose borders are less steep than this multiple of the usual; those of bodies at rest were
        0.91 times it and more.
    """

    thick_slices: float = 1.5
    reach_mm: float = 14.0
    step_mm: float = 3.0
    least_contrast: float = 0.35
    least_borders: int = 60
    least_windows: int = 8
    window_mm: float = 50.0
    least_mm: float = 20.0
    blurred: float = 0.82


@dataclass(frozen=True, slots=True)
class VoidParameters:
    """Voids of metal.

    Parameters
    ----------
    dark_ratio, air_ratio
        Darker than this, on average over neighbours, is a void; its median must be no brighter than this multiple of
        the air's.
    least_ml
        Smaller voids within muscle are not looked at.
    bright_ratio, rim_mm, bright_rim
        Around it, to this distance, this share is brighter than the ratio: signal that the metal has shifted piles up.
    around_mm, least_share
        Muscle within this distance of the void is spoilt, too; a group of which less is so is not.
    """

    dark_ratio: float = 0.25
    air_ratio: float = 1.6
    least_ml: float = 1.0
    bright_ratio: float = 1.6
    rim_mm: float = 10.0
    bright_rim: float = 0.15
    around_mm: float = 10.0
    least_share: float = 0.05


@dataclass(frozen=True, slots=True)
class FatParameters:
    """Subcutis that is not suppressed.

    Parameters
    ----------
    skin_mm, rim_mm, beside_mm
        Subcutis lies deeper than the first and no deeper than the second under the skin, and this far from muscle.
    near_mm
        It belongs to the groups within this distance.
    quantile
        Its brightness is this quantile: oedema of the subcutis lies in strands, with dark fat between them.
    least_voxels, least_voxels_sides
        With fewer nothing is said of a group, and of the two sides of a part of the body.
    bright_ratio, dark_ratio
        As a multiple of normal muscle: beside brighter fat suppression fails, beside darker fat it does not.
    sides_ratio, sides_more
        It fails as well where the fat about a part of a limb is brighter than that on the other side, by this ratio and
        by so much, as a multiple of normal muscle. On bodies without a fault sides differed by up to 1.4 times.
    share
        What such a group counts for.
    """

    skin_mm: float = 5.0
    rim_mm: float = 16.0
    beside_mm: float = 5.0
    near_mm: float = 16.0
    quantile: float = 0.28
    least_voxels: int = 150
    least_voxels_sides: int = 500
    bright_ratio: float = 0.76
    dark_ratio: float = 0.65
    sides_ratio: float = 1.45
    sides_more: float = 0.05
    share: float = 0.3


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """What tells another sequence from STIR.

    Parameters
    ----------
    inversion_ms, least_repetition_ms
        Inversion times that null fat, from 0.3 T to 3 T, and a repetition time below which none is used.
    bright_fat, sure_fat, opposed_fat
        Subcutis of the median part of the body as a multiple of muscle: as bright as the first without suppression, as
        the second beyond doubt; where dark lines run beside it the third is enough. By the signal equation it is 0 to
        0.7 on STIR and 1.1 to 3 without suppression.
    thick_slices, line_mm, line_ratio, line_beside, lines
        Within so many mm of a border, a line is darker than this multiple of the darker side, which is brighter than
        the fourth; such lines along this share of all borders come of opposed phase.
    tissue_ratio, brain_share, brain_ml, rim_mm, least_inside_ml
        A brain is the largest part of the head brighter than the second share of its bright end, of this volume; its
        inside lies so deep, and says nothing where it is smaller.
    fluid_ratio, least_fluid
        Fluid is brighter than brain by this ratio; less of it than this share of the inside is none.
    dim_brain
        Where there is none and the brain is not even so bright as a multiple of muscle, that is a second sign: on STIR
        it is 1.6 to 3.
    most_confidence
        Where it may not be STIR no grade is relied on more than this.
    """

    inversion_ms: tuple[float, float] = (60.0, 400.0)
    least_repetition_ms: float = 1000.0
    bright_fat: float = 0.9
    sure_fat: float = 1.2
    opposed_fat: float = 0.5
    thick_slices: float = 1.5
    line_mm: float = 3.0
    line_ratio: float = 0.6
    line_beside: float = 0.5
    lines: float = 0.09
    tissue_ratio: float = 0.3
    brain_share: float = 0.55
    brain_ml: tuple[float, float] = (150.0, 2500.0)
    rim_mm: float = 9.0
    least_inside_ml: float = 30.0
    fluid_ratio: float = 1.3
    least_fluid: float = 0.003
    dim_brain: float = 1.35
    most_confidence: float = 0.4


@dataclass(frozen=True, slots=True)
class DipParameters:
    """Dips of the transmit field, which darken a place on one side of the body.

    Parameters
    ----------
    least_log
        The fitted field must be darker by so much, log, at a group than at its partner. On bodies without a dip sides
        differed by up to 0.24 with the shading that coils have.
    """

    least_log: float = 0.3
