"""A body seen as a whole: drawn, painted and scanned on the coarse grid that the finder looks at."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.network.frame import COARSE_MM, body_level
from wbmri.training.appearance import Appearance
from wbmri.training.drawing import Drawn, draw
from wbmri.training.posing import Posed

SAMPLES = 8
"""A voxel of 8 mm is the mean of 2 x 2 x 2 that are drawn."""
_SPACING = np.full(3, COARSE_MM / 2)
_NOISE = 0.45
"""What remains of a scan's noise in the voxels that are drawn."""


@dataclass(frozen=True, eq=False, slots=True)
class Survey:
    """A body drawn with `SAMPLES` voxels to a coarse one.

    Parameters
    ----------
    drawn
        The body, shape (2 x, 2 y, 2 z).
    corner
        Lowest corner of the grid in mm.
    """

    drawn: Drawn
    corner: NDArray[np.float64]

    @classmethod
    def of(cls, body: Posed, view: NDArray[np.float64]) -> Self:
        """Draw what lies in a field of view, given by its lowest and its highest corner in mm, shape (2, 3)."""
        x, y, z = (2 * int(n) for n in np.ceil((view[1] - view[0]) / COARSE_MM))
        return cls(draw(body, (x, y, z), _SPACING, view[0] + _SPACING / 2), view[0])

    def scanned(self, look: Appearance, rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Return what a scanner shows at 8 mm, shape (x, y, z), and the level that is taken for the body's.

        Raises
        ------
        InputError
            If the look shows nothing.
        """
        painted = look.paint(self.drawn, _SPACING, self.corner + _SPACING / 2)
        seen = means(look.scanned(painted, _SPACING, rng, _NOISE))
        return seen, body_level(seen) * look.level_error


def means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of 2 x 2 x 2 voxels."""
    x, y, z = (n // 2 for n in values.shape)
    found: NDArray[np.float32] = values.reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)
    return found
