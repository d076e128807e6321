"""What a STIR scanner makes of a body: signal equation, oedema, coil shading, artefacts, stations."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.simulation.scanner.appearance import (
        STIR_RANGES,
        Appearance,
        Involvement,
        oedema_ratio,
        random_involvement,
    )
    from wbmri.simulation.scanner.artefacts import Artefacts
    from wbmri.simulation.scanner.signal_equation import Protocol, tissue_signals
    from wbmri.simulation.scanner.stations import Plane, Scan, Scanned, acquire

__all__ = [
    "STIR_RANGES",
    "Appearance",
    "Artefacts",
    "Involvement",
    "Plane",
    "Protocol",
    "Scan",
    "Scanned",
    "acquire",
    "oedema_ratio",
    "random_involvement",
    "tissue_signals",
]

__getattr__ = lazy_names(
    __name__,
    {
        "appearance": (
            "Appearance",
            "Involvement",
            "STIR_RANGES",
            "oedema_ratio",
            "random_involvement",
        ),
        "artefacts": ("Artefacts",),
        "signal_equation": (
            "Protocol",
            "tissue_signals",
        ),
        "stations": (
            "Plane",
            "Scan",
            "Scanned",
            "acquire",
        ),
    },
)
