"""What the networks take and give: grids, intensities and the order of channels; training and use must agree."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError

COARSE_MM = 8.0
"""Voxel size at which the network is told what lies where, roughly."""
FINE_MM = 3.0
"""Voxel size of the outlines."""
SHARP = 0.1
"""Scans are smoothed by this multiple of the voxel size before they are sampled: gaps between muscles stay where they
lie, and noise is averaged over a millimetre. Sharper than in training, which is better (docs/training.md)."""
TILE_COARSE = 24
TILE_FINE = 64
"""A tile of the outlines covers 24 coarse voxels, which are 64 fine ones: 192 mm."""

PAIRS = 21
AIR, BONE, FAT, OTHER = 0, 22, 23, 24
CLASSES = 25
"""Classes: 0 air, 1..21 the pairs of ``jdm42``, then bone, fat with skin, and every other tissue."""
SIDE = 25
"""Channel of the answer that tells the patient's right from the left."""
ANSWERS = 26

FIND_TILE = (64, 32, 48)
"""Coarse voxels that the finder looks at at a time, along x, y and z: 512 x 256 x 384 mm."""
LEVEL = 26
"""Channel of the finder's answer that tells the height in the body; the ones before are as in an outline's answer."""
FINDINGS = 27

CONTEXT_SIDE, CONTEXT_LEVEL = 22, 23
CONTEXT = 24
"""Channels of what is known before: share of no group, of each pair, of the right half, and the height in the body (0
at the soles, 1 at the vertex)."""


def body_level(image: NDArray[np.float32]) -> float:
    """Return the typical intensity of what stands out from the background, from an image at the coarse voxel size.

    Raises
    ------
    InputError
        If nothing stands out.
    """
    seen = image[image > 0]
    if seen.size:
        bright = seen[seen > seen.mean()]
        if bright.size:
            return float(np.median(seen[seen > 0.5 * np.median(bright)]))
    raise InputError(
        "an image without a signal above its background",
        "a scan of a body",
        "check with 'wbmri inspect' that the right series was chosen",
    )


def brightness(image: NDArray[np.float32], level: float) -> NDArray[np.float32]:
    """Return intensities as the network sees them: relative to `level`, with fluid and brain compressed."""
    seen: NDArray[np.float32] = np.log1p(np.maximum(image, 0) * np.float32(3 / level))
    return seen
