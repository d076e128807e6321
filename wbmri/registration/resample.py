"""Resampling: images and labels brought to other grids; all coordinates are RAS mm, scans may be oblique."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, Volume

SMOOTH = 0.4
"""A standard deviation of this multiple of a grid's spacing halves the amplitude of the finest detail it can hold."""


def nearest_on_grid(data: NDArray[np.uint8], grid: Grid, onto: Grid) -> NDArray[np.uint8]:
    """Return labels on another grid by nearest neighbour, 0 outside.

    Parameters
    ----------
    data
        Labels, shape (i, j, k).
    grid
        Where they lie.
    onto
        The grid to bring them to.
    """
    if grid.shape == onto.shape and np.allclose(grid.affine, onto.affine, atol=1e-4):
        return data
    into = onto.index_map(grid)
    out = np.zeros(onto.shape, data.dtype)
    j, k = np.meshgrid(*(np.arange(n) for n in onto.shape[1:]), indexing="ij")
    plane = into[:3, 1:3] @ np.stack([j.ravel(), k.ravel()]) + into[:3, 3:]
    for i in range(onto.shape[0]):
        # A hair towards the higher index, so that a point halfway falls the same way however the grid is stored.
        index = np.floor(plane + into[:3, :1] * i + (0.5 + 1e-6)).astype(np.int64)
        inside = ((index >= 0) & (index < np.array(data.shape)[:, None])).all(axis=0)
        flat = np.zeros(index.shape[1], data.dtype)
        flat[inside] = data[tuple(index[:, inside])]
        out[i] = flat.reshape(j.shape)
    return out


def linear_on_grid(volume: Volume, grid: Grid, smoothing: float = SMOOTH) -> NDArray[np.float32]:
    """Return the image on another grid, smoothed first.

    Parameters
    ----------
    volume
        The image.
    grid
        The grid to bring it to; may be oblique.
    smoothing
        Standard deviation of the smoothing as a multiple of the spacing along the grid's first axis, none with 0; with
        `SMOOTH`, finer detail does not alias in a cubic grid.

    Returns
    -------
    array, shape of the grid
        Linearly interpolated intensities; 0 outside the image.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(volume.data.transpose(2, 1, 0))
    for axis, spacing in enumerate(volume.spacing):
        sigma = smoothing * grid.spacing[0] / spacing
        if sigma > 0.5:
            image = sitk.RecursiveGaussian(image, sigma, False, sitk.RecursiveGaussianImageFilter.ZeroOrder, axis)
    to_index = volume.grid.to_index
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(to_index[:3, :3].ravel().tolist())
    transform.SetTranslation(to_index[:3, 3].tolist())
    out = sitk.Resample(
        image,
        list(grid.shape),
        transform,
        sitk.sitkLinear,
        grid.origin.tolist(),
        list(grid.spacing),
        grid.directions.ravel().tolist(),
        0.0,
        sitk.sitkFloat32,
    )
    return sitk.GetArrayFromImage(out).transpose(2, 1, 0)


def block_means(volume: Volume, spacing_mm: float) -> Volume:
    """Return the image with whole voxels averaged, as many along each axis as do not make it coarser than a spacing."""
    steps = np.maximum(np.floor(spacing_mm / np.array(volume.spacing)), 1).astype(int)
    coarse = volume.grid.coarser(steps.tolist())
    whole = volume.data[tuple(slice(length) for length in coarse.shape * steps)]
    parts = whole.reshape([n for both in zip(coarse.shape, steps, strict=True) for n in both])
    return replace(volume, data=parts.mean(axis=(1, 3, 5), dtype=np.float32), affine=coarse.affine)


def field_of_view(scan: Grid, grid: Grid) -> NDArray[np.bool_]:
    """Return which voxels of a grid lie between the voxel centres of a scan."""
    i, j, k = np.ogrid[tuple(slice(n) for n in grid.shape)]
    view = np.ones(grid.shape, bool)
    for row, length in zip(grid.index_map(scan)[:3], scan.shape, strict=True):
        index = row[0] * i + row[1] * j + row[2] * k + row[3]
        view &= (index >= -1e-6) & (index <= length - 1 + 1e-6)
    return view
