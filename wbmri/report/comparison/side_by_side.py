"""Two visits on one sheet: the same orientation, scale and window, labelled A and B."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.analysis.comparison import Comparison
from wbmri.core import NOTICE, LabelMap, Reading, Subtotal, Volume, unreviewed_sentence
from wbmri.report.figures import (
    PERCENTILE_WORDS,
    SOFT,
    Picture,
    Sheet,
    Upright,
    choose_slices,
    draw_picture,
    fitting_level,
    muscle_projection,
    percentile_window,
    slice_picture,
    upright,
    window_presets,
)

Images = tuple[tuple[Volume, LabelMap], tuple[Volume, LabelMap]]
"""The scan and its outlines at baseline and at follow-up."""

WIDTH = 180.0
"""Width of every drawing in mm: that of a page without its margins."""

Row = tuple[tuple[Picture, Picture], ...]
"""Slices of the first visit beside each other, each with that of the second which shows the same groups."""

TALLEST = 255.0
"""No drawing is higher than this in mm, so that it fits on such a page with a heading."""

GAP, FOOTER = 4.0, 9.0
_HEADER, _LINE = 16.0, 5.0

ABOVE_MM = 40.0
"""What of the body is shown above the highest muscle where only muscle is shown."""

SLICES, ROW, AXIAL = 4, 2, 5
"""Coronal slices of each visit, how many of them stand in a row, and axial slices."""


@dataclass(frozen=True, eq=False, slots=True)
class Visits:
    """Two scans prepared for drawing.

    Parameters
    ----------
    comparison
        The two readings.
    sessions
        What the visits are called, such as ``ses-baseline``.
    images
        The scans with their outlines.
    scans
        Both scans in one orientation and one kind of window.
    on_scale
        Whether the windows are multiples of normal muscle: only where that level is known at both visits.
    window
        What is black and white, in a sentence.
    projections
        The projection inside the muscle groups of each visit.
    slices
        Coronal slices of the first visit, each with that of the second which shows the same groups.
    chosen
        Which slices of the first visit these are.
    axial
        Axial slices in the same way.
    """

    comparison: Comparison
    sessions: tuple[str, str]
    images: Images
    scans: tuple[Upright, Upright]
    on_scale: bool
    window: str
    projections: tuple[Picture, Picture]
    slices: Row
    chosen: tuple[int, ...]
    axial: Row = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The coronal slices as they are arranged on a page: `ROW` levels of the body beside each other."""
        return tuple(self.slices[first : first + ROW] for first in range(0, len(self.slices), ROW))

    @property
    def axial_rows(self) -> tuple[Row, ...]:
        """The axial slices as they are arranged on a page, from head to feet."""
        return tuple((pair,) for pair in self.axial)

    @classmethod
    def of(cls, comparison: Comparison, images: Images, sessions: tuple[str, str]) -> "Visits":
        """Bring both scans into one orientation and window, and choose what is shown of them.

        Raises
        ------
        InputError
            If labels lie on another grid than their volume.
        """
        readings = comparison.baseline, comparison.followup
        known = all(
            fitting_level(*image, reading.reference) is not None
            for image, reading in zip(images, readings, strict=True)
        )
        presets = [
            window_presets(*image, reading.reference)[0] for image, reading in zip(images, readings, strict=True)
        ]
        scans = (
            upright(*images[0], presets[0].limits if known else percentile_window(images[0][0])),
            upright(*images[1], presets[1].limits if known else percentile_window(images[1][0])),
        )
        chosen = choose_slices(scans[0].labels, SLICES)
        return cls(
            comparison,
            sessions,
            images,
            scans,
            known,
            presets[0].words if known else PERCENTILE_WORDS,
            (
                muscle_projection(_without_head(scans[0]), readings[0]),
                muscle_projection(_without_head(scans[1]), readings[1]),
            ),
            _matching(scans, readings, chosen),
            chosen,
            _matching(scans, readings, choose_slices(scans[0].labels, AXIAL, axis=2), axis=2),
        )


def _matching(
    scans: tuple[Upright, Upright],
    readings: tuple[Reading, Reading],
    chosen: Sequence[int],
    axis: int = 1,
) -> Row:
    """Draw slices of the first visit, each with that of the second which shows the same groups."""
    return tuple(
        (
            slice_picture(scans[0], place, readings[0], axis),
            slice_picture(
                scans[1], _alike(np.take(scans[0].labels, place, axis), scans[1].labels, axis), readings[1], axis
            ),
        )
        for place in chosen
    )


def visits_height(visits: Visits) -> float:
    """Return the height in mm that `draw_visits` takes at `WIDTH`."""
    return _HEADER + _tall(visits.projections) * _scale(visits.projections) + FOOTER


def draw_visits(sheet: Sheet, visits: Visits) -> None:
    """Draw the projections of both visits beside each other, each with its letter, its total and its groups."""
    pictures = visits.projections
    scale, tall = _scale(pictures), _tall(pictures)
    left = 0.0
    for number, picture in enumerate(pictures):
        _heading(sheet, left, visits, number)
        wide = picture.width_mm * scale
        draw_picture(sheet.axes(left, _HEADER, wide, scale * tall), picture, tall, legend=True)
        left += wide + GAP
    write_foot(sheet, visits.comparison)


