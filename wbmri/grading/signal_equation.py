"""How bright tissues are beside each other on STIR, by the signal equation."""

from dataclasses import dataclass

import numpy as np

from wbmri.core import Acquisition

HIGH_FIELD_T = 2.25
"""From here on the relaxation times of 3 T are used, below it those of 1.5 T."""

USUAL_TR_MS = 4000.0
USUAL_TE_MS = 62.0
"""Repetition and echo time where the input names none: the middle of what whole-body STIR uses (TE 30 to 90 ms)."""


@dataclass(frozen=True, slots=True)
class Tissue:
    """Relaxation times in milliseconds at 1.5 T and 3 T."""

    t1: tuple[float, float]
    t2: tuple[float, float]


# Muscle and fluid: Gold 2004 (AJR 183:343); muscle T2 at 1.5 T as measured at rest by Saab 2000 and others. White and
# grey matter: Stanisz 2005 (Magn Reson Med 54:507).
MUSCLE = Tissue((1130.0, 1420.0), (35.3, 31.7))
FLUID = Tissue((2850.0, 3620.0), (1210.0, 767.0))
WHITE_MATTER = Tissue((884.0, 1084.0), (72.0, 69.0))
GREY_MATTER = Tissue((1124.0, 1820.0), (95.0, 99.0))


def signal(tissue: Tissue, acquisition: Acquisition, echo_time_ms: float) -> float:
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
    high = (acquisition.field_strength_t or 1.5) >= HIGH_FIELD_T
    t1, t2 = tissue.t1[high], tissue.t2[high]
    inversion = acquisition.inversion_time_ms or (220.0 if high else 160.0)
    repetition = acquisition.repetition_time_ms or USUAL_TR_MS
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
    normal = MUSCLE.t2[(acquisition.field_strength_t or 1.5) >= HIGH_FIELD_T]
    rate = 1 / normal - float(np.log(ratio)) / echo
    return 1 / rate if rate > 0 else None


def fluid_to_muscle(acquisition: Acquisition, echo_time_ms: float) -> float:
    """Fluid as a multiple of normal muscle."""
    return signal(FLUID, acquisition, echo_time_ms) / signal(MUSCLE, acquisition, echo_time_ms)


def brain_to_muscle(acquisition: Acquisition, echo_time_ms: float) -> float:
    """Brain, white and grey matter in equal parts, as a multiple of normal muscle."""
    brain = (signal(WHITE_MATTER, acquisition, echo_time_ms) + signal(GREY_MATTER, acquisition, echo_time_ms)) / 2
    return brain / signal(MUSCLE, acquisition, echo_time_ms)
