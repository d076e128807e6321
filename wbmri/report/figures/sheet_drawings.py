"""Drawings on a sheet, for papers and print: the body with its groups, and a picture of a scan with its outlines."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wbmri.core.scheme import Scheme
from wbmri.report.figures.body_map import (
    CAPTION,
    HEIGHT,
    MIDLINES,
    TOP,
    WIDTH,
    Area,
    Drawing,
    Legend,
    Region,
    body_drawing,
    legend_places,
    mark_size,
    side_seen,
    undrawn_pairs,
)
from wbmri.report.figures.colours import contour_of, fill_of, text_of, width_of
from wbmri.report.figures.sheet import INK, Sheet
from wbmri.report.figures.slices import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

_HATCHED = {"facecolor": "#eceff2", "hatch": "//////", "hatchcolor": "#8b96a1"}


def body_height(width: float) -> float:
    """Return the height in mm that the drawing takes at a width in mm."""
    return width * (HEIGHT + CAPTION) / WIDTH


def draw_body(sheet: Sheet, scheme: Scheme, areas: Mapping[int, Area], legend: Legend) -> None:
    """Draw front and back view with every group in its colour, as wide as the sheet.

    Parameters
    ----------
    sheet
        Where to draw; its height should be `body_height` of its width.
    scheme, areas, legend
        As for the drawing on a page, see `wbmri.report.figures.body_map`.
    """
    # Millimetres per unit of the drawing make points: 72 points are 25.4 mm.
    points = sheet.width / WIDTH * 72 / 25.4
    axes = sheet.axes(0, 0, sheet.width, sheet.height)
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT + CAPTION, 0))
    axes.axis("off")
    drawing = body_drawing()
    groups = {(group.pair.id, group.side): group for group in scheme.groups}
    for view, midline in MIDLINES.items():
        _silhouette(axes, drawing, view, midline, points)
        shown = [
            (region, areas[groups[region.pair, side_seen(view, sign)].label], sign)
            for region in drawing.regions[view]
            for sign in (-1, 1)
            if (region.pair, side_seen(view, sign)) in groups
        ]
        for region, area, sign in shown:
            border: dict[str, Any] = (
                {"edgecolor": "#2b3440", "linewidth": 1.8 * points, "linestyle": (0, (2.8, 1.7))}
                if region.deep
                else {"edgecolor": "#6d665e", "linewidth": 1.2 * points}
            )
            _patch(axes, region.path, midline, sign, **_filled(area.fill), **border)
        for path in drawing.fibres[view]:
            for sign in (-1, 1):
                _patch(axes, path, midline, sign, fill=False, edgecolor="#000000", alpha=0.2, linewidth=1.1 * points)
        for region, area, sign in shown:
            _mark(axes, region, area, midline, sign, points)
        _headings(axes, view, midline, points)
    _draw_legend(axes, legend, points)
    if undrawn := undrawn_pairs(scheme):
        words = f"Not in this drawing, see the table: {', '.join(undrawn)}."
        axes.text(24, HEIGHT + 14, words, fontsize=16 * points, color=INK)


def _silhouette(axes: "Axes", drawing: Drawing, view: str, midline: int, points: float) -> None:
    for sign in (-1, 1):
        for path in drawing.body:
            _patch(axes, path, midline, sign, facecolor="#c9ced4", edgecolor="#9aa4ae", linewidth=3.2 * points)
    for sign in (-1, 1):
        for path in drawing.body:
            _patch(axes, path, midline, sign, facecolor="#e6e2dc", linewidth=0)
        for path in drawing.details[view]:
            _patch(axes, path, midline, sign, fill=False, edgecolor="#aaa39a", linewidth=1.3 * points)


def _headings(axes: "Axes", view: str, midline: int, points: float) -> None:
    axes.text(midline, 26, view.capitalize(), fontsize=21 * points, fontweight="bold", ha="center", color=INK)
    for sign in (-1, 1):
        side, x = side_seen(view, sign), midline + sign * 190
        axes.text(x, 96 + TOP, side[0].upper(), fontsize=36 * points, fontweight="bold", ha="center", color="#46515c")
        axes.text(x, 120 + TOP, f"patient’s {side}", fontsize=18 * points, ha="center", color="#46515c")


def _draw_legend(axes: "Axes", legend: Legend, points: float) -> None:
    from matplotlib.patches import Rectangle

    y = HEIGHT - 14
    deep: dict[str, Any] = {
        "fill": False,
        "edgecolor": "#2b3440",
        "linewidth": 1.8 * points,
        "linestyle": (0, (2.8, 1.7)),
    }
    entries = [({**_filled(fill), "edgecolor": "#6d665e", "linewidth": points}, words) for fill, words in legend]
    for x, (style, words) in zip(legend_places(legend), [*entries, (deep, "deep muscle")], strict=True):
        axes.add_patch(Rectangle((x, y - 17), 26, 22, **style))
        axes.text(x + 35, y, words, fontsize=18 * points, color=INK)


def _filled(colour: str | None) -> dict[str, Any]:
    return _HATCHED if colour is None else {"facecolor": colour}


def _mark(axes: "Axes", region: Region, area: Area, midline: int, sign: int, points: float) -> None:
    if region.at is None or area.fill is None or not area.mark:
        return
    x, y = region.at
    ink = area.ink
    if region.leader is not None:
        ink = INK
        ends = (midline + sign * region.leader[0], midline + sign * (x - 9))
        axes.plot(ends, (region.leader[1] + TOP, y + TOP), color=INK, linewidth=1.2 * points)
    size = mark_size(area.mark)
    look: dict[str, Any] = {"fontsize": size * points, "fontweight": "bold", "ha": "center", "color": ink}
    axes.text(midline + sign * x, y + 0.36 * size + TOP, area.mark, **look)


def _patch(axes: "Axes", path: str, midline: int, sign: int, **style: Any) -> None:
    from matplotlib.patches import PathPatch

    axes.add_patch(PathPatch(_outline(path, midline, sign), joinstyle="round", capstyle="round", **style))


def _outline(path: str, midline: int, sign: int) -> "Path":
    """Return an SVG path of one start, cubic pieces and perhaps an end, placed on the drawing."""
    from matplotlib.path import Path

    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)]
    points = [(midline + sign * x, y + TOP) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)]
    if path.endswith("Z"):
        points.append(points[0])
        codes.append(Path.CLOSEPOLY)
    return Path(points, codes)


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
