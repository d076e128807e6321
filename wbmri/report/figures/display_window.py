"""Which intensities are shown as black and as white: window presets in multiples of normal muscle."""

from dataclasses import dataclass

import numpy as np

from wbmri.core import LabelMap, Reference, Volume

Window = tuple[float, float]
"""Intensities that are shown as black and as white."""

RATIO_WINDOWS = (("muscle", 0.5, 2.0), ("standard", 0.0, 4.0), ("fluid", 0.0, 8.0))
"""Each preset with the multiples of normal muscle that are black and white, the default first.

In the first, muscle at 1.3 times the normal level is lighter than normal muscle by a fifth of all greys, and white is
where the default scheme calls oedema marked; the second shows fat and bone too, the third what is inside fluid.
"""

FITTING_LEVELS = (0.2, 3.0)
"""A level below or above these multiples of the median of all muscle belongs to a picture of another scale."""

PROJECTION_RANGE = 1.6
"""Projections show this many times the range: the brightest of many voxels outshines the others."""


@dataclass(frozen=True, slots=True)
class DisplayWindow:
    """A window by name.

    Parameters
    ----------
    name
        What it is called, with its limits, such as ``muscle: 0.5 to 2 × normal muscle``.
    black, white
        Intensities that are shown as black and as white.
    words
        The same in a sentence for the caption of a picture.
    """

    name: str
    black: float
    white: float
    words: str

    @property
    def limits(self) -> Window:
        """Both intensities."""
        return self.black, self.white


def window_presets(volume: Volume, labels: LabelMap, reference: Reference | None) -> tuple[DisplayWindow, ...]:
    """Return the window presets of a scan, the default first.

    They are multiples of the normal-muscle level; where that is not known or does not fit the scan, of the median of
    all muscle, which the names and the sentences say; and without outlines shares of its brightest voxels.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.
    reference
        The normal-muscle level of its reading.
    """
    level = fitting_level(volume, labels, reference)
    if level is not None:
        return _multiples(level, "normal muscle", "the normal-muscle level")
    muscle = volume.data[labels.data > 0]
    if muscle.size and (median := float(np.median(muscle))) > 0:
        return _multiples(median, "the median of all muscle", "the median of all muscle (its normal level is unknown)")
    black, white = percentile_window(volume)
    return tuple(
        DisplayWindow(f"{name} (percentile)", black, black + (white - black) * brightest / 4, PERCENTILE_WORDS)
        for name, _, brightest in RATIO_WINDOWS
    )


def fitting_level(volume: Volume, labels: LabelMap, reference: Reference | None) -> float | None:
    """Return the normal-muscle level; ``None`` where it is not known or, of another scale, does not fit the scan."""
    muscle = volume.data[labels.data > 0]
    if reference is None or muscle.size == 0:
        return None
    median = float(np.median(muscle))
    lowest, highest = (multiple * median for multiple in FITTING_LEVELS)
    return reference.level if lowest <= reference.level <= highest else None


def _multiples(unit: float, name: str, words: str) -> tuple[DisplayWindow, ...]:
    return tuple(
        DisplayWindow(
            f"{preset}: {black:g} to {white:g} × {name}",
            black * unit,
            white * unit,
            f"Black is {black:g} times {words} or less, white {white:g} times or more (projections: "
            f"{black + PROJECTION_RANGE * (white - black):g} times).",
        )
        for preset, black, white in RATIO_WINDOWS
    )


PERCENTILE_WORDS = (
    f"White is the 99.7th percentile of each scan or more (projections: {PROJECTION_RANGE:g} times that)."
)


def percentile_window(volume: Volume) -> Window:
    """Return the 1st to the 99.7th percentile of all intensities."""
    black, white = (float(value) for value in np.percentile(volume.data, (1.0, 99.7)))
    return (black, white) if white > black else (float(volume.data.min()), float(volume.data.max()))
