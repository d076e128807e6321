"""Fat and skin around the structures, and fluid in the joints."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.simulation.body.joints import Segment, segments
from wbmri.simulation.body.parts import Parts, Points, Tissue
from wbmri.simulation.body.rendering import Rendered, grid_around, paint
from wbmri.simulation.body.smooth_field import between

# Place in the measured body (RAS mm, left), spread along x, y and z relative to each other, and volume relative to the
# knee's; set by rule from the bones: above the patella, in front of the necks of femur and humerus, in front of and
# behind the elbow, in front of the ankle.
_RECESSES = (
    ("knee", (-80.0, 106.0, 408.0), (14.0, 4.0, 16.0), 1.0),
    ("hip", (-92.0, 96.0, 808.0), (10.0, 3.5, 11.0), 0.5),
    ("shoulder", (-166.0, 92.0, 1308.0), (7.0, 3.0, 10.0), 0.4),
    ("elbow", (-212.0, 52.0, 1056.0), (6.0, 3.0, 7.0), 0.2),
    ("foot", (-72.0, 95.0, 2.0), (8.0, 3.0, 6.0), 0.3),
)
_PATCHES = tuple((i, k) for i in (-1, 0, 1) for k in (-1, 0, 1))
_WIDTH = 0.6
"""A recess is a flat layer of nine soft ellipsoids, each this wide relative to the distance to the next one."""
_DENSITY = 1.1
"""Occupancy in the middle of the layer."""


def joint_fluid(knee_ml: float) -> Parts:
    """Return the fluid of both sides' joints.

    Parameters
    ----------
    knee_ml
        Volume in each knee; the other joints hold less. A healthy adult's knee holds a few millilitres. About two
        thirds of it is drawn: the edge of so thin a layer fills its voxels by less than half.
    """
    rows = []
    for side, mirror in ((-1, 1.0), (1, -1.0)):
        for name, place, spread, share in _RECESSES:
            patch_ml = knee_ml * share / len(_PATCHES)
            relative = np.array(spread)
            scale = (patch_ml * 1000 / (_DENSITY * np.sqrt(2 * np.pi) * relative.prod())) ** (1 / 3)
            covariance = np.diag((scale * relative * (_WIDTH, 1.0, _WIDTH)) ** 2)
            for i, k in _PATCHES:
                centre = (np.array(place) + scale * relative * (i, 0, k)) * (mirror, 1.0, 1.0)
                rows.append((f"fluid of {name}", side, patch_ml, centre, covariance))
    names, sides, volumes, centres, covariances = zip(*rows, strict=True)
    return Parts(
        names,
        (Tissue.FLUID,) * len(rows),
        np.zeros(len(rows), np.int64),
        np.array(sides),
        np.array(volumes),
        np.array(centres),
        np.array(covariances),
    )


_COARSE_MM = 4.0
"""Voxel size of the grid on which the surface is found."""
_BRIDGED_MM = 8.0
"""Gaps narrower than twice this are within the body."""
_SKIN_MM = 2.0
_LEAST_MM = 3.5
"""Soft tissue that covers even the thinnest body's hands and feet, in mm."""
_AROUND = 6
"""Parts whose fat counts at a point."""

_ALONG: dict[Segment, tuple[tuple[float, ...], tuple[float, ...]]] = {
    Segment.SHANK: ((-60.0, 20.0, 120.0, 300.0), (0.15, 0.35, 0.6, 0.8)),
    Segment.THIGH: ((350.0, 500.0, 750.0), (0.8, 1.1, 1.4)),
    Segment.TRUNK: ((700.0, 800.0, 900.0, 1060.0, 1150.0, 1320.0, 1420.0), (1.3, 1.4, 1.6, 1.6, 1.1, 0.9, 0.5)),
    Segment.HEAD: ((1400.0, 1500.0), (0.4, 0.25)),
    Segment.UPPER_ARM: ((1050.0, 1250.0), (0.7, 0.9)),
    Segment.FOREARM: ((720.0, 820.0, 1000.0), (0.1, 0.3, 0.6)),
}
"""Thickness relative to the body's mean by level of the measured body (mm); made up after the usual pattern, no source
gives it for the whole body."""
_BUTTOCKS = ((690.0, 930.0), 60.0, 1.3)
"""Levels, the depth behind which, and the factor by which the fat there is thicker."""


@dataclass(frozen=True, eq=False, slots=True)
class FatLayer:
    """Thickness of the subcutaneous fat over each part.

    Parameters
    ----------
    mm
        Thickness in mm, shape (n,).
    """

    mm: NDArray[np.float64]

    @classmethod
    def over(cls, measured: Parts, mean_mm: float) -> "FatLayer":
        """Distribute fat over the parts by where they lie in the measured body."""
        where = np.array([list(Segment).index(each) for each in segments(measured)])
        mm = np.empty(len(where))
        for number, segment in enumerate(Segment):
            here = where == number
            mm[here] = np.interp(measured.centre[here, 2], *_ALONG[segment])
        (low, high), behind, more = _BUTTOCKS
        z, y = measured.centre[:, 2], measured.centre[:, 1]
        mm[(z > low) & (z < high) & (y < behind) & (where != list(Segment).index(Segment.FOREARM))] *= more
        return cls(np.maximum(mm * mean_mm, _LEAST_MM))


