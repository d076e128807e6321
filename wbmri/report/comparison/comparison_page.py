"""The report of two visits of one person as one HTML file."""

from collections.abc import Sequence

from wbmri.core import unreviewed_sentence
from wbmri.report.comparison.comparison_findings import Findings
from wbmri.report.comparison.figures import Drawing
from wbmri.report.comparison.side_by_side import Row, Visits
from wbmri.report.figures import body_map_svg, change_map_svg, inline_svg, picture_svg, whole_projection
from wbmri.report.page import acquisition_facts, by_region, markup, reading_facts, render

_INLINE = ("dumbbell", "course")
"""Drawings that stand on the page as they stand in their files; the page has its own, lighter ones of the images."""

_REDUCED = 2
"""150 dpi are enough for a drawing on the page whose file has 300."""


def comparison_report(found: Findings, drawn: Sequence[Drawing]) -> str:
    """Write the report of two visits.

    Parameters
    ----------
    found
        All that the report shows.
    drawn
        Its drawings, see `wbmri.report.comparison.figures`.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself and needs no script. Equal input gives an equal
        document.
    """
    comparison = found.comparison
    visits = found.visits
    by_name = {drawing.name: drawing for drawing in drawn}
    return render(
        "comparison.html.j2",
        found.title,
        unreviewed=unreviewed_sentence(found.unreviewed),
        found=found,
        participant=found.participant,
        sessions=found.names,
        comparison=comparison,
        soft=comparison.soft_tissue,
        scheme=comparison.baseline.scheme,
        regions=by_region(comparison.baseline.scheme, comparison.by_group()),
        body_maps=[
            markup(
                body_map_svg(
                    reading.scheme,
                    {entry.label: entry.grade for entry in reading.groups},
                    title=f"Grades at {name}",
                ),
            )
            for reading, name in zip(found.readings, found.names, strict=True)
        ],
        change_map=markup(change_map_svg(comparison, title=f"Change from {found.names[0]} to {found.names[1]}")),
        inline={
            name: markup(inline_svg(by_name[name].svg, by_name[name].title)) for name in _INLINE if name in by_name
        },
        voxels=_embedded(by_name["voxels"].png) if "voxels" in by_name else None,
        pictures=[] if visits is None else _pictures(visits),
        slices=[] if visits is None else _slices(visits, visits.rows),
        axial=[] if visits is None else _slices(visits, visits.axial_rows),
        window="" if visits is None else visits.window,
        readings=found.readings,
        facts=[{**reading_facts(reading), **acquisition_facts(reading.acquisition)} for reading in found.readings],
    )


def _pictures(visits: Visits) -> list[tuple[object, str, str, float]]:
    """Draw both projections of both visits: drawing, letter, caption, and the width in mm, which sets the scale."""
    drawn = [*map(whole_projection, visits.scans), *visits.projections]
    return [
        (
            markup(picture_svg(picture, title=f"Projection at {name}, {picture.caption}")),
            letter,
            picture.caption,
            picture.width_mm,
        )
        for picture, letter, name in zip(drawn, "AB" * 2, visits.sessions * 2, strict=True)
    ]


def _slices(visits: Visits, rows: Sequence[Row]) -> list[list[tuple[object, str, str]]]:
    """Draw matching slices in rows, those of A before those of B: drawings with letters and captions."""
    return [
        [
            (
                markup(picture_svg(pair[number], title=f"Slice at {name}, {pair[number].caption}")),
                letter,
                pair[number].caption,
            )
            for number, (letter, name) in enumerate(zip("AB", visits.sessions, strict=True))
            for pair in row
        ]
        for row in rows
    ]


def _embedded(content: bytes) -> str:
    """Return a PNG as base64, with as many pixels as a screen shows."""
    from base64 import b64encode
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.open(BytesIO(content)).reduce(_REDUCED).save(file, "PNG")
    return b64encode(file.getvalue()).decode()
