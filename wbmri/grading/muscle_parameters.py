"""The constants by which muscle is measured: its voxels, the bias field, the mixtures, and leakage over outlines.

See `wbmri.grading.parameters` for units and sources.
"""

from dataclasses import dataclass

Length3 = tuple[float, float, float]
"""From left to right, back to front and foot to head."""


@dataclass(frozen=True, slots=True)
class VoxelParameters:
    """Which voxels of a group are measured.

    Parameters
    ----------
    edge_mm, inner_share
        How far from its outline a group is not measured, since fascia and fat share those voxels; a group of which less
        than this share would be left is measured with its edge.
    core_mm, core_share
        The same for the core, where even an outline that is a few millimetres off holds muscle.
    filled, thin_share
        A voxel is measured if its group fills at least the first share of its thickness; not so in groups so thin that
        less than the second share of them would be left.
    filled_unsure
        The same for the core of a group whose outline is not sure: muscle goes on on both sides, or ends well beyond.
    sure
        From this confidence on an outline is taken to be right: a person gave it.
    least_voxels
        A choice of fewer voxels is widened to those that others share.
    thick_slices
        An axis is through thick slices when its voxels are longer than this multiple of the shortest.
    reach_mm
        Over this distance in the slice's plane it is told how far inside an outline a place lies, and for what is not
        measured a measured voxel stands.
    least_depth, unsure_end
        A place is inside or outside by at least the first, so that its distance to the outline is never nothing; where
        the muscle ends is known to the second part of the distance between two slices, either way.
    coarse_mm, least_reach
        Voxels are counted in blocks of about this width where they are finer; below this share of its surroundings a
        place is not reached by a measured voxel.
    """

    edge_mm: float = 1.5
    inner_share: float = 0.4
    core_mm: float = 4.0
    core_share: float = 0.2
    filled: float = 0.85
    thin_share: float = 0.15
    filled_unsure: float = 0.97
    sure: float = 0.99
    least_voxels: int = 60
    thick_slices: float = 2.0
    reach_mm: float = 5.0
    least_depth: float = 0.02
    unsure_end: float = 0.2
    coarse_mm: float = 2.5
    least_reach: float = 1e-4


@dataclass(frozen=True, slots=True)
class BiasFieldParameters:
    """The bias field: a quadratic B-spline of its logarithm, with Gaussian processes as its prior.

    Parameters
    ----------
    stiff_knots_mm, supple_knots_mm
        Distance between knots in the first fit and in those after it.
    processes
        Standard deviation of the log of the field, and the distance over which it stays alike along each axis: the
        shading of coils, by some 20 to 30 %, and what is steeper near their ends and between stations.
    disagreement
        Standard deviation, log, of healthy muscle about the field from one observation to the next.
    samples_per_group
        Voxels of each group that the field is fitted to.
    normal_width, bright_range, dark_range
        Width, log, of normal muscle in the first fit, and how far oedema lies above it, and fat or tendon below.
    start_rounds, share_rounds
        Rounds of the first fit, and of the shares of each group within one.
    stiff_observation_ml, supple_observation_ml
        Volume of muscle that counts as one observation in the first fit, stiff so that the field cannot climb onto a
        limb that is bright altogether, and once mixtures say what is normal.
    block_mm, block_voxels
        Height of the parts of a group whose modes start the fit, and the voxels that a part needs to have one.
    block_width, block_height
        Smoothing, log, of a part's histogram, and the share of its highest peak that makes another one credible.
    start_width, start_height
        The same for the histogram of all parts' modes.
    start_range, start_step
        How far from the median of all muscle modes are looked for, log (a factor of 3: fat lies below, blood above),
        and the width of a bin.
    digits
        Decimals of coefficients and level, log: the rest depends on how many threads the linear algebra runs on.
    """

    stiff_knots_mm: Length3 = (160.0, 250.0, 120.0)
    supple_knots_mm: Length3 = (100.0, 250.0, 60.0)
    processes: tuple[tuple[float, Length3], ...] = ((0.2, (200.0, 250.0, 150.0)), (0.1, (100.0, 250.0, 60.0)))
    disagreement: float = 0.1
    samples_per_group: int = 300
    normal_width: float = 0.12
    bright_range: float = 1.4
    dark_range: float = 1.2
    start_rounds: int = 6
    share_rounds: int = 5
    stiff_observation_ml: float = 50.0
    supple_observation_ml: float = 10.0
    block_mm: float = 80.0
    block_voxels: int = 50
    block_width: float = 0.08
    block_height: float = 0.35
    start_width: float = 0.08
    start_height: float = 0.25
    start_range: float = 1.1
    start_step: float = 0.02
    digits: int = 7