def render(parts: Parts, grid: Grid, fat: FatLayer | float = 6.0) -> Rendered:
    """Draw a body: every voxel belongs to the structure that fills it most, the rest of the body is fat and skin.

    Parameters
    ----------
    parts
        The body in RAS mm.
    grid
        Where to draw it; smaller than the body is allowed if the fat lies over each part.
    fat
        Fat over each of the parts, or one thickness in mm for the whole body.
    """
    tissue, labels = paint(parts, grid)
    solid = tissue > 0
    depths = _depth(parts, fat, grid) if isinstance(fat, FatLayer) else _even_depth(solid, fat, grid)
    for k, depth in enumerate(depths):
        cover = (depth > 0) & ~solid[:, :, k]
        tissue[:, :, k][cover] = Tissue.FAT.code
        tissue[:, :, k][cover & (depth <= _SKIN_MM)] = Tissue.SKIN.code
    return Rendered(grid, tissue, labels)


def _even_depth(solid: NDArray[np.bool_], fat_mm: float, grid: Grid) -> Iterator[NDArray[np.floating]]:
    """Yield for each slice how deep its voxels lie below the skin in mm, 0 outside, with fat of one thickness."""
    from scipy import ndimage

    # Subcutaneous fat closes the gaps between structures and covers them.
    reach = fat_mm + _BRIDGED_MM
    near = ndimage.distance_transform_edt(~solid, sampling=grid.spacing) <= reach
    inner = ndimage.distance_transform_edt(np.pad(near, 1), sampling=grid.spacing)[1:-1, 1:-1, 1:-1]
    body = (inner > reach - fat_mm) | solid
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    yield from np.moveaxis(ndimage.distance_transform_edt(body, sampling=grid.spacing), 2, 0)


def _depth(parts: Parts, fat: FatLayer, grid: Grid) -> Iterator[NDArray[np.floating]]:
    """Yield for each slice how deep its voxels lie below the skin in mm, 0 or less outside.

    The surface is smooth, so it is found on a coarse grid along the same axes and interpolated linearly.
    """
    from scipy import ndimage

    margin_mm = 3 * _COARSE_MM + float(fat.mm.max())
    coarse = grid_around(parts, (_COARSE_MM,) * 3, margin_mm, grid.directions)
    solid = paint(parts, coarse)[0] > 0
    outside = ndimage.distance_transform_edt(~solid, sampling=coarse.spacing).astype(np.float32)
    near = outside <= _thickness(parts.centre, fat.mm, coarse) + _BRIDGED_MM
    inner = ndimage.distance_transform_edt(np.pad(near, 1), sampling=coarse.spacing)[1:-1, 1:-1, 1:-1]
    depth = inner.astype(np.float32) - np.float32(_BRIDGED_MM)
    body = (depth > 0) | solid
    for k in range(body.shape[2]):
        holes = ndimage.binary_fill_holes(body[:, :, k]) & ~body[:, :, k]
        depth[:, :, k][holes] = np.maximum(depth[:, :, k][holes], 2 * _SKIN_MM)
    to_coarse = grid.index_map(coarse)
    x, y, z = (
        np.clip(to_coarse[axis, axis] * np.arange(n) + to_coarse[axis, 3], 0, coarse.shape[axis] - 1)
        for axis, n in enumerate(grid.shape)
    )
    for k in range(grid.shape[2]):
        # From head to foot first: that leaves least to do along the other axes.
        yield between(depth.T[None], [z[k : k + 1], y, x])[0, 0].T


def _thickness(centre: Points, mm: NDArray[np.float64], grid: Grid) -> NDArray[np.float32]:
    """Return the thickness of the fat on the grid, interpolated between the parts that are nearest."""
    from scipy import ndimage
    from scipy.spatial import cKDTree

    step = 4
    axes = [np.arange(0, count + 2 * step, step) for count in grid.shape]
    points = grid.points(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)).reshape(-1, 3)
    distance, nearest = cKDTree(centre).query(points, k=_AROUND)
    weight = 1 / (np.asarray(distance) + 10.0)
    lattice = ((weight * mm[nearest]).sum(1) / weight.sum(1)).reshape([len(axis) for axis in axes])
    smooth = ndimage.gaussian_filter(lattice.astype(np.float32), 1.0)
    thickness: NDArray[np.float32] = between(smooth[None], [np.arange(n) / step for n in grid.shape])[0]
    return thickness
