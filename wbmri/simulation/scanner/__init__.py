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
    from wbmri.simulation.scanner.disturbances import EFFECTS, NOT_STIR, Disturbance, Strength, disturb
    from wbmri.simulation.scanner.given_scan import disturb_scan
    from wbmri.simulation.scanner.scene_and_truth import GroupTruth, Scene
    from wbmri.simulation.scanner.signal_equation import Protocol, signal_table, tissue_signals
    from wbmri.simulation.scanner.stations import Plane, Scan, Scanned, acquire

__all__ = [
    "EFFECTS",
    "NOT_STIR",
    "STIR_RANGES",
    "Appearance",
    "Artefacts",
    "Disturbance",
    "GroupTruth",
    "Involvement",
    "Plane",
    "Protocol",
    "Scan",
    "Scanned",
    "Scene",
    "Strength",
    "acquire",
    "disturb",
    "disturb_scan",
    "oedema_ratio",
    "random_involvement",
    "signal_table",
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
        "disturbances": (
            "Disturbance",
            "EFFECTS",
            "NOT_STIR",
            "Strength",
            "disturb",
        ),
        "given_scan": ("disturb_scan",),
        "scene_and_truth": (
            "GroupTruth",
            "Scene",
        ),
        "signal_equation": (
            "Protocol",
            "signal_table",
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
