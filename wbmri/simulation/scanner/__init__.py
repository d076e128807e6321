"""What a STIR scanner makes of a body: signal, stations, disturbances."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.simulation.scanner.disturbances import Involvement, oedema_ratio
    from wbmri.simulation.scanner.rendering import FAT, SKIN, Grid, Rendered, code, in_frame, occupancies, paint, render
    from wbmri.simulation.scanner.scanner import Scan, acquire
    from wbmri.simulation.scanner.signal import Protocol

__all__ = [
    "FAT",
    "SKIN",
    "Grid",
    "Involvement",
    "Protocol",
    "Rendered",
    "Scan",
    "acquire",
    "code",
    "in_frame",
    "occupancies",
    "oedema_ratio",
    "paint",
    "render",
]

__getattr__ = lazy_names(
    __name__,
    {
        "disturbances": (
            "Involvement",
            "oedema_ratio",
        ),
        "rendering": (
            "FAT",
            "Grid",
            "Rendered",
            "SKIN",
            "code",
            "in_frame",
            "occupancies",
            "paint",
            "render",
        ),
        "scanner": (
            "Scan",
            "acquire",
        ),
        "signal": ("Protocol",),
    },
)
