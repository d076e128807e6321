"""A front and a back view of the body with every muscle group in a colour of its own, as SVG."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from html import escape
from importlib.resources import files

from wbmri.analysis.comparison import Comparison
from wbmri.core.scheme import Group, Scheme, Side
from wbmri.report.figures.colours import CHANGE_FILL, CHANGE_TEXT, STILL_FREE, fill_of, mark_of, said_of, text_of

Point = tuple[float, float]

WIDTH, HEIGHT = 1060, 990
INK = "#1b2229"
CAPTION = 34
"""Height of the line that names what the drawing does not show."""
TOP = 44
"""Where the drawing's y = 0 lies."""
LEGEND_LEFT, LEGEND_RIGHT = 40, 1020
"""Where the legend begins and ends."""
MIDLINES = {"front": 265, "back": 795}
"""Where the midline of each view lies."""


@dataclass(frozen=True, slots=True)
class Region:
    """One half's outline of a muscle group in one view, as an SVG path.

    `at` is the place for its grade, and `leader` where a line to a grade outside the outline starts.
    """

    pair: str
    path: str
    at: Point | None
    leader: Point | None
    deep: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The body as it is drawn: silhouette, and per view muscle groups, landmarks and fibres; one half each."""

    body: tuple[str, ...]
    regions: Mapping[str, tuple[Region, ...]]
    details: Mapping[str, tuple[str, ...]]
    fibres: Mapping[str, tuple[str, ...]]

    @property
    def pairs(self) -> frozenset[str]:
        """Identifiers of the pairs that the drawing shows."""
        return frozenset(region.pair for regions in self.regions.values() for region in regions)


@dataclass(frozen=True, slots=True)
class Area:
    """How a muscle group is drawn.

    Parameters
    ----------
    fill
        Its colour; ``None`` is hatched, for what is not known.
    mark
        What is written on it; nothing is written on hatching.
    ink
        The colour of that.
    words
        The same for a reader who points at it.
    """

    fill: str | None
    mark: str
    ink: str
    words: str


Legend = Sequence[tuple[str | None, str]]
"""Colours, ``None`` for hatching, with what they mean."""

GRADE_LEGEND: Legend = (
    (fill_of(0), "grade 0"),
    (fill_of(1), "grade 1"),
    (fill_of(2), "grade 2"),
    (None, "not assessable"),
)

CHANGE_LEGEND: Legend = (
    (STILL_FREE, "free"),
    *((fill, str(transition)) for transition, fill in CHANGE_FILL.items()),
    (None, "n/a"),
)


def legend_places(legend: Legend) -> list[float]:
    """Return where each entry of a legend begins, and last that of deep muscle: with even gaps behind their words."""
    wide = [35.0 + 11.0 * len(words) for words in (*(words for _, words in legend), "deep muscle")]
    gap = (LEGEND_RIGHT - LEGEND_LEFT - sum(wide)) / (len(wide) - 1)
    return [LEGEND_LEFT + sum(wide[:number]) + gap * number for number in range(len(wide))]


def grade_areas(scheme: Scheme, grades: Mapping[int, int | None]) -> dict[int, Area]:
    """Return each group in the colour of its grade; a label without an entry is not assessable."""

    def area(grade: int | None) -> Area:
        return Area(None if grade is None else fill_of(grade), mark_of(grade), text_of(grade), said_of(grade))

    return {group.label: area(grades.get(group.label)) for group in scheme.groups}


def change_areas(comparison: Comparison) -> dict[int, Area]:
    """Return each group in the colour of its transition, with the change of its grade.

    0 stands where as much oedema remains, and ≈ where the grades differ but are not told apart.
    """
    made = {}
    for change in comparison.changes:
        words = f"{said_of(change.baseline)}, then {said_of(change.followup)}: {change.transition}"
        words += ", within the uncertainty of measuring" if change.marginal else ""
        if change.delta is None:
            made[change.label] = Area(None, "n/a", text_of(None), words)
        elif change.baseline == change.followup == 0:
            made[change.label] = Area(STILL_FREE, "", text_of(0), words)
        else:
            mark = "≈" if change.marginal else f"{change.delta:+d}".replace("-", "−") if change.delta else "0"
            fill = CHANGE_FILL[change.transition]
            made[change.label] = Area(fill, mark, CHANGE_TEXT[change.transition], words)
    return made


def change_map_svg(comparison: Comparison, *, title: str) -> str:
    """Draw on the body what became of every group, as one ``<svg>`` element like that of `body_map_svg`."""
    what = "each muscle group carries the change of its grade"
    return _svg(comparison.baseline.scheme, change_areas(comparison), CHANGE_LEGEND, title, what)


def body_map_svg(scheme: Scheme, grades: Mapping[int, int | None], *, title: str) -> str:
    """Draw the grades on the body.

    Parameters
    ----------
    scheme
        The scheme of the labels. Pairs that the drawing does not know are left out, and the caption says so.
    grades
        Label to grade; a label with ``None``, or without an entry, is drawn as not assessable.
    title
        What the picture shows, for its heading and for screen readers.

    Returns
    -------
    str
        One ``<svg>`` element without external references. The front view stands on the left; as in a face-to-face
        view, the patient's right is on the viewer's left in front and on the viewer's right from behind.
    """
    what = "each muscle group carries its grade 0, 1 or 2"
    return _svg(scheme, grade_areas(scheme, grades), GRADE_LEGEND, title, what)


def _svg(scheme: Scheme, areas: Mapping[int, Area], legend: Legend, title: str, what: str) -> str:
    drawing = body_drawing()
    # Two maps on one page must not share element ids.
    marks = [(label, area.words) for label, area in sorted(areas.items())]
    key = "b" + blake2b(f"{title}|{scheme.name}|{marks}".encode(), digest_size=5).hexdigest()
    undrawn = undrawn_pairs(scheme)
    height = HEIGHT + (CAPTION if undrawn else 0)
    parts = [
        f'<svg class="bodymap" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{key}-t {key}-d" font-family="Helvetica, Arial, \'DejaVu Sans\', sans-serif">',
        f'<title id="{key}-t">{escape(title)}</title>',
        f'<desc id="{key}-d">Front and back view of the body; {what}.</desc>',
        f'<defs><pattern id="{key}-h" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="#eceff2"/>'
        '<rect width="2.6" height="7" fill="#8b96a1"/></pattern></defs>',
    ]
    for view, midline in MIDLINES.items():
        parts += _view(drawing, view, midline, scheme, areas, key)
    parts += _legend(legend, key, undrawn)
    parts.append("</svg>")
    return "\n".join(parts)


def mark_size(mark: str) -> int:
    """Return the size in which a mark is written on the body, the largest that the narrow groups hold."""
    return 20 if len(mark) == 1 else 16


def undrawn_pairs(scheme: Scheme) -> list[str]:
    """Return the names of the pairs that the drawing does not show."""
    return [pair.name for pair in scheme.pairs if pair.id not in body_drawing().pairs]


def side_seen(view: str, sign: int) -> Side:
    """Return the patient's side that is drawn at negative or positive x of a view."""
    return Side.RIGHT if (view == "front") == (sign < 0) else Side.LEFT


