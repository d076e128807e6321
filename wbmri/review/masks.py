"""A change of the label map that can be undone, kept small on disk."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, slots=True)
class MaskChange:
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
        raise NotImplementedError

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
        raise NotImplementedError

    @property
    def voxels(self) -> int:
        """How many voxels change."""
        return int(self.index.size)

    @property
    def labels(self) -> frozenset[int]:
        """The groups that gain or lose voxels."""
        raise NotImplementedError

    @property
    def places(self) -> tuple[NDArray[np.intp], ...]:
        """The voxels as one array of indices per axis, to index an array of `shape` with."""
        raise NotImplementedError

    def inverse(self) -> Self:
        """Return the change that takes this one back."""
        raise NotImplementedError

    def then(self, other: Self) -> Self:
        """Return both changes as one."""
        raise NotImplementedError

    def apply(self, labels: Labels) -> None:
        """Change a writable label map in place.

        Raises
        ------
        InputError
            If it has another shape, or holds other labels there than `before`; it is untouched then.
        """
        raise NotImplementedError


def encode_change(change: MaskChange) -> bytes:
    """Return a change as bytes for a file; equal changes give equal bytes."""
    raise NotImplementedError


def decode_change(content: bytes, source: str) -> MaskChange:
    """Return the change that bytes of `encode_change` hold.

    Raises
    ------
    CaseError
        If they are damaged; `source` names them in the message.
    """
    raise NotImplementedError
