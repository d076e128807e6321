"""The report of two visits of one person, and the figure that shows the change."""

from io import BytesIO
from typing import TYPE_CHECKING

from wbmri.comparison import Comparison
from wbmri.labelmap import LabelMap
from wbmri.reading import NOTICE, Reading, Subtotal
from wbmri.report.bodymap import body_map_svg
from wbmri.report.colours import contour_of, width_of
from wbmri.report.figures import (
    WINDOW_RATIO,
    Picture,
    Upright,
    muscle_projection,
    percentile_window,
    picture_svg,
    ratio_window,
    upright,
    white_in_words,
    whole_projection,
)
from wbmri.report.page import acquisition_facts, by_region, markup, reading_facts, render
from wbmri.volume import Volume

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Images = tuple[tuple[Volume, LabelMap], tuple[Volume, LabelMap]]
"""The scan and its outlines at baseline and at follow-up."""


def comparison_report(
    comparison: Comparison,
    *,
    participant: str,
    baseline_session: str,
    followup_session: str,
    images: Images | None = None,
) -> str:
    """Write the report of two visits.

    Parameters
    ----------
    comparison
        The two readings.
    participant, baseline_session, followup_session
        BIDS labels without their prefixes.
    images
        The scans to show beside each other, in the same window and at the same scale; without them the report has no
        images.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself and needs no script. Equal input gives an equal
        document.

    Raises
    ------
    InputError
        If labels lie on another grid than their volume.
    """
    sessions = (f"ses-{baseline_session}", f"ses-{followup_session}")
    readings = (comparison.baseline, comparison.followup)
    scans, white_ratio = _scans(comparison, images) if images else ((), None)
    return render(
        "comparison.html.j2",
        f"Change of muscle oedema: sub-{participant} {sessions[0]} to {sessions[1]}",
        participant=participant,
        sessions=sessions,
        comparison=comparison,
        scheme=comparison.baseline.scheme,
        regions=by_region(comparison.baseline.scheme, comparison.by_group()),
        subtotals=[(region, *comparison.of_region(region)) for region in comparison.baseline.scheme.regions],
        body_maps=[_body_map(reading, session) for reading, session in zip(readings, sessions, strict=True)],
        pictures=_pictures(scans, readings, sessions),
        white=white_in_words(white_ratio),
        readings=readings,
        facts=[{**reading_facts(reading), **acquisition_facts(reading.acquisition)} for reading in readings],
    )


