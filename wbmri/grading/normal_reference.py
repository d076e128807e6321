"""The level of normal muscle, by muscle, brain and fluid and the signal equation, without needing a healthy group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, OutsideLevel, Reading, Reference, Volume
from wbmri.grading.bias_field import BiasField
from wbmri.grading.normalisation import Fit
from wbmri.grading.parameters import PARAMETERS, Relaxation
from wbmri.grading.voxels import Muscle

_REFERENCE = PARAMETERS.reference
_SCALE = PARAMETERS.scale
_PROTOCOL = PARAMETERS.protocol
_TISSUES = PARAMETERS.tissues


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Intensities of tissues whose ratio to muscle physics gives; ``None`` where they are not in the picture.

    Parameters
    ----------
    brain
        Median of the brain, after field correction.
    fluid
        Fluid: the bright end of the head where a brain was found, or else of the whole body.
    """

    brain: float | None
    fluid: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Level of normal muscle as the other tissues predict it.

    Parameters
    ----------
    level
        In the units of the corrected volume.
    spread
        Standard deviation of its logarithm.
    """

    level: float
    spread: float


def find_landmarks(scan: Volume, muscle: Muscle, field: BiasField) -> Landmarks:
    """Measure brain and fluid.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle, field
        Its labelled voxels and its field.
    """
    top = int(muscle.index[:, 2].max()) + 1
    head = scan.data[:, :, top:]
    if head.shape[2] * scan.spacing[2] >= _REFERENCE.head_mm:
        brain = _brain(head, scan, _REFERENCE.brain_ratio * float(np.median(muscle.quiet)))
        if brain is not None:
            around = np.argwhere(head > 0.5 * float(np.median(head[brain])))
            around[:, 2] += top
            values = scan.data[tuple(around.T)] / np.exp(field.log_at(around, scan.spacing))
            inside = np.argwhere(brain)
            inside[:, 2] += top
            own = scan.data[tuple(inside.T)] / np.exp(field.log_at(inside, scan.spacing))
            return Landmarks(brain=float(np.median(own)), fluid=float(np.quantile(values, _REFERENCE.fluid_quantile)))
    body = np.argwhere(scan.data > 0.3 * float(np.median(muscle.quiet)))
    values = scan.data[tuple(body.T)] / np.exp(field.log_at(body, scan.spacing))
    return Landmarks(brain=None, fluid=float(np.quantile(values, _REFERENCE.body_fluid_quantile)))


def _brain(head: NDArray[np.float32], scan: Volume, least: float) -> NDArray[np.bool_] | None:
    """Find the brain: one large bright body above the neck, with its rim taken off."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    if head.max() <= least:
        return None
    tissue = head[head > max(least, float(threshold_otsu(head)))]
    solid = head > max(least, 0.5 * float(np.median(tissue)))
    thin = np.asarray(scan.spacing) <= 2 * min(scan.spacing)
    reach = np.where(thin, np.maximum(1, np.round(_REFERENCE.brain_rim_mm / np.asarray(scan.spacing))), 0).astype(int)
    solid = ndimage.minimum_filter(solid, size=tuple(2 * reach + 1), mode="constant", cval=0)
    parts, count = ndimage.label(solid)
    if count == 0:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    largest: NDArray[np.bool_] = parts == int(np.argmax(sizes)) + 1
    return largest if _REFERENCE.brain_ml[0] <= sizes.max() * scan.voxel_ml <= _REFERENCE.brain_ml[1] else None


