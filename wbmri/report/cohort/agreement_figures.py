"""Figures of agreement: differences of totals, each group's coefficients, and the table of both readers' grades."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wbmri.analysis.agreement import (
    COEFFICIENTS,
    Agreement,
    GradeAgreement,
    Level,
    LevelKind,
    Measure,
    Plotted,
    SetAgreement,
)
from wbmri.analysis.statistics import Estimate, LimitsOfAgreement
from wbmri.report.figures import COLUMNS_MM, INK, LINE, SOFT, blank_figure, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

BLUE, PALE = "#17507a", "#c9dbe8"
SIDES = {"left": ("o", BLUE), "right": ("s", "white")}
"""Side to marker and filling: told apart by shape and filling, not by colour."""

GRADE_NAMES = ("0", "1", "2", "n/a")


def bland_altman_figure(agreement: Agreement) -> "Figure | None":
    """Draw each pair's differences of totals against their mean, status beside change (Bland and Altman 1986).

    Returns
    -------
    matplotlib.figure.Figure or None
        ``None`` where no two readers have three totals in common.
    """
    shown = [
        (pair, [measure for measure in Measure if pair.score(measure).limits is not None]) for pair in agreement.pairs
    ]
    rows = [(pair, measures) for pair, measures in shown if measures]
    if not rows:
        return None
    columns = max(len(measures) for _, measures in rows)
    with style():
        figure = blank_figure(COLUMNS_MM, 76.0 * len(rows))
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for (pair, measures), line in zip(rows, grid, strict=True):
            for place, axes in enumerate(line):
                if place < len(measures):
                    limits = pair.score(measures[place]).limits
                    assert limits is not None  # noqa: S101 - chosen above
                    _differences(axes, pair, measures[place], limits, agreement)
                else:
                    axes.set_axis_off()
        figure.subplots_adjust(
            left=0.075,
            right=0.9,
            top=1 - 0.09 / len(rows),
            bottom=0.15 / len(rows),
            wspace=0.52,
            hspace=0.36,
        )
    return figure


def coefficients_figure(agreement: Agreement) -> "Figure | None":
    """Draw exact agreement, Gwet's AC2 and weighted kappa of every muscle group with their intervals."""
    coefficients = ("exact", "ac2_quadratic", "kappa_quadratic")
    entries = [entry for entry in agreement.overall.grades if entry.level.kind is LevelKind.GROUP]
    regions = [entry.level for entry in agreement.overall.grades if entry.level.kind is LevelKind.REGION]
    places, headings, names = _rows(entries, regions)
    lowest = max(headings.values(), default=0.0)
    lowest = max(lowest, *places.values())
    with style():
        figure = blank_figure(COLUMNS_MM, 26.0 + 5.4 * lowest)
        panels = figure.subplots(1, len(coefficients), sharey=True)
        for coefficient, axes in zip(coefficients, panels, strict=True):
            for entry in entries:
                _estimate(axes, getattr(entry, coefficient), places[entry.level.id], entry.level.id)
            axes.set_title(COEFFICIENTS[coefficient], fontsize=7.5, fontweight="bold", loc="left", color=INK)
            low = min((_least(getattr(entry, coefficient)) for entry in entries), default=0.0)
            axes.set_xlim(min(-0.02, low - 0.04), 1.03)
            axes.grid(axis="x", color=LINE, linewidth=0.6)
            axes.set_axisbelow(True)
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
            for heading in headings.values():
                axes.axhline(heading + 0.55, color=LINE, linewidth=0.6)
        panels[0].set_yticks([*headings.values(), *names], [*map(str.upper, headings), *names.values()])
        for tick, place in zip(panels[0].get_yticklabels(), [*headings.values(), *names], strict=True):
            if place in headings.values():
                tick.set(fontweight="bold", fontsize=6.5, color=BLUE)
        panels[0].set_ylim(lowest + 0.8, -0.8)
        _legend_of_sides(figure)
        figure.subplots_adjust(left=0.275, right=0.985, top=1 - 9.0 / (26 + 5.4 * lowest), bottom=0.08, wspace=0.1)
    return figure


