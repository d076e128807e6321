"""Moving images between grids; all coordinates are RAS mm, all grids may be oblique."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume

SMOOTH = 0.4
"""A standard deviation of this multiple of a grid's spacing halves the amplitude of the finest detail it can hold."""


def nearest_on_grid(data: NDArray[np.uint8], affine: NDArray[np.float64], volume: Volume) -> NDArray[np.uint8]:
    """Return labels on the volume's grid by nearest neighbour, 0 outside.

    Parameters
    ----------
    data
        Labels, shape (i, j, k).
    affine
        4x4 matrix from their voxel indices to RAS mm.
    volume
        The grid to bring them to.
    """
    if data.shape == volume.shape and np.allclose(affine, volume.affine, atol=1e-4):
        return data
    into = np.linalg.inv(affine) @ volume.affine
    out = np.zeros(volume.shape, data.dtype)
    j, k = np.meshgrid(*(np.arange(n) for n in volume.shape[1:]), indexing="ij")
    plane = into[:3, 1:3] @ np.stack([j.ravel(), k.ravel()]) + into[:3, 3:]
    for i in range(volume.shape[0]):
        # A hair towards the higher index, so that a point halfway falls the same way however the grid is stored.
        index = np.floor(plane + into[:3, :1] * i + (0.5 + 1e-6)).astype(np.int64)
        inside = ((index >= 0) & (index < np.array(data.shape)[:, None])).all(axis=0)
        flat = np.zeros(index.shape[1], data.dtype)
        flat[inside] = data[tuple(index[:, inside])]
        out[i] = flat.reshape(j.shape)
    return out


def linear_on_axes(
    volume: Volume,
    shape: tuple[int, int, int],
    spacing_mm: float,
    origin: NDArray[np.float64],
    smoothing: float = SMOOTH,
) -> NDArray[np.float32]:
    """Return the image on a cubic grid along the world axes, smoothed first.

    Parameters
    ----------
    volume
        The image.
    shape, spacing_mm, origin
        Voxels along x, y, z; their distance; the RAS mm of the first voxel's centre.
    smoothing
        Standard deviation of the smoothing as a multiple of the spacing; with `SMOOTH`, finer detail does not alias.

    Returns
    -------
    array, shape `shape`
        Linearly interpolated intensities; 0 outside the image.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(volume.data.transpose(2, 1, 0))
    for axis, spacing in enumerate(volume.spacing):
        sigma = smoothing * spacing_mm / spacing
        if sigma > 0.5:
            image = sitk.RecursiveGaussian(image, sigma, False, sitk.RecursiveGaussianImageFilter.ZeroOrder, axis)
    to_index = np.linalg.inv(volume.affine)
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(to_index[:3, :3].ravel().tolist())
    transform.SetTranslation(to_index[:3, 3].tolist())
    out = sitk.Resample(
        image,
        [int(n) for n in shape],
        transform,
        sitk.sitkLinear,
        [float(x) for x in origin],
        [float(spacing_mm)] * 3,
        np.eye(3).ravel().tolist(),
        0.0,
        sitk.sitkFloat32,
    )
    return sitk.GetArrayFromImage(out).transpose(2, 1, 0)


def thinned(volume: Volume, spacing_mm: float) -> Volume:
    """Return the image with whole voxels averaged, as many along each axis as do not make it coarser than a spacing."""
    steps = np.maximum(np.floor(spacing_mm / np.array(volume.spacing)), 1).astype(int)
    counts = np.array(volume.shape) // steps
    whole = volume.data[tuple(slice(length) for length in counts * steps)]
    parts = whole.reshape([n for both in zip(counts, steps, strict=True) for n in both])
    affine = volume.affine @ np.diag([*steps, 1.0])
    affine[:3, 3] += volume.affine[:3, :3] @ ((steps - 1) / 2)
    return replace(volume, data=parts.mean(axis=(1, 3, 5), dtype=np.float32), affine=affine)


def in_view(
    volume: Volume,
    shape: tuple[int, int, int],
    spacing_mm: float,
    origin: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return where a cubic grid along the world axes (see `linear_on_axes`) lies between the scan's voxel centres."""
    to_index = np.linalg.inv(volume.affine)
    x, y, z = (o + spacing_mm * np.arange(n) for o, n in zip(origin, shape, strict=True))
    view = np.ones(shape, bool)
    for row, last in zip(to_index[:3], np.array(volume.shape) - 1, strict=True):
        index = row[0] * x[:, None, None] + row[1] * y[:, None] + row[2] * z + row[3]
        view &= (index >= -1e-6) & (index <= last + 1e-6)
    return view


def as_stored(labels: NDArray[np.uint8], stored: Volume, volume: Volume) -> NDArray[np.uint8]:
    """Undo the canonical storage: return the labels in the order of the volume's own axes."""
    from nibabel.orientations import apply_orientation, io_orientation, ornt_transform

    back = ornt_transform(io_orientation(stored.affine), io_orientation(volume.affine))
    restored: NDArray[np.uint8] = apply_orientation(labels, back)
    return restored
