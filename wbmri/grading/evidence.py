"""What is measured in each group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.masks import Muscle
from wbmri.reading import Evidence, Reference
from wbmri.scheme import GradingRule

LIMIT_SPREADS = 2.0
"""The limit lies at least this many spreads of normal muscle above its level."""

OWN_LEVEL = 0.12
"""How far, in log intensity, the normal muscle of one group may lie from that of all: what is left of the field."""

OWN_WIDTH = 0.12
"""Width of the kernel that finds a group's own normal level."""

FLUID_RATIO = 4.0
"""Above this multiple of normal muscle a voxel holds blood or fluid: oedema of muscle does not reach it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From which intensity on a voxel is oedematous.

    Parameters
    ----------
    ratio
        The limit as a multiple of the normal-muscle level.
    chance
        Share of normal voxels that lie above it by chance.
    """

    ratio: float
    chance: float


def limit_of(reference: Reference, rule: GradingRule) -> Limit:
    """Choose the limit: the scheme's ratio, or more where normal muscle is noisy."""
    from scipy.special import ndtr

    spread = reference.spread / reference.level
    ratio = max(rule.oedema_ratio, float(np.exp(LIMIT_SPREADS * spread)))
    return Limit(ratio, float(ndtr(-np.log(ratio) / spread)))


def measure(muscle: Muscle, log_ratio: NDArray[np.float64], label: int, limit: Limit) -> Evidence:
    """Measure one group.

    Parameters
    ----------
    muscle
        The labelled voxels.
    log_ratio
        Logarithm of each voxel's corrected intensity over the normal-muscle level.
    label
        The group.
    limit
        From where on a voxel is oedematous.
    """
    own = muscle.label == label
    voxel_ml = float(np.prod(muscle.spacing)) / 1000.0
    values = log_ratio[own & muscle.inner]
    values = values[values < np.log(FLUID_RATIO)]
    if values.size == 0:
        return Evidence(0.0, None, 0.0, int(own.sum()) * voxel_ml, 0)
    values = values - _own_level(values)
    above = values > np.log(limit.ratio)
    share = (float(above.mean()) - limit.chance) / (1.0 - limit.chance)
    return Evidence(
        oedema_fraction=max(0.0, share),
        oedema_ratio=float(np.exp(values[above]).mean()) if above.any() else None,
        median_ratio=float(np.exp(np.median(values))),
        volume_ml=int(own.sum()) * voxel_ml,
        voxels=int(values.size),
    )


def _own_level(values: NDArray[np.float64]) -> float:
    """Find where a group's own normal muscle lies, by mean shift from the level of all muscle."""
    level = 0.0
    for _ in range(8):
        weight = np.exp(-0.5 * ((values - level) / OWN_WIDTH) ** 2)
        if weight.sum() < 1.0:
            return 0.0
        level = float(np.clip(weight @ values / weight.sum(), -OWN_LEVEL, OWN_LEVEL))
    return level
