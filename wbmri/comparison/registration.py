"""Where a place in the body at one visit lies at another: between visits a child grows, and lies differently."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.labelmap import LabelMap
from wbmri.provenance import Json, Step
from wbmri.volume import Volume, canonical

_SOLID = 4
"""A body is not placed by landmarks of fewer groups than this."""


@dataclass(frozen=True, eq=False, slots=True)
class PointMap:
    """Takes points of the body at one visit to where the same anatomy lies at another.

    Parameters
    ----------
    place
        RAS mm of the other visit for every node of a cubic grid over this visit, shape (3, x, y, z).
    alike
        How alike both scans look around each node, 0..1, shape (x, y, z); 0 where the other scan does not reach.
    origin
        RAS mm of the first node at this visit.
    spacing_mm
        Distance between nodes.
    step
        How the map was made.
    """

    place: NDArray[np.float32]
    alike: NDArray[np.float32]
    origin: NDArray[np.float64]
    spacing_mm: float
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
        index = self._index(points)
        nearest = np.clip(index, 0, np.array(self.place.shape[1:])[:, None] - 1)
        beyond = (index - nearest).T * self.spacing_mm
        moved = np.stack([_linear(axis, nearest) for axis in self.place], axis=1)
        return moved + beyond

    def likeness(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how alike both scans look around points of this visit, 0..1; shape (n, 3) to (n,)."""
        return _linear(self.alike, self._index(points), outside="constant")

    def _index(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        made: NDArray[np.float64] = ((np.asarray(points, np.float64) - self.origin) / self.spacing_mm).T
        return made


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
    from wbmri.segmentation.atlas.tissue import lean_of_volume
    from wbmri.segmentation.site.laying import PARAMETERS, landmarks, lay

    labels.check_grid(volume)
    other_labels.check_grid(other_volume)
    shared = {label for label, _ in landmarks(labels)} & {label for label, _ in landmarks(other_labels)}
    if labels.scheme != other_labels.scheme or len(shared) < _SOLID:
        raise InputError(
            f"two visits with {len(shared)} muscle groups in common",
            f"outlines of at least {_SOLID} groups of one scheme on both scans",
            "compare scans of the same part of the body",
        )
    scan, _ = lean_of_volume(canonical(volume))
    laid = lay(scan, labels, other_volume, other_labels)
    parameters: dict[str, Json] = {"method": "thin-plate spline of the groups, then demons", **PARAMETERS}
    return PointMap(laid.place, laid.alike, scan.origin, scan.spacing_mm, Step("register", parameters))


def resampled(volume: Volume, other: Volume, there: PointMap) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return another visit's intensities where the voxels of this visit lie in it.

    Parameters
    ----------
    volume
        The visit whose grid is filled.
    other
        The visit whose intensities are taken, by linear interpolation.
    there
        The map from the one to the other.

    Returns
    -------
    values, inside
        Intensities, and whether the voxel lies in the other scan; the shape of `volume`.
    """
    values = np.zeros(volume.shape, np.float32)
    inside = np.zeros(volume.shape, bool)
    j, k = np.meshgrid(*(np.arange(n) for n in volume.shape[1:]), indexing="ij")
    to_index = np.linalg.inv(other.affine)
    last = np.array(other.shape)[:, None] - 0.5
    for i in range(volume.shape[0]):
        plane = np.stack([np.full(j.size, i), j.ravel(), k.ravel()], axis=1)
        world = there.points(plane @ volume.affine[:3, :3].T + volume.affine[:3, 3])
        index = to_index[:3, :3] @ world.T + to_index[:3, 3:]
        values[i] = _linear(other.data, index).reshape(j.shape)
        inside[i] = ((index > -0.5) & (index < last)).all(axis=0).reshape(j.shape)
    return values, inside


def _linear(
    values: NDArray[np.float32], index: NDArray[np.float64], outside: Literal["nearest", "constant"] = "nearest"
) -> NDArray[np.float64]:
    from scipy import ndimage

    made: NDArray[np.float64] = ndimage.map_coordinates(values, index, order=1, mode=outside, output=np.float64)
    return made
