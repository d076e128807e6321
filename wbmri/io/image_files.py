"""Image files that hold a whole grid: NIfTI, and NRRD and MetaImage, which are read through SimpleITK."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Grid, InputError, Volume
from wbmri.io.nifti import read_nifti_grid, read_nifti_voxels
from wbmri.io.sequence import STIR_KINDS, SequenceFacts, classify, read_sidecar
from wbmri.io.size_limits import check_one_volume, check_promise

if TYPE_CHECKING:
    from SimpleITK import ImageFileReader


def read_text_header(path: Path) -> dict[str, str]:
    """Return the fields of the text that these files begin with, keys in small letters."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        for _ in range(500):
            line = file.readline(10_000).decode("latin-1")
            cut = line.find("=") if path.suffix.lower() in (".mha", ".mhd") else line.find(":")
            if not line.strip():
                break
            if cut > 0:
                fields[line[:cut].strip().lower()] = line[cut + 1 :].strip().lstrip("=").strip()
            if line.lower().startswith("elementdatafile"):
                break
    return fields


def open_itk(path: Path) -> "ImageFileReader":
    """Read and check the header: one grey volume with an orientation, whose voxels can all be there."""
    import SimpleITK

    fields = read_text_header(path)
    check_fields(path, fields)
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as problem:
        raise unreadable(path) from problem
    sizes = reader.GetSize()
    if reader.GetNumberOfComponents() != 1 or reader.GetPixelID() in complex_types():
        raise InputError(
            f"the image {path.name} with colour, vector or complex voxels",
            "one grey value per voxel",
            "convert it to one grey channel",
        )
    check_one_volume(path, tuple(sizes))
    return reader


def check_fields(path: Path, fields: dict[str, str]) -> None:
    """Refuse a header without orientation, or that promises more than its file can hold."""
    if path.suffix.lower() in (".nrrd", ".nhdr"):
        sizes, oriented = fields.get("sizes", ""), "space" in fields and "space directions" in fields
        own = "data file" not in fields and "datafile" not in fields
        compressed = fields.get("encoding", "raw").lower() != "raw"
    else:
        sizes = fields.get("dimsize", "")
        oriented = not {"transformmatrix", "rotation", "orientation"}.isdisjoint(fields)
        own = fields.get("elementdatafile", "").upper() == "LOCAL"
        compressed = fields.get("compresseddata", "false").lower() == "true"
    try:
        shape = tuple(int(size) for size in sizes.split())
    except ValueError as problem:
        raise unreadable(path) from problem
    if not shape:
        raise unreadable(path)
    # A detached file is not looked up: only the number of voxels is checked then, and SimpleITK finds what is missing.
    check_promise(path, shape, 1.0 if own else 0.0, compressed=compressed, stored=path.stat().st_size)
    if not oriented:
        raise InputError(
            f"the image {path.name} without orientation",
            "a header that says where right, front and head are",
            "convert the DICOM files again, or set the orientation if it is known for certain",
        )


def complex_types() -> tuple[int, ...]:
    """Return SimpleITK's codes of complex voxels."""
    import SimpleITK

    return SimpleITK.sitkComplexFloat32, SimpleITK.sitkComplexFloat64


def unreadable(path: Path) -> InputError:
    """Return the error for a file that SimpleITK cannot read."""
    return InputError(
        f"the file {path.name}, which is damaged, truncated or of another format",
        "a complete NRRD or MetaImage file",
        "copy or export it again",
    )


def read_itk_grid(path: Path) -> Grid:
    """Return where the voxels lie."""
    reader = open_itk(path)
    size = len(reader.GetSize())
    directions = np.array(reader.GetDirection()).reshape(size, size)[:3, :3]
    return Grid.from_directions(
        reader.GetSize()[:3],
        directions,
        reader.GetSpacing()[:3],
        reader.GetOrigin()[:3],
        lps=True,
    )


def read_itk_voxels(path: Path) -> NDArray[Any]:
    """Return the voxels, shape (i, j, k)."""
    import SimpleITK

    reader = open_itk(path)
    try:
        image = reader.Execute()
    except RuntimeError as problem:
        raise unreadable(path) from problem
    voxels = SimpleITK.GetArrayFromImage(image)
    made: NDArray[Any] = voxels.reshape(voxels.shape[-3:]).transpose(2, 1, 0)
    return made


NIFTI_ENDINGS = (".nii", ".nii.gz")
ITK_ENDINGS = (".nrrd", ".nhdr", ".mha", ".mhd")
ENDINGS = NIFTI_ENDINGS + ITK_ENDINGS


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
    return (read_nifti_grid if is_nifti(path) else read_itk_grid)(check_image_file(path))


def read_voxels(path: Path) -> tuple[NDArray[Any], Grid]:
    """Read an image file: voxels as numbers, shape (i, j, k), and where they lie. Raises as `read_grid`."""
    grid = read_grid(path)
    return (read_nifti_voxels if is_nifti(path) else read_itk_voxels)(path), grid


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
