"""Where along the body each level of the scan lies, and how wide and deep it is there.

A body has its own profile from feet to head: how much lean tissue each level holds, how far it spreads to the sides and
to front and back. The scan's profile is laid over the model's, first stretched evenly (which also finds the place of a
partial scan), then by dynamic time warping, since a child's head, trunk and legs have other proportions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.registration import Lean

_LEAST_AREA_MM2 = 300.0
_STATURE_MM = 1700.0
_STATURES_MM = np.arange(700.0, 2151.0, 25.0)
_STEPS = ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2))
"""How many levels of scan and model may be matched at a time: a stretch of 0.5 to 2."""
_EVENNESS = 0.02
"""Cost of any match, so that detours do not come free."""
_BAND_MM = 120.0
"""How far from the even stretch the matched level may lie, in model mm."""


@dataclass(frozen=True, eq=False, slots=True)
class Profile:
    """Lean tissue by level.

    Parameters
    ----------
    area
        Cross-section in mm^2, shape (z,).
    centre
        Centroid in RAS mm along x and y, shape (2, z).
    spread
        Standard deviation of the tissue along x and y in mm, shape (2, z).
    """

    area: NDArray[np.float64]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, lean: Lean) -> "Profile":
        """Measure every level."""
        tiny = 1e-3
        area = lean.data.sum((0, 1), dtype=np.float64)
        centre, spread = [], []
        for axis, other in ((0, 1), (1, 0)):
            along = lean.data.sum(other, dtype=np.float64)
            place = (lean.grid.origin[axis] + lean.spacing_mm * np.arange(along.shape[0]))[:, None]
            middle = (along * place).sum(0) / (area + tiny)
            centre.append(middle)
            spread.append(np.sqrt((along * (place - middle) ** 2).sum(0) / (area + tiny)))
        return cls(area * lean.spacing_mm**2, np.array(centre), np.array(spread))

    def features(self, stature_mm: float) -> NDArray[np.float64]:
        """Return what levels are matched by, shape (z, 3), scaled to the stature."""
        from scipy import ndimage

        scale = stature_mm / _STATURE_MM
        stacked = np.stack(
            [
                np.log(np.maximum(self.area, _LEAST_AREA_MM2) / 3e4 / scale**2),
                self.spread[0] / scale / 42,
                self.spread[1] / scale / 20,
            ],
            axis=1,
        )
        # Over the length of a vertebra: thinner detail differs between people.
        smoothed: NDArray[np.float64] = ndimage.gaussian_filter1d(stacked, 2.0, axis=0)
        return smoothed


@dataclass(frozen=True, eq=False, slots=True)
class Levels:
    """How the scan's levels correspond to the model's.

    Parameters
    ----------
    model_level
        The model's level (index) for each level of the scan, shape (z,).
    scan_centre, model_centre
        Centroids there in RAS mm along x and y, shape (2, z).
    stretch
        Model mm per scan mm along x and y, shape (2, z).
    stature_mm
        Height of the person if the proportions were the model's.
    cost
        Mean squared difference of the matched features.
    """

    model_level: NDArray[np.float64]
    scan_centre: NDArray[np.float64]
    model_centre: NDArray[np.float64]
    stretch: NDArray[np.float64]
    stature_mm: float
    cost: float


def match_levels(scan: Profile, model: Profile, spacing_mm: float) -> Levels:
    """Match the levels of a scan, whole body or part, to those of the model.

    Raises
    ------
    InputError
        If fewer than 10 cm of the scan hold tissue.
    """
    rows = np.flatnonzero(scan.area > _LEAST_AREA_MM2)
    if rows.size * spacing_mm < 100:
        raise InputError(
            f"a scan with {rows.size * spacing_mm:.0f} mm of tissue from foot to head",
            "at least 100 mm",
            "check with 'wbmri inspect' that all stations were chosen",
        )
    first, last = int(rows[0]), int(rows[-1])
    model_rows = np.flatnonzero(model.area > _LEAST_AREA_MM2)
    stature, offset = _even_stretch(scan, model, slice(first, last + 1), model_rows, spacing_mm)
    scale = stature / _STATURE_MM
    even = offset + np.arange(last - first + 1) / scale
    window = slice(
        max(int(model_rows[0]), int(even[0] - _BAND_MM / spacing_mm / 2)),
        min(int(model_rows[-1]), int(even[-1] + _BAND_MM / spacing_mm / 2)) + 1,
    )
    path, cost = _warp(
        scan.features(stature)[first : last + 1],
        model.features(_STATURE_MM)[window],
        even - window.start,
        _BAND_MM / spacing_mm,
    )
    return _levels(scan, model, path + np.array([first, window.start]), stature, cost)


def _even_stretch(
    scan: Profile,
    model: Profile,
    levels: slice,
    model_rows: NDArray[np.intp],
    spacing_mm: float,
) -> tuple[float, float]:
    """Return the stature (mm) and the model's level for the lowest scanned one that fit best when stretched evenly."""
    count = levels.stop - levels.start
    reference = model.features(_STATURE_MM)
    best = (np.inf, _STATURE_MM, float(model_rows[0]))
    for stature in _STATURES_MM:
        features = scan.features(stature)[levels]
        length = (count - 1) * _STATURE_MM / stature
        slack = 12.0
        for offset in np.arange(model_rows[0] - slack, model_rows[-1] - length + slack + 1, 2.0):
            at = np.clip(offset + np.arange(count) * _STATURE_MM / stature, model_rows[0], model_rows[-1])
            low = at.astype(int)
            high = np.minimum(low + 1, len(reference) - 1)
            part = (at - low)[:, None]
            mismatch = (features - reference[low] * (1 - part) - reference[high] * part) ** 2
            # The root keeps single levels that differ much, such as an arm cut off, from deciding.
            cost = float(np.sqrt(mismatch.sum(1) + 0.01).mean())
            if cost < best[0]:
                best = (cost, float(stature), float(offset))
    return best[1], best[2]


