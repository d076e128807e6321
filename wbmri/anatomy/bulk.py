"""Muscles made thinner or thicker across their own long axis; what they leave is filled by fat when drawn."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.anatomy.parts import Parts, Points

_SMOOTH = 0.2
"""The middle line of a muscle is averaged over this share of its length."""


def with_bulk(parts: Parts, bulk: Mapping[int, float]) -> Parts:
    """Return the body with the cross-section of muscles changed and their length kept.

    A round muscle loses as much in width as in thickness, a flat one loses thickness alone. Each muscle shrinks towards
    its own middle line, so it stays where it was.

    Parameters
    ----------
    parts
        The measured body.
    bulk
        Volume of a group relative to the measured one, by label; groups that are not named keep theirs.
    """
    centre, covariance, volume = parts.centre.copy(), parts.covariance.copy(), parts.volume_ml.copy()
    names = np.array(parts.structure)
    for label, factor in bulk.items():
        group = parts.label == label
        for name in np.unique(names[group]):
            muscle = np.flatnonzero(group & (names == name))
            scale, line = _thinning(centre[muscle], covariance[muscle], volume[muscle], factor)
            centre[muscle] = line + (centre[muscle] - line) @ scale.T
            covariance[muscle] = scale @ covariance[muscle] @ scale.T
            volume[muscle] *= factor
    return replace(parts, centre=centre, covariance=covariance, volume_ml=volume)


def _thinning(
    centre: Points, covariance: NDArray[np.float64], volume: NDArray[np.float64], factor: float
) -> tuple[NDArray[np.float64], Points]:
    """Return the matrix that thins a muscle about its middle line, and that line at each part's level."""
    weight = volume / volume.sum()
    offset = centre - weight @ centre
    moments = np.einsum("n,ni,nj->ij", weight, offset, offset) + np.einsum("n,nij->ij", weight, covariance)
    values, axes = np.linalg.eigh(moments)
    thin, wide, long = np.sqrt(np.maximum(values, 1e-6))
    # The share of the change that goes into the width: half for a round muscle, none for a thin sheet.
    across = 0.5 * thin / wide
    scale = np.eye(3) + (factor ** (1 - across) - 1) * np.outer(axes[:, 0], axes[:, 0])
    scale += (factor**across - 1) * np.outer(axes[:, 1], axes[:, 1])
    level = offset @ axes[:, 2]
    near = weight * np.exp(-0.5 * ((level[:, None] - level[None, :]) / (_SMOOTH * 3.5 * long)) ** 2)
    return scale, near @ centre / near.sum(axis=1, keepdims=True)
