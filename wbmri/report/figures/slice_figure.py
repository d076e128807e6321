"""A picture of a scan with its outlines on a sheet, for papers and print."""

from typing import TYPE_CHECKING, Any

from wbmri.report.figures.colours import contour_of, fill_of, text_of, width_of
from wbmri.report.figures.sheet import INK
from wbmri.report.figures.slices import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_picture(axes: "Axes", picture: Picture, tall: float, *, legend: bool, wide: float | None = None) -> None:
    """Draw a picture with its outlines, side marks and scale bar into black axes.

    Parameters
    ----------
    axes
        Where to draw.
    picture
        What is drawn.
    tall
        Height of the axes in mm of the body.
    legend
        Whether the colours are explained, and everything is drawn larger.
    wide
        Width of the axes in mm of the body, with the picture in the middle; ``None`` for that of the picture.
    """
    from matplotlib.collections import LineCollection

    width = picture.width_mm
    spare = 0.0 if wide is None else (wide - width) / 2
    axes.set_facecolor("black")
    axes.imshow(
        picture.grey,
        cmap="gray",
        vmin=0,
        vmax=1,
        extent=(0, width, picture.height_mm, 0),
        interpolation="bilinear",
    )
    for grade in (None, 0, 1, 2):
        lines = [line for outline in picture.outlines if outline.grade == grade for line in outline.lines]
        bold = (0.35 if legend else 0.16) * width_of(grade)
        style = "dashed" if grade is None else "solid"
        axes.add_collection(LineCollection(lines, colors=contour_of(grade), linewidths=bold, linestyles=style))
    for numeral in picture.numerals:
        box = {"boxstyle": "circle,pad=0.22", "facecolor": fill_of(numeral.grade), "edgecolor": INK, "linewidth": 0.5}
        look: dict[str, Any] = {"color": text_of(numeral.grade), "bbox": box, "fontsize": 7, "fontweight": "bold"}
        axes.text(*numeral.at, str(numeral.grade), ha="center", va="center_baseline", **look)
    size = 13 if legend else 8
    axes.text(10 - spare, 12, "R", color="white", fontsize=size, fontweight="bold", va="top")
    axes.text(width + spare - 10, 12, "L", color="white", fontsize=size, fontweight="bold", va="top", ha="right")
    axes.plot((12 - spare, 112 - spare), (tall - 14, tall - 14), color="white", linewidth=1.2)
    axes.text(62 - spare, tall - 20, "100 mm", color="white", fontsize=7 if legend else 5, ha="center")
    if legend:
        for grade in range(3):
            place = (width - 10, tall - 14 - 22 * (2 - grade))
            axes.text(*place, f"grade {grade}", color=contour_of(grade), fontsize=8, fontweight="bold", ha="right")
    axes.set(xlim=(-spare, width + spare), ylim=(tall, 0), xticks=(), yticks=())
    for spine in axes.spines.values():
        spine.set_visible(False)
