"""Drawing a posed body on any grid along the world axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.training.anatomy import TISSUES, Segment
from wbmri.simulation.training.posed_body import Posed


def between(values: NDArray[np.float32], places: list[NDArray[np.float64]]) -> NDArray[np.float32]:
    """Return values of shape (c, x, y, z) at fractional indices along each axis, linear between lattice points.

    Parameters
    ----------
    values
        At the lattice points, at least two along each axis.
    places
        Indices into the lattice along x, y and z, each ascending and of any length.
    """
    for axis, place in enumerate(places, start=1):
        low = np.clip(place.astype(np.int64), 0, values.shape[axis] - 2)
        share = (place - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(4)])
        below = values.take(low, axis=axis)
        values = below + share * (values.take(low + 1, axis=axis) - below)
    return values


_LATTICE_MM = 14.0
"""The map is evaluated this far apart and interpolated between: it is smooth."""
_MARGIN = 12
"""Voxels of the anatomy around an arm's box in which lattice points still matter."""
_SKIN_MM = 2.0
_FAT, _SKIN = TISSUES.index("fat"), TISSUES.index("skin")


@dataclass(frozen=True, eq=False, slots=True)
class Drawn:
    """A body on a grid.

    Parameters
    ----------
    tissue
        Index into `wbmri.simulation.training.anatomy.TISSUES`, shape (x, y, z).
    labels
        Labels of ``jdm42``.
    right
        Whether the voxel belongs to the right half of the body.
    level
        Height in the anatomy, 0 at the soles and 1 at the vertex.
    """

    tissue: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    right: NDArray[np.bool_]
    level: NDArray[np.float32]


def draw(
    body: Posed,
    shape: tuple[int, int, int],
    spacing: NDArray[np.float64],
    origin: NDArray[np.float64],
) -> Drawn:
    """Draw a body.

    Parameters
    ----------
    body
        The body.
    shape, spacing, origin
        The grid: voxels along x, y, z; their size in mm; the first one's centre in the scan's RAS mm.
    """
    anatomy = body.anatomy
    count = [max(2, int(np.ceil(n * s / _LATTICE_MM)) + 1) for n, s in zip(shape, spacing, strict=True)]
    steps = [(n - 1) / (c - 1) for n, c in zip(shape, count, strict=True)]
    axes = [o + s * d * np.arange(c) for o, s, d, c in zip(origin, spacing, steps, count, strict=True)]
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    tissue = np.zeros(shape, np.uint8)
    labels = np.zeros(shape, np.uint8)
    right = np.zeros(shape, bool)
    level = np.zeros(shape, np.float32)
    for segment, points in body.candidates(lattice):
        index = ((points - anatomy.origin) / anatomy.spacing).reshape(*count, 3)
        trunk = segment == Segment.TRUNK
        part = (slice(None),) * 3 if trunk else _part(index, anatomy.boxes.get(segment))
        if part is None:
            continue
        box = tuple(_fine(s, c, d, n) for s, c, d, n in zip(part, count, steps, shape, strict=True))
        places = [
            np.arange(b.start, b.stop) / d - p.indices(c)[0] for b, d, p, c in zip(box, steps, part, count, strict=True)
        ]
        full = between(np.moveaxis(index[part], -1, 0).astype(np.float32), places)
        table = anatomy.trunk if trunk else anatomy.limbs
        found = table.ravel()[_flat(full, table.shape)]
        kind = (found & 255).astype(np.uint8)
        label = ((found >> 8) & 255).astype(np.uint8)
        cover = ((found >> 16) & 255).astype(np.int16) - 128
        if not trunk:
            # The limbs share one table: what is another segment's is not drawn with this one's map.
            other = (found >> 24) != segment
            kind[other & (kind > 0)] = 0
            label[other] = 0
            cover[other] = 127
        kind = _with_fat(kind, cover, body.fat_mm)
        # Firm tissue of a limb covers the trunk; fat and skin only fill what is still air.
        firm = (kind > 0) & (kind != _FAT) & (kind != _SKIN)
        take = (firm & (not trunk)) | ((kind > 0) & (tissue[box] == 0))
        tissue[box][take] = kind[take]
        labels[box][take] = np.where(firm, label, 0)[take]
        right[box][take] = (full[0][take] * anatomy.spacing[0] + anatomy.origin[0] > 0) != body.mirrored
        soles, vertex = anatomy.height_mm
        level[box][take] = (full[2][take] * anatomy.spacing[2] + anatomy.origin[2] - soles) / (vertex - soles)
    paired = labels > 0
    if body.mirrored:
        labels[paired] = ((labels[paired] - 1) ^ 1) + 1
    right[paired] = labels[paired] % 2 == 0
    return Drawn(tissue, labels, right, level)


def _part(
    index: NDArray[np.float64],
    box: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
) -> tuple[slice, ...] | None:
    """Return the part of the lattice whose points lie in a segment's box, or near it; None where there is none."""
    if box is None:
        return None
    near: NDArray[np.bool_] = np.all((index >= box[0] - _MARGIN) & (index <= box[1] + _MARGIN), axis=-1)
    if not near.any():
        return None
    part = []
    for axis in range(3):
        there = np.flatnonzero(near.any(axis=(0, 1, 2)[:axis] + (0, 1, 2)[axis + 1 :]))
        part.append(slice(max(0, int(there[0]) - 1), min(near.shape[axis], int(there[-1]) + 2)))
    return tuple(part)


def _fine(part: slice, count: int, step: float, size: int) -> slice:
    """Return the voxels that a part of the lattice spans along one axis."""
    start, stop, _ = part.indices(count)
    return slice(int(np.ceil(start * step - 1e-6)), min(size, int(np.floor((stop - 1) * step + 1e-6)) + 1))


def _flat(index: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the position in a flattened array of the voxel nearest to each index, shape (x, y, z)."""
    flat = np.zeros(index.shape[1:], np.int32)
    for axis in range(3):
        nearest = (index[axis] + np.float32(0.5)).astype(np.int32)
        flat *= shape[axis]
        flat += np.clip(nearest, 0, shape[axis] - 1)
    return flat


def _with_fat(kind: NDArray[np.uint8], cover: NDArray[np.int16], fat_mm: float) -> NDArray[np.uint8]:
    """Add fat on the surface, or take it off where there is some."""
    if fat_mm > 0:
        added = (kind == 0) & (cover > 0) & (cover <= fat_mm)
        kind = np.where((kind == _SKIN), np.uint8(_FAT), kind)
        return np.where(added, np.where(cover > fat_mm - _SKIN_MM, np.uint8(_SKIN), np.uint8(_FAT)), kind)
    outer = ((kind == _FAT) | (kind == _SKIN)) & (cover > fat_mm)
    return np.where(outer, np.uint8(0), kind)
