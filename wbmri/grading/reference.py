"""The level of normal muscle, without needing any group to be healthy."""

import numpy as np

from wbmri.grading.physics import USUAL_TE_MS, fluid_to_muscle
from wbmri.grading.tissues import Landmarks, Prediction
from wbmri.reading import Reference
from wbmri.volume import Acquisition

DOUBTFUL_SPREADS = 1.0
"""A muscle mode above the prediction by more than this many of its spreads is used but not trusted ..."""

REFUTED_SPREADS = 1.6
"""... and above this many it is taken for oedema, and the prediction for the level. Below by this many, the outlines
hold fat or bone rather than muscle, or the protocol is not what it seems: the mode is used but not trusted."""

FLUID_SHARE = 0.75
"""Fluid this close to its expected multiple of the muscle mode confirms the mode where there is no brain."""


def choose_reference(
    mode: float,
    spread: float,
    landmarks: Landmarks,
    prediction: Prediction | None,
    acquisition: Acquisition,
) -> Reference:
    """Take the lowest credible mode of muscle, unless the scan's other tissues say that it is oedema.

    Parameters
    ----------
    mode
        Level of the lowest credible mode of all muscle, corrected.
    spread
        Standard deviation of normal muscle about it, relative.
    landmarks, prediction
        The other tissues, and the level of normal muscle they predict, if they do.
    acquisition
        The protocol.
    """
    if prediction is None:
        expected = fluid_to_muscle(acquisition, acquisition.echo_time_ms or USUAL_TE_MS)
        confirmed = landmarks.fluid / mode >= FLUID_SHARE * expected
        words = (
            f"bright fluid at {landmarks.fluid / mode:.1f} times its level confirms it"
            if confirmed
            else "no other tissue in the scan confirms it"
        )
        return Reference(mode, spread * mode, f"lowest mode of all muscle; {words}", confirmed)
    excess = float(np.log(mode / prediction.level))
    found = f"{np.exp(excess):.2f} times the level that brain and fluid predict"
    if excess > REFUTED_SPREADS * prediction.spread:
        source = f"predicted from brain and fluid, because the lowest mode of all muscle lies at {found}"
        return Reference(prediction.level, spread * prediction.level, source, False)
    trusted = -REFUTED_SPREADS * prediction.spread < excess < DOUBTFUL_SPREADS * prediction.spread
    return Reference(mode, spread * mode, f"lowest mode of all muscle, {found}", trusted)