def predict(landmarks: Landmarks, acquisition: Acquisition) -> Prediction | None:
    """Predict the level of normal muscle from brain and fluid by the signal equation.

    Where the echo time is not known, the ratio of fluid to brain narrows it: muscle, brain and fluid lose signal to the
    echo time at their own rates.

    Parameters
    ----------
    landmarks
        Brain and fluid of the scan; without a brain there is no prediction.
    acquisition
        The protocol.
    """
    if landmarks.brain is None:
        return None
    if acquisition.echo_time_ms is not None:
        times, weight = np.array([acquisition.echo_time_ms]), np.ones(1)
    else:
        times = np.arange(*_REFERENCE.echo_range_ms)
        fluid_to_brain = np.array([fluid_to_muscle(acquisition, te) / brain_to_muscle(acquisition, te) for te in times])
        apart = np.log(landmarks.fluid / landmarks.brain) - np.log(fluid_to_brain)
        weight = np.exp(
            -0.5 * (apart / _REFERENCE.ratio_spread) ** 2
            - 0.5 * ((times - _PROTOCOL.echo_ms) / _REFERENCE.echo_spread_ms) ** 2
        )
    weight = weight / weight.sum()
    logs = np.array(
        [
            np.log(landmarks.fluid / fluid_to_muscle(acquisition, te))
            + np.log(landmarks.brain / brain_to_muscle(acquisition, te))
            for te in times
        ],
    )
    mean = float(weight @ logs) / 2
    variance = float(weight @ (logs / 2 - mean) ** 2)
    spread = np.hypot(_REFERENCE.tissue_spread, _REFERENCE.head_gain_spread)
    return Prediction(float(np.exp(mean)), float(np.sqrt(variance + spread**2)))


@dataclass(frozen=True, slots=True)
class Level:
    """A level of normal muscle that the scan leaves open.

    Parameters
    ----------
    reference
        The level and where it comes from.
    weight
        How probable it is, 0..1.
    words
        What it takes for true, in words a reader understands.
    lifted
        Whether all muscle is brighter than normal by it.
    """

    reference: Reference
    weight: float
    words: str
    lifted: bool = False


def levels_of(
    fit: Fit,
    landmarks: Landmarks,
    prediction: Prediction | None,
    outside: Sequence[OutsideLevel],
    acquisition: Acquisition,
) -> tuple[Level, ...]:
    """Find the levels of normal muscle that the scan leaves open: its lowest credible mode, and one well below.

    The lowest mode is normal muscle unless all muscle is oedematous. How much more probable either makes what the other
    tissues predict decides, and where it does not, both are returned. Nothing jumps: the weights change as smoothly as
    the prediction. Where other scans say how brain and fluid compare with normal muscle, in this person or at this
    site, the prediction is as good as they are, and mode and prediction are averaged, each weighing by its certainty.

    Parameters
    ----------
    fit
        The lowest credible mode of all muscle, how one tissue spreads, and how groups differ.
    landmarks, prediction
        The other tissues, and the level of normal muscle they predict, if they do.
    outside
        What other scans say about the level.
    acquisition
        The protocol.

    Returns
    -------
    tuple of Level
        The most probable one first; their weights add up to 1.
    """
    mode, own = fit.mode, _REFERENCE.mode_spread
    if prediction is None:
        excess, spread, words, confirmed = _by_fluid(fit, landmarks, outside, acquisition)
        source, told, by = f"lowest mode of all muscle; {words}", None, "what is usual where all muscle is oedematous"
    else:
        told = combine(prediction, outside)
        excess, spread, confirmed = float(np.log(mode / told.level)), told.spread, False
        by = " and ".join(["brain and fluid", *(level.source for level in outside)])
        unseen = float(np.exp(excess + _REFERENCE.unseen_spreads * spread))
        source = f"lowest mode of all muscle, {np.exp(excess):.2f} times the level that {by} predict"
        words = f"; where all muscle is up to {unseen:.1f} times as bright as normal, nothing in the scan shows it"
        source += words if unseen > 1 else ""
    asked = bool(outside) and told is not None
    lifted, by_how_much = (0.0, 0.0) if confirmed else _lifted(excess, spread, asked)
    if asked:
        least = _SCALE.open_weight_outside
    else:
        # A mode that lies where it is expected is normal, as far as this scan alone can tell; without
        # a brain it is used, and not trusted.
        expected = excess < _REFERENCE.least_excess[acquisition.echo_time_ms is None]
        least = 1.0 if expected else _SCALE.open_weight
    lifted = 0.0 if lifted < least else 1.0 if lifted > 1 - min(least, _SCALE.open_weight_outside) else lifted
    found = None if prediction is None else prediction.level
    made = []
    if lifted < 1:
        level, uncertainty = mode, own
        if told is not None and outside:
            share = own**-2 / (own**-2 + told.spread**-2)
            level = told.level * float(np.exp(share * excess))
            uncertainty = float((own**-2 + told.spread**-2) ** -0.5)
            source = (
                "mean, by certainty, of the lowest mode of all muscle and the prediction; "
                f"the mode lies at {np.exp(excess):.2f} times the level that {by} predict"
            )
        sure = lifted == 0 and (confirmed if told is None else excess > -_REFERENCE.refuted_spreads * told.spread)
        made.append((level, uncertainty, source, sure, 1 - lifted, "the darkest muscle of the scan is normal"))
    if lifted > 0:
        source = (
            f"predicted from {by}, because the lowest mode of all muscle lies at {np.exp(by_how_much):.2f} times it"
        )
        sure = lifted == 1 and told is not None and told.spread <= _REFERENCE.trusted_spread
        words = f"all muscle is about {np.exp(by_how_much):.1f} times as bright as normal"
        made.append((mode * float(np.exp(-by_how_much)), max(spread, own), source, sure, lifted, words))
    levels = [
        Level(
            Reference(
                level,
                fit.kernel.spread * level,
                source,
                sure,
                uncertainty=round(uncertainty, 4),
                mode=mode,
                predicted=found,
                outside=tuple(outside),
            ),
            weight,
            words,
            level < mode * np.exp(-_REFERENCE.least_lifted / 2) and lifted > 0,
        )
        for level, uncertainty, source, sure, weight, words in made
    ]
    return tuple(sorted(levels, key=lambda one: -one.weight))


