"""Key images: slices with their outlines burnt in for other viewers, and those that a reader chose for the report."""

from dataclasses import dataclass, field, replace
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import NOTICE, PLANES, LabelMap, Reading, Volume
from wbmri.report.figures import (
    FACING,
    Picture,
    Upright,
    choose_slices,
    contour_of,
    said_of,
    slice_picture,
    upright,
    window_presets,
)

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

COUNT = 4
"""How many slices are shown at most."""

TALLEST, NARROWEST = 1100, 640
"""Height of a slice and least width of an image in pixels: the words need room below a small scan, too."""

_FINER = 2
"""Drawn this many times finer and then averaged, which smooths the lines."""

_GAP, _LINE, _TEXT = 10, 24, 18
_CHARACTER = 0.55
"""Width of an average character over the size of the text, for breaking lines."""
_INK, _PAPER = (236, 236, 236), (0, 0, 0)


@dataclass(frozen=True, eq=False, slots=True)
class KeyImage:
    """One slice as it is shown.

    Parameters
    ----------
    pixels
        Red, green and blue, uint8 of shape (rows, columns, 3), seen face to face.
    words
        Where the slice lies.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    words: str


def key_images(volume: Volume, labels: LabelMap, reading: Reading) -> tuple[KeyImage, ...]:
    """Draw the coronal slices that show most groups, outlined in the colours of their grades.

    Sides, place, colours, who read it and the notice that this is no medical device are burnt in; the person is not
    named.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.
    reading
        The grades.

    Returns
    -------
    tuple of KeyImage
        From front to back; equal input gives equal pixels.

    Raises
    ------
    InputError
        If the labels lie on another grid.
    """
    scan = upright(volume, labels, window_presets(volume, labels, reading.reference)[0].limits)
    chosen = choose_slices(scan.labels, COUNT)
    # Where few slices show all groups already, those that were added to them may show none.
    places = [place for place in chosen if scan.labels[:, place].any()] or chosen[:1]
    return tuple(_drawn(slice_picture(scan, place, reading), reading) for place in places)


def key_pictures(volume: Volume, scan: Upright, reading: Reading) -> list[Picture]:
    """Show the slices that the reader chose for the report, in that order.

    Parameters
    ----------
    volume, scan
        The scan, as it is stored and as it is shown.
    reading
        The reading.
    """
    grid, pictures = volume.grid.stored_as(FACING).grid, []
    for kept in () if reading.review is None else reading.review.key_slices:
        axis = PLANES.index(kept.plane)
        place = round(float(grid.indices(kept.point_mm)[axis])) - scan.first[axis]
        picture = slice_picture(scan, min(max(place, 0), scan.labels.shape[axis] - 1), reading, axis)
        name = next((group.name for group in reading.scheme.groups if group.id == kept.group), kept.group)
        where = f", {picture.caption}" if axis else ""
        pictures.append(replace(picture, caption=f"{kept.plane.capitalize()}{where}: {name}"))
    return pictures


def _drawn(picture: Picture, reading: Reading) -> KeyImage:
    from PIL import Image, ImageDraw

    scale = TALLEST / picture.height_mm
    size = max(1, round(picture.width_mm * scale)), TALLEST
    width = max(NARROWEST, size[0])
    left = (width - size[0]) // 2
    said = [f"Coronal, {picture.caption}. {reading.read_by.capitalize()}.", NOTICE]
    lines = [line for words in said for line in wrap(words, int((width - 2 * _GAP) / (_TEXT * _CHARACTER)))]
    height = size[1] + 2 * _GAP + _LINE * (1 + len(lines))
    sheet = Image.new("RGB", (width * _FINER, height * _FINER), _PAPER)
    grey = Image.fromarray(np.round(picture.grey * 255).astype(np.uint8))
    sheet.paste(
        grey.resize((size[0] * _FINER, size[1] * _FINER), Image.Resampling.BILINEAR).convert("RGB"), (left * _FINER, 0)
    )
    draw = ImageDraw.Draw(sheet)
    for outline in picture.outlines:
        for line in outline.lines:
            points = [((x * scale + left) * _FINER, y * scale * _FINER) for x, y in line.tolist()]
            draw.line(points, contour_of(outline.grade), width=2 * _FINER)
    _write(draw, (_GAP, _GAP), "R")
    _write(draw, (width - _GAP, _GAP), "L", anchor="ra")
    place = _GAP
    for grade in (0, 1, 2, None):
        words = said_of(grade)
        _write(draw, (place, size[1] + _GAP), words, colour=contour_of(grade))
        place += round(len(words) * _TEXT * _CHARACTER) + 2 * _GAP
    for number, words in enumerate(lines, start=1):
        _write(draw, (_GAP, size[1] + _GAP + number * _LINE), words)
    small = sheet.resize((width, height), Image.Resampling.BOX)
    return KeyImage(np.array(small, dtype=np.uint8), picture.caption)


def _write(
    draw: "ImageDraw",
    place: tuple[int, int],
    words: str,
    anchor: str = "la",
    colour: str | tuple[int, int, int] = _INK,
) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(_TEXT * _FINER)
    draw.text((place[0] * _FINER, place[1] * _FINER), words, colour, font, anchor=anchor)
