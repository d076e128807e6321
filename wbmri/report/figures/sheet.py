"""Drawings in millimetres on a sheet, and as files for a paper or a page; equal drawings give equal bytes."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

MM_PER_INCH = 25.4

COLUMNS_MM = 180.0
"""Width of a page of two columns in most journals."""

INK, SOFT, LINE = "#1b2229", "#4d5863", "#d5dade"
"""Text, secondary text and thin lines, as in the reports."""

# Any, because matplotlib types the keys as the list of all its settings.
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    # DejaVu Sans comes with matplotlib, so that text is measured alike everywhere.
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 8.0,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


def style(name: str = "") -> AbstractContextManager[None]:
    """Put the settings of the reports' drawings in force while a figure is made; text stays text.

    Parameters
    ----------
    name
        Goes into the ids of the elements of an SVG.
    """
    from matplotlib import rc_context

    return rc_context({**_STYLE, "svg.hashsalt": name})


def blank_figure(width: float, height: float) -> "Figure":
    """Return an empty white figure of this size in mm."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH), facecolor="white")


def svg(figure: "Figure", name: str) -> bytes:
    """Return a figure as SVG with text as text.

    Parameters
    ----------
    figure
        Made within `style`.
    name
        Goes into the ids of its elements, so that several figures can stand on one page.
    """
    return _saved(figure, "svg", name, {"Date": None, "Creator": None})


def inline_svg(drawing: bytes, title: str) -> str:
    """Return a drawing of `svg` as an element of a page, with its title for screen readers."""
    start, body = drawing.decode().split("<svg ", 1)[1].split(">", 1)
    # The ids of groups, figure_1 and so on, are those of every drawing; nothing refers to them.
    body = re.sub(r'<g id="[^"]+"', "<g", body)
    return f'<svg role="img" aria-label="{escape(title)}" {start}>{body}'


def pdf(figure: "Figure") -> bytes:
    """Return a figure as PDF with its fonts."""
    return _saved(figure, "pdf", "", {"CreationDate": None, "Creator": None, "Producer": None})


def png(figure: "Figure", dpi: int = 300) -> bytes:
    """Return a figure as PNG of so many dots per inch."""
    file = BytesIO()
    with style():
        # A tenth larger than by the default of 6, in half of the time.
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return file.getvalue()


def _saved(figure: "Figure", kind: str, name: str, metadata: dict[str, None]) -> bytes:
    file = BytesIO()
    with style(name), own_pixels(figure):
        figure.savefig(file, format=kind, metadata=metadata)
    return file.getvalue()


@contextmanager
def own_pixels(figure: "Figure") -> Iterator[None]:
    """Keep the pixels of pictures as they are while a figure is saved: whoever shows the file smooths them."""
    images = [(image, image.get_interpolation()) for axes in figure.axes for image in axes.images]
    for image, _ in images:
        image.set_interpolation("none")
    try:
        yield
    finally:
        for image, before in images:
            image.set_interpolation(before)


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
        """Return an empty white sheet of this size in mm; to be called within `wbmri.report.figures.sheet.style`."""
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
            ),
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
