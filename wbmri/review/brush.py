"""Painting and erasing with a round brush, freely or held inside muscle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.review.masks import Labels, MaskChange

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
        raise NotImplementedError

    def to(self, point: Sequence[float]) -> MaskChange:
        """Go on to a point, in voxel coordinates (i, j, k), and return the voxels that are newly painted."""
        raise NotImplementedError

    @property
    def change(self) -> MaskChange:
        """Everything the stroke has painted so far, to be given to `wbmri.review.Session.edit`."""
        raise NotImplementedError
