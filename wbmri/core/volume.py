"""The image value type: voxels, where they lie in the body, and how they were acquired."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core.errors import InputError
from wbmri.core.grid import Grid, read_only
from wbmri.core.provenance import Step


@dataclass(frozen=True, slots=True)
class Station:
    """One bed position inside a composed volume.

    Parameters
    ----------
    name
        A label without identifiers, such as ``station-1``; the first is the most superior.
    low_mm, high_mm
        The range the station covers, in mm along `Volume.long_axis` (world origin is 0).
    gain
        The factor its intensities were multiplied by to agree with its neighbours.
    """

    name: str
    low_mm: float
    high_mm: float
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How the image was made; ``None`` where the input does not say.

    Parameters
    ----------
    sequence
        Sequence family, ``"STIR"`` where it is known to be one.
    field_strength_t
        Static field in tesla.
    echo_time_ms, inversion_time_ms, repetition_time_ms
        Times of the sequence in milliseconds.
    manufacturer, model
        Maker and model of the scanner.
    contrast_agent
        Whether a contrast agent had been given.
    stations
        The bed positions, most superior first; empty if they are not known.
    seams_mm
        Where one station takes over from the next, in mm along `Volume.long_axis`.
    """

    sequence: str | None = None
    field_strength_t: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    repetition_time_ms: float | None = None
    manufacturer: str | None = None
    model: str | None = None
    contrast_agent: bool | None = None
    stations: tuple[Station, ...] = ()
    seams_mm: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Volume:
    """A scalar image in patient space; immutable.

    Parameters
    ----------
    data
        Intensities, shape (i, j, k), kept as read-only float32. All values must be finite and not all equal.
    affine
        4x4 matrix from voxel indices to RAS mm (x to the right, y to the front, z to the head).
    acquisition
        How the image was made.
    provenance
        Every step that led to these intensities.

    Attributes
    ----------
    grid
        Where the voxels lie; all geometry is its own.

    Raises
    ------
    InputError
        If the data are not three-dimensional, hold NaN or infinity, or are constant; or if the affine is unusable.

    Examples
    --------
    >>> volume = Volume(np.arange(24.0).reshape(2, 3, 4), np.diag([2.0, 2.0, 5.0, 1.0]))
    >>> volume.shape, volume.spacing, round(volume.voxel_ml, 3)
    ((2, 3, 4), (2.0, 2.0, 5.0), 0.02)
    >>> Volume(np.zeros((2, 3, 4)), np.eye(4))
    Traceback (most recent call last):
    wbmri.core.errors.InputError: an image in which every voxel is 0; expected an image of a body; check that the \
right series was exported
    """

    data: NDArray[np.float32]
    affine: NDArray[np.float64]
    acquisition: Acquisition = field(default_factory=Acquisition)
    provenance: tuple[Step, ...] = ()
    grid: Grid = field(init=False, repr=False)

    def __post_init__(self) -> None:
        data = np.asarray(self.data)
        if data.ndim != 3 or 0 in data.shape:
            raise InputError(
                f"an image of shape {data.shape}",
                "three spatial axes with at least one voxel each",
                "select one time point or channel and load that",
            )
        if data.dtype.kind not in "biuf":
            raise InputError(
                f"voxels of type {data.dtype}",
                "real numbers",
                "convert the image to one grey channel and load that",
            )
        i, j, k = data.shape
        grid = Grid((i, j, k), self.affine)
        data = read_only(data, np.float32)
        low, high = float(data.min()), float(data.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            bad = int(np.count_nonzero(~np.isfinite(data)))
            raise InputError(
                f"an image with {bad} of {data.size} voxels NaN or infinite",
                "finite intensities",
                "export the series from the scanner or archive again",
            )
        if low == high:
            raise InputError(
                f"an image in which every voxel is {low:g}",
                "an image of a body",
                "check that the right series was exported",
            )
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "affine", grid.affine)
        object.__setattr__(self, "grid", grid)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each axis."""
        return self.grid.shape

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along each axis, in mm."""
        return self.grid.spacing

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return self.grid.voxel_ml

    @property
    def long_axis(self) -> NDArray[np.float64]:
        """Unit vector in RAS of the voxel axis nearest to foot-head, pointing to the head."""
        return self.grid.long_axis

    def after(self, step: Step, data: NDArray[Any], acquisition: Acquisition | None = None) -> Self:
        """Return the same grid with the intensities, and if given the acquisition facts, that a step led to."""
        return replace(
            self,
            data=data,
            acquisition=acquisition or self.acquisition,
            provenance=(*self.provenance, step),
        )


def canonical(volume: Volume) -> Volume:
    """Return the same voxels stored so that the axes run, as nearly as they can, right, anterior and superior.

    Only flips and permutations are applied, so no intensity changes and an oblique grid stays oblique. Two volumes that
    differ only in how their voxels are stored become equal.
    """
    storage = volume.grid.stored_as("RAS")
    return replace(volume, data=storage.apply(volume.data), affine=storage.grid.affine)
