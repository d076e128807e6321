"""A whole body as one value: shape, pose, muscle bulk, fat and fluid, from which its parts are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from wbmri.anatomy.bulk import with_bulk
from wbmri.anatomy.fluid import joint_fluid
from wbmri.anatomy.outline import FatLayer, draw
from wbmri.anatomy.parts import Parts, measured_body
from wbmri.anatomy.pose import Pose
from wbmri.anatomy.rendering import Grid, Rendered
from wbmri.anatomy.segments import Following
from wbmri.anatomy.shape import Shape


@dataclass(frozen=True, slots=True)
class Body:
    """A body.

    Parameters
    ----------
    shape
        Height, proportions and girth.
    pose
        How it lies.
    bulk
        Volume of a muscle group relative to that of the measured body at this size, by label; 1 where none is given.
        Below 1 is atrophy, whose place is taken by fat. Left and right are set apart.
    fat_mm
        Mean thickness of the subcutaneous fat.
    knee_fluid_ml
        Fluid in each knee of the measured body; other joints hold less. None by 0.
    """

    shape: Shape = field(default_factory=Shape)
    pose: Pose = field(default_factory=Pose)
    bulk: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    fat_mm: float = 6.0
    knee_fluid_ml: float = 0.0

    def parts(self) -> Parts:
        """Return all parts in RAS mm, soles near z = 0."""
        measured = self._measured()
        return measured.mapped(self.pose.mapping(Following.of(measured), self.shape.mapping()))

    def draw(self, grid: Grid) -> Rendered:
        """Draw the body on a grid."""
        return draw(self.parts(), FatLayer.over(self._measured(), self.fat_mm), grid)

    def _measured(self) -> Parts:
        """Return the measured body with this one's bulk and fluid."""
        parts = _bulked(tuple(sorted(self.bulk.items())))
        return parts.joined(joint_fluid(self.knee_fluid_ml)) if self.knee_fluid_ml > 0 else parts


@lru_cache(maxsize=2)
def _bulked(bulk: tuple[tuple[int, float], ...]) -> Parts:
    return with_bulk(measured_body(), dict(bulk))
