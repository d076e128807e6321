"""What every report page shares: the template environment and the facts each of them states."""

from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from json import dumps
from math import expm1, hypot
from re import findall, fullmatch
from typing import TYPE_CHECKING, Any, TypeVar

from wbmri import __version__
from wbmri.core import NOTICE, Acquisition, Json, Reading, Step, Subtotal
from wbmri.core.scheme import Group, Pair, Scheme, Side
from wbmri.report.figures import FILL, NOT_ASSESSABLE, TEXT, mark_of

if TYPE_CHECKING:
    from jinja2 import Environment

Entry = TypeVar("Entry")
Row = tuple[Pair, list[tuple[Side, Entry]]]
"""A pair with the entries of its two sides."""

LONGEST_LIST = 6
"""A report shows this many entries of a list among the parameters of a step."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may do with a page: show it. Nothing is loaded, and no script runs but the page's own."""

LOW_CONFIDENCE = 0.5
"""A grade below this confidence is marked for a closer look."""


def render(template: str, title: str, *, unreviewed: str = "", **values: Any) -> str:
    """Fill a template; every value is escaped unless it is markup the package made itself.

    Parameters
    ----------
    template
        Name of a file in ``wbmri/report/templates``.
    title
        Title of the document; also printed on every page.
    unreviewed
        What on the page no person has signed, in a sentence that stands with the notice, on every printed page, too.
    values
        What the template shows.
    """
    notice = f"{NOTICE} {unreviewed}".strip()
    style = (files("wbmri.report") / "templates" / "style.css").read_text("utf-8")
    page = (
        _environment()
        .get_template(template)
        .render(
            policy=markup(_POLICY),
            title=title,
            style=markup(style.replace('"@title"', css_string(title)).replace('"@notice"', css_string(notice))),
            notice=notice,
            version=__version__,
            fill=FILL,
            text=TEXT,
            none_fill=NOT_ASSESSABLE,
            low_confidence=LOW_CONFIDENCE,
            **values,
        )
    )
    scripts = (sha256(script.encode()).digest() for script in findall(r"(?s)<script>(.*?)</script>", page))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in scripts)
    return page.replace(_POLICY, f"{_POLICY}; script-src {allowed}", 1) if allowed else page


def css_string(text: str) -> str:
    """Return the text as a CSS string in which everything but ASCII letters and digits is escaped."""
    inside = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text)
    return f'"{inside}"'


def by_region(scheme: Scheme, entries: Iterable[tuple[Group, Entry]]) -> list[tuple[str, list[Row[Entry]]]]:
    """Arrange one entry per group as a table: each region with one row per pair, as a viewer sees the patient.

    Parameters
    ----------
    scheme
        The scheme of the groups.
    entries
        Every group with what belongs to it, such as its grade.
    """
    found = {(group.pair.id, group.side): entry for group, entry in entries}
    viewed = (Side.RIGHT, Side.LEFT)
    return [
        (
            region,
            [
                (pair, [(side, found[pair.id, side]) for side in viewed])
                for pair in scheme.pairs
                if pair.region == region
            ],
        )
        for region in scheme.regions
    ]


def reading_facts(reading: Reading) -> dict[str, str]:
    """Return in words what a reading rests on, apart from its scheme."""
    reference = reading.reference
    level = "none was used"
    if reference is not None:
        level = f"{reference.level:.4g} ± {reference.spread:.3g} ({reference.source})"
        if not reference.trusted:
            level += "; not to be relied on: every grade is a proposal with low confidence"
    return {
        "Reader, status": reading.read_by,
        "Outlines": f"engine {reading.engine}",
        "Normal-muscle level": level,
    }


def level_facts(reading: Reading) -> dict[str, str]:
    """Return in words what the level of normal muscle rests on, and what was evened before."""
    reference, model = reading.reference, reading.intensity_model
    facts = {}
    if reference is not None:
        unsure = "" if reference.uncertainty is None else f", sure to {100 * reference.uncertainty:.0f} %"
        facts["Normal-muscle level"] = f"{reference.level:.4g} ({reference.source}){unsure}"
        for name, value in (("Lowest mode of all muscle", reference.mode), ("By brain and fluid", reference.predicted)):
            if value is not None:
                facts[name] = f"{value:.4g}, {value / reference.level:.2f} times the level"
        facts["Other scans"] = "; ".join(told.source for told in reference.outside) or "none were asked"
    if model is not None:
        facts["Left open"] = (
            "; ".join(
                f"{100 * other.weight:.0f} % that {other.source} (level {other.level:.4g})"
                for other in model.alternatives
            )
            or "no other field or level"
        )
        gains = model.slice_gains
        evened = max((max(gain.log_gain) - min(gain.log_gain) for gain in gains), default=0.0)
        facts["Slices by turns"] = f"up to {100 * expm1(evened):.0f} % brighter, evened" if gains else "none found"
        strongest = max((hypot(*band.log_gain) for band in model.bands), default=0.0)
        facts["Bands"] = (
            f"up to {100 * expm1(strongest):.0f} % brighter or darker, evened" if strongest else "none found"
        )
    return facts


def acquisition_facts(acquisition: Acquisition) -> dict[str, str]:
    """Return the known facts of an acquisition in words; unknown ones are said to be unknown."""

    def known(value: float | None, unit: str) -> str:
        return "not stated" if value is None else f"{value:g} {unit}"

    scanner = " ".join(part for part in (acquisition.manufacturer, acquisition.model) if part)
    contrast = {None: "not stated", True: "given", False: "none"}[acquisition.contrast_agent]
    return {
        "Sequence": acquisition.sequence or "not stated",
        "Field strength": known(acquisition.field_strength_t, "T"),
        "TR / TE / TI": " / ".join(
            known(value, "ms")
            for value in (acquisition.repetition_time_ms, acquisition.echo_time_ms, acquisition.inversion_time_ms)
        ),
        "Contrast agent": contrast,
        "Scanner": scanner or "not stated",
        "Stations": str(len(acquisition.stations)) if acquisition.stations else "not stated",
    }


def step_parameters(step: Step) -> str:
    """Return the parameters of a step on one line, as JSON shortened for the eye; the reading file has them in full."""
    return dumps(_brief(dict(step.parameters)), ensure_ascii=False)


def _brief(value: Json) -> Json:
    """Shorten numbers to 4 figures, digests to their beginning and long lists to their first entries."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, str):
        return f"{value[:12]}…" if fullmatch("[0-9a-f]{32,}", value) else value
    if isinstance(value, dict):
        return {name: _brief(entry) for name, entry in value.items()}
    if isinstance(value, list):
        shown = [_brief(entry) for entry in value[:LONGEST_LIST]]
        left_out = len(value) - len(shown)
        return [*shown, f"… {left_out} more"] if left_out else shown
    return value


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("wbmri.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["mark"] = mark_of
    made.filters["share"] = _share
    made.filters["step_parameters"] = step_parameters
    return made


def _share(subtotal: Subtotal) -> float:
    """Per cent of the highest sum the assessable groups could reach, for the length of a bar."""
    return 100.0 * subtotal.total / subtotal.max_assessable if subtotal.max_assessable else 0.0


def markup(text: str) -> Any:
    """Mark text that the package made itself, such as a drawing, as safe to put into a page."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - the package's own style sheet and drawings  # nosec B704
