"""Figures of a cohort: each person's change, and the score against clinical measures."""

from typing import TYPE_CHECKING

from wbmri.agreement import Measure, written
from wbmri.comparison import Response
from wbmri.outcomes import Correlation, Outcomes
from wbmri.report.agreement_figures import WIDTH_MM, blank_figure
from wbmri.report.vector import INK, LINE, SOFT, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_MM = 58.0

MOST_BARS = 40
"""More people than this have bars without gaps, borders and names."""

FILLING = {
    Response.COMPLETE: ("#17507a", ""),
    Response.RESPONSE: ("#7ba7c7", ""),
    Response.NONE: ("#f3e3d3", "////"),
    Response.UNKNOWN: ("white", ""),
}
"""Response to the colour and the hatching of a bar: dark to light, so that they differ in grey too."""


def waterfall_figure(found: Outcomes) -> "Figure | None":
    """Draw the change of every person's total, largest fall first; ``None`` where no change is known."""
    persons = sorted(
        ((person.delta, person) for person in found.persons if person.delta is not None),
        key=lambda pair: (pair[0], pair[1].participant),
    )
    if not persons:
        return None
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    with style():
        figure = blank_figure(WIDTH_MM, 78.0)
        axes = figure.add_axes((0.075, 0.22, 0.91, 0.66))
        many = len(persons) > MOST_BARS
        for place, (delta, person) in enumerate(persons):
            colour, hatch = FILLING[person.response]
            if many:
                axes.bar(place, delta, width=1.0, facecolor=colour, linewidth=0)
            else:
                axes.bar(place, delta, width=0.78, facecolor=colour, hatch=hatch, edgecolor=INK, linewidth=0.6)
                if delta == 0:
                    axes.plot(place, 0, marker="_", color=INK, markersize=6)
        if many:
            edges = [place - 0.5 for place in range(len(persons) + 1)]
            axes.stairs([delta for delta, _ in persons], edges, color=INK, linewidth=0.6)
        axes.axhline(0, color=INK, linewidth=0.8)
        if found.detectable is not None:
            for sign in (-1, 1):
                axes.axhline(sign * found.detectable, color=SOFT, linewidth=0.8, linestyle=(0, (5, 2)))
        axes.set_xlim(-0.7, len(persons) - 0.3)
        axes.set_ylabel("Change of the total, points")
        names = [] if many else [person.participant for _, person in persons]
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_xlabel(f"{len(persons)} people" if many else "Participant")
        seen = [response for response in Response if any(person.response is response for _, person in persons)]
        handles: list[Artist] = [
            Patch(
                facecolor=FILLING[one][0],
                hatch="" if many else FILLING[one][1],
                edgecolor=INK,
                linewidth=0.6,
                label=str(one),
            )
            for one in seen
        ]
        if found.detectable is not None:
            words = f"smallest detectable change, ±{found.detectable:.1f}"
            handles.append(Line2D([], [], color=SOFT, linewidth=0.8, linestyle=(0, (5, 2)), label=words))
        figure.legend(handles=handles, loc="upper left", ncols=len(handles), frameon=False, fontsize=7.5)
    return figure


def correlation_figure(found: Outcomes) -> "Figure | None":
    """Draw the total against each clinical measure, status beside change; ``None`` without measures."""
    names = list(dict.fromkeys(one.name for one in found.correlations if one.points))
    if not names:
        return None
    known = {(one.name, one.measure): one for one in found.correlations if one.points}
    with style():
        figure = blank_figure(WIDTH_MM, PANEL_MM * len(names) + 6)
        grid = figure.subplots(len(names), 2, squeeze=False)
        for name, line in zip(names, grid, strict=True):
            for measure, axes in zip(Measure, line, strict=True):
                if (one := known.get((name, measure))) is None:
                    axes.set_axis_off()
                else:
                    _scatter(axes, one)
        figure.subplots_adjust(
            left=0.09, right=0.985, top=1 - 0.13 / len(names), bottom=0.17 / len(names), hspace=0.55, wspace=0.24
        )
    return figure


def _scatter(axes: "Axes", one: Correlation) -> None:
    of_change = one.measure is Measure.CHANGE
    axes.plot(
        [value for _, _, value in one.points],
        [score for _, score, _ in one.points],
        marker="o",
        markersize=4,
        markerfacecolor="#c9dbe8",
        markeredgecolor="#17507a",
        markeredgewidth=0.8,
        linestyle="none",
    )
    if of_change:
        axes.axhline(0, color=LINE, linewidth=0.8, zorder=0)
        axes.axvline(0, color=LINE, linewidth=0.8, zorder=0)
    axes.set_xlabel(f"Change of {one.name}" if of_change else one.name)
    axes.set_ylabel("Change of the total" if of_change else "Total, points")
    title = f"ρ = {written(one.rho)}, {one.units} {'people' if of_change else 'visits'}".replace("-", "−")
    axes.set_title(title, fontsize=8, loc="left")
