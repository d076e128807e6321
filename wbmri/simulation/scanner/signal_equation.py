"""The signal equation: how bright a tissue is on STIR, from the protocol and its relaxation times, as published."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.simulation.body import Tissue


@dataclass(frozen=True, slots=True)
class Protocol:
    """A STIR protocol.

    Parameters
    ----------
    field_strength_t
        Static field in tesla, 1.5 or 3: relaxation times are known for these two.
    repetition_time_ms, inversion_time_ms, echo_time_ms
        Times of the sequence.
    inversion
        Efficiency of the inversion pulse: 1 turns the magnetisation over wholly, less leaves fat bright.
    """

    field_strength_t: float = 1.5
    repetition_time_ms: float = 4000.0
    inversion_time_ms: float = 165.0
    echo_time_ms: float = 60.0
    inversion: float = 1.0

    def signal(self, t1_ms: float, t2_ms: float, density: float = 1.0) -> float:
        """Return the magnitude of an inversion-recovery spin echo.

        |1 - (1 + q) exp(-TI/T1) + q exp(-TR/T1)| exp(-TE/T2), with q the efficiency of the inversion.
        """
        inverted = (1 + self.inversion) * math.exp(-self.inversion_time_ms / t1_ms)
        recovered = 1 - inverted + self.inversion * math.exp(-self.repetition_time_ms / t1_ms)
        return density * abs(recovered) * math.exp(-self.echo_time_ms / t2_ms)


Times = tuple[float, float, float]
"""T1 and T2 in ms, and proton density relative to water."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Relaxation at one field strength."""

    tissues: dict[Tissue, Times]
    fat: Times
    skin: Times
    red_marrow: Times


# Muscle and fluid: Gold 2004 (AJR 183:343). Brain, cord, blood, heart, cartilage: Stanisz 2005 (MRM 54:507). Liver,
# spleen, kidney, red marrow, and at 3 T the T2 of fat: de Bazelaire 2004 (Radiology 230:652). T1 of fat: that which the
# usual inversion time, 165 ms at 1.5 T and 220 ms at 3 T, nearly nulls. Lung, bowel, gland, eye and skin: between
# muscle and fluid, an editable default; at 3 T their T1 is a fifth longer, as de Bazelaire found on average. Blood
# flows out of the slice between the pulses: its density is what remains.
_FIELDS: dict[float, _Field] = {
    1.5: _Field(
        {
            Tissue.MUSCLE: (1130.0, 35.3, 1.0),
            Tissue.BRAIN: (1000.0, 85.0, 1.0),
            Tissue.CSF: (2850.0, 1210.0, 1.0),
            Tissue.CORD: (745.0, 74.0, 1.0),
            Tissue.LUNG: (1200.0, 30.0, 0.1),
            Tissue.HEART: (1030.0, 40.0, 1.0),
            Tissue.BLOOD: (1441.0, 290.0, 0.35),
            Tissue.LIVER: (586.0, 46.0, 1.0),
            Tissue.KIDNEY: (966.0, 87.0, 1.0),
            Tissue.SPLEEN: (1057.0, 79.0, 1.0),
            Tissue.BOWEL: (1200.0, 90.0, 0.8),
            Tissue.BLADDER: (2850.0, 1210.0, 1.0),
            Tissue.CARTILAGE: (1024.0, 30.0, 0.8),
            Tissue.GLAND: (800.0, 55.0, 0.9),
            Tissue.EYE: (2850.0, 800.0, 1.0),
            Tissue.FLUID: (2850.0, 1210.0, 1.0),
        },
        fat=(250.0, 80.0, 0.9),
        skin=(900.0, 30.0, 0.6),
        red_marrow=(549.0, 49.0, 0.9),
    ),
    3.0: _Field(
        {
            Tissue.MUSCLE: (1420.0, 31.7, 1.0),
            Tissue.BRAIN: (1450.0, 84.0, 1.0),
            Tissue.CSF: (3620.0, 767.0, 1.0),
            Tissue.CORD: (993.0, 78.0, 1.0),
            Tissue.LUNG: (1450.0, 30.0, 0.1),
            Tissue.HEART: (1471.0, 47.0, 1.0),
            Tissue.BLOOD: (1932.0, 275.0, 0.35),
            Tissue.LIVER: (809.0, 34.0, 1.0),
            Tissue.KIDNEY: (1142.0, 76.0, 1.0),
            Tissue.SPLEEN: (1328.0, 61.0, 1.0),
            Tissue.BOWEL: (1450.0, 85.0, 0.8),
            Tissue.BLADDER: (3620.0, 767.0, 1.0),
            Tissue.CARTILAGE: (1168.0, 27.0, 0.8),
            Tissue.GLAND: (970.0, 50.0, 0.9),
            Tissue.EYE: (3620.0, 700.0, 1.0),
            Tissue.FLUID: (3620.0, 767.0, 1.0),
        },
        fat=(335.0, 68.0, 0.9),
        skin=(1090.0, 28.0, 0.6),
        red_marrow=(586.0, 49.0, 0.9),
    ),
}

MARROW_FAT = 0.6
"""Share of fat in the marrow of a school child's long bones."""

RED_MARROW: Mapping[float, Times] = MappingProxyType({field_t: each.red_marrow for field_t, each in _FIELDS.items()})
"""Times of red marrow by field strength in tesla."""


