"""The dumbbell plot: both visits of every group on one line."""

from typing import TYPE_CHECKING, Any

from wbmri.comparison import Comparison, GroupChange, Transition
from wbmri.reading import GroupReading
from wbmri.report.colours import fill_of, text_of
from wbmri.report.sheet import Sheet
from wbmri.report.vector import INK, LINE, SOFT
from wbmri.scheme import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM, NAMES_MM, HEAD_MM, FOOT_MM = 6.6, 42.0, 8.0, 23.0

_LESS: dict[str, Any] = {"color": "#1f5f99", "linewidth": 2.2}
_MORE: dict[str, Any] = {"color": "#c4501b", "linewidth": 2.2, "linestyle": (0, (2.2, 0.7))}
_AS_MUCH: dict[str, Any] = {"color": "#9aa4ae", "linewidth": 1.0}
_LOOK = {
    Transition.RESOLVED: _LESS,
    Transition.BETTER: _LESS,
    Transition.WORSE: _MORE,
    Transition.NEW: _MORE,
}
"""Lines by what became of a group: more oedema is dashed, too, for prints in grey."""


def dumbbell_height(comparison: Comparison) -> float:
    """Return the height in mm that `draw_dumbbell` takes."""
    return HEAD_MM + ROW_MM * len(comparison.baseline.scheme.pairs) + FOOT_MM


def draw_dumbbell(sheet: Sheet, comparison: Comparison, sessions: tuple[str, str]) -> None:
    """Draw the oedematous share of every group at both visits, joined by a line, the grades written into the points.

    Where a graded group was not measured, as in readings by eye, the grades themselves are the axis.
    """
    scheme = comparison.baseline.scheme
    measured = all(
        entry.evidence is not None
        for reading in (comparison.baseline, comparison.followup)
        for entry in reading.groups
        if entry.assessable
    )
    wide = (sheet.width - NAMES_MM - 6.0) / 2
    tall = ROW_MM * len(scheme.pairs)
    entries = {
        (group.pair.id, group.side): (before, after, change)
        for (group, before), after, change in zip(
            comparison.baseline.by_group(), comparison.followup.groups, comparison.changes, strict=True
        )
    }
    for column, side in enumerate((Side.RIGHT, Side.LEFT)):
        left = NAMES_MM + column * (wide + 4.0)
        axes = sheet.axes(left, HEAD_MM, wide, tall)
        sheet.write(left + wide / 2, HEAD_MM - 3, f"patient’s {side}", fontsize=10, fontweight="bold", ha="center")
        _frame(axes, len(scheme.pairs), measured, comparison)
        for row, pair in enumerate(scheme.pairs):
            _dumbbell(axes, row, *entries[pair.id, side], measured=measured)
        name = "share of the muscle that is oedematous, %" if measured else "grade"
        sheet.write(left + wide / 2, HEAD_MM + tall + 8, name, fontsize=8, color=SOFT, ha="center")
    before = ""
    for row, pair in enumerate(scheme.pairs):
        y = HEAD_MM + ROW_MM * (row + 0.5) + 1
        sheet.write(0, y, pair.name, fontsize=7.5)
        if pair.region != before:
            sheet.write(NAMES_MM - 2.5, y, pair.region, fontsize=6.5, color=SOFT, ha="right")
        before = pair.region
    words = f"○ {sessions[0]} (A)   □ {sessions[1]} (B), with their grades"
    sheet.write(0, HEAD_MM + tall + 14.5, words, fontsize=8)
    words = "Line between them: blue less oedema, dashed orange more, thin grey where the grades are not told apart."
    sheet.write(0, HEAD_MM + tall + 18.5, words, fontsize=6.5, color=SOFT)
    if measured:
        rule = scheme.grading
        words = "Thin dark line: where a share lies with 90 %. Dotted: shares from which a group is involved "
        words += f"({100 * rule.involved_fraction:g} %) and of grade 2 ({100 * rule.extensive_fraction:g} %)."
        sheet.write(0, HEAD_MM + tall + 22, words, fontsize=6.5, color=SOFT)


def _frame(axes: "Axes", rows: int, measured: bool, comparison: Comparison) -> None:
    axes.set(ylim=(rows - 0.5, -0.5), yticks=(), xlim=(-6, 106) if measured else (-0.25, 2.25))
    axes.set_xticks((0, 25, 50, 75, 100) if measured else (0, 1, 2))
    axes.tick_params(labelsize=7, length=2)
    if measured:
        rule = comparison.baseline.scheme.grading
        for share in (rule.involved_fraction, rule.extensive_fraction):
            axes.axvline(100 * share, color=SOFT, linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
    regions = [pair.region for pair in comparison.baseline.scheme.pairs]
    for row in range(rows):
        border = row > 0 and regions[row] != regions[row - 1]
        axes.axhline(row - 0.5, color=SOFT if border else LINE, linewidth=0.6 if border else 0.4, zorder=0)
    axes.spines["left"].set_visible(False)


def _dumbbell(
    axes: "Axes", row: int, before: GroupReading, after: GroupReading, change: GroupChange, *, measured: bool
) -> None:
    above, below = row - 0.16, row + 0.16
    places = [(_place(entry, measured), y) for entry, y in ((before, above), (after, below))]
    known = [(x, y) for x, y in places if x is not None]
    if len(known) == 2:
        xs, ys = zip(*known, strict=True)
        axes.plot(xs, ys, zorder=1, **_LOOK.get(change.transition, _AS_MUCH))
    for (x, y), entry, shape in zip(places, (before, after), "os", strict=True):
        if x is None:
            axes.text(
                50 if measured else 1,
                y,
                f"{'A' if shape == 'o' else 'B'}: {entry.reason}",
                fontsize=5.5,
                color=SOFT,
                ha="center",
                va="center",
            )
            continue
        span = entry.evidence.fraction_range if measured and entry.evidence is not None else None
        if span is not None:
            axes.plot([100 * limit for limit in span], [y, y], color=SOFT, linewidth=0.7, zorder=0.5)
        axes.plot(
            [x],
            [y],
            shape,
            markersize=6.2,
            markerfacecolor=fill_of(entry.grade),
            markeredgecolor=INK,
            markeredgewidth=0.6,
        )
        axes.text(x, y, str(entry.grade), fontsize=5, color=text_of(entry.grade), ha="center", va="center_baseline")


def _place(entry: GroupReading, measured: bool) -> float | None:
    if entry.grade is None:
        return None
    return 100 * entry.evidence.oedema_fraction if measured and entry.evidence is not None else float(entry.grade)
