"""The segmentation value type: which voxel belongs to which muscle group, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core.errors import InputError
from wbmri.core.grid import Grid, read_only
from wbmri.core.provenance import Step
from wbmri.core.scheme import Scheme
from wbmri.core.volume import Volume


@dataclass(frozen=True, eq=False, slots=True)
class LabelMap:
    """Muscle groups on a volume's grid; immutable.

    Parameters
    ----------
    data
        Labels, shape (i, j, k), kept as read-only uint8; 0 is background and k the scheme's label k.
    affine
        4x4 matrix from voxel indices to RAS mm; that of the volume it was made for.
    scheme
        The scheme whose labels these are.
    engine
        Name of the segmentation engine that made it.
    confidence
        Label to a number in 0..1: how far the outline of that group can be relied on.
    outside
        Labels of groups that lie, wholly or for the larger part, outside the field of view.
    origin
        Label to where that group's outline came from, where it is not the engine itself.
    provenance
        Every step that led to these labels, those of the volume included.
    flags
        Label to what is not plausible about that group's outline, one sentence each; 0 for the outlines as a whole.
    in_view
        Label to the share of the group that the field of view shows, 0..1, where the engine knows it.

    Raises
    ------
    InputError
        If the data are not three-dimensional whole numbers, or hold a label the scheme does not have.
    """

    data: NDArray[np.uint8]
    affine: NDArray[np.float64]
    scheme: Scheme
    engine: str
    confidence: Mapping[int, float]
    outside: frozenset[int] = frozenset()
    origin: Mapping[int, str] = field(default_factory=dict)
    provenance: tuple[Step, ...] = ()
    flags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    in_view: Mapping[int, float] = field(default_factory=dict)
    grid: Grid = field(init=False, repr=False)

    def __post_init__(self) -> None:
        data = np.asarray(self.data)
        if data.ndim != 3 or 0 in data.shape:
            raise InputError(f"a label map of shape {data.shape}", "three spatial axes", "select one label volume")
        i, j, k = data.shape
        grid = Grid((i, j, k), self.affine)
        known = {group.label for group in self.scheme.groups}
        unknown = [float(value) for value in _values(data) if float(value) not in known and value != 0]
        if unknown:
            shown = ", ".join(f"{value:g}" for value in unknown[:5])
            raise InputError(
                f"a label map with {len(unknown)} unknown labels ({shown}{', ...' if len(unknown) > 5 else ''})",
                f"0 and the labels 1 to {max(known)} of the scheme {self.scheme.name}",
                "map the labels to the scheme, or name the scheme they belong to",
            )
        wrong = {label: value for label, value in self.confidence.items() if not 0.0 <= value <= 1.0}
        if wrong or not set(self.confidence) <= known:
            raise InputError(
                f"confidences for labels {sorted(set(self.confidence) - known) or sorted(wrong)}",
                f"numbers in 0..1 for labels of the scheme {self.scheme.name}",
                "correct the engine that made them",
            )
        object.__setattr__(self, "data", read_only(data, np.uint8))
        object.__setattr__(self, "affine", grid.affine)
        object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "confidence", MappingProxyType(dict(self.confidence)))
        object.__setattr__(self, "origin", MappingProxyType(dict(self.origin)))
        object.__setattr__(self, "flags", MappingProxyType(dict(self.flags)))
        object.__setattr__(self, "in_view", MappingProxyType(dict(self.in_view)))

    def check_grid(self, volume: Volume) -> None:
        """Refuse a volume whose grid is not this label map's.

        Raises
        ------
        InputError
            If the shapes differ, or a corner of the grid lies more than 0.01 mm elsewhere.
        """
        moved = self.grid.apart_mm(volume.grid)
        if self.grid.shape != volume.shape or moved > 0.01:
            raise InputError(
                f"a label map of shape {self.data.shape} for an image of shape {volume.shape}, {moved:.2f} mm apart",
                "both on one grid",
                "resample the label map with the engine 'labels'",
            )

    def corrected(self, data: NDArray[np.uint8]) -> Self:
        """Return the label map as a person left it.

        A group that the person drew, because it gained voxels or lost some to the background, lies in view, its outline
        is relied on, and the flags of the earlier outline hold no more. One that only gave voxels to another group is
        as sure as before.

        Parameters
        ----------
        data
            The labels now, shape (i, j, k).

        Raises
        ------
        InputError
            If they are of another shape, or hold a label the scheme does not have.
        """
        if data.shape != self.data.shape:
            raise InputError(
                f"corrected labels of shape {data.shape} for a label map of shape {self.data.shape}",
                "both on one grid",
                "correct the label map of this scan",
            )
        drawn = drawn_labels(self.data, data)
        return replace(
            self,
            data=data,
            confidence={**self.confidence, **dict.fromkeys(drawn, 1.0)},
            outside=self.outside - drawn,
            flags={label: flags for label, flags in self.flags.items() if label not in drawn},
            in_view={label: share for label, share in self.in_view.items() if label not in drawn & self.outside},
        )


def drawn_labels(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> frozenset[int]:
    """Return the labels that gained voxels, or lost some to the background, between two arrays of one shape."""
    changed = before != after
    was, now = before[changed], after[changed]
    return frozenset(int(label) for label in np.union1d(now, was[now == 0]) if label)


def _values(data: NDArray[Any]) -> NDArray[Any]:
    """Return the values that occur; for labels of eight bits without sorting millions of voxels."""
    if data.dtype != np.uint8:
        small = data.astype(np.uint8) if data.dtype.kind in "iu" else None
        if small is None or not np.array_equal(small, data):
            return np.unique(data)
        data = small
    there = np.zeros(256, dtype=bool)
    there[data] = True
    return np.flatnonzero(there)