def _warp(
    scan: NDArray[np.float64],
    model: NDArray[np.float64],
    even: NDArray[np.float64],
    band: float,
) -> tuple[NDArray[np.int64], float]:
    """Dynamic time warping of all scan levels onto a run of model levels whose ends are free.

    Returns
    -------
    path, cost
        Matched pairs of levels, shape (n, 2), and the mean cost of a match.
    """
    n, m = len(scan), len(model)
    cost = ((scan[:, None] - model[None]) ** 2).sum(-1) + _EVENNESS
    cost[np.abs(np.arange(m)[None] - even[:, None]) > band] = np.inf
    total = np.full((n + 1, m + 1), np.inf)
    total[0] = 0.0
    came = np.zeros((n + 1, m + 1), np.int8)
    for i in range(1, n + 1):
        for step, (a, b) in enumerate(_STEPS):
            if i < a:
                continue
            candidate = np.full(m + 1, np.inf)
            candidate[b:] = total[i - a, : m + 1 - b] + cost[i - 1, b - 1 :] * (a + b) / 2
            better = candidate < total[i]
            total[i, better] = candidate[better]
            came[i, better] = step
    j = int(np.argmin(total[n]))
    mean = float(total[n, j]) / n
    i, path = n, []
    while i > 0:
        path.append((i - 1, j - 1))
        a, b = _STEPS[came[i, j]]
        i, j = i - a, j - b
    return np.array(path[::-1]), mean


def _levels(scan: Profile, model: Profile, path: NDArray[np.int64], stature: float, cost: float) -> Levels:
    from scipy import ndimage

    rows = np.arange(len(scan.area))
    (low, at_low), (high, at_high) = path[0], path[-1]
    slope = _STATURE_MM / stature
    level = np.interp(rows, path[:, 0], path[:, 1])
    level = np.where(rows < low, at_low + (rows - low) * slope, level)
    level = np.where(rows > high, at_high + (rows - high) * slope, level)
    level = ndimage.gaussian_filter1d(level, 8.0, mode="nearest")

    def of_model(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(level, np.arange(len(model.area)), values)

    weight = np.minimum(scan.area, of_model(model.area))
    weight = np.where(weight > 2 * _LEAST_AREA_MM2, weight, 0) + 1e-3

    def smooth(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
        smoothed: NDArray[np.float64] = ndimage.gaussian_filter1d(values * weight, sigma) / ndimage.gaussian_filter1d(
            weight,
            sigma,
        )
        return smoothed

    return Levels(
        model_level=level,
        scan_centre=np.stack([smooth(scan.centre[a], 6.0) for a in (0, 1)]),
        model_centre=np.stack([smooth(of_model(model.centre[a]), 6.0) for a in (0, 1)]),
        stretch=np.stack(
            [np.exp(smooth(np.log((of_model(model.spread[a]) + 5) / (scan.spread[a] + 5)), 10.0)) for a in (0, 1)],
        ),
        stature_mm=stature,
        cost=cost,
    )
