"""The grid of a composed volume, and stations brought onto it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import PLANES, Box, Grid, InputError, Volume

SAME_DIRECTION = 1e-3
"""Largest difference between two direction cosines that still counts as the same orientation."""

LARGEST_TILT_DEG = 30.0
"""Largest rotation between stations of one examination; beyond it they are different acquisitions."""

WHOLE = 0.02
"""Largest distance from a voxel centre, in voxels, that is taken for header rounding."""

DRIFT = 0.1
"""Largest shift, in voxels across a whole station, for which axes that are not quite parallel are taken as parallel."""

FLAT = 1.2
"""Ratio of the largest spacing to the next at and above which the largest is the slice direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """One station on the common grid.

    Parameters
    ----------
    box
        Slices of the grid that the station fills.
    data
        Its intensities there, shape of the box; 0 where the station does not reach.
    below, above
        Distance in mm from each voxel to the station's lower and upper edge, broadcastable to the shape of the box;
        negative outside.
    inside
        Whether the station reaches the voxel, broadcastable to the shape of the box.
    """

    box: Box
    data: NDArray[np.float32]
    below: NDArray[np.float32]
    above: NDArray[np.float32]
    inside: NDArray[np.bool_]


def check_orientation(stations: Sequence[Volume]) -> None:
    """Refuse stations that were not acquired in one orientation.

    Parameters
    ----------
    stations
        Volumes in canonical storage.

    Raises
    ------
    InputError
        If the slice directions differ, or if two stations are turned against each other by more than 30 degrees.
    """
    planes = set()
    for station in stations:
        spacing = np.array(station.spacing)
        order = np.argsort(spacing)
        if spacing[order[2]] >= FLAT * spacing[order[1]]:
            planes.add(PLANES[int(order[2])])
    first = stations[0].grid.directions
    turned = 0.0
    for station in stations[1:]:
        cosine = (np.trace(first.T @ station.grid.directions) - 1.0) / 2.0
        turned = max(turned, float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))
    if len(planes) > 1 or turned > LARGEST_TILT_DEG:
        found = " and ".join(sorted(planes)) if len(planes) > 1 else f"turned by {turned:.0f} degrees"
        raise InputError(
            f"stations of mixed orientation ({found})",
            "stations of one acquisition, all coronal, all sagittal or all axial",
            "choose the series that belong together",
        )


def covering_grid(stations: Sequence[Volume]) -> Grid:
    """Return the grid that covers every corner of every station.

    Its orientation is that of most stations (of the most superior among equals), its spacing the finest along each
    axis, and its voxel centres are those of as many stations as possible, so that these need no interpolation.

    Parameters
    ----------
    stations
        Volumes in canonical storage, most superior first.
    """
    alike = [[same_orientation(a, b) for b in stations] for a in stations]
    votes = [sum(row) for row in alike]
    axes = orthonormal(stations[int(np.argmax(votes))].grid.directions)
    spacing = np.min([station.spacing for station in stations], axis=0)
    extents = np.array([station.grid.corners() @ axes for station in stations])
    low, high = extents.min(axis=(0, 1)), extents.max(axis=(0, 1))
    centres = np.array([station.grid.origin @ axes for station in stations])
    origin, shape = np.empty(3), np.empty(3, dtype=int)
    for axis in range(3):
        steps = (centres[:, None, axis] - centres[None, :, axis]) / spacing[axis]
        shared = (np.abs(steps - np.round(steps)) <= WHOLE).sum(axis=1)
        anchor = centres[int(np.argmax(shared)), axis]
        first = np.floor((low[axis] - anchor) / spacing[axis] + 0.5 + WHOLE)
        last = np.ceil((high[axis] - anchor) / spacing[axis] - 0.5 - WHOLE)
        origin[axis] = anchor + first * spacing[axis]
        shape[axis] = int(last - first) + 1
    return Grid.from_directions(shape.tolist(), axes, spacing.tolist(), axes @ origin)


def same_orientation(a: Volume, b: Volume) -> bool:
    """Tell whether the voxel axes of two volumes are parallel, up to header rounding."""
    return bool(np.abs(a.grid.directions - b.grid.directions).max() <= SAME_DIRECTION)


