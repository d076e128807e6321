"""Coronal and axial pictures of a scan: the patient's right on the viewer's left, the head or the front up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Reading, Volume
from wbmri.report.figures.colours import contour_of, fill_of, said_of, text_of, width_of
from wbmri.report.figures.display_window import PROJECTION_RANGE, Window

PIXEL_MM = 1.5
"""Pixel size of the pictures, unless the scan is coarser: sharp in print, and eight pictures stay below 2 MB."""

GREYS = 64
"""Grey levels of the pictures: no visible step, and noise compresses to less."""

SPECK_MM2 = 40.0
"""Outlines around less than this, such as tendons cut across, are left out of the pictures."""

NUMERAL_APART_MM, NUMERAL_ROOM_MM = 110.0, 5.0
"""Grades are written into the areas of the projection so far apart, where so much room is on every side."""

MARGIN_MM = (45.0, 70.0, 230.0)
"""How far the pictures reach beyond the outlines: to each side, below, and above, where the head is."""

DEPTH_MARGIN_MM = 30.0
"""How far axial pictures reach beyond the outlines to the front and to the back."""

_WORDS = {1: ("anterior", "posterior"), 2: ("superior", "inferior")}
"""Axis of an `Upright` to the words for the two sides of the scanner's centre."""

FACING = "LPI"
"""The axes of the pictures, see `Grid.stored_as`: to the patient's left, to the back, to the feet."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A border in a picture.

    Parameters
    ----------
    words
        What it surrounds, such as ``Deltoid, left: grade 1``.
    grade
        The grade in whose style it is drawn; ``None`` for not assessable.
    lines
        Closed lines in mm from the upper left corner, each of shape (n, 2).
    """

    words: str
    grade: int | None
    lines: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class Numeral:
    """A grade written into a picture, for those who cannot tell the colours.

    Parameters
    ----------
    grade
        The grade.
    at
        Its centre in mm from the upper left corner.
    """

    grade: int
    at: tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A picture with the outlines of the groups in it.

    Parameters
    ----------
    grey
        Shape (rows, columns), 0..1 after windowing; the first row is the most superior one, or the most anterior on
        axial pictures, the first column the patient's right.
    width_mm, height_mm
        True size of the picture.
    outlines
        The borders over it.
    caption
        What is shown.
    numerals
        Grades written into it.
    """

    grey: NDArray[np.float32]
    width_mm: float
    height_mm: float
    outlines: tuple[Outline, ...]
    caption: str
    numerals: tuple[Numeral, ...] = ()

    @property
    def png(self) -> bytes:
        """The picture without its outlines as a PNG file; equal pictures give equal bytes."""
        from PIL import Image

        levels = np.round(self.grey * (GREYS - 1)) * (255.0 / (GREYS - 1))
        file = BytesIO()
        Image.fromarray(np.round(levels).astype(np.uint8), mode="L").save(file, "PNG", compress_level=4)
        return file.getvalue()


@dataclass(frozen=True, eq=False, slots=True)
class Upright:
    """A scan and its labels with the axes running left, posterior and inferior, cropped to the body.

    Parameters
    ----------
    data, labels
        Intensities, 0 for black and 1 for white, and labels; shape (i, j, k): to the patient's left, to the back, to
        the feet.
    spacing
        Voxel size in mm.
    front_mm, top_mm
        RAS y of the centre of the first coronal slice and RAS z of that of the first axial one, in mm; slices follow
        towards the back and the feet.
    first
        What of the whole grid, turned this way, the first voxel is.
    """

    data: NDArray[np.float32]
    labels: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    front_mm: float
    top_mm: float
    first: tuple[int, int, int] = (0, 0, 0)


def upright(volume: Volume, labels: LabelMap, window: Window) -> Upright:
    """Bring a scan into the viewer's orientation.

    Only flips and permutations are applied, so an oblique scan is shown along its own planes and at its true size.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.
    window
        Intensities to show as black and as white.

    Raises
    ------
    InputError
        If the labels lie on another grid.
    """
    labels.check_grid(volume)
    storage = volume.grid.stored_as(FACING)
    marks = storage.apply(labels.data)
    black, white = window
    data = (storage.apply(volume.data) - np.float32(black)) / np.float32(white - black)
    box = _box(marks, storage.grid.spacing)
    front = storage.grid.points([marks.shape[0] / 2, 0.0, marks.shape[2] / 2])
    top = storage.grid.points([marks.shape[0] / 2, marks.shape[1] / 2, float(box[2].start or 0)])
    shown = np.ascontiguousarray(marks[box])
    i, j, k = (int(part.start or 0) for part in box)
    return Upright(data[box], shown, storage.grid.spacing, float(front[1]), float(top[2]), (i, j, k))


def coronal_index(volume: Volume, slices: Sequence[int]) -> tuple[int, NDArray[np.intp]]:
    """Return the axis of a volume across which coronal slices lie, and the places on it of slices of its `upright`."""
    turn = volume.grid.stored_as(FACING).turn
    axis = int(np.flatnonzero(turn[:, 0] == 1)[0])
    places = np.array(slices, np.intp)
    return axis, places if turn[axis, 1] > 0 else volume.shape[axis] - 1 - places


def choose_slices(labels: NDArray[np.uint8], count: int, axis: int = 1) -> tuple[int, ...]:
    """Choose slices that show every group as well as so few can.

    Each group should appear in some chosen slice at close to its largest area; slices are taken one by one, each the
    one that adds most to that.

    Parameters
    ----------
    labels
        Labels of an `Upright`, shape (i, j, k).
    count
        How many at most.
    axis
        Along which axis slices lie: 1 for coronal, 2 for axial ones.
    """
    present = np.unique(labels[labels > 0])
    slices = np.moveaxis(labels, axis, 0)
    if present.size == 0:
        return (len(slices) // 2,)
    area = np.stack([np.bincount(plane.ravel(), minlength=256)[present] for plane in slices])
    share = area / area.max(axis=0)
    chosen: list[int] = []
    seen = np.zeros(present.size)
    for _ in range(min(count, len(slices))):
        gain = np.maximum(share, seen).sum(axis=1)
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain)))
        seen = np.maximum(seen, share[chosen[-1]])
    return tuple(sorted(chosen))


def slice_picture(scan: Upright, place: int, reading: Reading, axis: int = 1) -> Picture:
    """Show one slice with the outlines of its groups in the colours of their grades.

    Parameters
    ----------
    scan
        The scan.
    place
        Which slice.
    reading
        The grades.
    axis
        0 for a sagittal slice, 1 for a coronal one, 2 for an axial one, which is cut to the depth of the outlines.
    """
    plane, labels = (np.take(whole, place, axis) for whole in (scan.data, scan.labels))
    if axis == 2:
        depth = _depth(scan)
        plane, labels = plane[:, depth], labels[:, depth]
    spacing = _spacing(scan, axis)
    outlines = [
        Outline(f"{group.name}: {said_of(entry.grade)}", entry.grade, _borders(labels == group.label, spacing))
        for group, entry in reading.by_group()
    ]
    mm = (scan.front_mm if axis == 1 else scan.top_mm) - place * scan.spacing[axis]
    caption = f"{abs(mm):.0f} mm {_WORDS[axis][mm < 0]}" if axis else "sagittal"
    return _picture(plane, spacing, outlines, caption)


def _spacing(scan: Upright, axis: int) -> tuple[float, float]:
    """Return the distance of the columns and of the rows of pictures across an axis, in mm."""
    return (scan.spacing[1], scan.spacing[2]) if axis == 0 else (scan.spacing[0], scan.spacing[3 - axis])


def _depth(scan: Upright) -> slice:
    """Return which coronal slices axial pictures show."""
    where = np.flatnonzero(scan.labels.any(axis=(0, 2)))
    if where.size == 0:
        return slice(None)
    margin = round(DEPTH_MARGIN_MM / scan.spacing[1])
    return slice(max(int(where[0]) - margin, 0), int(where[-1]) + 1 + margin)


def whole_projection(scan: Upright) -> Picture:
    """Show the brightest voxel along every line from front to back."""
    return _picture(scan.data.max(axis=1) / PROJECTION_RANGE, _spacing(scan, 1), (), "whole body")


def muscle_projection(scan: Upright, reading: Reading) -> Picture:
    """Show the brightest voxel inside the groups along every line from front to back.

    Vessels, marrow, fluid and organs are out of the picture. The outlines surround the areas in which the worst grade
    along the line is 0, 1 or 2, and that grade is written into them.
    """
    ranks = np.zeros(256, dtype=np.uint8)
    for entry in reading.groups:
        ranks[entry.label] = 1 if entry.grade is None else 2 + entry.grade
    worst = ranks[scan.labels].max(axis=1)
    spacing = _spacing(scan, 1)
    outlines = [
        Outline(f"worst {said_of(grade)}", grade, _borders(worst == rank, spacing))
        for rank, grade in enumerate((None, 0, 1, 2), start=1)
    ]
    numerals = tuple(Numeral(grade, at) for grade in range(3) for at in _roomy_places(worst == 2 + grade, spacing))
    inside = np.where(scan.labels > 0, scan.data, 0.0).max(axis=1) / PROJECTION_RANGE
    return replace(_picture(inside, spacing, outlines, "inside the muscle groups"), numerals=numerals)


def picture_svg(picture: Picture, *, title: str) -> str:
    """Draw a picture as one SVG element: the scan as a PNG inside it, the outlines as sharp lines over it.

    Parameters
    ----------
    picture
        What to draw.
    title
        What the picture shows, for screen readers.
    """
    from base64 import b64encode
    from html import escape

    width, height = picture.width_mm, picture.height_mm
    parts = [
        f'<svg class="scan" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<image width="{width:.1f}" height="{height:.1f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{b64encode(picture.png).decode()}"/>',
        '<g fill="none" stroke-linejoin="round">',
    ]
    for outline in picture.outlines:
        path = "".join("M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in line[:-1]) + "Z" for line in outline.lines)
        dashes = ' stroke-dasharray="6 4"' if outline.grade is None else ""
        parts.append(
            f'<path d="{path}" stroke="{contour_of(outline.grade)}" stroke-width="{width_of(outline.grade)}"{dashes}>'
            f"<title>{escape(outline.words)}</title></path>",
        )
    parts.append('</g><g font-family="Helvetica, Arial, sans-serif" font-size="24" font-weight="700">')
    for numeral in picture.numerals:
        x, y = numeral.at
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="14" fill="{fill_of(numeral.grade)}" stroke="#1b2229"/>'
            f'<text x="{x:.1f}" y="{y + 8.5:.1f}" fill="{text_of(numeral.grade)}" text-anchor="middle">'
            f"{numeral.grade}</text>",
        )
    return "".join([*parts, "</g>", _marks(width, height), "</svg>"])


def _marks(width: float, height: float) -> str:
    x, y, bar = 12.0, height - 14.0, 100.0
    # Axial pictures are flat, and shown larger.
    size = min(30.0, height / 10)
    return (
        f'<g fill="#ffffff" font-family="Helvetica, Arial, sans-serif" font-size="{size:.0f}" font-weight="700">'
        f'<text x="{x}" y="{8 + size:.0f}">R</text><text x="{width - x:.1f}" y="{8 + size:.0f}" text-anchor="end">L'
        f'</text></g><path d="M{x} {y - 6:.1f}v6h{bar}v-6" fill="none" stroke="#ffffff" stroke-width="2.5"/>'
        f'<text x="{x + bar / 2}" y="{y - 8:.1f}" fill="#ffffff" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{size * 2 / 3:.0f}" text-anchor="middle">100 mm</text>'
    )


def _box(marks: NDArray[np.uint8], spacing: tuple[float, float, float]) -> tuple[slice, slice, slice]:
    """Return the part of the grid that the pictures show."""
    if not marks.any():
        return slice(None), slice(None), slice(None)
    side, below, above = MARGIN_MM
    bounds = []
    for axis, (before, after) in ((0, (side, side)), (2, (above, below))):
        where = np.flatnonzero(marks.any(axis=tuple({0, 1, 2} - {axis})))
        first = max(int(where[0]) - round(before / spacing[axis]), 0)
        bounds.append(slice(first, int(where[-1]) + 1 + round(after / spacing[axis])))
    return bounds[0], slice(None), bounds[1]


def _picture(
    plane: NDArray[np.float32],
    spacing: tuple[float, float],
    outlines: Sequence[Outline],
    caption: str,
) -> Picture:
    """Turn a plane of shape (columns, rows) into a picture with square pixels of a sensible size."""
    from scipy.ndimage import zoom

    width, height = (count * step for count, step in zip(plane.shape, spacing, strict=True))
    pixel = max(PIXEL_MM, min(spacing))
    rows, columns = max(round(height / pixel), 1), max(round(width / pixel), 1)
    grey = plane.T
    if (rows, columns) != grey.shape:
        grey = zoom(grey, (rows / grey.shape[0], columns / grey.shape[1]), order=1, grid_mode=True, mode="nearest")
    return Picture(np.clip(grey, 0.0, 1.0).astype(np.float32), width, height, tuple(outlines), caption)


def _borders(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> tuple[NDArray[np.float64], ...]:
    """Trace the border of a mask of shape (columns, rows), in mm from the picture's upper left corner."""
    from skimage.measure import find_contours

    if not mask.any():
        return ()
    step = np.array(spacing)
    # Index 1 of the padded mask is the centre of the first voxel, half a voxel inside the picture.
    traced = find_contours(np.pad(mask, 1).astype(np.float32), 0.5)
    lines = (_straightened(line - 0.5) * step for line in traced)
    return tuple(line for line in lines if _area(line) >= SPECK_MM2)


def _roomy_places(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Yield the places inside a mask of shape (columns, rows) that lie farthest from its border, apart."""
    from scipy.ndimage import distance_transform_edt

    step = np.array(spacing)
    room = distance_transform_edt(np.pad(mask, 1), sampling=step)[1:-1, 1:-1]
    i, k = (np.arange(length) * spacing for length, spacing in zip(mask.shape, step, strict=True))
    while room.max(initial=0.0) >= NUMERAL_ROOM_MM:
        place = np.array(np.unravel_index(np.argmax(room), room.shape)) * step
        near = np.ix_(np.abs(i - place[0]) < NUMERAL_APART_MM, np.abs(k - place[1]) < NUMERAL_APART_MM)
        room[near] = 0.0
        x, y = place + step / 2
        yield float(x), float(y)


def _area(line: NDArray[np.float64]) -> float:
    """Area inside a closed line, by the shoelace formula."""
    x, y = line.T
    return abs(float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))) / 2


def _straightened(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out the points of a closed line that lie on the straight way between their neighbours."""
    before, after = np.diff(line[:-1], axis=0), np.diff(line[1:], axis=0)
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    return line[np.concatenate(([True], turns, [True]))]