def _view(drawing: Drawing, view: str, midline: int, scheme: Scheme, areas: Mapping[int, Area], key: str) -> list[str]:
    halves = {side_seen(view, sign): sign for sign in (-1, 1)}
    groups = {(group.pair.id, group.side): group for group in scheme.groups}
    parts = [f'<g transform="translate({midline} {TOP})">']
    for style in ('fill="#c9ced4" stroke="#9aa4ae" stroke-width="3.2" stroke-linejoin="round"', 'fill="#e6e2dc"'):
        parts.append(f"<g {style}>")
        parts += [_mirrored(f'<path d="{path}"/>', sign) for sign in (-1, 1) for path in drawing.body]
        parts.append("</g>")
    parts.append('<g fill="none" stroke="#aaa39a" stroke-width="1.3" stroke-linecap="round">')
    parts += [_mirrored(f'<path d="{path}"/>', sign) for sign in (-1, 1) for path in drawing.details[view]]
    parts.append("</g>")
    figures = []
    for region in drawing.regions[view]:
        for side, sign in halves.items():
            group = groups.get((region.pair, side))
            if group is not None:
                area = areas[group.label]
                parts.append(_area(region, group, area, sign, key))
                figures.append(_figure(region, area, sign))
    parts.append('<g fill="none" stroke="#000000" stroke-opacity="0.2" stroke-width="1.1" stroke-linecap="round">')
    parts += [_mirrored(f'<path d="{path}"/>', sign) for sign in (-1, 1) for path in drawing.fibres[view]]
    parts.append("</g>")
    parts += figures
    parts.append(
        f'<text x="0" y="-18" font-size="21" font-weight="700" fill="{INK}" text-anchor="middle">'
        f"{view.capitalize()}</text>",
    )
    for side, sign in halves.items():
        parts.append(
            f'<text x="{sign * 190}" y="96" font-size="36" font-weight="700" fill="#46515c" text-anchor="middle">'
            f"{side[0].upper()}</text>"
            f'<text x="{sign * 190}" y="120" font-size="18" fill="#46515c" text-anchor="middle">'
            f"patient’s {side}</text>",
        )
    parts.append("</g>")
    return parts


