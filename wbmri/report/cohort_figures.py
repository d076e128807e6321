"""Plots of a cohort: totals over visits, and groups over visits."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from wbmri.report.colours import FILL, NOT_ASSESSABLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _ACCENT = "#1b2229", "#17507a"
_DPI = 130


def totals_figure(sessions: Sequence[str], totals: Sequence[Mapping[str, float]], maximum: int) -> bytes:
    """Draw the prorated total of every person over the visits.

    Parameters
    ----------
    sessions
        The visits in their order.
    totals
        For each person: visit to total.
    maximum
        Highest possible total.

    Returns
    -------
    bytes
        PNG; equal input gives equal bytes.
    """
    figure, axes = _figure(6.0, 4.2)
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
        range(len(sessions)), [f"{name}\n(n = {len(of)})" for name, of in zip(sessions, spread, strict=True)]
    )
    axes.set_xlim(-0.6, len(sessions) - 0.4)
    axes.set_ylim(-0.02 * maximum, 1.02 * maximum)
    axes.set_ylabel(f"Total, 0 to {maximum}")
    return _png(figure)


def groups_figure(sessions: Sequence[str], groups: Sequence[str], shares: Sequence[Sequence[float]]) -> bytes:
    """Draw how often each pair of groups is involved at each visit.

    Parameters
    ----------
    sessions
        The visits in their order.
    groups
        Names of the pairs.
    shares
        Share of the assessable groups with grade 1 or 2, one row per pair and one column per visit; nan for none.

    Returns
    -------
    bytes
        PNG; equal input gives equal bytes.
    """
    from matplotlib.colors import LinearSegmentedColormap

    figure, axes = _figure(2.6 + 0.75 * len(sessions), 1.2 + 0.24 * len(groups))
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


def _figure(width: float, height: float) -> "tuple[Figure, Any]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    return file.getvalue()
