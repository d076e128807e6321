"""Coronal pictures of a scan, seen face to face: the patient's right on the viewer's left, the head up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from wbmri.labelmap import LabelMap
from wbmri.reading import Reference
from wbmri.volume import Volume

PIXEL_MM = 1.25
"""Pixel size of the pictures, unless the scan is coarser: sharp in print, and seven pictures stay below 2 MB."""

GREYS = 64
"""Grey levels of the pictures: no visible step, and noise compresses to less."""

WINDOW_RATIO = 4.0
"""White is this multiple of the normal-muscle level, where that is known: fluid, the brightest tissue, is near 4."""

MARGIN_MM = (45.0, 70.0, 230.0)
"""How far the pictures reach beyond the outlines: to each side, below, and above, where the head is."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The border of one group in a picture: closed lines in mm from the upper left corner, shape (n, 2)."""

    label: int
    lines: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """A coronal picture with the outlines of the groups in it.

    Parameters
    ----------
    grey
        Shape (rows, columns), 0..1 after windowing; the first row is the most superior, the first column the
        patient's right.
    width_mm, height_mm
        True size of the picture.
    outlines
        The groups in it.
    caption
        What is shown.
    """

    grey: NDArray[np.float32]
    width_mm: float
    height_mm: float
    outlines: tuple[Outline, ...]
    caption: str

    @property
    def png(self) -> bytes:
        """The picture without its outlines as a PNG file; equal pictures give equal bytes."""
        from PIL import Image

        levels = np.round(self.grey * (GREYS - 1)) * (255.0 / (GREYS - 1))
        file = BytesIO()
        Image.fromarray(np.round(levels).astype(np.uint8), mode="L").save(file, "PNG", optimize=True)
        return file.getvalue()


@dataclass(frozen=True, eq=False, slots=True)
class Upright:
    """A scan and its labels with the axes running left, posterior and inferior, cropped to the body.

    Parameters
    ----------
    data, labels
        Windowed intensities 0..1 and labels, shape (i, j, k): to the patient's left, to the back, to the feet.
    spacing
        Voxel size in mm.
    front_mm
        RAS y, in mm, of the centre of the first coronal slice; slices follow towards the back.
    """

    data: NDArray[np.float32]
    labels: NDArray[np.uint8]
    spacing: tuple[float, float, float]
    front_mm: float


def upright(volume: Volume, labels: LabelMap, window: tuple[float, float]) -> Upright:
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
    from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

    labels.check_grid(volume)
    turn = ornt_transform(io_orientation(volume.affine), axcodes2ornt("LPI"))
    affine = volume.affine @ inv_ornt_aff(turn, volume.shape)
    marks = apply_orientation(labels.data, turn)
    black, white = window
    data = np.clip((apply_orientation(volume.data, turn) - black) / (white - black), 0.0, 1.0)
    x, y, z = (float(step) for step in np.linalg.norm(affine[:3, :3], axis=0))
    box = _box(marks, (x, y, z))
    centre = np.array([marks.shape[0] / 2, 0.0, marks.shape[2] / 2, 1.0])
    return Upright(data[box], np.ascontiguousarray(marks[box]), (x, y, z), float((affine @ centre)[1]))


def window_of(volume: Volume, labels: LabelMap, reference: Reference | None) -> tuple[float, float]:
    """Choose the intensities to show as black and as white.

    With a normal-muscle level that fits the scan, 0 to `WINDOW_RATIO` times that level, so that two scans of one
    person look alike where they are alike; otherwise the 1st and the 99.7th percentile.
    """
    muscle = volume.data[labels.data > 0]
    if reference is not None and muscle.size:
        # The level belongs to the corrected intensities; it is used only where it also describes this volume.
        low, high = np.percentile(muscle, (1.0, 95.0))
        if low <= reference.level <= high:
            return 0.0, WINDOW_RATIO * reference.level
    black, white = np.percentile(volume.data, (1.0, 99.7))
    return float(black), float(max(white, np.nextafter(black, np.inf, dtype=np.float32)))


def choose_slices(labels: NDArray[np.uint8], count: int) -> tuple[int, ...]:
    """Choose coronal slices that show every group as well as so few can.

    Each group should appear in some chosen slice at close to its largest area; slices are taken one by one, each the
    one that adds most to that.

    Parameters
    ----------
    labels
        Shape (i, j, k); slices lie along j.
    count
        How many at most.
    """
    present = np.unique(labels[labels > 0])
    if present.size == 0:
        return (labels.shape[1] // 2,)
    area = np.stack([np.bincount(labels[:, j, :].ravel(), minlength=256)[present] for j in range(labels.shape[1])])
    share = area / area.max(axis=0)
    chosen: list[int] = []
    seen = np.zeros(present.size)
    for _ in range(min(count, labels.shape[1])):
        gain = np.maximum(share, seen).sum(axis=1)
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain)))
        seen = np.maximum(seen, share[chosen[-1]])
    return tuple(sorted(chosen))


