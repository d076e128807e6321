"""The dumbbell plot: both visits of every group on one line."""

from typing import TYPE_CHECKING

from wbmri.comparison import Comparison, GroupChange, Transition
from wbmri.reading import GroupReading
from wbmri.report.colours import fill_of, text_of
from wbmri.report.sheet import Sheet
from wbmri.report.vector import INK, LINE, SOFT
from wbmri.scheme import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM, NAMES_MM, HEAD_MM, FOOT_MM = 6.6, 42.0, 8.0, 20.0

_BETTER, _WORSE = "#1f5f99", "#c4501b"


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
    words = f"○ {sessions[0]} (A)   □ {sessions[1]} (B), with their grades. Line: blue less, orange more, grey as much."
    sheet.write(0, HEAD_MM + tall + 15, words, fontsize=8)
    if measured:
        rule = scheme.grading
        words = f"Dotted: the shares from which a group is involved ({rule.involved_fraction:.1%}) and of grade 2 "
        words += f"({rule.extensive_fraction:.0%}) whatever its brightness."
        sheet.write(0, HEAD_MM + tall + 19, words.replace("%", " %"), fontsize=6.5, color=SOFT)


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
        colour = _BETTER if (change.delta or 0) < 0 else _WORSE if (change.delta or 0) > 0 else "#9aa4ae"
        wide = 1.0 if change.transition is Transition.SAME else 2.2
        axes.plot([x for x, _ in known], [y for _, y in known], color=colour, linewidth=wide, zorder=1)
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
