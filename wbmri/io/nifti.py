"""NIfTI files, read with their traps in mind, and written the same for the same input."""

from gzip import BadGzipFile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError
from wbmri.io.size_limits import check_one_volume, check_promise

# NIfTI's codes for the unit of space, in mm.
UNITS_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}

# Header and extensions may fill this much before the voxels.
MOST_HEADER_BYTES = 2**24


def unreadable(path: Path, why: str) -> InputError:
    """Return the error for a file that is no usable NIfTI."""
    return InputError(
        f"the file {path.name}: {why}",
        "a complete NIfTI file (.nii or .nii.gz)",
        "copy or export it again",
    )


def read_bytes(path: Path, count: int) -> bytes:
    """Return the first bytes of a file, decompressed."""
    from isal import igzip
    from isal.igzip_lib import IsalError

    try:
        with igzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as file:
            return bytes(file.read(count))
    except (EOFError, BadGzipFile, IsalError) as problem:  # type: ignore[misc]  # its stub makes the class a value
        raise unreadable(path, "its compression is damaged or cut short") from problem


def read_header(path: Path) -> Any:
    """Read and check nibabel's header object: one grey volume whose voxels can all be there."""
    from nibabel import Nifti1Header, Nifti2Header
    from nibabel.spatialimages import HeaderDataError

    start = read_bytes(path, 540)
    sizes = {int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")}
    form: Any = Nifti2Header if 540 in sizes else Nifti1Header
    needed = 540 if form is Nifti2Header else 348
    if sizes.isdisjoint({348, 540}) or len(start) < needed:
        raise unreadable(path, "it does not begin with a NIfTI header")
    try:
        header = form(start[:needed], check=False)
        dtype = header.get_data_dtype()
        shape = tuple(int(size) for size in header.get_data_shape())
    except (HeaderDataError, ValueError, KeyError) as problem:
        raise unreadable(path, "its header is damaged") from problem
    if bytes(header["magic"]).rstrip(b"\0")[:2] not in (b"n+",):
        raise unreadable(path, "its header is not that of a single-file NIfTI")
    if dtype.kind not in "biuf":
        raise InputError(
            f"the image {path.name} with colour or complex voxels ({dtype})",
            "one grey value per voxel",
            "convert it to one grey channel",
        )
    check_one_volume(path, shape)
    offset = float(header["vox_offset"])
    if not needed <= offset <= MOST_HEADER_BYTES:
        raise unreadable(path, f"its voxels are said to begin at byte {offset:g}")
    end = int(offset)
    compressed = path.name.lower().endswith(".gz")
    check_promise(
        path,
        shape,
        dtype.itemsize,
        compressed=compressed,
        stored=path.stat().st_size - (0 if compressed else end),
    )
    return header


def read_nifti_grid(path: Path) -> Grid:
    """Return where the voxels lie; the sform goes before the qform, and one of them must be there."""
    header = read_header(path)
    coded = {}
    for name in ("sform", "qform"):
        if int(header[f"{name}_code"]) > 0:
            try:
                coded[name] = np.asarray(
                    header.get_sform() if name == "sform" else header.get_qform(),
                    dtype=np.float64,
                )
            except Exception as problem:  # nibabel raises several types for quaternions that are none
                raise unreadable(path, f"its {name} is no orientation") from problem
    if not coded:
        raise InputError(
            f"the image {path.name} without orientation (sform and qform codes are both 0)",
            "an sform or qform that says where right, front and head are",
            "convert the DICOM files again, or set the orientation if it is known for certain",
        )
    check_agreement(path, coded)
    unit_mm = UNITS_MM.get(int(header["xyzt_units"]) & 7, 1.0)
    i, j, k = header.get_data_shape()[:3]
    return Grid((int(i), int(j), int(k)), np.diag([unit_mm, unit_mm, unit_mm, 1.0]) @ next(iter(coded.values())))


def check_agreement(path: Path, coded: dict[str, NDArray[np.float64]]) -> None:
    """Refuse a header whose two orientations put right, front or head on different sides."""
    from nibabel.orientations import aff2axcodes

    if len(coded) < 2 or not all(np.isfinite(form).all() for form in coded.values()):
        return
    sides = {name: "".join(code or "?" for code in aff2axcodes(form)) for name, form in coded.items()}
    if len(set(sides.values())) > 1:
        raise InputError(
            f"the image {path.name}, whose sform says {sides['sform']} and whose qform says {sides['qform']}",
            "two orientations that agree on left and right",
            "convert the DICOM files again, or set the wrong one's code to 0",
        )


def read_nifti_voxels(path: Path) -> NDArray[Any]:
    """Return the voxels, shape (i, j, k), the slope and intercept applied."""
    from nibabel.spatialimages import HeaderDataError
    from nibabel.volumeutils import apply_read_scaling

    header = read_header(path)
    shape, dtype = header.get_data_shape()[:3], header.get_data_dtype()
    start = int(header["vox_offset"])
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    # One byte more than needed, so that decompression comes to its checksum.
    content = read_bytes(path, start + size + 1)
    if len(content) < start + size:
        raise unreadable(path, f"it is truncated, {len(content)} of {start + size} bytes are there")
    stored = np.frombuffer(content, dtype, offset=start, count=size // dtype.itemsize).reshape(shape, order="F")
    try:
        slope, intercept = header.get_slope_inter()
    except HeaderDataError as problem:
        raise unreadable(path, "its slope and intercept are no numbers") from problem
    scaled = stored if slope is None else apply_read_scaling(stored, slope, intercept)
    return np.asarray(scaled)


def encode_nifti(data: NDArray[Any], affine: NDArray[np.float64]) -> bytes:
    """Encode a volume as ``.nii.gz``; the same input gives the same bytes.

    Parameters
    ----------
    data
        Voxels, shape (i, j, k). Booleans are stored as uint8, 64-bit numbers as 32-bit ones.
    affine
        4x4 matrix from voxel indices to RAS mm. It is stored as sform, and as qform where that can hold it.

    Returns
    -------
    bytes
        The compressed file, without a time stamp.
    """
    from isal import igzip
    from nibabel import Nifti1Image

    smaller = {"bool": np.uint8, "int64": np.int32, "uint64": np.uint32, "float64": np.float32}
    image = Nifti1Image(np.asarray(data, dtype=smaller.get(data.dtype.name, data.dtype)), affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    if not np.allclose(image.get_qform(), affine, atol=1e-3):
        image.set_qform(affine, code=0)
    return bytes(igzip.compress(image.to_bytes(), compresslevel=2, mtime=0))