@dataclass(frozen=True, slots=True)
class MixtureParameters:
    """The partial-volume mixture that explains the intensities of one group (Santago and Gage 1993).

    Parameters
    ----------
    lowest, highest, step
        Range and bins of the histogram of log ratios: fat lies below, blood and fluid above.
    levels
        Where a group's normal muscle may lie from that of all, in standard deviations of `MuscleKernel.level_spread`.
    near_step, far_step, highest_contrast
        Steps, log, between the contrasts of oedema that are tried below and above a half, and the highest.
    uneven, rough_uneven
        Standard deviations, log, of oedema about its own mean; the second in the hypotheses that are tried first.
    wider, rough_wider, rarely_wider
        Spread of a group's normal muscle as a multiple of that of all, since what is left of the bias field varies
        within it too; the same in the hypotheses that are tried first; standard deviation of that multiple about 1.
    faint, faint_doubt
        Oedema below this contrast, log, is doubted, by so much in log odds where the contrast vanishes.
    fat_ratio, shares
        Fat as a ratio in voxels that share both, and the share of muscle in them.
    mixed
        Share of oedema in voxels that hold normal muscle and oedema.
    rounds
        Rounds of expectation and maximisation.
    alike, most
        Voxels that count as one observation, since each is the median of nine and neighbours share noise, and the most
        observations that a group has: what errs there is the bias field, and it errs for all of them.
    worth, negligible
        Hypotheses are looked at closely where a rough fit is at most so much in log probability below the best, and
        left out where they are less probable than this multiple of the best.
    full
        Share of the voxels that hold nothing but muscle, to begin with.
    whole, rough_whole
        Where the outline is right it tells how many voxels hold nothing but muscle: as if so many more voxels had been
        seen for each that was. Less so while the field is fitted, since what is dark there may be the field.
    outlier
        Share of voxels that are neither: tendon, fat, vessels.
    """

    lowest: float = -1.2
    highest: float = 1.4
    step: float = 0.025
    levels: tuple[float, ...] = (-2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
    near_step: float = 0.04
    far_step: float = 0.08
    highest_contrast: float = 1.24
    uneven: tuple[float, ...] = (0.05, 0.15)
    rough_uneven: tuple[float, ...] = (0.05,)
    wider: tuple[float, ...] = (1.0, 1.4, 2.0)
    rough_wider: tuple[float, ...] = (1.0,)
    rarely_wider: float = 0.5
    faint: float = 0.3
    faint_doubt: float = 5.0
    fat_ratio: float = 0.2
    shares: tuple[float, ...] = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    mixed: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    rounds: int = 25
    alike: float = 6.0
    most: float = 300.0
    worth: float = 14.0
    negligible: float = 1e-4
    full: float = 0.9
    whole: float = 1.0
    rough_whole: float = 0.25
    outlier: float = 0.02


@dataclass(frozen=True, slots=True)
class LocalMixtureParameters:
    """The same in blocks of a group a few centimetres long, within which the bias field is nearly one number.

    Parameters
    ----------
    block_mm
        Size of a block.
    lowest, highest, step
        Range and bins of a block's histogram of log ratios.
    level_range, level_step, level_spread
        How far from that of all normal muscle may lie in a block, log, in which steps that is tried, and the standard
        deviation of what is left of the field.
    contrasts, uneven
        How far oedema may lie above it, log, and its standard deviation about that.
    mixed
        Share of oedema in voxels that hold both.
    dark_range
        Range, log, over which voxels that hold fat lie below normal muscle.
    start
        Shares of normal muscle, oedema, both and fat, to begin with.
    rounds, alike, most, outlier
        As for `MixtureParameters`.
    """

    block_mm: Length3 = (60.0, 1000.0, 50.0)
    lowest: float = -1.0
    highest: float = 1.4
    step: float = 0.05
    level_range: float = 0.15
    level_step: float = 0.025
    level_spread: float = 0.04
    contrasts: tuple[float, ...] = (0.18, 0.28, 0.4, 0.55, 0.75, 1.0)
    uneven: float = 0.08
    mixed: tuple[float, ...] = (0.25, 0.5, 0.75)
    dark_range: float = 0.5
    start: tuple[float, float, float, float] = (0.5, 0.3, 0.1, 0.1)
    rounds: int = 12
    alike: float = 6.0
    most: float = 60.0
    outlier: float = 0.02


@dataclass(frozen=True, slots=True)
class NormalisationParameters:
    """Bias field, level and spread of normal muscle, fitted in turns with the mixtures.

    Parameters
    ----------
    rounds, local_rounds
        Rounds in which the mixtures of all groups and the field correct each other, and rounds in which the field
        follows the mixtures of blocks after that.
    first_spread
        Spread of normal muscle, log, before it is measured, and in a block.
    loose_level_spread, level_spread
        Standard deviation of a group's own level, log, while the field is fitted, and what of the field is left in it
        after.
    level_prior
        The usual spread counts as much as so many groups in that of the scan itself.
    least_spread, field_spread
        No muscle is more even than the first, log; the second is what of the field is left within a group.
    lower_side, one_sigma
        How far below its level, log, normal muscle is looked for (darker voxels share their place with fat), and the
        quantile of these distances that is one standard deviation.
    fluid_ratio
        Above this ratio a voxel holds blood or fluid: oedema of muscle does not reach it.
    unfilled
        How fast voxels that are wholly muscle get rare as neighbouring slices leave more of them empty. On drawn bodies
        those that seem to be filled by 0.96, 0.93 and 0.88 are wholly muscle in 89, 72 and 52 of 100.
    """

    rounds: int = 3
    local_rounds: int = 1
    first_spread: float = 0.07
    loose_level_spread: float = 0.1
    level_spread: float = 0.045
    level_prior: float = 6.0
    least_spread: float = 0.02
    field_spread: float = 0.03
    lower_side: float = 0.3
    one_sigma: float = 0.6827
    fluid_ratio: float = 4.0
    unfilled: float = 0.2


@dataclass(frozen=True, slots=True)
class ResidualFieldParameters:
    """What of the bias field is left within one group, and may be taken for faint oedema.

    Parameters
    ----------
    wave_mm, amplitude
        It has no structure shorter than this, half a wave; standard deviation expected of each wave, log.
    disagreement, observation_ml
        Standard deviation, log, of muscle about it from one observation to the next, and the volume of one.
    lead
        Voxels within so many of these standard deviations lead the fit: darker ones share their place with fat.
    near_mm
        At this distance on one slice the field hardly changes, and patches of oedema often end.
    clear
        Voxels darker than normal muscle by this many of its spreads share their place with fat.
    left
        Faint oedema of which less than this share is left without what is smooth was the field, unless it has edges.
    """

    wave_mm: float = 80.0
    amplitude: float = 0.1
    disagreement: float = 0.1
    observation_ml: float = 2.0
    lead: float = 3.0
    near_mm: float = 12.0
    clear: float = 2.0
    left: float = 0.3


@dataclass(frozen=True, slots=True)
class LeakageParameters:
    """Bright tissue that a group's outline took in.

    Parameters
    ----------
    bright_ratio
        From this ratio on a voxel is bright.
    largest_share
        A group with a larger share of bright voxels has oedema of its own, and is measured with its edge.
    doubt
        An outline is wrong by up to so many times what the engine expects: measured on two bodies, in 9 of 10 groups.
    beyond_mm
        How far around a group's bright voxels the region they belong to is followed.
    larger
        A region that is more than so many times what lies within the group is a neighbour's.
    least_across
        Brightness that goes on beyond all muscle is told of a group from this share of it on.
    beside_ratio, least_left
        Where slices are thick, voxels beside something brighter than this ratio in the next slice, beyond their group,
        share it, and are not measured; but for groups of which less than the second share would be left.
    """

    bright_ratio: float = 1.25
    largest_share: float = 0.2
    doubt: float = 1.5
    beyond_mm: float = 12.0
    larger: float = 2.0
    least_across: float = 0.01
    beside_ratio: float = 2.7
    least_left: float = 0.5
