"""The constants by which intensities become multiples of normal muscle where the muscle alone cannot tell.

See `wbmri.grading.parameters` for units and sources.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScaleParameters:
    """When a field or a level is left open.

    Parameters
    ----------
    open_weight, open_weight_outside
        An explanation less probable than this is not looked at; the second where other scans tell the level.
    open_total
        Explanations whose totals differ by more leave the total open.
    """

    open_weight: float = 0.02
    open_weight_outside: float = 0.06
    open_total: int = 2


@dataclass(frozen=True, slots=True)
class DetectionParameters:
    """What cannot be told.

    Parameters
    ----------
    spreads
        Oedema fainter than so many standard deviations of normal muscle, log, is not told from it.
    least_observations
        Nor is oedema of fewer independent observations.
    whole
        Between these shares of oedema a muscle counts more and more as oedematous all over.
    tail, tail_width
        Share of healthy muscles whose level differs more, and by how many times as much.
    homogeneous
        Probability beforehand that a muscle is oedematous all over, all else being healthy.
    open
        Where either is more probable than this, and not by far, the grade is not sure.
    lifted_ratio
        A muscle of a region that is taken for oedematous all over is so if its middle is brighter.
    margin, few, many
        Oedema below so many times the faintest is faint; from the first share of faint groups on those without oedema
        are doubted, and from the second on most.
    """

    spreads: float = 2.5
    least_observations: float = 5.0
    whole: tuple[float, float] = (0.6, 0.9)
    tail: float = 0.15
    tail_width: float = 2.0
    homogeneous: float = 0.1
    open: tuple[float, float] = (0.1, 0.9)
    lifted_ratio: float = 1.08
    margin: float = 1.15
    few: float = 0.1
    many: float = 0.25


@dataclass(frozen=True, slots=True)
class ReferenceParameters:
    """The level of normal muscle, and the brain and fluid that predict it.

    Parameters
    ----------
    brain_ml
        Volume of a brain, or of the part of it that lies above the highest muscle, for it to be taken as one.
    brain_ratio, head_mm, brain_rim_mm
        A brain is brighter than this multiple of the median of all muscle, however oedematous; how far the picture must
        reach above the highest muscle for a head to be looked for; what is taken off the brain's rim.
    fluid_quantile, body_fluid_quantile
        Fluid is this bright end of the head where a brain was found, or else of the whole body.
    tissue_spread, ratio_spread
        Standard deviations between people, log: of the ratio of brain and fluid to muscle at a known protocol, and of
        fluid to brain.
    echo_spread_ms, echo_range_ms
        Standard deviation of the echo time where the input names none, and start, end (not itself) and step
        of those tried.
    head_gain_spread
        Standard deviation, log, of the gain of the coil about the head relative to that of the body's coils.
    refuted_spreads
        A mode of muscle below the prediction by so many of its spreads: the outlines hold fat or bone rather than
        muscle, or the protocol is not what it seems. The mode is used but not trusted.
    least_excess
        A mode no farther above the prediction, log, is taken to be normal by a scan alone: about half the standard
        deviation of the prediction, and the second, more, where the echo time is not known.
    lifted_prior, lifted_prior_outside
        Probability beforehand that no normal muscle is left anywhere, so that the lowest mode is oedema; the second
        where other scans are asked, which is done for people with disease.
    lifted, lifted_spread, least_lifted
        How much brighter all muscle then is, log, its standard deviation, and the least that could be told.
    unseen_spreads
        So many spreads of the prediction above it, all muscle may lie without the scan showing it: in one scan of 20.
    trusted_spread
        A prediction no more uncertain can be trusted alone: a fifth of normal muscle's distance to a mild oedema at 1.5
        times would then be missed. Brain and fluid alone are less certain; other scans of the person or site are not.
    mode_spread
        Standard deviation, log, of the lowest credible mode about the level of normal muscle.
    same_person_spread
        Standard deviation, log, from one scan of a person to the next, of the ratio of brain and fluid to muscle.
    fluid_share
        Fluid this close to its expected ratio confirms the mode where there is no brain.
    """

    brain_ml: tuple[float, float] = (250.0, 2500.0)
    brain_ratio: float = 0.6
    head_mm: float = 60.0
    brain_rim_mm: float = 3.0
    fluid_quantile: float = 0.97
    body_fluid_quantile: float = 0.995
    tissue_spread: float = 0.22
    ratio_spread: float = 0.15
    echo_spread_ms: float = 15.0
    echo_range_ms: tuple[float, float, float] = (20.0, 121.0, 2.0)
    head_gain_spread: float = 0.12
    refuted_spreads: float = 1.6
    least_excess: tuple[float, float] = (0.13, 0.27)
    lifted_prior: float = 0.04
    lifted_prior_outside: float = 0.2
    lifted: float = 0.35
    lifted_spread: float = 0.2
    least_lifted: float = 0.15
    unseen_spreads: float = 1.64
    trusted_spread: float = 0.15
    mode_spread: float = 0.06
    same_person_spread: float = 0.06
    fluid_share: float = 0.75


@dataclass(frozen=True, slots=True)
class OtherTissueParameters:
    """What lies beside the muscles, and tells whether brightness is the field's or the muscle's.

    Parameters
    ----------
    cell_mm
        Size of a cell: the field hardly changes within it.
    skin_mm, beside_mm
        What lies so near to skin or muscle shares its blocks with them; what lies farther from muscle is not looked at.
    least_blocks
        Blocks that a cell needs.
    lowest, highest, step
        Range and bins of the histogram of log ratios.
    tissues, widths, outlier
        Number of tissues that explain all cells, the least and largest of their standard deviations, log, and the share
        of blocks that are none of them.
    rounds
        Rounds of expectation and maximisation.
    alike, most
        Blocks that count as one observation, and the most observations of a cell: what errs is the tissue.
    cell_limit, worth
        The most that one cell says for either field, log, and what of the sum of all is believed, since fat and marrow
        differ from region to region too.
    near_mm, every
        How near to a cell muscle shares its field, as a standard deviation along each axis; of the blocks of muscle one
        in so many is looked at.
    """

    cell_mm: tuple[float, float, float] = (160.0, 1000.0, 80.0)
    skin_mm: float = 4.0
    beside_mm: float = 40.0
    least_blocks: int = 40
    lowest: float = -3.2
    highest: float = 1.8
    step: float = 0.1
    tissues: int = 6
    widths: tuple[float, float] = (0.08, 0.35)
    outlier: float = 0.02
    rounds: int = 25
    alike: float = 4.0
    most: float = 40.0
    cell_limit: float = 3.0
    worth: float = 0.1
    near_mm: tuple[float, float, float] = (50.0, 80.0, 40.0)
    every: int = 7


@dataclass(frozen=True, slots=True)
class RegionalLiftParameters:
    """Regions whose muscle is brighter altogether, by shading or by homogeneous oedema: as probable beforehand.

    Homogeneous oedema had 7 of 34 patients with signal on whole-body STIR (Malattia 2014).

    Parameters
    ----------
    least
        How much brighter, log, the field must be in some regions than in the others for it to be doubted; the second on
        one side only, or in most regions.
    one_sided, most_regions
        How often such oedema is on one side only, and how many regions it takes, or leaves out, at most.
    usual, spread
        What is expected of it, log, and its standard deviation.
    strengths
        Amplitudes of the field that are tried, as multiples of that with which it is fitted.
    loose, group, place, level_spread
        Standard deviations, log: of the level of all, of a group's own level, from place to place, and of where a
        group's level is looked for.
    whole, clear
        With a larger share of oedema a group shows no normal muscle; brighter than the second, log, the field was not
        taken for it.
    limit
        The most that muscle alone says for or against a lift, log.
    surest_of_most
        Most of the body is never taken to be ill by the rest alone with more than this probability: motion, a coil or a
        station may have made the rest darker.
    nearly, most_lifts
        Other choices of regions are looked at whose odds are less by no more than the first, log; so many at most.
    looked_at, step, more
        So many choices of regions are put beside what is not muscle, those first that are more probable or lifted by
        more, such a step, log, weighing as much as one of probability; each with a lift of so many times what is seen.
    """

    least: tuple[float, float] = (0.09, 0.12)
    one_sided: float = 0.2
    most_regions: int = 3
    usual: float = 0.35
    spread: float = 0.2
    strengths: tuple[float, ...] = (0.35, 1.0)
    loose: float = 1.0
    group: float = 0.08
    place: float = 0.04
    level_spread: float = 0.3
    whole: float = 0.9
    clear: float = 0.45
    limit: float = 4.0
    surest_of_most: float = 0.9
    nearly: float = 1.5
    most_lifts: int = 3
    looked_at: int = 6
    step: float = 0.12
    more: tuple[float, ...] = (1.0, 1.5)
