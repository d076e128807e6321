"""The plane that parts the left half of a body from the right: the one about which it is most symmetrical."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.resampling import linear_on_axes
from wbmri.volume import Volume

_GRID_MM = 8.0
_SHIFTS_MM = np.arange(-120.0, 121.0, 6.0)
_TILTS = np.tan(np.radians(np.arange(-8.0, 8.1, 2.0)))
_FIRST_STEPS = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 8.0]])
"""Simplex the refinement starts with: mm, and hundredths of the slopes."""


@dataclass(frozen=True, slots=True)
class Midline:
    """A nearly sagittal plane: x = shift + tilt * z + turn * y, all in RAS mm.

    Parameters
    ----------
    shift_mm
        Where it crosses the x axis.
    tilt, turn
        How far x changes per mm upwards and per mm forwards.
    """

    shift_mm: float
    tilt: float
    turn: float

    def right_of(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points, RAS mm of shape (3, ...), lie to the patient's right of the plane, in mm along x."""
        right: NDArray[np.float64] = points[0] - self.shift_mm - self.tilt * points[2] - self.turn * points[1]
        return right


def find_midline(volume: Volume) -> Midline:
    """Find the body's midline: the body mask is laid over its mirror image, as seen from the front and then in full.

    Parameters
    ----------
    volume
        A scan on which both halves of the body can be seen.
    """
    from scipy import optimize

    body, origin = _body(volume)
    x = origin[0] + _GRID_MM * np.arange(body.shape[0])
    y = origin[1] + _GRID_MM * np.arange(body.shape[1])
    z = origin[2] + _GRID_MM * np.arange(body.shape[2])
    front = body.sum(axis=1, keepdims=True)
    centre = float((front.sum((1, 2)) * x).sum() / front.sum())
    middle_z, middle_y = float(z.mean()), float(y.mean())

    def unlike(seen: NDArray[np.float32], shift: float, tilt: float, turn: float) -> float:
        # The plane is described at the middle of the scan, so that shift and slopes do not depend on each other.
        depth = y - middle_y if seen.shape[1] > 1 else np.zeros(1)
        plane = shift + tilt * (z - middle_z)[None, :] + turn * depth[:, None]
        mirrored = (2 * plane[None] - x[:, None, None] - origin[0]) / _GRID_MM
        low = np.floor(mirrored).astype(np.int64)
        share = (mirrored - low).astype(np.float32)
        j, k = np.meshgrid(np.arange(seen.shape[1]), np.arange(seen.shape[2]), indexing="ij")
        padded = np.pad(seen, ((1, 2), (0, 0), (0, 0)))
        low = np.clip(low + 1, 0, padded.shape[0] - 2)
        there = padded[low, j[None], k[None]] * (1 - share) + padded[low + 1, j[None], k[None]] * share
        return float(np.abs(seen - there).sum())

    _, shift, tilt = min((unlike(front, centre + s, t, 0.0), centre + s, float(t)) for s in _SHIFTS_MM for t in _TILTS)

    def unlike_at(place: NDArray[np.float64]) -> float:
        return unlike(body, float(place[0]), float(place[1]) / 100, float(place[2]) / 100)

    # Nelder-Mead: the mismatch is piecewise linear, without a useful gradient.
    start = np.array([shift, tilt * 100, 0.0])
    best = optimize.fmin(
        unlike_at,
        start,
        initial_simplex=start + _FIRST_STEPS,
        maxiter=80,
        disp=False,
    )
    shift, tilt, turn = (float(best[0]), float(best[1]) / 100, float(best[2]) / 100)
    return Midline(shift - tilt * middle_z - turn * middle_y, tilt, turn)


def _body(volume: Volume) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return what stands out from the background, 0 or 1, on a coarse grid along the world axes, and its origin."""
    from skimage.filters import threshold_otsu

    corners = np.stack(np.meshgrid(*([-0.5, n - 0.5] for n in volume.shape), indexing="ij"), -1).reshape(-1, 3)
    world = corners @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    i, j, k = (int(n) for n in np.maximum(1, np.ceil((world.max(0) - world.min(0)) / _GRID_MM)))
    origin = world.min(0) + _GRID_MM / 2
    data = np.maximum(linear_on_axes(volume, (i, j, k), _GRID_MM, origin), 0)
    # On log intensities, so that fluid does not draw the threshold above muscle and fat.
    logs = np.log1p(data * (50 / max(float(np.percentile(data, 99)), 1e-6)))
    return (logs > threshold_otsu(logs)).astype(np.float32), origin
