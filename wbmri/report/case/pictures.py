"""The outlines of a case at a glance: one picture of all, and a small one for pages that show many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Reading, Volume
from wbmri.report.figures import (
    Upright,
    Window,
    choose_slices,
    contour_of,
    percentile_window,
    slice_picture,
    upright,
    window_presets,
)

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_THUMBNAIL_TALLEST, WIDEST = 420, 240
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

    scan = upright(volume, labels, window_presets(volume, labels, reading.reference)[0].limits)
    picture = slice_picture(scan, choose_slices(scan.labels, 1)[0], reading)
    scale = min(_THUMBNAIL_TALLEST / picture.height_mm, WIDEST / picture.width_mm)
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


CORONAL, AXIAL = 8, 6
"""How many slices are shown at most."""

WHITE_RATIO = 3.5
"""White is this multiple of the median inside the outlines: oedema stays below it and fluid reaches it."""

BLACK_SHARE = 0.1
"""At most this share of white is black."""

WIDTH = 2200
"""Width of the mosaic in pixels."""

TALLEST = 1000
"""Slices of one kind fill as many lines as fit into this height in pixels, at least one."""

FINEST_MM = 0.6
"""No pixel is smaller than this: no scan of a whole body resolves more."""

MARGIN_MM = 20.0
"""How far panels reach beyond the outlines to the sides."""

_GAP, _LINE, _TEXT, _COLUMN = 8, 26, 18, 340

_GREYS = 64
_SHADES = (1.0, 0.72, 0.45)
"""Greys, and shades of each colour, in the file: lines stay apart, and the file half as large as in full colour."""

_PAPER, _INK = (18, 18, 18), (236, 236, 236)


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """One slice with its labels, as it is seen.

    Parameters
    ----------
    data, labels
        Shape (rows, columns): 0 for black and 1 for white, and labels. The first column is the patient's right; the
        first row is superior on coronal and anterior on axial slices.
    spacing
        Height and width of a voxel in mm.
    words
        Where the slice lies.
    """

    data: NDArray[np.float32]
    labels: NDArray[np.uint8]
    spacing: tuple[float, float]
    words: str

    @property
    def size_mm(self) -> tuple[float, float]:
        """Height and width in mm."""
        return self.data.shape[0] * self.spacing[0], self.data.shape[1] * self.spacing[1]


def mosaic_png(volume: Volume, labels: LabelMap) -> bytes:
    """Draw coronal slices from front to back and axial levels from head to feet, with the outlines of all groups.

    Outlines have a colour for each pair; those of groups with a flag are bold. Panels have the proportions of the body
    whatever the voxels are, and are seen face to face: the patient's right is on the left.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.

    Returns
    -------
    bytes
        A PNG file; equal input gives equal bytes.

    Raises
    ------
    InputError
        If the labels lie on another grid.
    """
    from PIL import Image, ImageDraw

    scan = _trimmed(upright(volume, labels, _window(volume, labels)))
    placed, height = _layout((_coronal(scan), _axial(scan)))
    pairs = labels.scheme.pairs
    columns = WIDTH // _COLUMN
    legend = -(-len(pairs) // columns) * _LINE
    sheet = Image.new("RGB", (WIDTH * _FINER, (height + legend + _LINE + _GAP) * _FINER), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for spot in placed:
        _draw(sheet, draw, spot, frozenset(labels.flags))
    for number, pair in enumerate(pairs):
        x, y = _GAP + number % columns * _COLUMN, height + number // columns * _LINE
        draw.rectangle([side * _FINER for side in (x, y + 4, x + 26, y + 18)], _colour(number))
        _write(draw, (x + 34, y), pair.name)
    _write(draw, (_GAP, height + legend), _explained(labels))
    small = sheet.resize((sheet.width // _FINER, sheet.height // _FINER), Image.Resampling.BOX)
    file = BytesIO()
    small.quantize(palette=_palette(len(pairs)), dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _explained(labels: LabelMap) -> str:
    words = "Outlines in the colour of their pair, seen face to face; every panel has the proportions of the body."
    flagged = len(set(labels.flags) - {0})
    if flagged:
        words += f" Bold: {flagged} {'outline that is' if flagged == 1 else 'outlines that are'} not plausible."
    return words


def _colour(pair: int) -> tuple[int, int, int]:
    """Return a bright colour for a pair, counted from 0, with the next pairs far from it in hue and in lightness.

    The colours of schemes are made for areas; as thin lines over a grey image the dark ones would not be seen.
    """
    from colorsys import hls_to_rgb

    red, green, blue = hls_to_rgb(pair * 8 / 21 % 1, (0.55, 0.68, 0.8)[pair % 3], 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _palette(pairs: int) -> "Image":
    """Return the colours of the file: greys, and the shades of as many pairs as there is room for."""
    from PIL import Image

    greys = [(round(k * 255 / (_GREYS - 1)),) * 3 for k in range(_GREYS)]
    shades = [tuple(round(share * part) for part in _colour(k)) for share in _SHADES for k in range(pairs)]
    colours = (greys + shades)[:256]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette


def _window(volume: Volume, labels: LabelMap) -> Window:
    """Return what is black and white: the noise of the air, and what outshines muscle by far."""
    darkest, white = percentile_window(volume)
    inside = volume.data[labels.data > 0]
    if inside.size:
        white = min(white, WHITE_RATIO * float(np.median(inside)))
    black = max(darkest, min(float(np.median(volume.data)), BLACK_SHARE * white))
    return (black, white) if white > black else percentile_window(volume)


def _trimmed(scan: Upright) -> Upright:
    """Leave out what lies to the sides, before and behind all outlines."""
    kept = []
    for axis, others in ((0, (1, 2)), (1, (0, 2))):
        where = np.flatnonzero(scan.labels.any(others))
        if where.size == 0:
            return scan
        margin = round(MARGIN_MM / scan.spacing[axis])
        kept.append(slice(max(0, int(where[0]) - margin), int(where[-1]) + 1 + margin))
    x, y = kept
    return replace(
        scan,
        data=scan.data[x, y],
        labels=scan.labels[x, y],
        front_mm=scan.front_mm - y.start * scan.spacing[1],
    )


def _spread(labels: NDArray[np.uint8], axis: int, count: int) -> list[int]:
    """Choose slices along an axis from one end of the outlines to the other, closer where there is more to see."""
    extent = np.sqrt(np.count_nonzero(labels, axis=tuple({0, 1, 2} - {axis})))
    if not extent.any():
        return [labels.shape[axis] // 2]
    share = np.cumsum(extent) / extent.sum()
    wanted = (np.arange(count) + 0.5) / count
    return sorted({int(k) for k in np.searchsorted(share, wanted)})


def _coronal(scan: Upright) -> list[Panel]:
    x, y, z = scan.spacing
    return [
        Panel(scan.data[:, j].T, scan.labels[:, j].T, (z, x), _place(scan.front_mm - j * y))
        for j in _spread(scan.labels, 1, CORONAL)
    ]


def _axial(scan: Upright) -> list[Panel]:
    x, y, z = scan.spacing
    return [
        Panel(scan.data[:, :, k].T, scan.labels[:, :, k].T, (y, x), f"{k * z:.0f} mm below the upper edge")
        for k in _spread(scan.labels, 2, AXIAL)
    ]


def _place(y: float) -> str:
    return f"{'A' if y >= 0 else 'P'} {abs(y):.0f} mm"  # as viewers of DICOM images write it


@dataclass(frozen=True, eq=False, slots=True)
class _Spot:
    """A panel on the sheet: its left and upper edge and size in pixels."""

    panel: Panel
    left: int
    top: int
    width: int
    height: int


def _layout(rows: Sequence[Sequence[Panel]]) -> tuple[list[_Spot], int]:
    """Place the slices of each kind, all of a kind at one scale; return them and the height they take."""
    placed: list[_Spot] = []
    top = _GAP
    for row in rows:
        tall, wide = row[0].size_mm
        for lines in range(len(row), 0, -1):
            across = -(-len(row) // lines)
            filling = across * wide / (WIDTH - _GAP * (across + 1))
            pixel = max(FINEST_MM, filling)
            height, width = max(1, int(tall / pixel)), max(1, int(wide / pixel))
            if lines * height <= TALLEST and filling >= FINEST_MM:
                break
        for number, panel in enumerate(row):
            down, right = divmod(number, across)
            placed.append(_Spot(panel, _GAP + right * (width + _GAP), top + down * (height + _LINE), width, height))
        top += -(-len(row) // across) * (height + _LINE) + _GAP
    return placed, top


def _draw(sheet: "Image", draw: "ImageDraw", spot: _Spot, bold: frozenset[int]) -> None:
    from PIL import Image

    panel = spot.panel
    grey = Image.fromarray(np.round(np.clip(panel.data, 0, 1) * 255).astype(np.uint8))
    grey = grey.resize((spot.width * _FINER, spot.height * _FINER), Image.Resampling.BILINEAR)
    sheet.paste(grey.convert("RGB"), (spot.left * _FINER, spot.top * _FINER))
    scale = np.array([spot.height, spot.width]) / panel.labels.shape
    for label in (int(value) for value in np.unique(panel.labels) if value):
        for line in _borders(panel.labels == label):
            points = (line * scale + (spot.top, spot.left)) * _FINER
            draw.line([(x, y) for y, x in points.tolist()], _colour((label - 1) // 2), width=6 if label in bold else 3)
    _write(draw, (spot.left + 4, spot.top + 2), "R")
    _write(draw, (spot.left + spot.width - 4, spot.top + 2), "L", anchor="ra")
    _write(draw, (spot.left, spot.top + spot.height + 1), panel.words)


def _borders(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Trace borders; points in voxels from the upper left corner, rows first."""
    from skimage.measure import find_contours

    if not mask.any():
        return []
    # Index 1 of the padded mask is the centre of the first voxel, half a voxel inside the picture.
    return [line - 0.5 for line in find_contours(np.pad(mask, 1).astype(np.float32), 0.5)]


def _write(draw: "ImageDraw", place: tuple[int, int], words: str, anchor: str = "la") -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(_TEXT * _FINER)
    draw.text((place[0] * _FINER, place[1] * _FINER), words, _INK, font, anchor=anchor)
