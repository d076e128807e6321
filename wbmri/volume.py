"""The image value type: voxels, where they lie in the body, and how they were acquired."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.errors import InputError
from wbmri.provenance import Step


def check_affine(affine: NDArray[np.float64], what: str) -> None:
    """Refuse a matrix that cannot place voxels in the world.

    Parameters
    ----------
    affine
        4x4 matrix from voxel indices to RAS mm.
    what
        The thing the affine belongs to, for the message.

    Raises
    ------
    InputError
        If the matrix is not 4x4, not finite, not affine or singular.
    """
    good = (
        affine.shape == (4, 4)
        and bool(np.isfinite(affine).all())
        and bool(np.array_equal(affine[3], (0.0, 0.0, 0.0, 1.0)))
        and abs(float(np.linalg.det(affine[:3, :3]))) > 1e-9
    )
    if not good:
        raise InputError(
            f"{what} with the affine {np.array2string(affine, precision=3, separator=',').replace(chr(10), '')}",
            "a finite, invertible 4x4 matrix from voxel indices to RAS mm with the last row 0 0 0 1",
            "repair the orientation in the header and load it again",
        )


def read_only(array: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
    """Return the array as a C-ordered, write-protected array of the given type, copying only where needed."""
    made = np.ascontiguousarray(array, dtype=dtype)
    if made is array and array.flags.writeable:
        made = array.copy()
    made.flags.writeable = False
    return made


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

    Raises
    ------
    InputError
        If the data are not three-dimensional, hold NaN or infinity, or are constant; or if the affine is unusable.
    """

    data: NDArray[np.float32]
    affine: NDArray[np.float64]
    acquisition: Acquisition = field(default_factory=Acquisition)
    provenance: tuple[Step, ...] = ()

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
                f"voxels of type {data.dtype}", "real numbers", "convert the image to one grey channel and load that"
            )
        affine = np.asarray(self.affine, dtype=np.float64)
        check_affine(affine, "an image")
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
        object.__setattr__(self, "affine", read_only(affine, np.float64))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each axis."""
        i, j, k = self.data.shape
        return i, j, k

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between voxel centres along each axis, in mm."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def long_axis(self) -> NDArray[np.float64]:
        """Unit vector in RAS of the voxel axis nearest to foot-head, pointing to the head."""
        directions = self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)
        k = int(np.argmax(np.abs(directions[2])))
        axis: NDArray[np.float64] = directions[:, k] * np.sign(directions[2, k])
        return axis

    def after(self, step: Step, data: NDArray[Any], acquisition: Acquisition | None = None) -> Self:
        """Return the same grid with the intensities, and if given the acquisition facts, that a step led to."""
        return replace(
            self, data=data, acquisition=acquisition or self.acquisition, provenance=(*self.provenance, step)
        )


def canonical(volume: Volume) -> Volume:
    """Return the same voxels stored so that the axes run, as nearly as they can, right, anterior and superior.

    Only flips and permutations are applied, so no intensity changes and an oblique grid stays oblique. Two volumes that
    differ only in how their voxels are stored become equal.
    """
    from nibabel.orientations import apply_orientation, inv_ornt_aff, io_orientation

    orientation = io_orientation(volume.affine)
    data = apply_orientation(volume.data, orientation)
    affine = volume.affine @ inv_ornt_aff(orientation, volume.shape)
    return replace(volume, data=data, affine=affine)