def confusion_figure(agreement: Agreement) -> "Figure | None":
    """Draw how often each pair of grades occurred, for each two readers."""
    pairs = [pair for pair in agreement.pairs if pair.matrix is not None]
    if not pairs:
        return None
    columns = min(3, len(pairs))
    lines = -(-len(pairs) // columns)
    with style():
        figure = blank_figure(60.0 * columns, 64.0 * lines)
        grid = figure.subplots(lines, columns, squeeze=False).ravel()
        for axes in grid[len(pairs) :]:
            axes.set_axis_off()
        for pair, axes in zip(pairs, grid, strict=False):
            _matrix(axes, pair)
        figure.subplots_adjust(
            left=0.2 / columns,
            right=1 - 0.03 / columns,
            top=1 - 0.2 / lines,
            bottom=0.03 / lines,
            wspace=0.28,
        )
    return figure


FIGURES: Mapping[str, Callable[[Agreement], "Figure | None"]] = {
    "agreement_bland-altman": bland_altman_figure,
    "agreement_groups": coefficients_figure,
    "agreement_confusion": confusion_figure,
}
"""Name of the file to the function that draws it; nothing is drawn where there is nothing to show."""


def _differences(
    axes: "Axes",
    pair: SetAgreement,
    measure: Measure,
    limits: LimitsOfAgreement,
    agreement: Agreement,
) -> None:
    plotted = pair.plotted[measure]
    first, second = pair.readers
    # Equal pairs lie on one point: its size says how many.
    counts = Counter(_points(plotted))
    axes.scatter(
        [mean for mean, _ in counts],
        [difference for _, difference in counts],
        s=[16.0 * count for count in counts.values()],
        facecolor=PALE,
        edgecolor=BLUE,
        linewidth=0.8,
        zorder=3,
    )
    axes.axhline(0.0, color=SOFT, linewidth=0.6, linestyle=(0, (1, 2)))
    for estimate, dashes, words in (
        (limits.upper, (0, (5, 2)), "+1.96 SD"),
        (limits.bias, "solid", "bias"),
        (limits.lower, (0, (5, 2)), "−1.96 SD"),
    ):
        if estimate.value is None:
            continue
        axes.axhline(estimate.value, color=INK, linewidth=0.9, linestyle=dashes)
        if estimate.low is not None and estimate.high is not None:
            axes.axhspan(estimate.low, estimate.high, color=SOFT, alpha=0.13, linewidth=0)
        axes.annotate(
            f"{words}\n{estimate.value:+.1f}".replace("-", "−"),
            (1.015, estimate.value),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=7,
        )
    what = "Total" if measure is Measure.STATUS else "Change of the total"
    axes.set_title(f"{what}: {first} and {second}", fontsize=8.5, fontweight="bold", loc="left")
    axes.set_xlabel(f"Mean of both readers, points of {agreement.maximum}")
    axes.set_ylabel(f"{second} − {first}, points")
    ends = [one for estimate in (limits.lower, limits.upper) for one in (estimate.low, estimate.high, estimate.value)]
    reach = [abs(one) for one in ends if one is not None] + [abs(difference) for _, difference in counts]
    axes.set_ylim(-1.12 * max(*reach, 1.0), 1.12 * max(*reach, 1.0))


def _points(plotted: Plotted) -> list[tuple[float, float]]:
    return [(0.5 * (a + b), b - a) for a, b in zip(plotted.first, plotted.second, strict=True)]


def _rows(
    entries: Sequence[GradeAgreement],
    regions: Sequence[Level],
) -> tuple[dict[str, float], dict[str, float], dict[float, str]]:
    """Return where each group and each region's heading stands, from the top, and the name of each pair's row."""
    places: dict[str, float] = {}
    headings: dict[str, float] = {}
    names: dict[float, str] = {}
    row = 0.0
    for region in regions:
        headings[region.name] = row
        row += 1.0
        of_region = [entry.level for entry in entries if entry.level.labels[0] in region.labels]
        for left, right in zip(of_region[::2], of_region[1::2], strict=True):
            places[left.id], places[right.id] = row - 0.17, row + 0.17
            names[row] = left.name.rsplit(", ", 1)[0]
            row += 1.0
    return places, headings, names


def _estimate(axes: "Axes", estimate: Estimate, place: float, group: str) -> None:
    marker, filling = SIDES[group.rsplit("_", 1)[1]]
    if estimate.value is None:
        axes.text(1.0, place, "n/a", fontsize=5.5, color=SOFT, va="center", ha="right")
        return
    if estimate.low is not None and estimate.high is not None:
        axes.plot((estimate.low, estimate.high), (place, place), color=BLUE, linewidth=0.9, solid_capstyle="butt")
    axes.plot(
        estimate.value,
        place,
        marker=marker,
        markersize=3.6,
        markerfacecolor=filling,
        markeredgecolor=BLUE,
        markeredgewidth=0.8,
        linestyle="none",
    )


def _least(estimate: Estimate) -> float:
    known = [one for one in (estimate.value, estimate.low) if one is not None]
    return min(known, default=0.0)


def _legend_of_sides(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            marker=marker,
            markersize=4.5,
            markerfacecolor=filling,
            markeredgecolor=BLUE,
            color=BLUE,
            linewidth=0.9,
            label=f"{side} (95 % interval)",
        )
        for side, (marker, filling) in SIDES.items()
    ]
    figure.legend(handles=handles, loc="lower right", ncols=2, frameon=False, fontsize=7, borderaxespad=0.2)


def _matrix(axes: "Axes", pair: SetAgreement) -> None:
    matrix = pair.matrix or ()
    first, second = pair.readers
    most = max((count for row in matrix for count in row), default=0) or 1
    for row, counts in enumerate(matrix):
        graded = sum(counts[:3])
        for column, count in enumerate(counts):
            # A paler step for few, so that a single disagreement is still seen; dark cells take white text.
            depth = (count / most) ** 0.5
            missing = 3 in (row, column)
            colour = "#eceff2" if missing else _mixed(depth)
            axes.add_patch(_square(column, row, colour, bold=row == column and not missing))
            text = "white" if depth > 0.6 and not missing else INK
            axes.text(column + 0.5, row + 0.42, str(count), ha="center", va="center", fontsize=8.5, color=text)
            if not missing and graded:
                share = f"{100 * count / graded:.0f} %"
                axes.text(column + 0.5, row + 0.74, share, ha="center", va="center", fontsize=6, color=text)
    axes.set(xlim=(0, 4), ylim=(4, 0), aspect="equal")
    axes.set_xticks([k + 0.5 for k in range(4)], GRADE_NAMES)
    axes.set_yticks([k + 0.5 for k in range(4)], GRADE_NAMES)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.set_xlabel(f"Grade by {second}")
    axes.set_ylabel(f"Grade by {first}")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _mixed(depth: float) -> tuple[float, float, float]:
    """Mix white and blue."""
    blue = [int(BLUE[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, last = (1.0 - depth * (1.0 - part) for part in blue)
    return red, green, last


def _square(column: int, row: int, colour: Any, *, bold: bool) -> "Rectangle":
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column + 0.03, row + 0.03),
        0.94,
        0.94,
        facecolor=colour,
        edgecolor=INK if bold else LINE,
        linewidth=1.2 if bold else 0.6,
    )
