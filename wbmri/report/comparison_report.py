"""The report of two visits of one person as one HTML file."""

from wbmri.report.bodymap import body_map_svg, change_map_svg
from wbmri.report.comparison_figures import drawings
from wbmri.report.figures import picture_svg, white_in_words, whole_projection
from wbmri.report.findings import Findings
from wbmri.report.page import acquisition_facts, by_region, markup, reading_facts, render
from wbmri.report.vector import inline_svg, png, svg
from wbmri.report.visits import Visits

_INLINE = ("dumbbell", "course")
"""Drawings that stand on the page as they stand in their files; the page has its own, lighter ones of the images."""


_SCREEN_DPI = 130
"""Enough for a drawing on the page whose file has 300."""


def comparison_report(found: Findings) -> str:
    """Write the report of two visits.

    Parameters
    ----------
    found
        All that the report shows.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself and needs no script. Equal input gives an equal
        document.
    """
    comparison = found.comparison
    visits = found.visits
    drawn = {drawing.name: drawing for drawing in drawings(found)}
    return render(
        "comparison.html.j2",
        found.title,
        found=found,
        participant=found.participant,
        sessions=found.names,
        comparison=comparison,
        scheme=comparison.baseline.scheme,
        regions=by_region(comparison.baseline.scheme, comparison.by_group()),
        body_maps=[
            markup(
                body_map_svg(
                    reading.scheme, {entry.label: entry.grade for entry in reading.groups}, title=f"Grades at {name}"
                )
            )
            for reading, name in zip(found.readings, found.names, strict=True)
        ],
        change_map=markup(change_map_svg(comparison, title=f"Change from {found.names[0]} to {found.names[1]}")),
        inline={
            name: markup(inline_svg(svg(drawn[name].figure(), name), drawn[name].title))
            for name in _INLINE
            if name in drawn
        },
        voxels=_embedded(png(drawn["voxels"].figure(), _SCREEN_DPI)) if "voxels" in drawn else None,
        pictures=[] if visits is None else _pictures(visits),
        slices=[] if visits is None else _slices(visits),
        white="" if visits is None else white_in_words(visits.white),
        readings=found.readings,
        facts=[{**reading_facts(reading), **acquisition_facts(reading.acquisition)} for reading in found.readings],
    )


def _pictures(visits: Visits) -> list[tuple[object, str, float]]:
    """Draw both projections of both visits: the drawing, its caption and its width in mm, which sets the scale."""
    drawn = [*map(whole_projection, visits.scans), *visits.projections]
    return [
        (
            markup(picture_svg(picture, title=f"Projection at {name}, {picture.caption}")),
            f"{'AB'[number % 2]} {name}: {picture.caption}",
            picture.width_mm,
        )
        for number, (picture, name) in enumerate(zip(drawn, visits.sessions * 2, strict=True))
    ]


def _slices(visits: Visits) -> list[list[tuple[object, str]]]:
    """Draw matching coronal slices, a row for each visit: the drawings with their captions."""
    return [
        [
            (
                markup(picture_svg(pair[number], title=f"Slice at {name}, {pair[number].caption}")),
                f"visit {'AB'[number]}, {pair[number].caption}",
            )
            for pair in visits.slices
        ]
        for number, name in enumerate(visits.sessions)
    ]


def _embedded(content: bytes) -> str:
    from base64 import b64encode

    return b64encode(content).decode()
