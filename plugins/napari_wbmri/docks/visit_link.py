"""Two visits linked in place, both ways: what one shows, the other shows too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from napari_wbmri.viewer import Depth, Scene

if TYPE_CHECKING:
    from wbmri.registration import PointMap

Point = tuple[float, float, float]

_STEPS_BACK = 6
"""The way back through a registration is exact to a fraction of a voxel after so many steps."""


class VisitLink:
    """Lets the views of one visit follow those of another; with all three planes, their crosshairs too.

    Parameters
    ----------
    here, there
        The first views of both.

    Attributes
    ----------
    map
        Leads from the points of one scan to those of the other. Until there is one, a place is found by the group that
        is being read, at the same distance from its middle.
    """

    def __init__(self, here: Scene, there: Scene) -> None:
        self._here, self._there = here, there
        self.map: PointMap | None = None
        self._leading = False

    def follow(self) -> None:
        """Show the place that the first visit shows, at the same size."""
        here, there = self._here, self._there
        if self._idle:
            return
        through = self._forth(here.cross) if here.followers else None
        with self._led():
            for mine, other in zip((here, *here.followers), (there, *there.followers), strict=False):
                point = self._forth(mine.point)
                if point is not None:
                    other.look(point, float(mine.viewer.scene.camera.zoom), through)

    def lead(self, _: object = None) -> None:
        """Show the place to which the other visit was moved."""
        here, there = self._here, self._there
        if self._idle:
            return
        through = self.back(there.cross, here.cross) if there.followers else None
        with self._led():
            for mine, other in zip((here, *here.followers), (there, *there.followers), strict=False):
                point = self.back(other.point, mine.point)
                if point is not None:
                    mine.look(point, float(other.viewer.scene.camera.zoom), through)

    @property
    def _idle(self) -> bool:
        here, there = self._here, self._there
        return self._leading or here.depth is Depth.BODY or not (here.shown and there.shown)

    def _forth(self, point: Point) -> Point | None:
        here, there = self._here, self._there
        if self.map is not None:
            moved = self.map.points(np.array([here.grid.point_mm(point)]))[0]
            return there.grid.world([float(value) for value in moved])
        mine, other = here.middle(here.label), there.middle(here.label)
        if mine is None or other is None:
            return None
        a, b, c = np.array(point) - mine + other
        return float(a), float(b), float(c)

    def back(self, wanted: Point, near: Point) -> Point | None:
        """Return the point of the first visit that is linked with one of the other, from one that is near."""
        # The map leads there alone: the way back is found by going towards where it has to come from.
        a, b, c = near
        for _step in range(_STEPS_BACK):
            found = self._forth((a, b, c))
            if found is None:
                return None
            a, b, c = a + wanted[0] - found[0], b + wanted[1] - found[1], c + wanted[2] - found[2]
        return a, b, c

    @contextmanager
    def _led(self) -> Iterator[None]:
        """Let one visit follow the other without being followed back."""
        self._leading = True
        try:
            yield
        finally:
            self._leading = False