def _lifted(excess: float, spread: float, asked: bool) -> tuple[float, float]:
    """Probability that the lowest mode is oedema, and how much above normal muscle it then lies, log.

    Parameters
    ----------
    excess, spread
        How far the mode lies above the prediction, log, and the standard deviation of that; infinite if unknown.
    asked
        Whether other scans were asked.
    """
    prior = _REFERENCE.lifted_prior_outside if asked else _REFERENCE.lifted_prior
    if not np.isfinite(spread):
        return prior, _REFERENCE.lifted
    wide = float(np.hypot(spread, _REFERENCE.lifted_spread))
    odds = np.log(prior / (1 - prior)) + np.log(spread / wide)
    odds += 0.5 * (excess / spread) ** 2 - 0.5 * ((excess - _REFERENCE.lifted) / wide) ** 2
    share = _REFERENCE.lifted_spread**2 / wide**2
    found = _REFERENCE.lifted + share * (excess - _REFERENCE.lifted)
    return float(1 / (1 + np.exp(-odds))), max(float(found), _REFERENCE.least_lifted)


def level_of_visit(reading: Reading, source: str) -> OutsideLevel | None:
    """Say by a reading of the same person and protocol where normal muscle lies at another visit.

    Parameters
    ----------
    reading
        The other visit, with more muscle that is healthy.
    source
        Which visit it is, in words a reader understands.

    Returns
    -------
    OutsideLevel or None
        ``None`` where its own level cannot be relied on, or there was no brain to put it beside.
    """
    reference = reading.reference
    if reference is None or not reference.trusted or reference.predicted is None or reference.uncertainty is None:
        return None
    spread = float(np.hypot(_REFERENCE.same_person_spread, reference.uncertainty))
    return OutsideLevel(reference.level / reference.predicted, spread, source)


def combine(prediction: Prediction, outside: Sequence[OutsideLevel]) -> Prediction:
    """Average what brain and fluid predict with what other scans say about that prediction, by their certainty.

    Parameters
    ----------
    prediction
        By brain and fluid of the scan alone.
    outside
        What other scans say.
    """
    ratio = np.array([0.0, *(np.log(level.ratio) for level in outside)])
    weight = np.array([prediction.spread, *(level.spread for level in outside)]) ** -2.0
    mean = float(weight @ ratio / weight.sum())
    return Prediction(prediction.level * float(np.exp(mean)), float(weight.sum() ** -0.5))


