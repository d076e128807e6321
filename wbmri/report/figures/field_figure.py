"""The bias field that was taken off a scan, as a picture over its muscle."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import BiasFieldSpline, LabelMap
from wbmri.grading import fitted_field
from wbmri.report.figures.sheet import SOFT, Sheet, inline_svg, style, svg

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

WIDTH_MM, BAR_MM, _HEAD_MM = 58.0, 14.0, 6.0

LEAST_RANGE = 1.25
"""The colours reach at least from 1 over this to this, so that a field that hardly changes looks so."""

COLOURS = "PuOr_r"
"""From violet (darker) over white to orange (brighter), which colour-blind people tell apart."""


@dataclass(frozen=True, eq=False, slots=True)
class FieldMap:
    """The field seen from the front.

    Parameters
    ----------
    log
        Its logarithm, the mean over muscle from front to back, shape (rows, columns), nan where there is none; the
        first row is the head, the first column the patient's right.
    width_mm, height_mm
        Its size.
    lowest, highest
        5th and 95th percentile of the factor over muscle.
    """

    log: NDArray[np.float64]
    width_mm: float
    height_mm: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, labels: LabelMap, spline: BiasFieldSpline) -> "FieldMap | None":
        """Lay the field of a reading out over its outlines; ``None`` without any."""
        storage = labels.grid.stored_as("RAS")
        field, box = fitted_field(labels.grid, spline)
        muscle = storage.apply(labels.data)[box] > 0
        if not muscle.any():
            return None
        log = np.log(field.astype(np.float64))
        count = muscle.sum(axis=1)
        mean = np.where(count > 0, (log * muscle).sum(axis=1) / np.maximum(count, 1), np.nan)
        low, high = np.exp(np.percentile(log[muscle], (5, 95)))
        x, _, z = storage.grid.crop(box).spacing
        shown = mean[::-1, ::-1].T
        return cls(shown, mean.shape[0] * x, mean.shape[1] * z, float(low), float(high))

    @property
    def words(self) -> str:
        """How much it changes, in a sentence."""
        return f"Over nine tenths of the muscle the fitted field is {self.lowest:.2f} to {self.highest:.2f}."


def field_svg(field: FieldMap, title: str) -> str:
    """Draw the field with its scale, as an element of a page.

    Parameters
    ----------
    field
        What to draw.
    title
        What it shows, for screen readers.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    reach = float(np.log(max(LEAST_RANGE, field.highest, 1 / field.lowest)))
    colours: Colormap = colormaps[COLOURS].with_extremes(bad="#eceff2")
    tall = WIDTH_MM * field.height_mm / field.width_mm
    with style("field"):
        sheet = Sheet.blank(WIDTH_MM, _HEAD_MM + tall + BAR_MM)
        axes = sheet.axes(0, _HEAD_MM, WIDTH_MM, tall)
        axes.imshow(np.ma.masked_invalid(field.log), cmap=colours, vmin=-reach, vmax=reach, aspect="auto")
        axes.axis("off")
        sheet.write(1, 4.5, "R", fontsize=9, fontweight="bold")
        sheet.write(WIDTH_MM - 1, 4.5, "L", fontsize=9, fontweight="bold", ha="right")
        scale = sheet.axes(6, _HEAD_MM + tall + 3, WIDTH_MM - 12, 3)
        bar = sheet.figure.colorbar(
            ScalarMappable(Normalize(-reach, reach), colours),
            cax=scale,
            orientation="horizontal",
        )
        ticks = np.exp(np.linspace(-reach, reach, 5))
        bar.set_ticks(np.log(ticks).tolist(), labels=[f"{tick:.2f}×" for tick in ticks], fontsize=6.5, color=SOFT)
        return inline_svg(svg(sheet.figure, "field"), title)