def comparison_figure(comparison: Comparison, images: Images, *, baseline_session: str, followup_session: str) -> bytes:
    """Draw the projections of both visits beside each other, for a slide or a paper.

    Parameters
    ----------
    comparison
        The two readings.
    images
        The scans to show, in the same window and at the same scale.
    baseline_session, followup_session
        BIDS labels without their prefixes.

    Returns
    -------
    bytes
        A PNG file of 300 dpi and 180 mm width. Equal input gives equal bytes.

    Raises
    ------
    InputError
        If labels lie on another grid than their volume.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scans, _ = _scans(comparison, images)
    readings = (comparison.baseline, comparison.followup)
    pictures = [muscle_projection(scan, reading) for scan, reading in zip(scans, readings, strict=True)]
    # Both pictures share one scale, figure mm per body mm, and one height, so that nothing seems to shrink or grow.
    width, gap, header, footer = 180.0, 4.0, 16.0, 6.0
    scale = (width - gap) / sum(picture.width_mm for picture in pictures)
    tall = max(picture.height_mm for picture in pictures)
    height = header + scale * tall + footer
    figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=300, facecolor="white")
    left = 0.0
    for letter, session, sums, picture in zip(
        "AB", (baseline_session, followup_session), (comparison.before, comparison.after), pictures, strict=True
    ):
        wide = picture.width_mm * scale
        _draw(figure.add_axes((left / width, footer / height, wide / width, scale * tall / height)), picture, tall)
        figure.text((left + 1) / width, 1 - 8 / height, letter, fontsize=18, fontweight="bold")
        figure.text(
            (left + 10) / width,
            1 - 7.5 / height,
            f"ses-{session}   {sums.total}/{sums.max_assessable}",
            fontsize=12,
            fontweight="bold",
        )
        figure.text((left + 10) / width, 1 - 13 / height, _subline(sums), fontsize=9, color="#4d5863")
        left += wide + gap
    figure.text(1 / width, 2 / height, NOTICE, fontsize=7, color="#4d5863")
    file = BytesIO()
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return file.getvalue()


def _scans(comparison: Comparison, images: Images) -> tuple[tuple[Upright, Upright], float | None]:
    """Bring both scans into one kind of window; also say which multiple of normal muscle is white, if it is one."""
    readings = (comparison.baseline, comparison.followup)
    for volume, labels in images:
        labels.check_grid(volume)
    ratios = [
        ratio_window(volume, labels, reading.reference)
        for (volume, labels), reading in zip(images, readings, strict=True)
    ]
    (first, first_labels), (second, second_labels) = images
    if ratios[0] is not None and ratios[1] is not None:
        return (upright(first, first_labels, ratios[0]), upright(second, second_labels, ratios[1])), WINDOW_RATIO
    return (
        upright(first, first_labels, percentile_window(first)),
        upright(second, second_labels, percentile_window(second)),
    ), None


def _body_map(reading: Reading, session: str) -> object:
    grades = {entry.label: entry.grade for entry in reading.groups}
    return markup(body_map_svg(reading.scheme, grades, title=f"Grades at {session}"))


def _pictures(
    scans: tuple[Upright, ...], readings: tuple[Reading, Reading], sessions: tuple[str, str]
) -> list[tuple[object, str, float]]:
    """Draw both projections of both visits: the drawing, its caption and its width in mm, which sets the scale."""
    drawn = [(whole_projection(scan), session) for scan, session in zip(scans, sessions, strict=False)]
    drawn += [
        (muscle_projection(scan, reading), session)
        for scan, reading, session in zip(scans, readings, sessions, strict=False)
    ]
    return [
        (
            markup(picture_svg(picture, title=f"Projection at {session}, {picture.caption}")),
            f"{session}: {picture.caption}",
            picture.width_mm,
        )
        for picture, session in drawn
    ]


def _draw(axes: "Axes", picture: Picture, tall: float) -> None:
    """Draw a picture with its outlines, side marks and scale bar into black axes that are `tall` mm high."""
    width = picture.width_mm
    axes.set_facecolor("black")
    axes.imshow(
        picture.grey, cmap="gray", vmin=0, vmax=1, extent=(0, width, picture.height_mm, 0), interpolation="bilinear"
    )
    for outline in picture.outlines:
        for line in outline.lines:
            style = "dashed" if outline.grade is None else "solid"
            colour, bold = contour_of(outline.grade), 0.35 * width_of(outline.grade)
            axes.plot(line[:, 0], line[:, 1], color=colour, linewidth=bold, linestyle=style)
    axes.text(10, 12, "R", color="white", fontsize=13, fontweight="bold", va="top")
    axes.text(width - 10, 12, "L", color="white", fontsize=13, fontweight="bold", va="top", ha="right")
    axes.plot((12, 112), (tall - 14, tall - 14), color="white", linewidth=1.2)
    axes.text(62, tall - 18, "100 mm", color="white", fontsize=7, ha="center")
    for grade in range(3):
        place = (width - 10, tall - 14 - 22 * (2 - grade))
        axes.text(*place, f"grade {grade}", color=contour_of(grade), fontsize=8, fontweight="bold", ha="right")
    axes.set(xlim=(0, width), ylim=(tall, 0), xticks=(), yticks=())
    for spine in axes.spines.values():
        spine.set_visible(False)


def _subline(sums: Subtotal) -> str:
    return f"{sums.involved}/{sums.assessable} groups involved, {sums.grade2} of grade 2"
