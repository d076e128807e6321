"""NRRD and MetaImage, read without native code: their headers are text, and what one promises is checked first.

Formats: NRRD0001 to NRRD0005 (teem.sourceforge.net/nrrd/format.html) and MetaImage (itk.org, MetaIO documentation). A
header with long or odd fields has brought readers in C++ down, so only what is known is taken.
"""

import bz2
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError
from wbmri.io.size_limits import check_one_volume, check_promise

NRRD_ENDINGS, META_ENDINGS = (".nrrd", ".nhdr"), (".mha", ".mhd")

_MOST_LINES, _LONGEST_LINE = 2000, 100_000
"""A header with more is none. Programs keep whole tables in one line of their own (3D Slicer's segmentations do)."""
_LONGEST_FIELD = 1000
"""Longer values of the fields that are read here are none."""
_NRRD_TYPES = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
_META_TYPES = {
    "i1": "MET_CHAR",
    "u1": "MET_UCHAR",
    "i2": "MET_SHORT",
    "u2": "MET_USHORT",
    "i4": "MET_INT",
    "u4": "MET_UINT",
    "i8": "MET_LONG_LONG",
    "u8": "MET_ULONG_LONG",
    "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}
_TO_LPS = {
    "left-posterior-superior": (1.0, 1.0),
    "lps": (1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0),
    "ras": (-1.0, -1.0),
    "left-anterior-superior": (1.0, -1.0),
    "las": (1.0, -1.0),
}
"""What x and y are multiplied by to count to the patient's left and back."""


@dataclass(frozen=True, slots=True)
class TextHeader:
    """What a header says.

    Parameters
    ----------
    grid
        Where the voxels lie.
    dtype
        Type of a voxel as stored.
    encoding
        ``raw``, ``gzip``, ``bzip2``, ``zlib`` or ``text``.
    source
        The file that holds the voxels.
    start
        Where they begin in it; counted from its end if negative.
    lines
        Lines to leave out before them.
    """

    grid: Grid
    dtype: np.dtype[Any]
    encoding: str
    source: Path
    start: int
    lines: int


def read_text_grid(path: Path) -> Grid:
    """Return where the voxels of a NRRD or MetaImage file lie."""
    return read_text_header(path).grid


def read_text_voxels(path: Path) -> NDArray[Any]:
    """Return the voxels of a NRRD or MetaImage file, shape (i, j, k)."""
    header = read_text_header(path)
    count = int(np.prod(header.grid.shape, dtype=np.int64))
    size = count * header.dtype.itemsize
    try:
        with header.source.open("rb") as file:
            if header.start < 0:
                file.seek(-size, 2)
            else:
                file.seek(header.start)
            for _ in range(header.lines):
                file.readline(_LONGEST_LINE)
            content = _decoded(file.read(), header.encoding, size)
    except (OSError, EOFError, zlib.error, ValueError) as problem:
        raise unreadable(path) from problem
    if header.encoding == "text":
        return _numbers(path, content, count).astype(header.dtype).reshape(header.grid.shape, order="F")
    if len(content) < size:
        raise unreadable(path)
    voxels: NDArray[Any] = np.frombuffer(content, header.dtype, count).reshape(header.grid.shape, order="F")
    return voxels


def read_text_header(path: Path) -> TextHeader:
    """Read and check a header: one grey volume with an orientation, whose voxels can all be there.

    Raises
    ------
    InputError
        If it is damaged, promises too much, has no orientation, or holds several or coloured volumes.
    """
    nrrd = path.suffix.lower() in NRRD_ENDINGS
    with path.open("rb") as file:
        fields = dict(_fields(path, file.readline, nrrd=nrrd))
        end = file.tell()
    header = (_nrrd if nrrd else _meta)(path, fields, end)
    if not header.source.is_file():
        raise InputError(
            f"the header {path.name}, whose voxels lie in a file that is not there",
            "the file with the voxels beside the header, under the name that it gives",
            "copy both, or export the image as one file",
        )
    packed = header.encoding != "raw"
    stored = header.source.stat().st_size - max(header.start, 0)
    voxel_bytes = 2.0 if header.encoding == "text" else float(header.dtype.itemsize)
    check_promise(path, header.grid.shape, voxel_bytes, compressed=packed and header.encoding != "text", stored=stored)
    return header


def unreadable(path: Path) -> InputError:
    """Return the error for a file that is no usable NRRD or MetaImage."""
    return InputError(
        f"the file {path.name}, which is damaged, truncated or of another format",
        "a complete NRRD or MetaImage file",
        "copy or export it again",
    )


def _fields(path: Path, readline: Callable[[int], bytes], *, nrrd: bool) -> Iterator[tuple[str, str]]:
    """Yield the fields of a header, names in small letters."""
    if nrrd and not re.fullmatch(rb"NRRD000[1-5]\s*", readline(_LONGEST_LINE)):
        raise unreadable(path)
    for _ in range(_MOST_LINES):
        line = readline(_LONGEST_LINE)
        if len(line) >= _LONGEST_LINE:
            raise unreadable(path)
        written = line.decode("latin-1").strip()
        if not written:
            if nrrd or not line:
                return
            continue
        if nrrd and (written.startswith("#") or ":=" in written):
            continue
        name, mark, value = written.partition(": " if nrrd else "=")
        if mark:
            yield name.strip().lower(), value.strip()
            if not nrrd and name.strip().lower() == "elementdatafile":
                return
    raise unreadable(path)


def _nrrd(path: Path, fields: Mapping[str, str], end: int) -> TextHeader:
    sizes = _numbers(path, _known(path, fields, "sizes"), _whole(path, fields, "dimension", 16)).astype(np.int64)
    directions = re.findall(r"none|\([^()]*\)", _known(path, fields, "space directions", ""))
    space = _known(path, fields, "space", "").lower().removesuffix("-time")
    if space not in _TO_LPS or not directions:
        raise _unoriented(path)
    spatial = [k for k, each in enumerate(directions) if each != "none"]
    if len(directions) != len(sizes) or len(spatial) < 3:
        raise _unoriented(path)
    if any(sizes[k] != 1 for k in range(len(sizes)) if k not in spatial[:3]):
        raise _several(path, sizes)
    across = np.stack([_numbers(path, directions[k].strip("()").replace(",", " "), 3) for k in spatial[:3]], axis=1)
    origin = _numbers(path, _known(path, fields, "space origin", "(0,0,0)").strip("()").replace(",", " "), 3)
    dtype = _type(path, _NRRD_TYPES, _known(path, fields, "type").lower())
    encoding = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2", "text": "text",
                "txt": "text", "ascii": "text"}.get(_known(path, fields, "encoding").lower())  # fmt: skip
    if encoding is None:
        raise unreadable(path)
    named = _known(path, fields, "data file", _known(path, fields, "datafile", ""))
    source = _beside(path, named) if named else path
    skip = _whole(path, fields, "byte skip", 2**31, fallback=_known(path, fields, "byteskip", "0"))
    lines = _whole(path, fields, "line skip", 1000, fallback=_known(path, fields, "lineskip", "0"))
    big = _known(path, fields, "endian", "little").lower() == "big"
    start = -1 if skip == -1 else skip + (0 if named else end)
    grid = _grid(tuple(sizes[spatial[:3]]), across, origin, _TO_LPS[space])
    return TextHeader(grid, dtype.newbyteorder(">" if big else "<"), encoding, source, start, lines)


