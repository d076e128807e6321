"""A document for print: A4 pages with vector text, a head and a foot on each of them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from textwrap import wrap
from typing import Any

from wbmri import __version__
from wbmri.core import NOTICE
from wbmri.core.scheme import Group, Scheme, Side
from wbmri.report.figures import INK, LINE, SOFT, Sheet, own_pixels
from wbmri.report.page import Entry, by_region

A4, MARGIN, HEAD, _HEADING = (210.0, 297.0), 15.0, 10.0, 2.0
WIDTH = A4[0] - 2 * MARGIN
"""Width in mm of what stands on a page."""

_FIRST, _LAST = MARGIN + HEAD, A4[1] - 20.0

_CHARACTER = 0.2
"""Width of an average character in mm per point of its size, for breaking lines."""

ACCENT = "#17507a"


@dataclass
class PrintPages:
    """The pages so far with their headings, and where on the last one the next line stands.

    Parameters
    ----------
    title
        Title of the document, on every page.
    unreviewed
        What no person has signed, in a sentence that stands with the notice on every page.
    every
        The pages, each with its heading.
    y
        Where the last line stands, in mm from the upper edge.
    """

    title: str
    unreviewed: str
    every: list[tuple[Sheet, str]] = field(default_factory=list)
    y: float = 0.0

    @property
    def sheet(self) -> Sheet:
        """The page that is written on."""
        return self.every[-1][0]

    def turn(self, heading: str = "") -> None:
        """Begin a page."""
        self.every.append((Sheet.blank(*A4), heading))
        self.y = _FIRST + (_HEADING if heading else 0.0)

    def insert(self, sheet: Sheet, heading: str) -> None:
        """Make a page of a drawing, below its heading."""
        self.every.append((sheet.on_page(MARGIN, _FIRST + _HEADING, *A4), heading))

    def saved(self) -> bytes:
        """Return the pages as a PDF."""
        from matplotlib.backends.backend_pdf import PdfPages

        file = BytesIO()
        metadata = {"Title": self.title, "CreationDate": None, "Creator": None, "Producer": None}
        with PdfPages(file, metadata=metadata) as pdf:
            for number, (sheet, heading) in enumerate(self.every, start=1):
                foot = f"wbmri {__version__}, page {number} of {len(self.every)}"
                with self._framed(sheet, heading, foot), own_pixels(sheet.figure):
                    pdf.savefig(sheet.figure, bbox_inches=sheet.bounds)
        return file.getvalue()

    @contextmanager
    def _framed(self, sheet: Sheet, heading: str, foot: str) -> Iterator[None]:
        """Write the head and the foot of a page for as long as it is saved: a drawing is used elsewhere without."""
        before = len(sheet.figure.texts)
        sheet.write(MARGIN, MARGIN, self.title, fontsize=7, color=SOFT)
        sheet.write(MARGIN, _FIRST - 2, heading, fontsize=12, fontweight="bold", color=ACCENT)
        sheet.write(MARGIN, A4[1] - 10, NOTICE, fontsize=7, color=SOFT)
        sheet.write(MARGIN, A4[1] - 13.5, self.unreviewed, fontsize=7, color=SOFT)
        sheet.write(A4[0] - MARGIN, A4[1] - 10, foot, fontsize=7, color=SOFT, ha="right")
        try:
            yield
        finally:
            for text in sheet.figure.texts[before:]:
                text.remove()

    def line(self, words: str, size: float = 8, indent: float = 0.0, **look: Any) -> None:
        """Write words on as many lines as they need."""
        for part in wrap(words, int((WIDTH - indent) / (size * _CHARACTER))) or [""]:
            if self.y > _LAST:
                self.turn()
            self.y += size * 0.5
            self.sheet.write(MARGIN + indent, self.y, part, fontsize=size, **look)

    def heading(self, words: str) -> None:
        """Write a heading with some room above it."""
        self.y += 4
        self.line(words, 11, fontweight="bold", color=ACCENT)
        self.y += 1

    def plane(self) -> Any:
        """Return axes over all of the page that is written on, in mm from its upper left corner."""
        axes = self.sheet.axes(0, 0, *A4)
        axes.set(xlim=(0, A4[0]), ylim=(A4[1], 0))
        axes.axis("off")
        return axes

    def pairs(
        self, axes: Any, scheme: Scheme, entries: Iterable[tuple[Group, Entry]]
    ) -> Iterator[list[tuple[Side, Entry]]]:
        """Write regions and pairs one below another, and yield both sides of each pair for what stands in its row."""
        for region, rows in by_region(scheme, entries):
            self.y += 6
            axes.text(MARGIN, self.y, region, fontsize=8.5, fontweight="bold", color=ACCENT)
            for pair, sides in rows:
                self.y += 6.4
                axes.plot((MARGIN, A4[0] - MARGIN), [self.y + 1.9] * 2, color=LINE, linewidth=0.5)
                axes.text(MARGIN, self.y, pair.name, fontsize=8.5, color=INK)
                yield sides
        self.y += 6

    def rows(self, left: float, columns: Sequence[float], rows: Sequence[Sequence[str]], size: float = 8) -> float:
        """Write a table whose first row heads it and whose first column stands left; return where it ends."""
        y = self.y
        for number, row in enumerate(rows):
            y += size * 0.56
            x = left
            for column, (words, wide) in enumerate(zip(row, columns, strict=True)):
                look: dict[str, Any] = {"ha": "left"} if column == 0 else {"ha": "right"}
                look |= {"color": SOFT} if number == 0 else {}
                self.sheet.write(x if column == 0 else x + wide, y, words, fontsize=size, **look)
                x += wide
        return y


def draw_chip(axes: Any, x: float, y: float, words: str, fill: str, ink: str) -> None:
    """Draw a short word on a coloured field, its foot at a place in mm."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y - 3.4), 7.4, 4.6, facecolor=fill, edgecolor="#6d665e", linewidth=0.5))
    axes.text(x + 3.7, y, words, fontsize=7.5, fontweight="bold", color=ink, ha="center")
