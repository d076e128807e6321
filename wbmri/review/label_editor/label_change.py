"""A change of the label map that can be undone, kept small on disk."""

import struct
import zlib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import CaseError, InputError

Labels = NDArray[np.uint8]

_HEADER = struct.Struct("<8s3IQ")
_MAGIC = b"wbmask1\n"
_MOST_VOXELS = 2**31
"""No scan has more."""


@dataclass(frozen=True, eq=False, slots=True)
class LabelChange:
    """Voxels of a label map and what they were and become.

    Parameters
    ----------
    shape
        Shape (i, j, k) of the label map.
    index
        The voxels as increasing C-order indices into it, shape (n,).
    before, after
        Labels of these voxels, shape (n,); never equal in a voxel.
    """

    shape: tuple[int, int, int]
    index: NDArray[np.int64]
    before: Labels
    after: Labels

    @classmethod
    def between(cls, before: Labels, after: Labels) -> Self:
        """Return what turns one label map into another of the same shape."""
        if before.shape != after.shape:
            raise InputError(
                f"label maps of shapes {before.shape} and {after.shape}",
                "one shape",
                "compare maps of one scan",
            )
        index = np.flatnonzero(before != after)
        return cls(_shape(before), index, np.take(before, index), np.take(after, index))

    @classmethod
    def setting(cls, labels: Labels, index: NDArray[np.integer[Any]], value: int) -> Self:
        """Return the change that gives voxels one label; those that have it already are left out.

        Parameters
        ----------
        labels
            The label map as it is; not changed.
        index
            C-order indices in any order, shape (n,).
        value
            The label, 0 to erase.
        """
        # Sorting, for which np.unique takes ten times as long where nearly all are different and in order.
        wanted = np.sort(np.asarray(index, np.int64))
        wanted = wanted[np.diff(wanted, prepend=-1) > 0]
        before = np.take(labels, wanted)
        differs = before != value
        before = before[differs]
        return cls(_shape(labels), wanted[differs], before, np.full_like(before, value))

    @property
    def voxels(self) -> int:
        """How many voxels change."""
        return int(self.index.size)

    @property
    def labels(self) -> frozenset[int]:
        """The groups that gain or lose voxels."""
        found = np.union1d(self.before, self.after)
        return frozenset(int(label) for label in found if label)

    @property
    def places(self) -> tuple[NDArray[np.intp], ...]:
        """The voxels as one array of indices per axis, to index an array of `shape` with."""
        return np.unravel_index(self.index, self.shape)

    def inverse(self) -> Self:
        """Return the change that takes this one back."""
        return type(self)(self.shape, self.index, self.after, self.before)

    def then(self, other: Self) -> Self:
        """Return both changes as one."""
        index = np.union1d(self.index, other.index)
        mine, theirs = np.searchsorted(index, self.index), np.searchsorted(index, other.index)
        before, after = np.empty(index.size, np.uint8), np.empty(index.size, np.uint8)
        before[theirs] = other.before
        before[mine] = self.before
        after[mine] = self.after
        after[theirs] = other.after
        differs = before != after
        return type(self)(self.shape, index[differs], before[differs], after[differs])

    def apply(self, labels: Labels) -> None:
        """Change a writable label map in place.

        Raises
        ------
        InputError
            If it has another shape, or holds other labels there than `before`; it is untouched then.
        """
        if labels.shape != self.shape or not np.array_equal(np.take(labels, self.index), self.before):
            raise InputError(
                f"a change of {self.voxels} voxels in a label map of shape {self.shape}",
                "one that starts from the outlines as they are",
                "make it from the session's present labels",
            )
        np.put(labels, self.index, self.after)


def encode_change(change: LabelChange) -> bytes:
    """Return a change as bytes for a file; equal changes give equal bytes.

    A header (magic, shape, number of voxels), then zlib over the steps between indices, the labels before and after,
    and a checksum of it all. Strokes come as runs of neighbours, so a voxel takes well under a byte.
    """
    steps = np.diff(change.index, prepend=0).astype("<u4")
    packed = zlib.compress(steps.tobytes() + change.before.tobytes() + change.after.tobytes(), 6)
    content = _HEADER.pack(_MAGIC, *change.shape, change.index.size) + packed
    return content + struct.pack("<I", zlib.crc32(content))


def decode_change(content: bytes, source: str) -> LabelChange:
    """Return the change that bytes of `encode_change` hold.

    Raises
    ------
    CaseError
        If they are damaged; `source` names them in the message.
    """
    body, checksum = content[:-4], content[-4:]
    if len(body) < _HEADER.size or struct.pack("<I", zlib.crc32(body)) != checksum:
        raise _damaged(source)
    magic, i, j, k, count = _HEADER.unpack_from(body)
    if magic != _MAGIC:
        raise CaseError(
            f"{source}, which begins with {magic!r}",
            "a change of outlines in the form this wbmri writes",
            "upgrade wbmri to the version that wrote it",
        )
    # No more than the header promises, and no more than there are voxels: a checksum may fit whatever was written.
    length = 6 * count
    inflater = zlib.decompressobj()
    try:
        inflated = (
            inflater.decompress(body[_HEADER.size :], length + 1) if count <= min(i * j * k, _MOST_VOXELS) else b""
        )
    except zlib.error:
        inflated = b""
    if len(inflated) != length or not inflater.eof or inflater.unused_data:
        raise _damaged(source)
    index = np.cumsum(np.frombuffer(inflated, "<u4", count), dtype=np.int64)
    labels = np.frombuffer(inflated, np.uint8, 2 * count, offset=4 * count)
    if count and (index[-1] >= i * j * k or (np.diff(index) <= 0).any()):
        raise _damaged(source)
    return LabelChange((i, j, k), index, labels[:count], labels[count:])


def _damaged(source: str) -> CaseError:
    return CaseError(f"{source}, which is damaged", "a change of outlines", "restore the file from a backup")


def _shape(labels: Labels) -> tuple[int, int, int]:
    i, j, k = labels.shape
    return i, j, k