def _meta(path: Path, fields: Mapping[str, str], end: int) -> TextHeader:
    axes = _whole(path, fields, "ndims", 16)
    sizes = _numbers(path, _known(path, fields, "dimsize"), axes).astype(np.int64)
    check_one_volume(path, tuple(int(size) for size in sizes))
    turned = next((fields[name] for name in ("transformmatrix", "rotation", "orientation") if name in fields), None)
    if turned is None:
        raise _unoriented(path)
    if _whole(path, fields, "elementnumberofchannels", 1000, fallback="1") != 1:
        raise _several(path, sizes)
    directions = _numbers(path, turned[:_LONGEST_FIELD], axes * axes).reshape(axes, axes)[:3, :3].T
    spacing = _numbers(path, _known(path, fields, "elementspacing", "1 " * axes), axes)[:3]
    origin = next((fields[name] for name in ("offset", "position", "origin") if name in fields), "0 " * axes)
    big = "true" in (
        _known(path, fields, name, "").lower() for name in ("elementbyteordermsb", "binarydatabyteordermsb")
    )
    dtype = _type(path, _META_TYPES, _known(path, fields, "elementtype").upper())
    packed = _known(path, fields, "compresseddata", "false").lower() == "true"
    text = _known(path, fields, "binarydata", "true").lower() == "false"
    named = _known(path, fields, "elementdatafile")
    local = named.upper() == "LOCAL"
    skip = _whole(path, fields, "headersize", 2**31, fallback="0")
    start = -1 if skip == -1 else end if local else skip
    grid = _grid(tuple(sizes[:3]), directions * spacing, _numbers(path, origin[:_LONGEST_FIELD], axes)[:3], (1.0, 1.0))
    encoding = "zlib" if packed else "text" if text else "raw"
    source = path if local else _beside(path, named)
    return TextHeader(grid, dtype.newbyteorder(">" if big else "<"), encoding, source, start, 0)


