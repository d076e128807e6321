"""Figures of a cohort: totals and groups over visits, each person's change, and clinical measures."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from wbmri.analysis.agreement import Measure, written
from wbmri.analysis.clinical import Correlation, Outcomes
from wbmri.analysis.comparison import Response
from wbmri.report.figures import COLUMNS_MM, FILL, INK, LINE, NOT_ASSESSABLE, SOFT, blank_figure, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _ACCENT = "#1b2229", "#17507a"
_DPI = 130


def totals_figure(
    sessions: Sequence[str], totals: Sequence[Mapping[str, float]], maximum: int, unreviewed: str = ""
) -> bytes:
    """Draw the prorated total of every person over the visits.

    Parameters
    ----------
    sessions
        The visits in their order.
    totals
        For each person: visit to total.
    maximum
        Highest possible total.
    unreviewed
        What no person has signed, in a sentence below the figure.

    Returns
    -------
    bytes
        PNG; equal input gives equal bytes.
    """
    figure, axes = _figure(6.0, 4.2, unreviewed)
    for person in totals:
        seen = [(place, person[session]) for place, session in enumerate(sessions) if session in person]
        axes.plot(*zip(*seen, strict=True), color=_ACCENT, alpha=0.35, linewidth=0.9, marker="o", markersize=3)
    spread = [[person[session] for person in totals if session in person] for session in sessions]
    axes.boxplot(
        spread,
        positions=range(len(sessions)),
        widths=0.35,
        showfliers=False,
        manage_ticks=False,
        medianprops={"color": "#8f1d14", "linewidth": 2},
    )
    axes.set_xticks(
        range(len(sessions)),
        [f"{name}\n(n = {len(of)})" for name, of in zip(sessions, spread, strict=True)],
    )
    axes.set_xlim(-0.6, len(sessions) - 0.4)
    axes.set_ylim(-0.02 * maximum, 1.02 * maximum)
    axes.set_ylabel(f"Total, 0 to {maximum}")
    return _png(figure)


def groups_figure(
    sessions: Sequence[str], groups: Sequence[str], shares: Sequence[Sequence[float]], unreviewed: str = ""
) -> bytes:
    """Draw how often each pair of groups is involved at each visit.

    Parameters
    ----------
    sessions
        The visits in their order.
    groups
        Names of the pairs.
    shares
        Share of the assessable groups with grade 1 or 2, one row per pair and one column per visit; nan for none.
    unreviewed
        What no person has signed, in a sentence below the figure.

    Returns
    -------
    bytes
        PNG; equal input gives equal bytes.
    """
    from matplotlib.colors import LinearSegmentedColormap

    figure, axes = _figure(2.6 + 0.75 * len(sessions), 1.2 + 0.24 * len(groups), unreviewed)
    colours = LinearSegmentedColormap.from_list("oedema", list(FILL.values())).with_extremes(bad=NOT_ASSESSABLE)
    values = np.ma.masked_invalid(np.array(shares, dtype=float).reshape(len(groups), len(sessions)))
    axes.imshow(values, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(values.filled(np.nan)):
        said = "n/a" if np.isnan(share) else f"{100 * share:.0f}"
        axes.text(column, row, said, ha="center", va="center", fontsize=7, color="white" if share > 0.75 else _INK)
    axes.set_xticks(range(len(sessions)), sessions)
    axes.set_yticks(range(len(groups)), groups, fontsize=7)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return _png(figure)


def _figure(width: float, height: float, foot: str) -> "tuple[Figure, Any]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    figure.supxlabel(foot, x=0.01, ha="left", fontsize=6.5, color=SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    return file.getvalue()


PANEL_MM = 58.0

MOST_BARS = 40
"""More people than this have bars without gaps, borders and names."""

FILLING = {
    Response.COMPLETE: ("#17507a", ""),
    Response.RESPONSE: ("#7ba7c7", ""),
    Response.NONE: ("#f3e3d3", "////"),
    Response.UNKNOWN: ("white", ""),
    Response.NOT_JUDGED: ("#dfe5ea", ""),
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
        figure = blank_figure(COLUMNS_MM, 78.0)
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
        figure.text(0.01, 0.015, found.unreviewed, fontsize=6.5, color=SOFT)
        figure.legend(handles=handles, loc="upper left", ncols=len(handles), frameon=False, fontsize=7.5)
    return figure


def correlation_figure(found: Outcomes) -> "Figure | None":
    """Draw the total against each clinical measure, status beside change; ``None`` without measures."""
    names = list(dict.fromkeys(one.name for one in found.correlations if one.points))
    if not names:
        return None
    known = {(one.name, one.measure): one for one in found.correlations if one.points}
    with style():
        figure = blank_figure(COLUMNS_MM, PANEL_MM * len(names) + 6)
        grid = figure.subplots(len(names), 2, squeeze=False)
        figure.text(0.01, 0.008, found.unreviewed, fontsize=6.5, color=SOFT)
        for name, line in zip(names, grid, strict=True):
            for measure, axes in zip(Measure, line, strict=True):
                if (one := known.get((name, measure))) is None:
                    axes.set_axis_off()
                else:
                    _scatter(axes, one)
        figure.subplots_adjust(
            left=0.09,
            right=0.985,
            top=1 - 0.13 / len(names),
            bottom=0.17 / len(names),
            hspace=0.55,
            wspace=0.24,
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
