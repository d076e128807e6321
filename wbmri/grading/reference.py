"""The level of normal muscle, without needing any group to be healthy."""

from collections.abc import Sequence

import numpy as np

from wbmri.grading.physics import USUAL_TE_MS, fluid_to_muscle
from wbmri.grading.scale import Fit
from wbmri.grading.tissues import Landmarks, Prediction
from wbmri.reading import OutsideLevel, Reading, Reference
from wbmri.volume import Acquisition

DOUBTFUL_SPREADS = 1.0
"""A muscle mode above the prediction by more than this many of its spreads is used but not trusted ..."""

REFUTED_SPREADS = 1.6
"""... and above this many it is taken for oedema, and the prediction for the level. Below by this many, the outlines
hold fat or bone rather than muscle, or the protocol is not what it seems: the mode is used but not trusted."""

TRUSTED_SPREAD = 0.15
"""A prediction no more uncertain than this can be trusted alone: a fifth of normal muscle's distance to a mild oedema
at 1.5 times would then be missed. Brain and fluid alone are less certain; other scans of the person or site are not."""

SAME_PERSON_SPREAD = 0.06
"""Standard deviation, from one scan of a person to the next, of the log ratio of brain and fluid to normal muscle."""

FLUID_SHARE = 0.75
"""Fluid this close to its expected multiple of the muscle mode confirms the mode where there is no brain."""


def choose_reference(
    fit: Fit,
    landmarks: Landmarks,
    prediction: Prediction | None,
    outside: Sequence[OutsideLevel],
    acquisition: Acquisition,
) -> Reference:
    """Take the lowest credible mode of muscle, unless the scan's other tissues say that it is oedema.

    Where other scans say how brain and fluid compare with normal muscle, in this person or at this site, the prediction
    is as good as they are, and mode and prediction are averaged, each weighing by its certainty.

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
    """
    mode, own = fit.mode, fit.kernel.level_spread
    if prediction is None:
        return _by_fluid(fit, landmarks, outside, acquisition)
    told = combine(prediction, outside)
    by = " and ".join(["brain and fluid", *(level.source for level in outside)])
    excess = float(np.log(mode / told.level))
    found = f"{np.exp(excess):.2f} times the level that {by} predict"
    level, uncertainty = mode, own
    trusted = -REFUTED_SPREADS * told.spread < excess < DOUBTFUL_SPREADS * told.spread
    source = f"lowest mode of all muscle, {found}"
    if excess > REFUTED_SPREADS * told.spread:
        level, uncertainty = told.level, told.spread
        trusted = told.spread <= TRUSTED_SPREAD
        source = f"predicted from {by}, because the lowest mode of all muscle lies at {found}"
    elif outside:
        share = own**-2 / (own**-2 + told.spread**-2)
        level = told.level * float(np.exp(share * excess))
        uncertainty = float((own**-2 + told.spread**-2) ** -0.5)
        source = f"mean, by certainty, of the lowest mode of all muscle and the prediction; the mode lies at {found}"
    return Reference(
        level,
        fit.kernel.spread * level,
        source,
        trusted,
        uncertainty=round(uncertainty, 4),
        mode=mode,
        predicted=prediction.level,
        outside=tuple(outside),
    )


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
    spread = float(np.hypot(SAME_PERSON_SPREAD, reference.uncertainty))
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


def _by_fluid(fit: Fit, landmarks: Landmarks, outside: Sequence[OutsideLevel], acquisition: Acquisition) -> Reference:
    """Take the mode and look whether fluid confirms it; without a brain other scans cannot be put beside this one."""
    expected = fluid_to_muscle(acquisition, acquisition.echo_time_ms or USUAL_TE_MS)
    confirmed = landmarks.fluid / fit.mode >= FLUID_SHARE * expected
    words = (
        f"bright fluid at {landmarks.fluid / fit.mode:.1f} times its level confirms it"
        if confirmed
        else "no other tissue in the scan confirms it"
    )
    if outside:
        words += "; without a brain in the picture other scans could not be used"
    source = f"lowest mode of all muscle; {words}"
    return Reference(
        fit.mode,
        fit.kernel.spread * fit.mode,
        source,
        confirmed,
        uncertainty=fit.kernel.level_spread,
        mode=fit.mode,
        outside=tuple(outside),
    )
