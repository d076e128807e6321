"""Painting and erasing with a round brush, freely or held inside muscle, and never in the air far from a body."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.review.label_editor.label_change import LabelChange, Labels

Block = tuple[slice, slice, slice]

Within = Callable[[Block], NDArray[np.bool_]]
"""Says which voxels of a block of the grid a stroke may enter."""


@dataclass(frozen=True, slots=True)
class Brush:
    """How a stroke paints.

    Parameters
    ----------
    label
        The group that is painted, or erased.
    radius_mm
        Radius of the brush.
    erase
        Whether voxels of the group become background, instead of background becoming the group.
    steal
        Whether painting takes voxels from neighbouring groups.
    plane
        The voxel axis across which the brush does not reach: the slice that is shown; ``None`` for a ball.
    """

    label: int
    radius_mm: float
    erase: bool = False
    steal: bool = False
    plane: int | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.label <= 255 and self.radius_mm > 0 and self.plane in (None, 0, 1, 2)):
            raise InputError(
                f"a brush for label {self.label} of {self.radius_mm} mm on axis {self.plane}",
                "a label from 1 on, a radius above 0 and an axis 0, 1, 2 or none",
                "correct the brush",
            )


class Stroke:
    """One stroke, from pressing the button to releasing it.

    Parameters
    ----------
    labels
        The label map as it is before the stroke, shape (i, j, k); not changed.
    spacing
        Voxel distances in mm.
    brush
        How it paints.
    within
        For the smart brush: which voxels it may enter, see `wbmri.review.Session.within_muscle`. Of these only those
        that hang together with the middle of the brush are painted.
    """

    def __init__(self, labels: Labels, spacing: Sequence[float], brush: Brush, within: Within | None = None) -> None:
        self._labels = labels
        self._spacing = np.asarray(spacing, dtype=np.float64)
        self._brush = brush
        self._within = within
        self._last: NDArray[np.float64] | None = None
        self._painted = np.empty(0, np.int64)

    def to(self, point: Sequence[float]) -> LabelChange:
        """Go on to a point, in voxel coordinates (i, j, k), and return the voxels that are newly painted."""
        end = np.asarray(point, dtype=np.float64)
        start = end if self._last is None else self._last
        self._last = end
        index = np.setdiff1d(self._swept(start, end), self._painted, assume_unique=True)
        self._painted = np.union1d(self._painted, index)
        return self._setting(index)

    @property
    def change(self) -> LabelChange:
        """Everything the stroke has painted so far, to be given to `wbmri.review.Session.edit`."""
        return self._setting(self._painted)

    def _setting(self, index: NDArray[np.integer[Any]]) -> LabelChange:
        return LabelChange.setting(self._labels, index, 0 if self._brush.erase else self._brush.label)

    def _swept(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.int64]:
        """Find the voxels the brush passes over between two points and may change."""
        brush = self._brush
        reach = brush.radius_mm / self._spacing
        if brush.plane is not None:
            reach[brush.plane] = 0.0
            start, end = start.copy(), end.copy()
            start[brush.plane] = end[brush.plane] = np.rint(end[brush.plane])
        low = np.maximum(np.ceil(np.minimum(start, end) - reach), 0).astype(int)
        high = np.minimum(np.floor(np.maximum(start, end) + reach), np.array(self._labels.shape) - 1).astype(int)
        # The voxel under the pointer is painted even by a brush finer than it.
        under = np.clip(np.rint(end).astype(int), 0, np.array(self._labels.shape) - 1)
        low, high = np.minimum(low, under), np.maximum(high, under)
        block = (slice(low[0], high[0] + 1), slice(low[1], high[1] + 1), slice(low[2], high[2] + 1))
        if np.any(np.rint(end) != under):
            return np.empty(0, np.int64)
        chosen = _capsule(low, high, self._spacing, start, end) <= brush.radius_mm
        chosen[tuple(under - low)] = True
        if self._within is not None:
            chosen = _hanging_together(chosen & self._within(block), start - low, end - low)
        present = self._labels[block]
        if brush.erase:
            chosen &= present == brush.label
        elif not brush.steal:
            chosen &= present == 0
        places = np.nonzero(chosen)
        found: NDArray[np.int64] = np.ravel_multi_index(
            tuple(axis + first for axis, first in zip(places, low, strict=True)),
            self._labels.shape,
        ).astype(np.int64)
        return found


def _capsule(
    low: NDArray[np.intp],
    high: NDArray[np.intp],
    spacing: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distance in mm of the voxels of a block from the line between two points."""
    axes = [(np.arange(low[a], high[a] + 1) - start[a]) * spacing[a] for a in range(3)]
    offset = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    along = (end - start) * spacing
    length = float(along @ along)
    share = np.clip(offset @ along / length, 0.0, 1.0)[..., None] if length > 0 else 0.0
    distance: NDArray[np.float64] = np.linalg.norm(offset - share * along, axis=-1)
    return distance


def _hanging_together(
    allowed: NDArray[np.bool_],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Keep the parts that the middle of the brush passes through."""
    from scipy import ndimage

    parts, _ = ndimage.label(allowed)
    steps = int(np.ceil(np.abs(end - start).max())) + 1
    middle = np.rint(np.linspace(start, end, steps)).astype(int)
    inside = np.all((middle >= 0) & (middle < allowed.shape), axis=1)
    met = np.unique(parts[tuple(middle[inside].T)])
    kept: NDArray[np.bool_] = np.isin(parts, met[met > 0])
    return kept


_CELL_MM = 6.0
"""The scan is looked at in cells of about this size, so that noise does not pass for a body."""
_SOLID = 0.4
"""A cell as bright as this share of the muscle of the scan belongs to a body."""
_NEAR_MM = 20.0
"""Skin, suppressed fat and bone are as dark as air: what lies within this distance of a body may be painted on."""


class Air:
    """Tells which voxels lie in air.

    Parameters
    ----------
    image
        The scan, shape (i, j, k).
    labels
        The outlines on the same voxels; what is outlined belongs to the body.
    spacing
        Voxel distances in mm.
    """

    def __init__(self, image: NDArray[np.float32], labels: Labels, spacing: Sequence[float]) -> None:
        from scipy import ndimage

        self._cell = np.maximum(1, np.round(_CELL_MM / np.asarray(spacing))).astype(int)
        inside = labels > 0
        muscle = float(np.median(image[inside])) if inside.any() else np.inf
        solid = (self._mean(image) > _SOLID * muscle) | (self._mean(inside.astype(np.float32)) > 0)
        away = ndimage.distance_transform_edt(~solid, sampling=self._cell * np.asarray(spacing))
        self._air: NDArray[np.bool_] = away > _NEAR_MM if solid.any() else np.zeros_like(solid)

    def _mean(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of each cell; those at the far ends hold what is left."""
        made = image
        for axis, step in enumerate(self._cell):
            starts = np.arange(0, made.shape[axis], step)
            size = np.diff(np.append(starts, made.shape[axis])).astype(np.float32)
            shape = [-1 if a == axis else 1 for a in range(3)]
            made = (np.add.reduceat(made, starts, axis=axis) / size.reshape(shape)).astype(np.float32)
        return made

    def free_of(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block do not lie in air."""
        cells = [np.arange(part.start, part.stop) // step for part, step in zip(block, self._cell, strict=True)]
        return ~self._air[np.ix_(*cells)]
