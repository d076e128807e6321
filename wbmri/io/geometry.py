"""Where a grid of voxels lies in the body."""

import itertools

import numpy as np
from numpy.typing import NDArray

# DICOM and ITK count to the patient's left and back, wbmri and NIfTI to the right and front.
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

PLANES = ("sagittal", "coronal", "axial")

# Beyond this angle between the slice normal and the nearest body axis a stack is called oblique.
OBLIQUE_DEG = 30.0


def box(shape: tuple[int, ...], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lowest and highest world coordinates of a grid's voxels, edges included.

    Parameters
    ----------
    shape
        Number of voxels along each of the three axes.
    affine
        4x4 matrix from voxel indices to RAS mm.

    Returns
    -------
    ndarray, shape (2, 3)
        Lowest and highest coordinates in RAS mm.
    """
    corners = np.array(list(itertools.product(*((-0.5, size - 0.5) for size in shape))))
    world = corners @ affine[:3, :3].T + affine[:3, 3]
    return np.stack([world.min(axis=0), world.max(axis=0)])


def shared(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the part of the smaller of two boxes that both share, 0..1."""
    common = np.minimum(first[1], second[1]) - np.maximum(first[0], second[0])
    smaller = min(float(np.prod(first[1] - first[0])), float(np.prod(second[1] - second[0])))
    return float(np.prod(np.maximum(common, 0.0))) / smaller


def plane(normal: NDArray[np.float64]) -> str:
    """Name the plane whose normal is given: axial, coronal, sagittal or oblique."""
    size = np.abs(normal) / np.linalg.norm(normal)
    nearest = int(np.argmax(size))
    return PLANES[nearest] if size[nearest] >= np.cos(np.radians(OBLIQUE_DEG)) else "oblique"


def slice_axis(affine: NDArray[np.float64]) -> int:
    """Return the voxel axis with the largest spacing: the one across slices."""
    return int(np.argmax(np.linalg.norm(affine[:3, :3], axis=0).round(4)))


def covered(ranges: list[tuple[float, float]]) -> float:
    """Return the length that intervals cover together."""
    length, reached = 0.0, -np.inf
    for low, high in sorted(ranges):
        length += max(0.0, high - max(low, reached))
        reached = max(reached, high)
    return length
