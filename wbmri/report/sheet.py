"""A sheet of paper, or a part of one, on which drawings are placed in millimetres from its upper left corner."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from wbmri.report.vector import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

MM_PER_INCH = 25.4


@dataclass(frozen=True, eq=False, slots=True)
class Sheet:
    """A part of a figure.

    Parameters
    ----------
    figure
        The whole sheet.
    left, top
        Where the part lies on it, in mm.
    width, height
        Its size in mm.
    """

    figure: "Figure"
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def blank(cls, width: float, height: float) -> Self:
        """Return an empty white sheet of this size in mm; to be called within `wbmri.report.vector.style`."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH), dpi=300, facecolor="white")
        FigureCanvasAgg(figure)
        return cls(figure, 0.0, 0.0, width, height)

    def part(self, left: float, top: float, width: float, height: float) -> "Sheet":
        """Return a part of this sheet."""
        return Sheet(self.figure, self.left + left, self.top + top, width, height)

    def on_page(self, left: float, top: float, width: float, height: float) -> "Sheet":
        """Return a page of this size in mm on which this sheet lies so far from its left and upper edge."""
        return Sheet(self.figure, self.left - left, self.top - top, width, height)

    @property
    def bounds(self) -> "Bbox":
        """The rectangle of this sheet in inches, as `Figure.savefig` takes it; a page reaches beyond its figure."""
        from matplotlib.transforms import Bbox

        bottom = self._full[1] - self.top - self.height
        return Bbox.from_bounds(*(mm / MM_PER_INCH for mm in (self.left, bottom, self.width, self.height)))

    def axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Return axes that fill a rectangle of this sheet."""
        full_width, full_height = self._full
        return self.figure.add_axes(
            (
                (self.left + left) / full_width,
                1 - (self.top + top + height) / full_height,
                width / full_width,
                height / full_height,
            )
        )

    def write(self, x: float, y: float, words: str, **style: Any) -> None:
        """Write a line of text; by default y is that of its baseline, and x where it begins."""
        full_width, full_height = self._full
        place = (self.left + x) / full_width, 1 - (self.top + y) / full_height
        self.figure.text(*place, words, **{"color": INK, **style})

    @property
    def _full(self) -> tuple[float, float]:
        wide, tall = self.figure.get_size_inches()
        return float(wide) * MM_PER_INCH, float(tall) * MM_PER_INCH
