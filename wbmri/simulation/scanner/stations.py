"""The stations of a STIR examination: from a drawn body to the stations a whole-body protocol would deliver."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Grid, Volume
from wbmri.simulation.body import Rendered, Tissue
from wbmri.simulation.scanner.artefacts import Artefacts, fold_over, rician
from wbmri.simulation.scanner.disturbances import Disturbance, disturb
from wbmri.simulation.scanner.scene_and_truth import GroupTruth, Scene
from wbmri.simulation.scanner.signal_equation import Protocol, signal_table

_CORTEX_MM = 2.0
"""Compact bone gives no signal; the marrow begins this far below the surface of a bone."""
_FALL_OFF_MM = 25.0
"""Near the ends of a station the field of the coil falls off over this length."""


class Plane(StrEnum):
    """Orientation of the slices, up to the turn of the drawn grid."""

    CORONAL = "coronal"
    AXIAL = "axial"


_SLICE_AXIS = {Plane.CORONAL: 1, Plane.AXIAL: 2}
_PHASE_AXIS = {Plane.CORONAL: 0, Plane.AXIAL: 1}


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner does besides its protocol.

    Parameters
    ----------
    station_mm, overlap_mm
        Length of a station along the body, and what neighbours share.
    subslices
        Slices of the drawn body that make one slice of the scan: its partial volume.
    noise
        Standard deviation of the noise in each of the two channels, relative to healthy muscle.
    shading
        Amplitude of the smooth coil sensitivity, relative.
    gains
        Amplitude of the stations' different receiver gains, relative.
    muscle_counts
        Intensity of healthy muscle.
    seed
        Of noise, shading and gains.
    plane
        Which way the slices lie.
    artefacts
        What goes wrong.
    disturbances
        What else real scans show, in the order in which it acts.
    """

    station_mm: float = 490.0
    overlap_mm: float = 45.0
    subslices: int = 3
    noise: float = 0.06
    shading: float = 0.12
    gains: float = 0.12
    muscle_counts: float = 25.0
    seed: int = 0
    plane: Plane = Plane.CORONAL
    artefacts: Artefacts = field(default_factory=Artefacts)
    disturbances: tuple[Disturbance, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Scanned:
    """A scan and its truth.

    Parameters
    ----------
    stations
        Stations with whole-number intensities, head first.
    labels
        True labels of ``jdm42`` in the middle of each slice, on a grid that covers all stations, uint8.
    grid
        Where the labels' voxels lie.
    truth
        What is true of each group in view, by label, with all disturbances.
    ghosts
        Signal of the ghosts on that grid, relative to healthy muscle; None if there are none.
    failure
        How far the inversion failed on that grid, 1 at the worst place; None if it did not.
    """

    stations: tuple[Volume, ...]
    labels: NDArray[np.uint8]
    grid: Grid
    truth: Mapping[int, GroupTruth]
    ghosts: NDArray[np.float32] | None = None
    failure: NDArray[np.float32] | None = None


def acquire(body: Rendered, oedema: NDArray[np.float32], protocol: Protocol, scan: Scan) -> Scanned:
    """Scan a body in stations, from head to feet, and say what is where in the images.

    Parameters
    ----------
    body
        The drawn body.
    oedema
        Signal of muscle voxels as a multiple of healthy muscle, the body's shape.
    protocol
        The sequence.
    scan
        Stations, partial volume, noise, coil and faults.
    """
    axis, thick, faults = _SLICE_AXIS[scan.plane], scan.subslices, scan.artefacts
    failure = faults.inverted(body.tissue > 0, body.grid.spacing)
    scene = Scene.of_body(body, _signal(body, oedema, protocol, faults.inversion, failure), oedema, axis, protocol)
    scene = disturb(scene, scan.disturbances, on_slices=False)
    inner = slice(thick // 2, body.labels.shape[axis] // thick * thick, thick)
    middle = (slice(None), inner, slice(None)) if axis == 1 else (slice(None), slice(None), inner)
    steps = [1, 1, 1]
    steps[axis] = thick
    grid = body.grid.coarser(steps)
    spacing = grid.spacing
    sliced = scene.sliced(_slice_profile(scene.signal, axis, thick), middle, spacing)
    sliced = disturb(sliced, scan.disturbances, on_slices=True)
    slices = sliced.signal
    ghosts = None
    if faults.ghosts > 0:
        slices, ghosts = faults.ghosted(slices, spacing, _PHASE_AXIS[scan.plane])
    view = faults.in_view(slices.shape[0], spacing[0])
    slices = fold_over(slices, view, faults.wrap)
    grid = grid.crop((view, slice(None), slice(None)))
    rng = np.random.default_rng(scan.seed)
    shaded = slices * _coil_shading(grid, scan.shading, rng)
    acquisition = Acquisition(
        sequence="STIR",
        field_strength_t=protocol.field_strength_t,
        echo_time_ms=protocol.echo_time_ms,
        inversion_time_ms=protocol.inversion_time_ms,
        repetition_time_ms=protocol.repetition_time_ms,
        manufacturer="simulated",
        contrast_agent=False,
    )
    stations = tuple(
        _station(shaded[:, :, rows], grid.crop((slice(None), slice(None), rows)), acquisition, scan, rng)
        for rows in _ranges(shaded.shape[2], spacing[2], scan)
    )
    return Scanned(
        stations,
        sliced.labels[view],
        grid,
        replace(scene, faults=sliced.faults).truth(),
        None if ghosts is None else ghosts[view],
        None if failure is None else failure[middle][view],
    )


def _slice_profile(signal: NDArray[np.float32], axis: int, thick: int) -> NDArray[np.float32]:
    """Return the mean of every so many slices of the drawn body: the profile of a slice is a box."""
    depth = signal.shape[axis] // thick * thick
    if axis == 1:
        thin = signal[:, :depth].reshape(signal.shape[0], -1, thick, signal.shape[2])
    else:
        thin = signal[:, :, :depth].reshape(*signal.shape[:2], -1, thick)
    mean: NDArray[np.float32] = thin.mean(axis=axis + 1)
    return mean


def _coil_shading(grid: Grid, amplitude: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a smooth random sensitivity of the coil on a grid, 1 give or take the amplitude."""
    from scipy import ndimage

    lattice = rng.standard_normal([max(2, int(n * s / 60)) for n, s in zip(grid.shape, grid.spacing, strict=True)])
    coil = ndimage.gaussian_filter(lattice, 1.2)
    coil = ndimage.zoom(coil, np.array(grid.shape) / coil.shape, order=1)
    sensitivity: NDArray[np.float64] = 1 + amplitude * coil / np.abs(coil).max()
    return sensitivity


def _signal(
    body: Rendered,
    oedema: NDArray[np.float32],
    protocol: Protocol,
    inversion: float,
    failure: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    cortex = _cortex(body.tissue == Tissue.BONE.code, body.grid.spacing)
    brightness = signal_table(protocol)[body.tissue]
    if failure is not None:
        brightness += (
            failure * (signal_table(replace(protocol, inversion=inversion)) - signal_table(protocol))[body.tissue]
        )
    signal: NDArray[np.float32] = np.where(cortex, np.float32(0), brightness) * oedema
    return signal


def _cortex(bone: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Return the voxels of bone that lie within the thickness of the cortex from another tissue."""
    from scipy import ndimage

    reach = [int(_CORTEX_MM / size) for size in spacing]
    offsets = np.meshgrid(*(np.arange(-n, n + 1) * s for n, s in zip(reach, spacing, strict=True)), indexing="ij")
    ball = sum(offset**2 for offset in offsets) <= _CORTEX_MM**2
    cortex: NDArray[np.bool_] = bone & ~ndimage.binary_erosion(bone, ball, border_value=1)
    return cortex


def _ranges(rows: int, spacing_mm: float, scan: Scan) -> list[slice]:
    """Return the rows of each station, the head's first, covering all rows with the set overlap."""
    length = round(scan.station_mm / spacing_mm)
    step = length - round(scan.overlap_mm / spacing_mm)
    tops = range(rows, 0, -step)
    return [slice(max(0, top - length), top) for top in tops if top > length - step or top == rows]


def _station(
    data: NDArray[np.float64],
    grid: Grid,
    acquisition: Acquisition,
    scan: Scan,
    rng: np.random.Generator,
) -> Volume:
    rows = (np.arange(data.shape[2]) + 0.5) * grid.spacing[2]
    to_end = np.minimum(rows, rows[-1] + rows[0] - rows)
    sensitivity = 1 - 0.2 * np.exp(-to_end / _FALL_OFF_MM)
    gain = np.exp(rng.uniform(-scan.gains, scan.gains))
    channels = rng.normal(0, scan.noise, (2, *data.shape))
    magnitude = rician(data * sensitivity, channels)
    return Volume(np.rint(magnitude * gain * scan.muscle_counts), grid.affine, acquisition)
