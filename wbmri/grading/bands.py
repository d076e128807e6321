"""Bands across the picture, such as spikes in the raw data leave: found in muscle as one wave over the whole body.

Anatomy and oedema differ from muscle to muscle; a wave that goes through all of them at one pitch and in one direction
is the scanner's. What it does to the logarithm of the signal is taken off before anything else is measured.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Band, Volume
from wbmri.grading.parameters import PARAMETERS

_BANDS = PARAMETERS.bands

Floats = NDArray[np.float64]


def bands_of(scan: Volume, groups: NDArray[np.uint8]) -> tuple[Band, ...]:
    """Find the wave that makes the same bands in every muscle.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.

    Returns
    -------
    tuple of Band
        One for each plane in which a wave was found; empty where there are none.
    """
    spacing = np.asarray(scan.spacing)
    thick = spacing.max() > _BANDS.thick_slices * spacing.min()
    across = [int(np.argmax(spacing))] if thick else [1, 2]
    place = np.nonzero(groups)
    every = max(1, place[0].size // _BANDS.most_voxels)
    i, j, k = (along[::every] for along in place)
    if not i.size or float(np.median(scan.data[i, j, k])) <= 0:
        return ()
    label, index = groups[i, j, k], np.stack([i, j, k], axis=1)
    value = _evenly(scan.data[i, j, k], label)
    # What is far from its group's level is oedema, or fat that an outline took in at its edge.
    alike = np.abs(value) <= _BANDS.reach
    value, index, label = value[alike], index[alike], label[alike]
    if not value.size:
        return ()
    made = []
    for axis in across:
        plane = [other for other in range(3) if other != axis]
        if (band := _wave(value, index[:, plane] * spacing[plane], label, axis)) is not None:
            made.append(band)
    return tuple(made)


def without_bands(scan: Volume, bands: Sequence[Band]) -> Volume:
    """Return the scan with bands taken off.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    bands
        As `bands_of` found them.
    """
    for band in bands:
        axes = [axis for axis in range(3) if axis != band.axis]
        way = np.zeros((1, 1, 1))
        for axis, turns in zip(axes, band.turns_per_mm, strict=True):
            places = np.arange(scan.shape[axis]) * scan.spacing[axis] * turns
            way = way + places.reshape([-1 if each == axis else 1 for each in range(3)])
        wave = band.log_gain[0] * np.cos(2 * np.pi * way) + band.log_gain[1] * np.sin(2 * np.pi * way)
        scan = replace(scan, data=scan.data * np.exp(-wave).astype(np.float32))
    return scan


def sentence_of(bands: Sequence[Band]) -> str | None:
    """Say how strong the bands are; ``None`` where there are none."""
    if not bands:
        return None
    worst = max(bands, key=lambda band: np.hypot(*band.log_gain))
    strength, pitch = float(np.hypot(*worst.log_gain)), 1 / float(np.hypot(*worst.turns_per_mm))
    return (
        f"Bands lie across the picture, {pitch:.0f} mm from one to the next and up to {100 * np.expm1(strength):.0f} % "
        "brighter or darker (banding); they were evened before grading."
    )


def _evenly(signal: NDArray[np.float32], label: NDArray[np.uint8]) -> Floats:
    """Return the logarithm of each voxel over the median of its group."""
    from scipy import ndimage

    log = np.log(np.maximum(signal.astype(np.float64), 1e-3 * float(np.median(signal))))
    present = np.unique(label)
    middle = np.zeros(256)
    middle[present] = ndimage.median(log, label, present)
    made: Floats = log - middle[label]
    return made


def _wave(value: Floats, where: Floats, label: NDArray[np.uint8], axis: int) -> Band | None:
    """Return the one wave that stands out of the spectrum, or None."""
    cells = np.floor(where / _BANDS.cell_mm).astype(np.intp)
    shape = tuple(int(n) for n in cells.max(axis=0) + 1)
    flat = np.ravel_multi_index(tuple(cells.T), shape)
    summed = np.bincount(flat, value, minlength=int(np.prod(shape))).reshape(shape)
    padded = [2 * n for n in shape]
    power = np.abs(np.fft.rfft2(summed, padded)) ** 2
    u, v = np.fft.fftfreq(padded[0], _BANDS.cell_mm)[:, None], np.fft.rfftfreq(padded[1], _BANDS.cell_mm)[None, :]
    turns = np.hypot(u, v)
    sought = (turns >= 1 / _BANDS.pitch_mm[1]) & (turns <= 1 / _BANDS.pitch_mm[0])
    if not sought.any():
        return None
    best = np.unravel_index(int(np.argmax(np.where(sought, power, 0))), power.shape)
    around = sought & (np.abs(turns - turns[best]) < _BANDS.ring * turns[best])
    if power[best] < _BANDS.least_power * float(np.median(power[around])):
        return None
    start = np.array([u[best[0], 0], v[0, best[1]]])
    wave, gain = _refined(value, where, label, start, 1 / (np.array(padded) * _BANDS.cell_mm))
    if np.hypot(*gain) < _BANDS.least_gain:
        return None
    return Band(axis, (round(float(wave[0]), 7), round(float(wave[1]), 7)), (round(gain[0], 5), round(gain[1], 5)))


def _refined(
    value: Floats, where: Floats, label: NDArray[np.uint8], start: Floats, step: Floats
) -> tuple[Floats, tuple[float, float]]:
    """Return the turns per mm and the gain of a wave near one, by least squares; each group has a level of its own."""
    best, reach = start, step
    for _ in range(_BANDS.rounds):
        tried = [best + reach * np.array([i, j]) for i in (-1, -0.5, 0, 0.5, 1) for j in (-1, -0.5, 0, 0.5, 1)]
        best = max(tried, key=lambda turns: abs(complex(np.mean(value * np.exp(2j * np.pi * (where @ turns))))))
        reach = reach / 2
    phase = 2 * np.pi * (where @ best)
    size = np.maximum(np.bincount(label, minlength=256), 1)
    waves, level = (
        np.stack([one - (np.bincount(label, one, minlength=256) / size)[label] for one in each], axis=1)
        for each in ((np.cos(phase), np.sin(phase)), (value,))
    )
    gain = np.linalg.lstsq(waves, level[:, 0], rcond=None)[0]
    return best, (float(gain[0]), float(gain[1]))