def _area(region: Region, group: Group, area: Area, sign: int, key: str) -> str:
    line = (
        'stroke="#2b3440" stroke-width="1.8" stroke-dasharray="5 3"'
        if region.deep
        else 'stroke="#6d665e" stroke-width="1.2"'
    )
    deep = " (deep)" if region.deep else ""
    return _mirrored(
        f'<path data-group="{escape(group.id)}" data-grade="{area.mark}" d="{region.path}" '
        f'fill="{_fill(area.fill, key)}" {line} stroke-linejoin="round" role="img" '
        f'aria-label="{escape(group.name)}{deep}: {area.words}">'
        f"<title>{escape(group.name)}{deep}: {area.words}</title></path>",
        sign,
    )


def _fill(colour: str | None, key: str) -> str:
    return f"url(#{key}-h)" if colour is None else colour


def _figure(region: Region, area: Area, sign: int) -> str:
    if region.at is None or area.fill is None or not area.mark:
        return ""
    x, y = region.at
    line, colour = "", area.ink
    if region.leader is not None:
        start, end, colour = sign * region.leader[0], sign * (x - 9), INK
        line = f'<path d="M{start:g} {region.leader[1]:g}L{end:g} {y:g}" stroke="{INK}" stroke-width="1.2"/>'
    size = mark_size(area.mark)
    return (
        f'{line}<text x="{sign * x:g}" y="{y + 0.36 * size:g}" font-size="{size}" font-weight="700" '
        f'text-anchor="middle" fill="{colour}" aria-hidden="true">{area.mark}</text>'
    )


def _legend(legend: Legend, key: str, undrawn: Sequence[str]) -> list[str]:
    y = HEIGHT - 14
    *places, x = legend_places(legend)
    parts = [f'<g font-size="19" fill="{INK}">']
    for place, (fill, words) in zip(places, legend, strict=True):
        parts.append(
            f'<rect x="{place:g}" y="{y - 17}" width="26" height="22" rx="3" fill="{_fill(fill, key)}" '
            f'stroke="#6d665e"/><text x="{place + 35:g}" y="{y}">{words}</text>',
        )
    # The last place is that of deep muscle, which is told by its border.
    parts.append(
        f'<rect x="{x:g}" y="{y - 17}" width="26" height="22" rx="3" fill="none" stroke="#2b3440" stroke-width="1.8" '
        f'stroke-dasharray="5 3"/><text x="{x + 35:g}" y="{y}">deep muscle</text>',
    )
    if undrawn:
        parts.append(
            f'<text x="24" y="{y + 28}" font-size="16">Not in this drawing, see the table: '
            f"{escape(', '.join(undrawn))}.</text>",
        )
    parts.append("</g>")
    return parts


def _mirrored(element: str, sign: int) -> str:
    return element if sign > 0 else f'<g transform="scale(-1 1)">{element}</g>'


@cache
def body_drawing() -> Drawing:
    """Return the drawing of the body; it is read once."""
    content = tomllib.loads((files("wbmri.report.figures") / "body.toml").read_text("utf-8"))
    return Drawing(
        body=tuple(_curve(part["outline"], closed=True) for part in content["body"]),
        regions={
            view: tuple(
                Region(
                    pair=entry["pair"],
                    path=_curve(entry["outline"], closed=True),
                    at=_points(entry["at"])[0] if "at" in entry else None,
                    leader=_points(entry["leader"])[0] if "leader" in entry else None,
                    deep=entry.get("deep", False),
                )
                for entry in content[view]
            )
            for view in MIDLINES
        },
        details=_lines(content["details"]),
        fibres=_lines(content["fibres"]),
    )


def _lines(content: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {view: tuple(_curve(line, closed=False) for line in content[view]) for view in MIDLINES}


def _points(text: str) -> list[Point]:
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def _curve(text: str, *, closed: bool) -> str:
    """Return the path of the Catmull-Rom spline through the points, as cubic Bezier pieces.

    The tangent at a point is half the step between its neighbours, so the control points lie a sixth of that step
    away (Catmull and Rom 1974).
    """
    points = _points(text)
    around = [points[-1], *points, *points[:2]] if closed else [points[0], *points, points[-1]]
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        parts.append("C" + " ".join(f"{value:.1f}" for point in (first, second, end) for value in point))
    return "".join(parts) + ("Z" if closed else "")
