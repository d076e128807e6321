"""The shape of a body's outline level by level, and how well it fits some run of a human body's levels."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

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


def outline(bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
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
class Levels:
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
    def of(cls, body: NDArray[np.bool_]) -> "Levels":
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

    Drawn by ``tools/make_body_levels.py`` from the bodies of `wbmri.anatomy`, which takes seconds.
    """
    table = (files("wbmri.segmentation") / "body_levels.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(table))
    kinds = dict.fromkeys((row["height_mm"], row["arms"], row["outline"]) for row in rows)
    values = np.array([[float(row[name]) for name in ("log_width", "log_depth", "log_half_area")] for row in rows])
    return np.ascontiguousarray(values.reshape(len(kinds), -1, 3).transpose(0, 2, 1))


def mismatch(levels: Levels) -> float:
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
            np.median(away, axis=-1, keepdims=True), -_STOUT * SCALES[..., None], _STOUT * SCALES[..., None]
        )
        best = min(best, float(np.minimum(np.abs(away - stout), _CAP).mean((1, 3)).min()))
    return min(best, _CAP)
