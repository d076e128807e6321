"""Whether an image shows a human body or a part of one."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, Step, Volume, canonical
from wbmri.registration import linear_on_grid

LOOK_MM = 8.0
"""Voxel size at which outlines are looked at: enough for limbs, bones and the fat between muscles."""

_CLOSED_MM = 24.0
"""The outline runs over dark gaps up to this wide, so that fat and bone count to the body."""

_LEAST_AREA_MM2 = 900.0
"""Levels with less are not looked at."""

_SPECK_SHARE = 0.05
"""Parts of less than this share of the largest are not looked at."""

_STATURES_MM = 700.0 * 1.05 ** np.arange(24)
_OFFSETS = 0.015
"""Step, as a share of the height, in which the place of the lowest level is searched for."""
_BEYOND = 0.06
"""How far the image may reach beyond soles or vertex, as a share of the height."""
_STOUT = 0.3
"""Width and depth may differ from the model's by a factor of e to this."""
_CAP = 0.8
"""Levels that differ more, such as a cut arm, count no more than this."""


def body_outline(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill the outlines level by level over dark gaps, and leave out specks. Shape (x, y, z) in and out."""
    from scipy import ndimage

    reach = round(_CLOSED_MM / LOOK_MM)
    disc = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) <= reach + 0.3
    body = np.zeros_like(bright)
    for k in np.flatnonzero(bright.any((0, 1))):
        level = np.pad(bright[:, :, k], reach + 1)
        closed = ndimage.binary_fill_holes(ndimage.binary_closing(level, disc))
        body[:, :, k] = closed[reach + 1 : -reach - 1, reach + 1 : -reach - 1]
    parts, _ = ndimage.label(body)
    size = np.bincount(parts.ravel())
    size[0] = 0
    kept: NDArray[np.bool_] = (size >= _SPECK_SHARE * size.max())[parts] & body
    return kept


@dataclass(frozen=True, eq=False, slots=True)
class LevelShapes:
    """The shape of an outline by level.

    Parameters
    ----------
    index
        Levels that hold something, shape (n,).
    shape
        Logarithms of the standard deviations along x and y (mm) and of half the area (mm^2), shape (3, n).
    """

    index: NDArray[np.intp]
    shape: NDArray[np.float64]

    @classmethod
    def of(cls, body: NDArray[np.bool_]) -> "LevelShapes":
        """Measure every level of an outline of shape (x, y, z) with voxels of `LOOK_MM`."""
        from scipy import ndimage

        area = body.sum((0, 1)) * LOOK_MM**2
        index = np.flatnonzero(area > _LEAST_AREA_MM2)
        rows = []
        for axis in (0, 1):
            along = body.sum(1 - axis)[:, index].astype(np.float64)
            place = LOOK_MM * np.arange(body.shape[axis])[:, None]
            middle = (along * place).sum(0) / along.sum(0)
            rows.append(np.log(np.sqrt((along * (place - middle) ** 2).sum(0) / along.sum(0)) + LOOK_MM / 2))
        shape = np.stack([*rows, np.log(area[index] / 2)])
        smoothed: NDArray[np.float64] = ndimage.gaussian_filter1d(shape, 1.0, axis=1) if index.size else shape
        return cls(index, smoothed)


SCALES = np.array([1.0, 1.0, 2.0])[:, None]
"""How width, depth and area go with the height."""


@cache
def _models() -> NDArray[np.float64]:
    """Return the shape of bodies of several heights by level from soles to vertex, scaled to 1 m, shape (m, 3, n).

    With the arms beside the body and on the belly.

    Drawn by ``tools/make_body_levels.py`` from the bodies of `wbmri.simulation`, which takes seconds.
    """
    table = (files("wbmri.segmentation") / "body_levels.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(table))
    kinds = dict.fromkeys((row["height_mm"], row["arms"], row["outline"]) for row in rows)
    values = np.array([[float(row[name]) for name in ("log_width", "log_depth", "log_half_area")] for row in rows])
    return np.ascontiguousarray(values.reshape(len(kinds), -1, 3).transpose(0, 2, 1))


def mismatch(levels: LevelShapes) -> float:
    """Return how much the levels differ from the best run of a body's levels, over heights, places and girths."""
    height = (levels.index - levels.index[0]) * LOOK_MM
    step = max(1, levels.index.size // 100)
    height, shape = height[::step], levels.shape[:, ::step]
    models = _models()
    best = np.inf
    for stature in _STATURES_MM:
        length = float(height[-1]) / stature
        if length > 1 + 2 * _BEYOND:
            continue
        first = np.arange(-_BEYOND, 1 + _BEYOND - length + 1e-9, _OFFSETS)
        place = np.clip(first[:, None] + height / stature, 0, 1)
        model = models[:, :, np.rint(place * (models.shape[2] - 1)).astype(int)]
        away = (shape - SCALES * np.log(stature / 1000))[None, :, None, :] - model
        stout = np.clip(
            np.median(away, axis=-1, keepdims=True),
            -_STOUT * SCALES[..., None],
            _STOUT * SCALES[..., None],
        )
        best = min(best, float(np.minimum(np.abs(away - stout), _CAP).mean((1, 3)).min()))
    return min(best, _CAP)


_SIGNAL_SHARE = 0.4
"""What is brighter than this share of the typical signal belongs to the outline."""

_TEXTURE_MM = 16.0
"""The mixture of tissues is seen over this distance; what varies more slowly may be the coil."""

_IN_PLANE = np.ones((3, 3, 1), bool)

LEAST_ML, LEAST_MM, LEAST_CONTRAST = 300.0, 80.0, 1.8
"""Less than this is no part of a body that could be graded."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From where on a measure is doubtful, and from where on it rules a body out."""

    doubtful: float
    refused: float

    def share(self, value: float) -> float:
        """Return how far a value is on the way from doubt to refusal: 0 or less without doubt, 1 or more refused."""
        return (value - self.doubtful) / (self.refused - self.doubtful)


TOGETHER = 1.5
"""Several doubtful measures rule a body out together where their ways to refusal add up to so much."""

EDGE = Limit(0.3, 0.55)
TEXTURE = Limit(0.14, 0.12)
SYMMETRY = Limit(0.84, 0.75)
MISMATCH = Limit(0.19, 0.24)


@dataclass(frozen=True, slots=True)
class BodyDetection:
    """What speaks for and against a body.

    Parameters
    ----------
    contrast
        Typical signal as a multiple of the background's; 1000 and more is given as 1000.
    volume_ml
        Volume inside the outline.
    length_mm
        Extent of the levels that hold something.
    edge
        Share of the outline that lies on the lateral, front or back edge of the image.
    texture
        Interquartile range of the intensities inside, relative to their surroundings.
    symmetry
        Overlap of the outline's shadow on the coronal plane with its own mirror image, level by level, 0..1.
    mismatch
        Mean difference between the logarithms of width, depth and area and those of the best fitting levels of a body.
    """

    contrast: float
    volume_ml: float
    length_mm: float
    edge: float
    texture: float
    symmetry: float
    mismatch: float

    @property
    def step(self) -> Step:
        """What was measured, for the provenance."""
        return Step("recognise", {name: float(f"{value:.4g}") for name, value in asdict(self).items()})

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes it doubtful that this is a human body, one sentence each."""
        return tuple(
            f"It is doubtful that this is a human body: {found}, where {wanted} is expected."
            for found, wanted, share in self._findings()
            if share > 0
        )

    def check(self) -> None:
        """Refuse what is no part of a human body.

        Raises
        ------
        InputError
            With what was found instead.
        """
        findings = list(self._findings())
        # One body may well be muscular and seen in part; what is nearly ruled out twice is none.
        together = sum(max(share, 0.0) for _, _, share in findings) > TOGETHER
        for found, wanted, share in findings:
            if share > 1 or (together and share > 0):
                raise InputError(
                    f"an image in which no human body is found: {found}",
                    f"a scan of a body or a part of one: {wanted}",
                    "check with 'wbmri inspect' that the right series was chosen, or bring outlines with --labels",
                )

    def _findings(self) -> Iterator[tuple[str, str, float]]:
        """Say what was found, what was wanted, and how far it speaks against a body, see `Limit.share`."""
        small = self.volume_ml < LEAST_ML or self.length_mm < LEAST_MM
        flat = self.contrast < LEAST_CONTRAST
        yield (
            f"what is bright is {self.contrast:.2g} times as bright as the rest",
            f"{LEAST_CONTRAST:g} times or more",
            2.0 if flat else 0.0,
        )
        yield (
            f"{self.volume_ml:.0f} ml over {self.length_mm:.0f} mm stand out",
            f"{LEAST_ML:.0f} ml over {LEAST_MM:.0f} mm or more",
            2.0 if small else 0.0,
        )
        yield (
            f"{100 * self.edge:.0f} % of its outline lies on the edge of the image",
            f"at most {100 * EDGE.doubtful:.0f} %",
            EDGE.share(self.edge),
        )
        yield (
            f"its inside varies by {100 * self.texture:.0f} %, as one substance does",
            f"a mixture of muscle, fat and bone that varies by {100 * TEXTURE.doubtful:.0f} % or more",
            TEXTURE.share(self.texture),
        )
        yield (
            f"left and right halves of its outline agree by {100 * self.symmetry:.0f} %",
            f"{100 * SYMMETRY.doubtful:.0f} % or more",
            SYMMETRY.share(self.symmetry),
        )
        yield (
            f"its width and depth from level to level differ from a body's by {100 * self.mismatch:.0f} %",
            f"at most {100 * MISMATCH.doubtful:.0f} %",
            MISMATCH.share(self.mismatch),
        )


NO_BODY = BodyDetection(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def detect_body(volume: Volume) -> BodyDetection:
    """Measure what speaks for a human body, whole or in part, in a scan of any contrast."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    image, inside = _looked_at(volume)
    seen = image[inside]
    top = float(np.percentile(seen, 99)) if seen.size else 0.0
    if top <= 0:
        return NO_BODY
    # Otsu on log intensities, so that fluid twenty times as bright as fat does not draw the threshold above muscle.
    logs = np.log1p(np.maximum(seen, 0) * (50 / top))
    threshold = float(np.expm1(threshold_otsu(logs))) * top / 50 if np.ptp(logs) > 0 else top
    high, low = seen[seen > threshold], seen[seen <= threshold]
    if high.size == 0:
        return NO_BODY
    level, background = float(np.median(high)), float(np.median(low))
    body = body_outline((image > max(threshold, _SIGNAL_SHARE * level)) & inside)
    levels = LevelShapes.of(body)
    if levels.index.size == 0:
        return NO_BODY
    shell = body & ~ndimage.binary_erosion(body, _IN_PLANE)
    at_edge = ~ndimage.binary_erosion(inside, _IN_PLANE)
    return BodyDetection(
        contrast=min(level / max(background, 1e-3 * level), 1000.0),
        volume_ml=float(np.count_nonzero(body)) * LOOK_MM**3 / 1000,
        length_mm=float(levels.index.size) * LOOK_MM,
        edge=float((shell & at_edge).sum() / shell.sum()),
        texture=_texture(image, body),
        symmetry=_symmetry(body, levels.index),
        mismatch=mismatch(levels),
    )


def _looked_at(volume: Volume) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the image on a coarse grid along the world axes, and which of its voxels lie inside the image."""
    stored = canonical(volume)
    block = np.maximum(1, np.floor(LOOK_MM / np.array(stored.spacing))).astype(int)
    block = np.minimum(block, stored.shape)
    size = np.array(stored.shape) // block
    cut = stored.data[tuple(slice(0, int(n)) for n in size * block)]
    mean = cut.reshape(size[0], block[0], size[1], block[1], size[2], block[2]).mean((1, 3, 5))
    if float(mean.min()) == float(mean.max()):
        return np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), bool)
    coarse = Volume(mean, stored.grid.coarser(block).affine)
    low, high = coarse.grid.bounds()
    shape = [max(1, int(n)) for n in (high - low) / LOOK_MM]
    grid = Grid.along_axes(shape, LOOK_MM, (low + high) / 2 - (np.array(shape) - 1) * LOOK_MM / 2)
    image = linear_on_grid(coarse, grid)
    index = coarse.grid.indices(grid.points(np.moveaxis(np.indices(grid.shape), 0, -1)))
    count = np.array(coarse.shape)
    return image, np.all(np.abs(index - (count - 1) / 2) <= count / 2, axis=-1)


def _texture(image: NDArray[np.float32], body: NDArray[np.bool_]) -> float:
    """Return the interquartile range of the intensities below the surface, relative to their surroundings."""
    from scipy import ndimage

    below = ndimage.binary_erosion(body, _IN_PLANE)
    if not below.any():
        below = body
    sigma = _TEXTURE_MM / LOOK_MM
    around = ndimage.gaussian_filter(np.where(below, image, np.float32(0)), sigma)
    weight = ndimage.gaussian_filter(below.astype(np.float32), sigma)
    ratio = image[below] * weight[below] / np.maximum(around[below], 1e-9)
    low, middle, high = np.percentile(ratio, (25, 50, 75))
    return float((high - low) / max(middle, 1e-9))


def _symmetry(body: NDArray[np.bool_], index: NDArray[np.intp]) -> float:
    """Return the share of the outline that its best mirror image from left to right covers, level by level.

    Seen from the front: a leg or an arm that lies further forward than the other is posed, not lopsided.
    """
    shadow = body.sum(1)
    columns = np.arange(body.shape[0])
    covered = 0
    for k in index:
        level = shadow[:, k]
        middle = round(2 * float(np.average(columns, weights=level)))
        best = 0
        for fold in range(middle - 3, middle + 4):
            partner = fold - columns
            there = (partner >= 0) & (partner < columns.size)
            best = max(best, int(np.minimum(level[there], level[partner[there]]).sum()))
        covered += best
    return covered / int(shadow[:, index].sum())