def slice_picture(scan: Upright, j: int) -> Picture:
    """Show one coronal slice."""
    place = scan.front_mm - j * scan.spacing[1]
    words = f"{'A' if place >= 0 else 'P'} {abs(place):.0f} mm"  # as viewers of DICOM images write it
    return _picture(scan, scan.data[:, j, :], _outlines(scan.labels[:, j, :], scan.spacing), words)


def projection(scan: Upright, *, muscles_only: bool) -> Picture:
    """Show the brightest voxel along every line from front to back.

    Parameters
    ----------
    scan
        The scan.
    muscles_only
        Whether only the voxels inside the groups count; then the groups' outlines are drawn as well, and vessels,
        marrow, fluid and organs are out of the picture.
    """
    if not muscles_only:
        return _picture(scan, scan.data.max(axis=1), (), "whole body")
    inside = np.where(scan.labels > 0, scan.data, 0.0).max(axis=1)
    outlines: list[Outline] = []
    for label in np.unique(scan.labels[scan.labels > 0]):
        flat = (scan.labels == label).any(axis=1)
        outlines += _outlines(np.where(flat, label, 0).astype(np.uint8), scan.spacing)
    return _picture(scan, inside, outlines, "inside the muscle groups")


def picture_svg(
    picture: Picture, colours: Mapping[int, str], names: Mapping[int, str], *, title: str, marks: bool = True
) -> str:
    """Draw a picture as one SVG element: the scan as a PNG inside it, the outlines as sharp lines over it.

    Parameters
    ----------
    picture
        What to draw.
    colours
        Label to the colour of its outline.
    names
        Label to what hovering over the outline says, such as ``Deltoid, left: grade 1``.
    title
        What the picture shows, for screen readers.
    marks
        Whether to add the R and L marks and the scale bar.
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
        '<g fill="none" stroke-width="1.9" stroke-linejoin="round">',
    ]
    for outline in picture.outlines:
        path = "".join(
            "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in line[:-1]) + "Z" for line in outline.lines if len(line) > 3
        )
        parts.append(
            f'<path d="{path}" stroke="{colours[outline.label]}"><title>{escape(names[outline.label])}</title></path>'
        )
    parts.append("</g>")
    if marks:
        parts.append(_marks(width, height))
    return "".join([*parts, "</svg>"])


def _marks(width: float, height: float) -> str:
    x, y, bar = 12.0, height - 14.0, 100.0
    return (
        '<g fill="#ffffff" font-family="Helvetica, Arial, sans-serif" font-size="30" font-weight="700">'
        f'<text x="{x}" y="38">R</text><text x="{width - x:.1f}" y="38" text-anchor="end">L</text></g>'
        f'<path d="M{x} {y - 6:.1f}v6h{bar}v-6" fill="none" stroke="#ffffff" stroke-width="2.5"/>'
        f'<text x="{x + bar / 2}" y="{y - 8:.1f}" fill="#ffffff" font-family="Helvetica, Arial, sans-serif" '
        'font-size="20" text-anchor="middle">100 mm</text>'
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


def _picture(scan: Upright, plane: NDArray[np.float32], outlines: Sequence[Outline], caption: str) -> Picture:
    """Turn a plane of shape (to the left, to the feet) into a picture with square pixels of a sensible size."""
    from scipy.ndimage import zoom

    x, _, z = scan.spacing
    width, height = plane.shape[0] * x, plane.shape[1] * z
    pixel = max(PIXEL_MM, min(x, z))
    rows, columns = max(round(height / pixel), 1), max(round(width / pixel), 1)
    grey = plane.T
    if (rows, columns) != grey.shape:
        grey = zoom(grey, (rows / grey.shape[0], columns / grey.shape[1]), order=1, grid_mode=True, mode="nearest")
    return Picture(np.clip(grey, 0.0, 1.0).astype(np.float32), width, height, tuple(outlines), caption)


def _outlines(plane: NDArray[np.uint8], spacing: tuple[float, float, float]) -> list[Outline]:
    """Trace the border of every label in a plane of shape (to the left, to the feet), in mm."""
    from skimage.measure import approximate_polygon, find_contours

    step = np.array([spacing[0], spacing[2]])
    found = []
    for label in np.unique(plane[plane > 0]):
        mask = np.pad(plane == label, 1).astype(np.float32)
        lines = tuple(
            # Index 1 of the padded plane is the centre of the first voxel, half a voxel inside the picture.
            approximate_polygon((line - 0.5) * step, tolerance=0.4 * float(step.min()))
            for line in find_contours(mask, 0.5)
        )
        found.append(Outline(int(label), lines))
    return found
