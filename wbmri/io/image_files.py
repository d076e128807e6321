"""Image files that hold a whole grid: NIfTI, NRRD and MetaImage."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Grid, InputError, Volume
from wbmri.io.nifti import read_nifti_grid, read_nifti_voxels
from wbmri.io.nrrd_metaimage import META_ENDINGS, NRRD_ENDINGS, read_text_grid, read_text_voxels
from wbmri.io.sequence import STIR_KINDS, SequenceFacts, classify, read_sidecar
from wbmri.io.size_limits import check_geometry

NIFTI_ENDINGS = (".nii", ".nii.gz")
ENDINGS = NIFTI_ENDINGS + NRRD_ENDINGS + META_ENDINGS


def is_image(path: Path) -> bool:
    """Tell by its name whether a file is an image that holds a whole grid."""
    return path.name.lower().endswith(ENDINGS)


def read_grid(path: Path) -> Grid:
    """Read where the voxels of an image file lie, without the voxels.

    Raises
    ------
    InputError
        If the file is no such image, is damaged, holds more than one grey volume, or does not say how it lies.
    """
    grid = (read_nifti_grid if is_nifti(path) else read_text_grid)(check_image_file(path))
    check_geometry(f"the image {path.name}", grid)
    return grid


def read_voxels(path: Path) -> tuple[NDArray[Any], Grid]:
    """Read an image file: voxels as numbers, shape (i, j, k), and where they lie. Raises as `read_grid`."""
    grid = read_grid(path)
    return (read_nifti_voxels if is_nifti(path) else read_text_voxels)(path), grid


def is_nifti(path: Path) -> bool:
    """Tell by its name whether a file is NIfTI."""
    return path.name.lower().endswith(NIFTI_ENDINGS)


def check_image_file(path: Path) -> Path:
    """Refuse what is no file, or has another ending than the known ones."""
    if not path.is_file():
        raise InputError(f"{path}, which is no file", "an image file", "check the path")
    if not is_image(path):
        raise InputError(f"the file {path.name}", f"an ending out of {', '.join(ENDINGS)}", "convert it to NIfTI first")
    return path


def read_image(path: str | Path) -> Volume:
    """Read one image file.

    Parameters
    ----------
    path
        A NIfTI, NRRD or MetaImage file, in any orientation. Acquisition facts come from a BIDS sidecar next to it.

    Returns
    -------
    Volume
        The voxels as stored, on an affine to RAS mm.

    Raises
    ------
    InputError
        If the file cannot be used as one grey volume with a known orientation.
    """
    path = Path(path)
    voxels, grid = read_voxels(path)
    facts = read_sidecar(path)
    try:
        return Volume(voxels, grid.affine, acquisition_of(facts) if facts else Acquisition())
    except InputError as problem:
        raise InputError(f"{path.name}: {problem.received}", problem.expected, problem.remedy) from problem


def read_labels(path: str | Path) -> tuple[NDArray[np.int32], Grid]:
    """Read a label map.

    Parameters
    ----------
    path
        A NIfTI, NRRD or MetaImage file.

    Returns
    -------
    labels : ndarray of int32, shape (i, j, k)
        As stored.
    grid : Grid
        Where they lie.

    Raises
    ------
    InputError
        If the file cannot be read, or holds values that are not whole numbers.
    """
    path = Path(path)
    voxels, grid = read_voxels(path)
    labels = voxels.astype(np.int32) if np.isfinite(voxels).all() else None
    if labels is None or not np.array_equal(labels, voxels):
        raise InputError(
            f"the label map {path.name} with values that are not whole numbers",
            "one whole number per voxel",
            "export the segmentation as labels, not as probabilities or resampled values",
        )
    return labels, grid


def acquisition_of(facts: SequenceFacts) -> Acquisition:
    """Return the acquisition facts of a volume from those of its header."""
    return Acquisition(
        sequence="STIR" if classify(facts)[0] in STIR_KINDS else None,
        field_strength_t=facts.field_strength_t,
        echo_time_ms=facts.echo_time_ms,
        inversion_time_ms=facts.inversion_time_ms,
        repetition_time_ms=facts.repetition_time_ms,
        manufacturer=facts.manufacturer,
        model=facts.model,
        contrast_agent=facts.contrast_agent,
    )