def slices_height(rows: Sequence[Row]) -> float:
    """Return the height in mm that `draw_slices` takes at `WIDTH`."""
    _, tall = _slice_size(rows)
    return _HEADER + len(rows) * (tall + _LINE) + FOOTER


def draw_slices(sheet: Sheet, visits: Visits, rows: Sequence[Row]) -> None:
    """Draw slices of A on the left and the matching ones of B on the right, in rows."""
    wide, tall = _slice_size(rows)
    tallest = _tallest(rows)
    for number, letter in enumerate("AB"):
        beside = number * (WIDTH + GAP) / 2
        _heading(sheet, beside, visits, number)
        for down, row in enumerate(rows):
            top = _HEADER + down * (tall + _LINE)
            for along, pair in enumerate(row):
                left = beside + along * (wide + GAP / 2)
                axes = sheet.axes(left, top, wide, tall)
                draw_picture(axes, pair[number], tallest, legend=False, wide=wide * tallest / tall)
                words = f"{letter}, {pair[number].caption}"
                sheet.write(left, top + tall + 3.2, words, fontsize=7, color=SOFT)
    write_foot(sheet, visits.comparison)


def _heading(sheet: Sheet, left: float, visits: Visits, number: int) -> None:
    sums = (visits.comparison.before, visits.comparison.after)[number]
    sheet.write(left + 1, 9, "AB"[number], fontsize=18, fontweight="bold")
    total = f"{visits.sessions[number]}   {said_total(visits.comparison, number)}"
    sheet.write(left + 10, 7.5, total, fontsize=12, fontweight="bold")
    sheet.write(left + 10, 13, _subline(sums), fontsize=9, color=SOFT)


def said_total(comparison: Comparison, visit: int) -> str:
    """Return the total of the first (0) or the later visit (1) over common groups, or what its scan leaves open."""
    reading = (comparison.baseline, comparison.followup)[visit]
    sums = (comparison.before, comparison.after)[visit]
    return reading.score.said if reading.undecided else f"{sums.total}/{sums.max_assessable}"


def _subline(sums: Subtotal) -> str:
    return f"{sums.involved}/{sums.assessable} groups involved, {sums.grade2} of grade 2"


def write_foot(sheet: Sheet, comparison: Comparison) -> None:
    """Write into the lowest `FOOTER` mm what stands below every drawing."""
    both = zip("AB", (comparison.baseline, comparison.followup), strict=True)
    unreviewed = unreviewed_sentence(letter for letter, reading in both if not reading.reviewed)
    differ = "; ".join(comparison.protocol_differences)
    lines = [f"{NOTICE} {unreviewed}".strip(), *([f"Different protocols: {differ}."] if differ else [])]
    for number, words in enumerate(reversed(lines)):
        sheet.write(1, sheet.height - 2 - 3.2 * number, words, fontsize=6.5, color=SOFT)


def _scale(pictures: Sequence[Picture]) -> float:
    """Return figure mm per body mm, one for all, so that nothing seems to shrink or grow."""
    wide = (WIDTH - GAP * (len(pictures) - 1)) / sum(picture.width_mm for picture in pictures)
    return min(wide, (TALLEST - _HEADER - FOOTER) / _tall(pictures))


def _slice_size(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the width and the height in mm that every slice takes on the sheet, so that all have one scale."""
    columns = len(rows[0])
    wide = ((WIDTH - GAP) / 2 - GAP / 2 * (columns - 1)) / columns
    tall = (TALLEST - _HEADER - FOOTER) / len(rows) - _LINE
    widest = max(one.width_mm for row in rows for pair in row for one in pair)
    return wide, min(tall, _tallest(rows) * wide / widest)


def _tallest(rows: Sequence[Row]) -> float:
    return max(one.height_mm for row in rows for pair in row for one in pair)


def _tall(pictures: Sequence[Picture]) -> float:
    return max(picture.height_mm for picture in pictures)


def _without_head(scan: Upright) -> Upright:
    """Leave out what lies far above the highest muscle."""
    highest = int(np.argmax(scan.labels.any(axis=(0, 1))))
    first = max(0, highest - round(ABOVE_MM / scan.spacing[2]))
    return replace(scan, data=scan.data[:, :, first:], labels=scan.labels[:, :, first:])


def _alike(plane: NDArray[np.uint8], labels: NDArray[np.uint8], axis: int) -> int:
    """Return the slice along an axis whose groups have the areas most like those in a plane of the other visit."""
    wanted = np.bincount(plane.ravel(), minlength=256)[1:].astype(float)
    areas = np.stack([np.bincount(one.ravel(), minlength=256)[1:] for one in np.moveaxis(labels, axis, 0)])
    size = np.linalg.norm(areas, axis=1) * np.linalg.norm(wanted)
    return int(np.argmax(areas @ wanted / np.maximum(size, 1e-9)))
