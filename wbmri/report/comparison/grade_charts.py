"""Both visits of every group on one line, and the course over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wbmri.analysis.comparison import Comparison, Course, GroupChange, Transition
from wbmri.core import NOTICE, GroupReading, unreviewed_sentence
from wbmri.core.scheme import Side
from wbmri.report.comparison.side_by_side import FOOTER, TALLEST, write_foot
from wbmri.report.figures import INK, LINE, SOFT, Sheet, fill_of, text_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM, NAMES_MM, HEAD_MM, DUMBBELL_FOOT_MM = 6.6, 42.0, 8.0, 23.0 + FOOTER

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
    return HEAD_MM + ROW_MM * len(comparison.baseline.scheme.pairs) + DUMBBELL_FOOT_MM


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
            comparison.baseline.by_group(),
            comparison.followup.groups,
            comparison.changes,
            strict=True,
        )
    }
    for column, side in enumerate((Side.RIGHT, Side.LEFT)):
        left = NAMES_MM + column * (wide + 4.0)
        axes = sheet.axes(left, HEAD_MM, wide, tall)
        sheet.write(left + wide / 2, HEAD_MM - 3, f"patient’s {side}", fontsize=10, fontweight="bold", ha="center")
        _dumbbell_frame(axes, len(scheme.pairs), measured, comparison)
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
    write_foot(sheet, comparison)


def _dumbbell_frame(axes: "Axes", rows: int, measured: bool, comparison: Comparison) -> None:
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
    axes: "Axes",
    row: int,
    before: GroupReading,
    after: GroupReading,
    change: GroupChange,
    *,
    measured: bool,
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


TOP_MM, TOTAL_MM, PANEL_MM, BAND_MM, LEFT_MM, RIGHT_MM, COURSE_FOOT_MM = 4.0, 62.0, 24.0, 8.0, 36.0, 14.0, 20.0
_GAP_MM = 6.0

_TOTAL, _INVOLVED = "#17507a", "#b3590f"


def course_height(course: Course) -> float:
    """Return the height in mm that `draw_course` takes."""
    return _fixed(course) + len(course.measures) * (_panel(course) + _GAP_MM)


def _fixed(course: Course) -> float:
    return TOP_MM + TOTAL_MM + _GAP_MM + len(_treatments(course)) * BAND_MM + COURSE_FOOT_MM


def _panel(course: Course) -> float:
    """Return the height of a clinical measure, the lower the more of them share the page."""
    return min(PANEL_MM, (TALLEST - _fixed(course)) / max(len(course.measures), 1) - _GAP_MM)


def draw_course(sheet: Sheet, course: Course, units: Mapping[str, str]) -> None:
    """Draw the visits over time; without times they stand at equal distances.

    Parameters
    ----------
    sheet
        Where to draw; its height should be `course_height`.
    course
        The visits.
    units
        Unit of each clinical measure, where it is known.
    """
    times = list(course.months or range(len(course.visits)))
    wide = sheet.width - LEFT_MM - RIGHT_MM
    sums = course.sums
    top, panel = TOP_MM, _panel(course)
    axes = sheet.axes(LEFT_MM, top, wide, TOTAL_MM)
    _course_frame(axes, times)
    maximum = sums[0].max_assessable
    for values, colour, shape, name, off in (
        ([one.total for one in sums], _TOTAL, "o-", f"total, of {maximum}", 6),
        ([one.involved for one in sums], _INVOLVED, "s--", f"groups involved, of {sums[0].assessable}", -13),
    ):
        axes.plot(times, values, shape, color=colour, linewidth=1.6, markersize=5, label=name, clip_on=False)
        for time, value in zip(times, values, strict=True):
            axes.annotate(
                str(value),
                (time, value),
                (0, off),
                textcoords="offset points",
                fontsize=8,
                ha="center",
                color=colour,
            )
    axes.set_ylim(0, max(maximum, 1))
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    top += TOTAL_MM + _GAP_MM
    for words, start, end in _treatments(course):
        _band(sheet.axes(LEFT_MM, top, wide, BAND_MM - 1.5), words, times, start, end)
        top += BAND_MM
    for name in course.measures:
        axes = sheet.axes(LEFT_MM, top, wide, panel)
        _measure(
            axes,
            times,
            [None if one.clinical is None else one.clinical.measures.get(name) for one in course.visits],
        )
        unit = units.get(name)
        sheet.write(0, top + panel / 2, f"{name}, {unit}" if unit else name, fontsize=7.5)
        top += panel + _GAP_MM
    _times(axes, course, times)
    unreviewed = (f"ses-{visit.session}" for visit in course.visits if not visit.reading.reviewed)
    foot = f"{NOTICE} {unreviewed_sentence(unreviewed)}".strip()
    sheet.write(1, sheet.height - 2, foot, fontsize=6.5, color=SOFT)


def _course_frame(axes: "Axes", times: list[float]) -> None:
    margin = 0.06 * (times[-1] - times[0] or 1.0)
    axes.set_xlim(times[0] - margin, times[-1] + margin)
    axes.set_xticks(times, [""] * len(times))
    axes.tick_params(labelsize=7, length=2)
    axes.grid(axis="x", color=LINE, linewidth=0.6)


def _times(axes: "Axes", course: Course, times: list[float]) -> None:
    names = [f"ses-{visit.session}" for visit in course.visits]
    if course.months is not None:
        names = [f"{name}\n{time:.1f} months" for name, time in zip(names, times, strict=True)]
    axes.set_xticks(times, names, fontsize=7.5)


def _measure(axes: "Axes", times: list[float], values: list[float | None]) -> None:
    _course_frame(axes, times)
    known = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    axes.plot(
        [time for time, _ in known],
        [value for _, value in known],
        "o-",
        color=INK,
        linewidth=1.2,
        markersize=3.5,
    )
    for time, value in known:
        axes.annotate(f"{value:g}", (time, value), (0, 4), textcoords="offset points", fontsize=7, ha="center")
    low, high = min(value for _, value in known), max(value for _, value in known)
    space = 0.15 * (high - low or abs(high) or 1.0)
    axes.set_ylim(0.0 if low >= 0 else low - space, high + 3 * space)
    axes.locator_params(axis="y", nbins=3)


def _treatments(course: Course) -> list[tuple[str, int, int | None]]:
    """Return each treatment with the visits from and to which it was given; ``None`` where it goes on.

    A visit's entry names what is given from then on, several apart by commas or semicolons; a visit without an entry
    changes nothing.
    """
    found: list[tuple[str, int, int | None]] = []
    going: dict[str, int] = {}
    for number, visit in enumerate(course.visits):
        stated = None if visit.clinical is None else visit.clinical.treatment
        if stated is None:
            continue
        given = [name.strip() for name in stated.replace(";", ",").split(",") if name.strip()]
        found += [(name, start, number) for name, start in going.items() if name not in given]
        going = {name: going.get(name, number) for name in given}
    found += [(name, start, None) for name, start in going.items()]
    return sorted(found, key=lambda one: (one[1], one[0]))


def _band(axes: "Axes", words: str, times: list[float], start: int, end: int | None) -> None:
    _course_frame(axes, times)
    last = axes.get_xlim()[1] if end is None else times[end]
    axes.barh([0], [last - times[start]], left=[times[start]], color="#dfe5ea", edgecolor=SOFT, linewidth=0.6)
    axes.text(times[start], 0, f" {words}{' →' if end is None else ''}", fontsize=7.5, va="center")
    axes.set_yticks(())
    axes.set_ylim(-0.5, 0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
