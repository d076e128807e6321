"""The course over time: totals and involved groups, with treatments and clinical measures below."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wbmri.comparison import Course
from wbmri.report.sheet import Sheet
from wbmri.report.vector import INK, LINE, SOFT
from wbmri.report.visits import TALLEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP_MM, TOTAL_MM, PANEL_MM, BAND_MM, LEFT_MM, RIGHT_MM, FOOT_MM = 4.0, 62.0, 24.0, 8.0, 36.0, 14.0, 16.0
_GAP_MM = 6.0

_TOTAL, _INVOLVED = "#17507a", "#b3590f"


def course_height(course: Course) -> float:
    """Return the height in mm that `draw_course` takes."""
    return _fixed(course) + len(course.measures) * (_panel(course) + _GAP_MM)


def _fixed(course: Course) -> float:
    return TOP_MM + TOTAL_MM + _GAP_MM + len(_treatments(course)) * BAND_MM + FOOT_MM


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
    _frame(axes, times)
    maximum = sums[0].max_assessable
    for values, colour, shape, name, off in (
        ([one.total for one in sums], _TOTAL, "o-", f"total, of {maximum}", 6),
        ([one.involved for one in sums], _INVOLVED, "s--", f"groups involved, of {sums[0].assessable}", -13),
    ):
        axes.plot(times, values, shape, color=colour, linewidth=1.6, markersize=5, label=name, clip_on=False)
        for time, value in zip(times, values, strict=True):
            axes.annotate(
                str(value), (time, value), (0, off), textcoords="offset points", fontsize=8, ha="center", color=colour
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
            axes, times, [None if one.clinical is None else one.clinical.measures.get(name) for one in course.visits]
        )
        unit = units.get(name)
        sheet.write(0, top + panel / 2, f"{name}, {unit}" if unit else name, fontsize=7.5)
        top += panel + _GAP_MM
    _times(axes, course, times)


def _frame(axes: "Axes", times: list[float]) -> None:
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
    _frame(axes, times)
    known = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    axes.plot(
        [time for time, _ in known], [value for _, value in known], "o-", color=INK, linewidth=1.2, markersize=3.5
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
    _frame(axes, times)
    last = axes.get_xlim()[1] if end is None else times[end]
    axes.barh([0], [last - times[start]], left=[times[start]], color="#dfe5ea", edgecolor=SOFT, linewidth=0.6)
    axes.text(times[start], 0, f" {words}{' →' if end is None else ''}", fontsize=7.5, va="center")
    axes.set_yticks(())
    axes.set_ylim(-0.5, 0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
