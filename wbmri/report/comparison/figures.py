"""The figures of a comparison, one by one, as files for a paper or a slide; that of registered voxels among them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.registration import PointMap, intensities_at
from wbmri.report.comparison.comparison_findings import Findings
from wbmri.report.comparison.grade_charts import course_height, draw_course, draw_dumbbell, dumbbell_height
from wbmri.report.comparison.side_by_side import (
    FOOTER,
    GAP,
    SLICES,
    WIDTH,
    Visits,
    draw_slices,
    draw_visits,
    said_total,
    slices_height,
    visits_height,
    write_foot,
)
from wbmri.report.figures import (
    CHANGE_LEGEND,
    GRADE_LEGEND,
    SOFT,
    Sheet,
    body_height,
    change_areas,
    coronal_index,
    draw_body,
    grade_areas,
    pdf,
    png,
    style,
    svg,
    upright,
)

HEADER, KEY = 17.0, 14.0

RANGE = 1.5
"""The colours reach from this much darker to this much brighter, in multiples of normal muscle."""

TITLE = "Illustration only: registered difference inside muscle"

EXPLAINED = (
    "B laid over A; brightness as a multiple of normal muscle. It rests on the registration, and on brightness that",
    "coils shade differently at each visit. No grade and no total uses it.",
)


def voxels_height(visits: Visits) -> float:
    """Return the height in mm that `draw_voxels` takes at `WIDTH`."""
    scan = visits.scans[0]
    wide, tall = scan.labels.shape[0] * scan.spacing[0], scan.labels.shape[2] * scan.spacing[2]
    height: float = HEADER + _width() * tall / wide + KEY + FOOTER
    return height


def _width() -> float:
    return (WIDTH - GAP / 2 * (SLICES - 1)) / SLICES


def draw_voxels(sheet: Sheet, visits: Visits, forth: PointMap) -> None:
    """Draw on slices of the earlier visit how much brighter each voxel of muscle became.

    The scale runs from dark blue (less) to yellow (more) with an even rise of lightness, which colour-blind people see
    and grey prints keep.

    Parameters
    ----------
    sheet
        Where to draw; its height should be `voxels_height`.
    visits
        Both visits; the level of normal muscle must be known at both.
    forth
        From the points of the earlier visit to the later.

    Raises
    ------
    InputError
        If that level is not known.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scan, change = visits.scans[0], _change(visits, forth)
    sheet.write(0, 7, TITLE, fontsize=12, fontweight="bold")
    for number, words in enumerate(EXPLAINED):
        sheet.write(0, 11.5 + 3.2 * number, words, fontsize=6.5, color=SOFT)
    wide = _width()
    tall = wide * scan.labels.shape[2] * scan.spacing[2] / (scan.labels.shape[0] * scan.spacing[0])
    colours = colormaps["cividis"]
    for number, j in enumerate(visits.chosen):
        grey = np.clip(scan.data[:, j].T, 0, 1)[..., None] * np.float32(0.55)
        painted = colours(np.clip((change[:, j].T + RANGE) / (2 * RANGE), 0, 1))[..., :3]
        shown = np.where(scan.labels[:, j].T[..., None] > 0, painted, grey)
        axes = sheet.axes(number * (wide + GAP / 2), HEADER, wide, tall)
        axes.imshow(shown, aspect="auto", interpolation="bilinear")
        axes.text(0.04, 0.985, "R", color="white", fontsize=8, fontweight="bold", va="top", transform=axes.transAxes)
        axes.text(
            0.96,
            0.985,
            "L",
            color="white",
            fontsize=8,
            fontweight="bold",
            va="top",
            ha="right",
            transform=axes.transAxes,
        )
        axes.axis("off")
    scale = sheet.axes(45, HEADER + tall + 4, 90, 3)
    bar = sheet.figure.colorbar(ScalarMappable(Normalize(-RANGE, RANGE), colours), cax=scale, orientation="horizontal")
    bar.set_ticks(
        [-1.5, -1, -0.5, 0, 0.5, 1, 1.5],
        labels=["−1.5", "−1", "−0.5", "0", "+0.5", "+1", "+1.5"],
        fontsize=7,
    )
    sheet.write(43, HEADER + tall + 6.6, "less", fontsize=8, ha="right")
    sheet.write(137, HEADER + tall + 6.6, "more, × normal muscle", fontsize=8)
    write_foot(sheet, visits.comparison)


def _change(visits: Visits, forth: PointMap) -> NDArray[np.float32]:
    """Return how much brighter the muscle on the chosen slices became, in multiples of normal muscle, oriented as they.

    Elsewhere it is 0: every voxel that is not shown would cost as much as one that is.
    """
    before, after = visits.comparison.baseline.reference, visits.comparison.followup.reference
    if before is None or after is None:
        raise InputError("a visit without a level of normal muscle", "one at both visits", "score the visit again")
    (volume, labels), (later, _) = visits.images
    axis, shown = coronal_index(volume, visits.chosen)
    index = np.argwhere(labels.data > 0)
    index = index[np.isin(index[:, axis], shown)]
    own = volume.data[tuple(index.T)]
    values = intensities_at(later, forth.points(volume.grid.points(index)))
    change = np.zeros(volume.shape, np.float32)
    # The later scan in the units of the earlier; where it does not reach, nothing is taken to have changed.
    change[tuple(index.T)] = np.where(np.isnan(values), 0.0, values * before.level / after.level - own)
    return upright(replace(volume, data=change), labels, (0.0, before.level)).data


_MAP_HEADER = 9.0


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
        Height in mm; the width is `wbmri.report.comparison.side_by_side.WIDTH`.
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
        2 * (half + _MAP_HEADER) + FOOTER,
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
            slices_height(visits.rows),
            lambda sheet: draw_slices(sheet, visits, visits.rows),
        )
        yield Drawing(
            "axial",
            "Both visits, axial slices",
            slices_height(visits.axial_rows),
            lambda sheet: draw_slices(sheet, visits, visits.axial_rows),
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
    if visits is not None and laid is not None and visits.on_scale:
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
        part = sheet.part(number * wide, 0, wide, tall + _MAP_HEADER)
        part.write(1, 6, "AB"[number], fontsize=14, fontweight="bold")
        part.write(8, 6, f"{name}   {said_total(found.comparison, number)}", fontsize=10, fontweight="bold")
        areas = grade_areas(reading.scheme, {entry.label: entry.grade for entry in reading.groups})
        draw_body(part.part(0, _MAP_HEADER, wide, tall), reading.scheme, areas, GRADE_LEGEND)
    below = sheet.part(wide / 2, tall + _MAP_HEADER, wide, tall + _MAP_HEADER)
    below.write(1, 6, "A → B", fontsize=14, fontweight="bold")
    below.write(24, 6, "change of the grade (≈: not told apart)", fontsize=10, fontweight="bold")
    areas = change_areas(found.comparison)
    draw_body(below.part(0, _MAP_HEADER, wide, tall), found.comparison.baseline.scheme, areas, CHANGE_LEGEND)
    write_foot(sheet, found.comparison)
