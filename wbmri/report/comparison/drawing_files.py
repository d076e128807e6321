"""The drawings of a comparison, one by one, as files for a paper or a slide."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from wbmri.report.comparison.difference_picture import draw_voxels, voxels_height
from wbmri.report.comparison.findings import Findings
from wbmri.report.comparison.grade_charts import course_height, draw_course, draw_dumbbell, dumbbell_height
from wbmri.report.comparison.visits import WIDTH, draw_slices, draw_visits, foot_words, slices_height, visits_height
from wbmri.report.figures import (
    CHANGE_LEGEND,
    GRADE_LEGEND,
    SOFT,
    Sheet,
    body_height,
    change_areas,
    draw_body,
    grade_areas,
    pdf,
    png,
    style,
    svg,
)

_MAP_HEADER, _MAP_FOOTER = 9.0, 6.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """One drawing of a comparison; it is made when it is first asked for, and once for its files, page and print.

    Parameters
    ----------
    name
        Part of the file's name.
    title
        What it shows.
    height
        Height in mm; the width is `wbmri.report.comparison.visits.WIDTH`.
    draw
        Draws it on a sheet of that size.
    """

    name: str
    title: str
    height: float
    draw: Callable[[Sheet], None]

    @cached_property
    def sheet(self) -> Sheet:
        """The drawing on a sheet of its own."""
        with style(self.name):
            sheet = Sheet.blank(WIDTH, self.height)
            self.draw(sheet)
        return sheet

    @cached_property
    def png(self) -> bytes:
        """The drawing as PNG of 300 dpi."""
        return png(self.sheet.figure)

    @cached_property
    def svg(self) -> bytes:
        """The drawing as SVG with text as text."""
        return svg(self.sheet.figure, self.name)

    @cached_property
    def pdf(self) -> bytes:
        """The drawing as PDF with its fonts."""
        return pdf(self.sheet.figure)

    def files(self) -> dict[str, bytes]:
        """Return the drawing as PNG, SVG and PDF, by ending; equal content gives equal bytes."""
        return {"png": self.png, "svg": self.svg, "pdf": self.pdf}


def drawings(found: Findings) -> Iterator[Drawing]:
    """Return the drawings of a comparison in the order of a report.

    Parameters
    ----------
    found
        What they show; those of the images, of voxels and of the course only where it has them.
    """
    comparison = found.comparison
    visits = found.visits
    half = body_height(WIDTH / 2)
    yield Drawing(
        "maps",
        "Grades and change",
        2 * (half + _MAP_HEADER) + _MAP_FOOTER,
        lambda sheet: _maps(sheet, found),
    )
    if visits is not None:
        yield Drawing(
            "visits",
            "Both visits, inside muscle",
            visits_height(visits),
            lambda sheet: draw_visits(sheet, visits),
        )
        yield Drawing(
            "slices",
            "Both visits, coronal slices",
            slices_height(visits),
            lambda sheet: draw_slices(sheet, visits),
        )
    yield Drawing(
        "dumbbell",
        "Every group at both visits",
        dumbbell_height(comparison),
        lambda sheet: draw_dumbbell(sheet, comparison, found.names),
    )
    course = found.course
    if course is not None:
        yield Drawing("course", "Course", course_height(course), lambda sheet: draw_course(sheet, course, found.units))
    laid = found.correspondence
    if visits is not None and laid is not None and visits.white is not None:
        yield Drawing(
            "voxels",
            "Illustration: registered difference",
            voxels_height(visits),
            lambda sheet: draw_voxels(sheet, visits, laid.forth),
        )


def _maps(sheet: Sheet, found: Findings) -> None:
    """Draw the grades of both visits on the body, and below them what changed."""
    wide = sheet.width / 2
    tall = body_height(wide)
    for number, (reading, name) in enumerate(zip(found.readings, found.names, strict=True)):
        sums = (found.comparison.before, found.comparison.after)[number]
        part = sheet.part(number * wide, 0, wide, tall + _MAP_HEADER)
        part.write(1, 6, "AB"[number], fontsize=14, fontweight="bold")
        part.write(8, 6, f"{name}   {sums.total}/{sums.max_assessable}", fontsize=10, fontweight="bold")
        areas = grade_areas(reading.scheme, {entry.label: entry.grade for entry in reading.groups})
        draw_body(part.part(0, _MAP_HEADER, wide, tall), reading.scheme, areas, GRADE_LEGEND)
    below = sheet.part(wide / 2, tall + _MAP_HEADER, wide, tall + _MAP_HEADER)
    below.write(1, 6, "A → B", fontsize=14, fontweight="bold")
    below.write(24, 6, "change of the grade (≈: not told apart)", fontsize=10, fontweight="bold")
    areas = change_areas(found.comparison)
    draw_body(below.part(0, _MAP_HEADER, wide, tall), found.comparison.baseline.scheme, areas, CHANGE_LEGEND)
    sheet.write(1, sheet.height - 2, foot_words(found.comparison), fontsize=6.5, color=SOFT)
