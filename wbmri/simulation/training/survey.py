"""A body seen as a whole: all that a scan shows of it, drawn, painted and scanned at one voxel size."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.segmentation.network import AIR, BONE, CLASSES, COARSE_MM, FAT, OTHER, body_level
from wbmri.simulation.body import Located, Tissue, WarpedBody, pair_numbers
from wbmri.simulation.scanner import Appearance

SAMPLES = 8
"""A voxel of 8 mm is the mean of 2 x 2 x 2 that are drawn."""
SAMPLE_MM = COARSE_MM / 2
_NOISE_MM = 1.8
"""What remains of a scan's noise, times the voxel size: a voxel averages over several of the scanner's."""

_CLASS = np.full(len(Tissue), OTHER, np.uint8)
_CLASS[[Tissue.CORTICAL.code, Tissue.BONE.code]] = BONE
_CLASS[[Tissue.FAT.code, Tissue.SKIN.code]] = FAT
_CLASS[Tissue.AIR.code] = AIR


@dataclass(frozen=True, eq=False, slots=True)
class Survey:
    """What a scan shows of a body.

    Parameters
    ----------
    drawn
        The body, shape (x, y, z), all lengths even.
    spacing_mm
        Voxel size.
    """

    drawn: Located
    spacing_mm: float

    @classmethod
    def of(cls, body: WarpedBody, view: NDArray[np.float64], spacing_mm: float) -> Self:
        """Draw what lies in a field of view, given by its lowest and its highest corner in mm, shape (2, 3)."""
        shape = [2 * int(n) for n in np.ceil((view[1] - view[0]) / spacing_mm / 2)]
        return cls(body.render(Grid.along_axes(shape, spacing_mm, view[0] + spacing_mm / 2)), spacing_mm)

    def scanned(self, look: Appearance, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return what a scanner shows, on the same grid."""
        return look.scanned(look.paint(self.drawn), self.spacing_mm, rng, _NOISE_MM / self.spacing_mm)

    def seen(self, look: Appearance, rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
        """Return what is seen at 8 mm of a body drawn at `SAMPLE_MM`, and the level that is taken for the body's.

        Raises
        ------
        InputError
            If the look shows nothing.
        """
        seen = means(self.scanned(look, rng))
        return seen, body_level(seen) * look.level_error

    def classes(self) -> NDArray[np.uint8]:
        """Return the class of every voxel that is drawn."""
        drawn = self.drawn
        return np.where(drawn.labels > 0, pair_numbers(drawn.labels), _CLASS[drawn.tissue]).astype(np.uint8)

    def truth(self) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """Return the truth of a body drawn at `SAMPLE_MM`, by coarse voxel.

        Returns
        -------
        counts, shape (25, x / 2, y / 2, z / 2)
            How many of the `SAMPLES` are of each class.
        right, level, shape (x / 2, y / 2, z / 2)
            Share of the right half, and height in the body.
        """
        classes = self.classes()
        shape = tuple(n // 2 for n in classes.shape)
        counts = np.zeros((CLASSES, *shape), np.uint8)
        cells = np.indices(shape)
        for first in np.ndindex(2, 2, 2):
            np.add.at(counts, (classes[tuple(slice(f, None, 2) for f in first)], *cells), 1)
        return counts, means(self.drawn.right.astype(np.float32)), means(self.drawn.level)


def means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of 2 x 2 x 2 voxels."""
    x, y, z = (n // 2 for n in values.shape)
    found: NDArray[np.float32] = values.reshape(x, 2, y, 2, z, 2).mean((1, 3, 5), dtype=np.float32)
    return found
