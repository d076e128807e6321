"""What is normal in each small part of a muscle: the evidence that the field follows.

Coils shade muscle smoothly, over ten centimetres and more, and oedema begins and ends within some millimetres. In a
cell a few centimetres long the field is nearly one number, so normal muscle and oedema show as two peaks there even
where shading along the whole muscle would smear them into one.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.voxels import Muscle

CELL_MM = (60.0, 1000.0, 50.0)
"""Size of a cell from left to right, back to front and foot to head."""

LOWEST, HIGHEST, STEP = -1.0, 1.4, 0.05
BINS = round((HIGHEST - LOWEST) / STEP)
"""Histogram of the log ratios in a cell."""

LEVELS = np.arange(-0.15, 0.151, 0.025)
LEVEL_SPREAD = 0.04
"""Where normal muscle may lie in a cell: what is left of the field, with its standard deviation."""

CONTRASTS = (0.18, 0.28, 0.4, 0.55, 0.75, 1.0)
"""How far oedema may lie above it."""

UNEVEN = 0.08
"""Standard deviation of oedema about its mean, in log intensity."""

DARK = 0.5
"""Range over which voxels that hold fat lie below normal muscle."""

ROUNDS = 12
ALIKE, MOST = 6.0, 60.0
"""Voxels that count as one observation, and the most observations that a cell has."""


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """A division of muscle into small parts.

    Parameters
    ----------
    cell
        Number of the cell of each voxel, shape (n,).
    count
        Number of cells.
    seen
        Voxels that speak for their cell, shape (n,).
    """

    cell: NDArray[np.intp]
    count: int
    seen: NDArray[np.bool_]


def cells_of(muscle: Muscle) -> Cells:
    """Divide every group into cells."""
    block = (muscle.points // np.asarray(CELL_MM)).astype(np.intp)
    key = ((muscle.label.astype(np.intp) * 1024 + block[:, 0]) * 1024 + block[:, 1]) * 1024 + block[:, 2]
    places, cell = np.unique(key, return_inverse=True)
    return Cells(cell, places.size, muscle.core)


def normal_share(
    cells: Cells,
    log_ratio: NDArray[np.float64],
    chosen: NDArray[np.intp],
    spread: float,
) -> NDArray[np.float64]:
    """Probability of voxels to be normal muscle, given all voxels of their cells.

    Parameters
    ----------
    cells
        The division.
    log_ratio
        Logarithm of each voxel's corrected intensity over the level of normal muscle, shape (n,).
    chosen
        The voxels asked for.
    spread
        Standard deviation of normal muscle in log intensity.
    """
    inside = cells.seen & (log_ratio >= LOWEST) & (log_ratio < HIGHEST)
    bins = np.clip((log_ratio - LOWEST) // STEP, 0, BINS - 1).astype(np.intp)
    flat = cells.cell[inside] * BINS + bins[inside]
    counts = np.bincount(flat, minlength=cells.count * BINS).reshape(cells.count, BINS).astype(np.float32)
    used = np.unique(cells.cell[chosen])
    share = np.zeros((cells.count, BINS))
    share[used] = _fit(counts[used], round(spread, 3))
    made = share[cells.cell[chosen], bins[chosen]]
    return np.where(inside[chosen], made, 0.0)


@lru_cache(maxsize=8)
def _table(spread: float) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
    """Densities (hypothesis, component, bin), logarithms of the prior, and which hypotheses hold oedema."""
    middle = LOWEST + STEP * (np.arange(BINS) + 0.5)
    level, contrast = (a.ravel() for a in np.meshgrid(LEVELS, (0.0, *CONTRASTS), indexing="ij"))
    # A bin is as wide as the noise: the width of the bin adds to the spread.
    narrow, wide = np.hypot(spread, STEP / np.sqrt(12)), np.hypot(spread, UNEVEN)
    away = middle[None, :] - level[:, None]
    mixed = np.mean(
        [_normal(away - np.log1p(s * np.expm1(contrast))[:, None], narrow) for s in (0.25, 0.5, 0.75)],
        axis=0,
    )
    dark = np.where((away < 0) & (away > -DARK), 1 / DARK, 0.0)
    density = np.stack([_normal(away, narrow), _normal(away - contrast[:, None], wide), mixed, dark], axis=1)
    prior = -0.5 * (level / LEVEL_SPREAD) ** 2 - np.where(contrast > 0, np.log(len(CONTRASTS)), 0.0)
    return density.astype(np.float32), prior, contrast > 0


def _normal(away: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    made: NDArray[np.float64] = np.exp(-0.5 * (away / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return made


def _fit(counts: NDArray[np.float32], spread: float) -> NDArray[np.float64]:
    """Explain the histogram of each cell and return the probability of being normal, shape (cells, bins)."""
    density, prior, ill = _table(spread)
    floor = np.float32(0.02 / (HIGHEST - LOWEST))
    shape = (counts.shape[0], density.shape[0], density.shape[1])
    weight = np.broadcast_to(np.array([0.5, 0.3, 0.1, 0.1], np.float32), shape).copy()
    weight[:, ~ill, 0] += weight[:, ~ill, 1] + weight[:, ~ill, 2]
    weight[:, ~ill, 1:3] = 0
    total = np.maximum(counts.sum(axis=1), 1)
    for _ in range(ROUNDS):
        likelihood = np.einsum("xhc,hcb->xhb", weight, density, optimize=True) + floor
        weight = weight * np.einsum("xhb,hcb->xhc", counts[:, None, :] / likelihood, density, optimize=True)
        weight /= np.maximum(weight.sum(axis=2, keepdims=True), 1e-6)
    likelihood = np.einsum("xhc,hcb->xhb", weight, density, optimize=True) + floor
    temper = np.minimum(1 / ALIKE, MOST / total)
    score = prior + temper[:, None] * np.einsum("xhb,xb->xh", np.log(likelihood), counts, optimize=True)
    score = np.exp(score - score.max(axis=1, keepdims=True))
    score /= score.sum(axis=1, keepdims=True)
    made: NDArray[np.float64] = np.einsum(
        "xh,xhb->xb",
        score,
        weight[:, :, :1] * density[None, :, 0] / likelihood,
        optimize=True,
    )
    return made