def _by_fluid(
    fit: Fit, landmarks: Landmarks, outside: Sequence[OutsideLevel], acquisition: Acquisition
) -> tuple[float, float, str, bool]:
    """Look whether fluid confirms the mode; without a brain other scans cannot be put beside this one."""
    expected = fluid_to_muscle(acquisition, acquisition.echo_time_ms or _PROTOCOL.echo_ms)
    confirmed = landmarks.fluid / fit.mode >= _REFERENCE.fluid_share * expected
    words = (
        f"bright fluid at {landmarks.fluid / fit.mode:.1f} times its level confirms it"
        if confirmed
        else "no other tissue in the scan confirms it"
    )
    if outside:
        words += "; without a brain in the picture other scans could not be used"
    return 0.0, float("inf"), words, confirmed


def signal(tissue: Relaxation, acquisition: Acquisition, echo_time_ms: float) -> float:
    """Signal of a tissue on STIR: S = |1 - 2 exp(-TI/T1) + exp(-TR/T1)| exp(-TE/T2).

    Parameters
    ----------
    tissue
        What is imaged.
    acquisition
        Field strength, inversion and repetition time; those usual for STIR stand in for what is not known.
    echo_time_ms
        Echo time in milliseconds.
    """
    high = (acquisition.field_strength_t or 1.5) >= _PROTOCOL.high_field_t
    t1, t2 = tissue.t1_ms[high], tissue.t2_ms[high]
    inversion = acquisition.inversion_time_ms or _PROTOCOL.inversion_ms[high]
    repetition = acquisition.repetition_time_ms or _PROTOCOL.repetition_ms
    return float(abs(1 - 2 * np.exp(-inversion / t1) + np.exp(-repetition / t1)) * np.exp(-echo_time_ms / t2))


def implied_t2_ms(ratio: float, acquisition: Acquisition) -> float | None:
    """T2 that muscle would need to be brighter than normal by a ratio, if its T1 stayed the same.

    From S ~ exp(-TE/T2): 1/T2 = 1/T2_normal - ln(ratio)/TE.

    Parameters
    ----------
    ratio
        Multiple of normal muscle.
    acquisition
        Field strength and echo time; without an echo time nothing follows.

    Returns
    -------
    float or None
        Milliseconds; ``None`` also where no T2 makes muscle so bright.
    """
    echo = acquisition.echo_time_ms
    if echo is None:
        return None
    normal = _TISSUES.muscle.t2_ms[(acquisition.field_strength_t or 1.5) >= _PROTOCOL.high_field_t]
    rate = 1 / normal - float(np.log(ratio)) / echo
    return 1 / rate if rate > 0 else None


def healthy_spread(acquisition: Acquisition) -> float:
    """Return the standard deviation of the level of one healthy group about that of all, log.

    From S ~ exp(-TE/T2): what T2 differs by between the muscles of one person, times TE / T2^2, and what of the field
    is left.

    Parameters
    ----------
    acquisition
        Field strength and echo time; those usual for STIR stand in for what is not known.
    """
    normal = _TISSUES.muscle.t2_ms[(acquisition.field_strength_t or 1.5) >= _PROTOCOL.high_field_t]
    by_t2 = (acquisition.echo_time_ms or _PROTOCOL.echo_ms) / normal**2 * _TISSUES.muscle_t2_spread_ms
    return round(float(np.hypot(by_t2, PARAMETERS.normalisation.level_spread)), 4)


def fluid_to_muscle(acquisition: Acquisition, echo_time_ms: float) -> float:
    """Fluid as a multiple of normal muscle."""
    return signal(_TISSUES.fluid, acquisition, echo_time_ms) / signal(_TISSUES.muscle, acquisition, echo_time_ms)


def brain_to_muscle(acquisition: Acquisition, echo_time_ms: float) -> float:
    """Brain, white and grey matter in equal parts, as a multiple of normal muscle."""
    tissues = _TISSUES.white_matter, _TISSUES.grey_matter
    white, grey = (signal(tissue, acquisition, echo_time_ms) for tissue in tissues)
    return (white + grey) / 2 / signal(_TISSUES.muscle, acquisition, echo_time_ms)