def orthonormal(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the orthonormal axes nearest to the given ones (polar decomposition), shape (3, 3)."""
    u, _, v = np.linalg.svd(axes)
    nearest: NDArray[np.float64] = u @ v
    return nearest


def place_station(station: Volume, grid: Grid) -> Placed:
    """Bring a station onto the grid.

    A station whose axes are parallel to the grid's is copied where its voxel centres are the grid's, and otherwise
    interpolated axis by axis; a tilted one is resampled with cubic B-splines. Neither leaves the range of the
    station's intensities.
    """
    to_station = grid.index_map(station.grid)
    corners = grid.indices(station.grid.corners())
    first = np.maximum(np.ceil(corners.min(axis=0) - WHOLE).astype(int), 0)
    last = np.minimum(np.floor(corners.max(axis=0) + WHOLE).astype(int), np.array(grid.shape) - 1)
    box = tuple(slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True))
    matrix, start = to_station[:3, :3], to_station[:3, :3] @ first + to_station[:3, 3]
    i, j, k = np.ix_(*(np.arange(b.stop - b.start) for b in box))
    scale = np.diag(matrix)
    if np.abs(matrix - np.diag(scale)).max() * max(station.shape) <= DRIFT:
        coordinates = [start[axis] + scale[axis] * ramp for axis, ramp in enumerate((i, j, k))]
        data = station.data
        for axis in range(3):
            data = interpolate(data, coordinates[axis].ravel(), axis)
    else:
        coordinates = [start[row] + matrix[row, 0] * i + matrix[row, 1] * j + matrix[row, 2] * k for row in range(3)]
        data = resample(station.data, matrix, start, (i.size, j.size, k.size))
    within = [
        (coordinates[axis] >= -0.5 - WHOLE) & (coordinates[axis] <= station.shape[axis] - 0.5 + WHOLE)
        for axis in range(3)
    ]
    inside = within[0] & within[1] & within[2]
    if not inside.all():
        data = np.where(inside, data, np.float32(0.0))
    step = station.spacing[2]
    below = ((coordinates[2] + 0.5) * step).astype(np.float32)
    above = ((station.shape[2] - 0.5 - coordinates[2]) * step).astype(np.float32)
    return Placed((box[0], box[1], box[2]), data, below, above, inside)


def interpolate(data: NDArray[np.float32], positions: NDArray[np.float64], axis: int) -> NDArray[np.float32]:
    """Return the data at fractional positions along one axis.

    Cubic convolution (Keys 1981, IEEE Trans. Acoust. 29:1153, a = -1/2), clipped to the range of the data; the
    outermost values stand for all that lies beyond them. Whole positions are copied.
    """
    nearest = np.round(positions)
    last = data.shape[axis] - 1
    if np.abs(positions - nearest).max() <= WHOLE:
        taken = np.clip(nearest.astype(int), 0, last)
        if taken.size == last + 1 and taken[0] == 0 and taken[-1] == last:
            return data
        whole: NDArray[np.float32] = np.take(data, taken, axis=axis)
        return whole
    base = np.floor(positions).astype(int)
    t = positions - base
    taps = (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    shape = [-1 if axis == a else 1 for a in range(3)]
    made = np.zeros([positions.size if axis == a else data.shape[a] for a in range(3)], dtype=np.float32)
    for offset, tap in enumerate(taps):
        taken = np.clip(base + offset - 1, 0, last)
        made += np.take(data, taken, axis=axis) * tap.astype(np.float32).reshape(shape)
    np.clip(made, data.min(), data.max(), out=made)
    return made


def resample(
    data: NDArray[np.float32],
    matrix: NDArray[np.float64],
    start: NDArray[np.float64],
    shape: tuple[int, int, int],
) -> NDArray[np.float32]:
    """Return the data at ``matrix @ index + start`` for every index of the shape, by cubic B-splines.

    Clipped to the range of the data, so that nothing rings below zero; the outermost values stand for all beyond them.
    """
    from scipy.ndimage import affine_transform

    made = np.empty(shape, dtype=np.float32)
    affine_transform(data, matrix, offset=start, output_shape=shape, output=made, order=3, mode="nearest")
    np.clip(made, data.min(), data.max(), out=made)
    return made
