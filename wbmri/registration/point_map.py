"""Where a place in the body at one visit lies at another: between visits a child grows, and lies differently."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, Json, LabelMap, Step, Volume, canonical
from wbmri.core.scheme import Scheme
from wbmri.registration.deformable import (
    DeformableParameters,
    DemonsStage,
    Landmarks,
    group_landmarks,
    least_spread_mm,
    register_lean,
    shared_labels,
)
from wbmri.registration.lean_tissue import Lean, lean_of_volume
from wbmri.registration.resample import block_means

_SOLID = 4
"""A body is not placed by landmarks of fewer groups than this."""

_FLAT_MM = 5.0
"""Landmarks that spread less than this (standard deviation) along some direction say nothing about it."""

_GRID_MM = 8.0
"""Voxel size at which visits are registered; what is bent is smooth over several of them."""

_WITHIN_PERSON = DeformableParameters(stages=(DemonsStage(1, 0.4, 12, 2.0),))
"""Two visits of one person need less deformation than two people."""


@dataclass(frozen=True, eq=False, slots=True)
class PointMap:
    """Takes points of the body at one visit to where the same anatomy lies at another.

    Parameters
    ----------
    place
        RAS mm of the other visit for every node of the grid, shape (3, x, y, z).
    grid
        A cubic grid over this visit.
    step
        How the map was made.
    """

    place: NDArray[np.float32]
    grid: Grid
    step: Step

    def points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points lie at the other visit.

        Beyond the grid, points move along with the node nearest to them.

        Parameters
        ----------
        points
            RAS mm at this visit, shape (n, 3).

        Returns
        -------
        array, shape (n, 3)
            RAS mm at the other visit.
        """
        index = self.grid.indices(points).T
        nearest = np.clip(index, 0, np.array(self.grid.shape)[:, None] - 1)
        beyond = (index - nearest).T * self.grid.spacing
        moved = np.stack([_linear(axis, nearest) for axis in self.place], axis=1)
        return moved + beyond


def register_visits(volume: Volume, labels: LabelMap, other_volume: Volume, other_labels: LabelMap) -> PointMap:
    """Find where every place of the body at one visit lies at another visit of the same person.

    The groups' own places carry the limbs there, by a thin-plate spline through three points of each group; lean
    tissue, which looks alike with and without oedema, is then bent onto that of the other scan by demons.

    Parameters
    ----------
    volume, labels
        The visit whose points are mapped, and its outlines on the same grid.
    other_volume, other_labels
        The visit they are mapped to.

    Returns
    -------
    PointMap
        From RAS mm of the one visit to RAS mm of the other. The map back is that of the swapped arguments; both agree
        to within the accuracy of the registration, not exactly.

    Raises
    ------
    InputError
        If the visits share too few groups, the schemes differ, or an image shows no body.
    """
    first, second = _Body.of(volume, labels), _Body.of(other_volume, other_labels)
    return _registered(first, second)


def register_both_ways(
    volume: Volume,
    labels: LabelMap,
    other_volume: Volume,
    other_labels: LabelMap,
) -> tuple[PointMap, PointMap]:
    """Return the map from one visit to the other and the map back, see `register_visits`."""
    first, second = _Body.of(volume, labels), _Body.of(other_volume, other_labels)
    return _registered(first, second), _registered(second, first)


@dataclass(frozen=True, eq=False, slots=True)
class _Body:
    """What a visit is registered by."""

    scheme: Scheme
    lean: Lean
    landmarks: Landmarks

    @classmethod
    def of(cls, volume: Volume, labels: LabelMap) -> "_Body":
        labels.check_grid(volume)
        lean, _ = lean_of_volume(block_means(canonical(volume), _GRID_MM / 2), _GRID_MM)
        return cls(labels.scheme, lean, group_landmarks(labels))


def _registered(first: _Body, second: _Body) -> PointMap:
    shared = shared_labels(first.landmarks, second.landmarks)
    if first.scheme.pair_ids != second.scheme.pair_ids or len(shared) < _SOLID:
        raise InputError(
            f"two visits with {len(shared)} muscle groups in common",
            f"outlines of at least {_SOLID} groups of one scheme on both scans",
            "compare scans of the same part of the body",
        )
    spread = min(least_spread_mm(body.landmarks, shared) for body in (first, second))
    if spread < _FLAT_MM:
        raise InputError(
            f"muscle groups in common that lie within {spread:.0f} mm of one plane",
            f"groups that spread {_FLAT_MM:g} mm or more in every direction",
            "compare scans of a larger part of the body",
        )
    made = register_lean(first.lean, first.landmarks, second.lean, second.landmarks, _WITHIN_PERSON)
    parameters: dict[str, Json] = {
        **_WITHIN_PERSON.recorded(),
        "method": "thin-plate spline of the groups, then demons",
        "grid_mm": _GRID_MM,
    }
    return PointMap(made.place, first.lean.grid, Step("register", parameters))


def intensities_at(volume: Volume, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the intensities of a scan at points of it, by linear interpolation.

    Parameters
    ----------
    volume
        The scan.
    points
        RAS mm, shape (n, 3).

    Returns
    -------
    array, shape (n,)
        NaN where a point lies outside the scan.
    """
    index = volume.grid.indices(points).T
    inside = ((index > -0.5) & (index < np.array(volume.shape)[:, None] - 0.5)).all(axis=0)
    return np.where(inside, _linear(volume.data, index), np.nan)


def _linear(values: NDArray[np.float32], index: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy import ndimage

    made: NDArray[np.float64] = ndimage.map_coordinates(values, index, order=1, mode="nearest", output=np.float64)
    return made
