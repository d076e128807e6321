"""DICOM segmentations, of wbmri or of others: which segment each voxel belongs to, and what the segments are called."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, printable
from wbmri.io.dicom.elements import check_elements
from wbmri.io.dicom.headers import functional_items, numbers
from wbmri.io.size_limits import MOST_BYTES, check_geometry, check_promise

if TYPE_CHECKING:
    from pydicom import Dataset

SEGMENTATIONS = frozenset({"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"})
"""Segmentation Storage and Label Map Segmentation Storage."""

_MOST_FRAMES = 200_000
_REGULAR = 0.1
"""Share of the slice spacing by which a frame may stand off the regular grid."""
_MOST_SHARED = 0.01
"""Share of the voxels that may belong to two segments: edges that were rounded twice."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One structure of a segmentation.

    Parameters
    ----------
    number
        Its number in the file.
    name
        Its label.
    tracking
        Its tracking identifier; empty where there is none.
    codes
        Scheme designator and value of each code that says what it is.
    sides
        Value and meaning of each code, beside it, that may say on which side it lies.
    """

    number: int
    name: str
    tracking: str
    codes: tuple[tuple[str, str], ...]
    sides: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False, slots=True)
class SegmentMap:
    """A segmentation.

    Parameters
    ----------
    data
        Number of the segment of each voxel, 0 for none, shape (columns, rows, slices).
    grid
        Where the voxels lie.
    segments
        The segments, by their number.
    """

    data: NDArray[np.int32]
    grid: Grid
    segments: tuple[Segment, ...]


def is_dicom(path: Path) -> bool:
    """Tell by its first bytes whether a file is DICOM."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def read_segments(path: str | Path) -> SegmentMap:
    """Read a DICOM segmentation: binary, fractional (from half of a voxel on) or a label map.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    InputError
        If it is no segmentation, is damaged or compressed, does not lie on a regular grid, or voxels belong to several
        segments.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            # Values that break the letter of the standard are common, and are checked here where they matter.
            warnings.filterwarnings("ignore", module=r"pydicom\..*")
            return _read(path)
    except InputError:
        raise
    except Exception as problem:  # whatever a damaged header does to the parser, the file is named to the user
        raise _unusable(path, "which is damaged") from problem


def _unusable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path.name}, {why}",
        "a DICOM segmentation on a regular grid, uncompressed",
        "export it again from the program that made it, or as NIfTI",
    )


def _read(path: Path) -> SegmentMap:
    from pydicom import dcmread

    if path.stat().st_size > MOST_BYTES // 2:
        raise _unusable(path, f"which has more than {MOST_BYTES // 2} bytes")
    # From memory, where an element that claims to be longer than the file asks for no more than there is.
    content = path.read_bytes()
    check_elements(BytesIO(content))
    header = dcmread(BytesIO(content), stop_before_pixels=True)
    if header.get("SOPClassUID") not in SEGMENTATIONS:
        raise _unusable(path, "which is no segmentation")
    syntax = header.file_meta.TransferSyntaxUID
    if syntax.is_compressed or not syntax.is_little_endian:
        raise _unusable(path, "whose pixels are compressed or big-endian")
    frames = list(header.PerFrameFunctionalGroupsSequence)
    bits = int(header.BitsAllocated)
    if not 0 < len(frames) == int(header.NumberOfFrames) <= _MOST_FRAMES or bits not in (1, 8, 16):
        raise _unusable(path, "which is damaged")
    shared = [item for group in header.SharedFunctionalGroupsSequence for item in functional_items(group)]
    every = [[*functional_items(frame), *shared] for frame in frames]
    columns, rows = int(header.Columns), int(header.Rows)
    if columns * rows * len(frames) * bits > 8 * path.stat().st_size:
        raise _unusable(path, "which is cut off")
    grid, slices = _lay(path, columns, rows, every)
    check_promise(path, grid.shape, 4.0, compressed=True, stored=path.stat().st_size * 1000)
    data = np.zeros((grid.shape[2], rows, columns), np.int32)
    labelled = str(header.get("SegmentationType", "")) == "LABELMAP"
    half = int(header.get("MaximumFractionalValue") or 1) / 2 if bits > 1 else 0.5
    twice = 0
    # Padding at the end of the pixels may look like one frame more.
    pixels = islice(_pixels(dcmread(BytesIO(content)).PixelData, rows, columns, bits), len(frames))
    for k, items, frame in zip(slices, every, pixels, strict=True):
        if labelled:
            data[k] = frame
            continue
        there, segment = frame >= half, _segment_of(items)
        twice += int(np.count_nonzero(there & (data[k] > 0)))
        data[k][there & (data[k] == 0)] = segment
    if twice > _MOST_SHARED * max(1, int(np.count_nonzero(data))):
        raise _unusable(path, f"in which {twice} voxels belong to several segments")
    segments = tuple(_segment(item) for item in header.SegmentSequence if item.SegmentNumber)
    return SegmentMap(np.ascontiguousarray(data.transpose(2, 1, 0)), grid, segments)


def _pixels(content: bytes, rows: int, columns: int, bits: int) -> Iterator[NDArray[Any]]:
    """Yield the frames, shape (rows, columns); those of one bit are packed without a gap between them."""
    size = rows * columns
    if bits == 1:
        packed = np.frombuffer(content, np.uint8)
        for first in range(0, len(content) * 8 - size + 1, size):
            start, stop = first // 8, -(-(first + size) // 8)
            unpacked = np.unpackbits(packed[start:stop], bitorder="little")
            yield unpacked[first - 8 * start :][:size].reshape(rows, columns)
    else:
        whole = np.frombuffer(content, np.uint8 if bits == 8 else np.dtype("<u2"))
        for first in range(0, len(whole) - size + 1, size):
            yield whole[first : first + size].reshape(rows, columns)


def _lay(path: Path, columns: int, rows: int, frames: "list[list[Dataset]]") -> tuple[Grid, list[int]]:
    """Return the grid of all frames, and which slice of it each of them is."""
    positions = [numbers(items, "ImagePositionPatient", 3) for items in frames]
    orientations = [numbers(items, "ImageOrientationPatient", 6) for items in frames]
    spacing = numbers(frames[0], "PixelSpacing", 2)
    first = orientations[0]
    if first is None or spacing is None or None in positions:
        raise _unusable(path, "whose frames do not say where they lie")
    if any(one is None or not np.allclose(one, first, atol=1e-4) for one in orientations):
        raise _unusable(path, "whose frames lie in several directions")
    row, column = np.reshape(first, (2, 3))
    normal = np.cross(row, column)
    places = np.array(positions, dtype=float)
    along = places @ normal
    levels = np.unique(along.round(3))
    said = numbers(frames[0], "SpacingBetweenSlices", 1) or numbers(frames[0], "SliceThickness", 1) or (1.0,)
    step = float(np.diff(levels).min()) if len(levels) > 1 else abs(said[0])
    # Where empty slices were left out, only the header may know the distance of neighbours.
    if len(levels) > 1 and abs(said[0]) < step and abs(step / said[0] - round(step / said[0])) < _REGULAR:
        step = abs(said[0])
    index = (along - levels[0]) / step
    slices = np.rint(index).astype(int)
    drift = float(np.ptp(places - np.outer(along, normal), axis=0).max())
    if np.abs(index - slices).max() > _REGULAR or drift > 0.5 * min(spacing):
        raise _unusable(path, "whose frames do not lie behind each other at equal distances")
    count = int(slices.max()) + 1
    # The mean over all slices, because positions are rounded.
    step = float((levels[-1] - levels[0]) / (count - 1)) if count > 1 else step
    origin = places[int(np.argmin(along))]
    directions = np.stack([row, column, normal], axis=1)
    grid = Grid.from_directions((columns, rows, count), directions, (spacing[1], spacing[0], step), origin, lps=True)
    check_geometry(f"the segmentation {path.name}", grid)
    return grid, slices.tolist()


def _segment_of(items: "list[Dataset]") -> int:
    return int(next(item.ReferencedSegmentNumber for item in items if "ReferencedSegmentNumber" in item))


def _segment(item: "Dataset") -> Segment:
    kinds = list(item.get("SegmentedPropertyTypeCodeSequence") or [])
    parts = [*(item.get("PrimaryAnatomicStructureSequence") or []), *(item.get("AnatomicRegionSequence") or [])]
    named = [code for one in (*kinds, *parts) if (code := _code(one))[1]]
    modifiers = (
        "SegmentedPropertyTypeModifierCodeSequence",
        "PrimaryAnatomicStructureModifierSequence",
        "AnatomicRegionModifierSequence",
    )
    holders = [item, *kinds, *parts]
    beside = [one for holder in holders for keyword in modifiers for one in holder.get(keyword) or []]
    return Segment(
        int(item.SegmentNumber),
        printable(str(item.get("SegmentLabel", ""))),
        printable(str(item.get("TrackingID", ""))),
        tuple((scheme, value) for scheme, value, _ in named),
        tuple((value, meaning) for _, value, meaning in (_code(one) for one in beside)),
    )


def _code(item: "Dataset") -> tuple[str, str, str]:
    value = item.get("CodeValue") or item.get("LongCodeValue") or ""
    return str(item.get("CodingSchemeDesignator", "")), str(value), str(item.get("CodeMeaning", ""))
