"""One small picture of a case, for pages that show many."""

from io import BytesIO

import numpy as np

from wbmri.labelmap import LabelMap
from wbmri.reading import Reading
from wbmri.report.colours import contour_of
from wbmri.report.figures import choose_slices, percentile_window, ratio_window, slice_picture, upright
from wbmri.volume import Volume

TALLEST, WIDEST = 420, 240
"""Largest height and width in pixels: a thousand of them still make a page that opens."""

_FINER = 2
"""Drawn this many times finer and then averaged, which smooths the lines."""


def thumbnail_png(volume: Volume, labels: LabelMap, reading: Reading) -> bytes:
    """Draw the coronal slice that shows most groups best, outlined in the colours of their grades.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.
    reading
        The grades.

    Returns
    -------
    bytes
        A PNG file, seen face to face; equal input gives equal bytes.

    Raises
    ------
    InputError
        If the labels lie on another grid.
    """
    from PIL import Image, ImageDraw

    window = ratio_window(volume, labels, reading.reference) or percentile_window(volume)
    scan = upright(volume, labels, window)
    picture = slice_picture(scan, choose_slices(scan.labels, 1)[0], reading)
    scale = min(TALLEST / picture.height_mm, WIDEST / picture.width_mm)
    size = (max(1, round(picture.width_mm * scale)), max(1, round(picture.height_mm * scale)))
    grey = Image.fromarray(np.round(picture.grey * 255).astype(np.uint8))
    sheet = grey.resize((size[0] * _FINER, size[1] * _FINER), Image.Resampling.BILINEAR).convert("RGB")
    draw = ImageDraw.Draw(sheet)
    for outline in picture.outlines:
        for line in outline.lines:
            points = [(x, y) for x, y in (line * scale * _FINER).tolist()]
            draw.line(points, contour_of(outline.grade), width=_FINER)
    file = BytesIO()
    small = sheet.resize(size, Image.Resampling.BOX)
    small.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
