"""A STIR scanner: from a drawn body to the stations a whole-body protocol would deliver."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.anatomy.parts import Tissue
from wbmri.anatomy.relaxation import Protocol, fat_signal, skin_signal, tissue_signals
from wbmri.anatomy.rendering import FAT, SKIN, Rendered, code
from wbmri.volume import Acquisition, Volume

_CORTEX_MM = 2.0
"""Compact bone gives no signal; the marrow begins this far below the surface of a bone."""
_FALL_OFF_MM = 25.0
"""Near the ends of a station the field of the coil falls off over this length."""


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
    """

    station_mm: float = 490.0
    overlap_mm: float = 45.0
    subslices: int = 3
    noise: float = 0.06
    shading: float = 0.12
    gains: float = 0.12
    muscle_counts: float = 25.0
    seed: int = 0


def acquire(body: Rendered, oedema: NDArray[np.float32], protocol: Protocol, scan: Scan) -> tuple[Volume, ...]:
    """Scan a body in coronal stations, from head to feet.

    Parameters
    ----------
    body
        The drawn body.
    oedema
        Signal of muscle voxels as a multiple of healthy muscle, the body's shape.
    protocol
        The sequence.
    scan
        Stations, partial volume, noise and coil.

    Returns
    -------
    tuple of Volume
        Stations with whole-number intensities, head first.
    """
    from scipy import ndimage

    signal = _signal(body, oedema, protocol)
    thick = scan.subslices
    depth = signal.shape[1] // thick * thick
    slices = signal[:, :depth].reshape(signal.shape[0], -1, thick, signal.shape[2]).mean(axis=2)
    spacing = (body.grid.spacing[0], body.grid.spacing[1] * thick, body.grid.spacing[2])
    origin = np.array(body.grid.origin)
    origin[1] += body.grid.spacing[1] * (thick - 1) / 2
    rng = np.random.default_rng(scan.seed)
    coil = ndimage.gaussian_filter(
        rng.standard_normal([max(2, int(n * s / 60)) for n, s in zip(slices.shape, spacing, strict=True)]), 1.2
    )
    coil = ndimage.zoom(coil, np.array(slices.shape) / coil.shape, order=1)
    slices = slices * (1 + scan.shading * coil / np.abs(coil).max())
    acquisition = Acquisition(
        sequence="STIR",
        field_strength_t=protocol.field_strength_t,
        echo_time_ms=protocol.echo_time_ms,
        inversion_time_ms=protocol.inversion_time_ms,
        repetition_time_ms=protocol.repetition_time_ms,
        manufacturer="simulated",
        contrast_agent=False,
    )
    return tuple(
        _station(slices[:, :, low:high], low, spacing, origin, acquisition, scan, rng)
        for low, high in _ranges(slices.shape[2], spacing[2], scan)
    )


def _signal(body: Rendered, oedema: NDArray[np.float32], protocol: Protocol) -> NDArray[np.float32]:
    from scipy import ndimage

    table = np.zeros(SKIN + 1, np.float32)
    for tissue, value in tissue_signals(protocol).items():
        table[code(tissue)] = value
    table[FAT], table[SKIN] = fat_signal(protocol), skin_signal(protocol)
    bone = body.tissue == code(Tissue.BONE)
    cortex = bone & (ndimage.distance_transform_edt(bone, sampling=body.grid.spacing) <= _CORTEX_MM)
    signal: NDArray[np.float32] = np.where(cortex, np.float32(0), table[body.tissue]) * oedema
    return signal


def _ranges(rows: int, spacing_mm: float, scan: Scan) -> list[tuple[int, int]]:
    """Return first and last+1 row of each station, the head's first, covering all rows with the set overlap."""
    length = round(scan.station_mm / spacing_mm)
    step = length - round(scan.overlap_mm / spacing_mm)
    tops = range(rows, 0, -step)
    return [(max(0, top - length), top) for top in tops if top > length - step or top == rows]


def _station(
    data: NDArray[np.float32],
    first_row: int,
    spacing: tuple[float, float, float],
    origin: NDArray[np.float64],
    acquisition: Acquisition,
    scan: Scan,
    rng: np.random.Generator,
) -> Volume:
    rows = (np.arange(data.shape[2]) + 0.5) * spacing[2]
    to_end = np.minimum(rows, rows[-1] + rows[0] - rows)
    sensitivity = 1 - 0.2 * np.exp(-to_end / _FALL_OFF_MM)
    gain = np.exp(rng.uniform(-scan.gains, scan.gains))
    channels = rng.normal(0, scan.noise, (2, *data.shape))
    magnitude = np.hypot(data * sensitivity + channels[0], channels[1])
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin + np.array([0, 0, first_row * spacing[2]])
    return Volume(np.rint(magnitude * gain * scan.muscle_counts), affine, acquisition)
