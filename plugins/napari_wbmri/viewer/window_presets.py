"""What is black and what is white: presets in multiples of the normal-muscle level, so that two scans look alike."""

from dataclasses import dataclass

from wbmri.core import LabelMap, Reference, Volume
from wbmri.report.figures import percentile_window, ratio_window

_RATIOS = (("muscle", 2.5), ("standard", 4.0), ("fluid", 8.0))
STANDARD = 1
"""The preset a case opens with."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A window by name: the intensities that are shown as black and as white."""

    name: str
    black: float
    white: float


def presets(volume: Volume, labels: LabelMap, reference: Reference | None) -> tuple[Preset, ...]:
    """Return the window presets of a scan, the standard one at `STANDARD`.

    Without a normal-muscle level that fits the scan, white is a share of its 99.7th percentile.
    """
    window = ratio_window(volume, labels, reference)
    if window is None or reference is None:
        black, white = percentile_window(volume)
        step = (white - black) / 4
        return tuple(Preset(f"{name} (percentile)", black, black + step * ratio) for name, ratio in _RATIOS)
    level = reference.level
    return tuple(Preset(f"{name}: 0 to {ratio:g} × normal muscle", 0.0, ratio * level) for name, ratio in _RATIOS)
