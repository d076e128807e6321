"""Drawings of matplotlib as files for a paper or a page; equal drawings give equal bytes."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