def _field(protocol: Protocol) -> _Field:
    if protocol.field_strength_t not in _FIELDS:
        raise InputError(
            f"a protocol for {protocol.field_strength_t:g} T",
            "one for a field strength whose relaxation times are known: " + ", ".join(f"{b:g} T" for b in _FIELDS),
            "choose one of these",
        )
    return _FIELDS[protocol.field_strength_t]


def tissue_times(field_strength_t: float) -> dict[Tissue, Times]:
    """Return the relaxation times and the density of each tissue but marrow.

    Raises
    ------
    InputError
        If they are not known at the field strength.
    """
    field = _field(Protocol(field_strength_t))
    return {**field.tissues, Tissue.FAT: field.fat, Tissue.SKIN: field.skin}


def tissue_signals(protocol: Protocol) -> dict[Tissue, float]:
    """Return the signal of each tissue relative to healthy, wholly inverted muscle; 0 where there is none to speak of.

    Bone stands for its marrow.
    """
    field = _field(protocol)
    times = tissue_times(protocol.field_strength_t)
    muscle = replace(protocol, inversion=1.0).signal(*field.tissues[Tissue.MUSCLE])
    signals = {tissue: protocol.signal(*each) / muscle for tissue, each in times.items()}
    marrow = (1 - MARROW_FAT) * protocol.signal(*field.red_marrow) + MARROW_FAT * protocol.signal(*field.fat)
    return {**dict.fromkeys(Tissue, 0.0), **signals, Tissue.BONE: marrow / muscle}


def signal_table(protocol: Protocol) -> NDArray[np.float32]:
    """Return the signal of each tissue, as `tissue_signals` does, by its code."""
    signals = tissue_signals(protocol)
    return np.array([signals[tissue] for tissue in Tissue], np.float32)


Range = tuple[float, float]
Ranges = tuple[Range, Range]
"""T1 and T2 in ms, from and to."""

# Ranges to draw from, not one table. The middle and the ends hold the means of several studies, which differ by more
# than people do, and their standard deviations: Gold 2004 (AJR 183:343), Stanisz 2005 (MRM 54:507), de Bazelaire 2004
# (Radiology 230:652), and for muscle at rest Saab 2000 (JMRI 12:1) and Wang 2022 (Eur Radiol 32:8350).
PUBLISHED: Mapping[float, Mapping[Tissue, Ranges]] = {
    1.5: {
        Tissue.MUSCLE: ((1000.0, 1200.0), (30.0, 41.0)),
        Tissue.FAT: ((240.0, 300.0), (58.0, 165.0)),
        Tissue.BRAIN: ((850.0, 1170.0), (68.0, 100.0)),
        Tissue.CSF: ((2600.0, 4000.0), (800.0, 1700.0)),
        Tissue.CORD: ((700.0, 790.0), (68.0, 80.0)),
        Tissue.HEART: ((1000.0, 1070.0), (36.0, 52.0)),
        Tissue.BLOOD: ((1320.0, 1560.0), (200.0, 320.0)),
        Tissue.LIVER: ((545.0, 625.0), (40.0, 52.0)),
        Tissue.KIDNEY: ((660.0, 1030.0), (52.0, 92.0)),
        Tissue.SPLEEN: ((1010.0, 1100.0), (64.0, 94.0)),
        Tissue.CARTILAGE: ((950.0, 1100.0), (26.0, 43.0)),
        Tissue.BONE: ((260.0, 600.0), (41.0, 100.0)),
        Tissue.FLUID: ((2500.0, 3200.0), (900.0, 1400.0)),
        Tissue.BLADDER: ((2500.0, 4000.0), (900.0, 1700.0)),
    },
    3.0: {
        Tissue.MUSCLE: ((1300.0, 1460.0), (27.0, 37.0)),
        Tissue.FAT: ((320.0, 385.0), (60.0, 135.0)),
        Tissue.BRAIN: ((1040.0, 1930.0), (65.0, 106.0)),
        Tissue.CSF: ((3300.0, 4500.0), (600.0, 1500.0)),
        Tissue.CORD: ((945.0, 1040.0), (74.0, 82.0)),
        Tissue.HEART: ((1440.0, 1500.0), (38.0, 58.0)),
        Tissue.BLOOD: ((1850.0, 2020.0), (165.0, 325.0)),
        Tissue.LIVER: ((740.0, 880.0), (30.0, 45.0)),
        Tissue.KIDNEY: ((990.0, 1220.0), (52.0, 83.0)),
        Tissue.SPLEEN: ((1295.0, 1360.0), (52.0, 70.0)),
        Tissue.CARTILAGE: ((1150.0, 1260.0), (24.0, 39.0)),
        Tissue.BONE: ((340.0, 660.0), (45.0, 100.0)),
        Tissue.FLUID: ((3300.0, 3950.0), (720.0, 820.0)),
        Tissue.BLADDER: ((3300.0, 4500.0), (700.0, 1500.0)),
    },
}
"""By field strength in tesla. Brain is white and grey matter, bone is yellow and red marrow, fat is what STIR nulls."""

MUSCLE_T1_SPREAD = 0.02
"""Standard deviation of T1 between muscles of one person, relative (Gold 2004 has 2.7 % between people at 3 T)."""


def draw_times(ranges: Ranges, share: float, rng: np.random.Generator) -> tuple[float, float]:
    """Draw T1 and T2 evenly from a share of their ranges about the middle."""
    t1, t2 = (
        float(rng.uniform(middle - half, middle + half))
        for middle, half in (((low + high) / 2, share * (high - low) / 2) for low, high in ranges)
    )
    return t1, t2