def _grid(
    shape: tuple[int, ...],
    across: NDArray[np.float64],
    origin: NDArray[np.float64],
    to_lps: tuple[float, float],
) -> Grid:
    lps = np.array([*to_lps, 1.0])
    spacing = np.linalg.norm(across, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        directions = across / spacing * lps[:, None]
    return Grid.from_directions(shape, directions, spacing, origin * lps, lps=True)


def _decoded(content: bytes, encoding: str, size: int) -> bytes:
    """Unpack at most one byte more than is needed."""
    if encoding == "gzip":
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, size + 1)
    if encoding == "zlib":
        return zlib.decompressobj().decompress(content, size + 1)
    if encoding == "bzip2":
        return bz2.BZ2Decompressor().decompress(content, size + 1)
    return content


def _known(path: Path, fields: Mapping[str, str], name: str, fallback: str | None = None) -> str:
    """Return a field, refusing one that is missing or too long to be what it should be."""
    value = fields.get(name, fallback)
    if value is None or len(value) > _LONGEST_FIELD:
        raise unreadable(path)
    return value


def _numbers(path: Path, written: str | bytes, count: int) -> NDArray[np.float64]:
    """Return so many finite numbers of a text."""
    try:
        numbers = np.array(written.split(None, count)[:count], dtype=np.float64)
    except ValueError as problem:
        raise unreadable(path) from problem
    if len(numbers) != count or not np.isfinite(numbers).all() or (np.abs(numbers) > 2.0**53).any():
        raise unreadable(path)
    return numbers


def _whole(path: Path, fields: Mapping[str, str], name: str, most: int, *, fallback: str | None = None) -> int:
    """Return a whole number from -1 to a bound."""
    written = _known(path, fields, name, fallback)
    if not re.fullmatch(r"-1|\d{1,10}", written) or int(written) > most:
        raise unreadable(path)
    return int(written)


def _type(path: Path, types: Mapping[str, str], name: str) -> np.dtype[Any]:
    for code, names in types.items():
        if name in names.split("|"):
            return np.dtype(code)
    raise unreadable(path)


def _beside(path: Path, named: str) -> Path:
    """Return a detached file, which must lie beside its header: a header must not name any file of the computer."""
    if not named:
        raise unreadable(path)
    if Path(named).name != named or named.upper().startswith("LIST") or "%" in named or "\0" in named:
        raise InputError(
            f"the header {path.name}, which names voxels in another folder or in several files",
            "one file with the voxels beside the header",
            "copy them into one folder, or export the image as one file",
        )
    return path.with_name(named)


def _unoriented(path: Path) -> InputError:
    return InputError(
        f"the image {path.name} without orientation",
        "a header that says where right, front and head are",
        "convert the DICOM files again, or set the orientation if it is known for certain",
    )


def _several(path: Path, sizes: NDArray[np.int64]) -> InputError:
    return InputError(
        f"the image {path.name} with colour, vector or complex voxels, or of several volumes ({sizes.tolist()})",
        "one grey value per voxel",
        "convert it to one grey channel",
    )
