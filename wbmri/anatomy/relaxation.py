"""How bright a tissue is on STIR, from its relaxation times and the protocol."""

import math
from dataclasses import dataclass

from wbmri.anatomy.parts import Tissue


@dataclass(frozen=True, slots=True)
class Protocol:
    """A STIR protocol.

    Parameters
    ----------
    field_strength_t
        Static field in tesla; the relaxation times in this module are those at 1.5 T.
    repetition_time_ms, inversion_time_ms, echo_time_ms
        Times of the sequence.
    """

    field_strength_t: float = 1.5
    repetition_time_ms: float = 4000.0
    inversion_time_ms: float = 165.0
    echo_time_ms: float = 60.0

    def signal(self, t1_ms: float, t2_ms: float, density: float = 1.0) -> float:
        """Return |1 - 2 exp(-TI/T1) + exp(-TR/T1)| exp(-TE/T2), the magnitude of an inversion-recovery spin echo."""
        recovered = 1 - 2 * math.exp(-self.inversion_time_ms / t1_ms) + math.exp(-self.repetition_time_ms / t1_ms)
        return density * abs(recovered) * math.exp(-self.echo_time_ms / t2_ms)


# T1 and T2 in ms at 1.5 T, and proton density relative to water. Muscle and fluid: Gold 2004 (AJR 183:343). Brain,
# cord, blood, heart, cartilage: Stanisz 2005 (MRM 54:507). Liver, spleen, kidney, red marrow: de Bazelaire 2004
# (Radiology 230:652). Fat: T1 at which the usual inversion time of 165 ms nearly nulls it. Bowel, gland and eye:
# between muscle and fluid, an editable default.
_TIMES: dict[Tissue, tuple[float, float, float]] = {
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
}
"""Blood flows out of the slice between the pulses: its density is what remains."""

_FAT = (250.0, 80.0, 0.9)
_SKIN = (900.0, 30.0, 0.6)
_RED_MARROW = (549.0, 49.0, 0.9)
_MARROW_FAT = 0.6
"""Share of fat in the marrow of a school child's long bones."""


def tissue_signals(protocol: Protocol) -> dict[Tissue, float]:
    """Return the signal of each tissue relative to healthy muscle; bone stands for its marrow."""
    muscle = protocol.signal(*_TIMES[Tissue.MUSCLE])
    signals = {tissue: protocol.signal(*times) / muscle for tissue, times in _TIMES.items()}
    marrow = (1 - _MARROW_FAT) * protocol.signal(*_RED_MARROW) + _MARROW_FAT * protocol.signal(*_FAT)
    return {**dict.fromkeys(Tissue, 0.0), **signals, Tissue.BONE: marrow / muscle}


def fat_signal(protocol: Protocol) -> float:
    """Return the signal of fat relative to healthy muscle."""
    return protocol.signal(*_FAT) / protocol.signal(*_TIMES[Tissue.MUSCLE])


def skin_signal(protocol: Protocol) -> float:
    """Return the signal of skin relative to healthy muscle."""
    return protocol.signal(*_SKIN) / protocol.signal(*_TIMES[Tissue.MUSCLE])
