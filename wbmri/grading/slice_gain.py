"""Slices that are brighter and darker by turns: cross-talk and interleaves, found in muscle and evened."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wbmri.core import SliceGain, Volume
from wbmri.grading.parameters import PARAMETERS

_SLICES = PARAMETERS.slice_gain
Floats = NDArray[np.float64]


def slice_gains_of(scan: Volume, groups: NDArray[np.uint8]) -> tuple[SliceGain, ...]:
    """Find the gains by which slices of one station differ in turns.

    Between two slices the same muscle steps by what their gains differ, wherever in the plane it lies; oedema and
    anatomy step elsewhere in every slice. A gain that comes and goes shows as a line in the spectrum of these steps.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.

    Returns
    -------
    tuple of SliceGain
        One for each station, or part of the body, and line; empty where the slices are alike.
    """
    spacing = np.asarray(scan.spacing)
    thick = np.flatnonzero(spacing > _SLICES.thick_slices * spacing.min())
    axes = [int(np.argmax(spacing))] if thick.size else [0, 1, 2]
    made: list[SliceGain] = []
    for axis in axes:
        for first, stop in _parts(scan, axis):
            levels = (slice(None), slice(None), slice(first, stop))
            steps, weight = _steps(scan.data[levels], groups[levels], axis)
            found = _lines(steps, weight, _frequencies(steps.size, scan.spacing[axis], thick=bool(thick.size)))
            if found is not None:
                made.append(SliceGain(axis, first, stop, tuple(round(float(value), 5) for value in found)))
    return tuple(made)


def evened(scan: Volume, gains: Sequence[SliceGain]) -> Volume:
    """Return the scan with the gains of its slices taken off.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    gains
        As `slice_gains_of` found them.
    """
    if not gains:
        return scan
    data = scan.data.copy()
    for gain in gains:
        shape = [1, 1, 1]
        shape[gain.axis] = len(gain.log_gain)
        data[:, :, gain.first : gain.stop] *= np.exp(-np.asarray(gain.log_gain, dtype=np.float32)).reshape(shape)
    return replace(scan, data=data)


def sentence_of(gains: Sequence[SliceGain]) -> str | None:
    """Say how much the slices differed; ``None`` where they did not."""
    if not gains:
        return None
    largest = max(float(np.ptp(gain.log_gain)) for gain in gains)
    return (
        f"Slices are brighter and darker by turns, by up to {100 * np.expm1(largest):.0f} % (cross-talk or interleaved "
        "slices); this was evened before grading."
    )


def _parts(scan: Volume, axis: int) -> list[tuple[int, int]]:
    """Return the levels, along the body, of the parts that may each have gains of their own."""
    levels = scan.shape[2]
    along = scan.grid.points(np.array([[0.0, 0.0, k] for k in range(levels)])) @ scan.long_axis
    seams = sorted({int(np.searchsorted(along, seam)) for seam in scan.acquisition.seams_mm} - {0, levels})
    parts = []
    for low, high in zip([0, *seams], [*seams, levels], strict=True):
        count = 1 if axis == 2 else max(1, round((high - low) * scan.spacing[2] / _SLICES.part_mm))
        edges = np.linspace(low, high, count + 1).round().astype(int)
        parts += [(int(a), int(b)) for a, b in pairwise(edges)]
    return parts


def _steps(data: NDArray[np.float32], groups: NDArray[np.uint8], axis: int) -> tuple[Floats, Floats]:
    """Return the mean step, log, of muscle from each slice to the next, and how much each counts."""
    here, there = [slice(None)] * 3, [slice(None)] * 3
    here[axis], there[axis] = slice(None, -1), slice(1, None)
    low, high = data[tuple(here)], data[tuple(there)]
    own = groups[tuple(here)]
    place = np.nonzero((own > 0) & (own == groups[tuple(there)]) & (low > 0) & (high > 0))
    step = np.log(high[place].astype(np.float64) / low[place])
    slices, count = place[axis], data.shape[axis] - 1
    number = np.bincount(slices, minlength=count)
    mean = np.zeros(count)
    for reach in _SLICES.clip:
        # Bright structures that end in a slice weigh no more than noise does.
        mean += np.bincount(slices, np.clip(step - mean[slices], -reach, reach), minlength=count) / np.maximum(
            number, 1
        )
    return mean, np.where(number >= _SLICES.least_voxels, np.sqrt(number), 0.0)


def _frequencies(steps: int, spacing_mm: float, *, thick: bool) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the turns per slice that steps can tell apart, and whether gains may come again so often."""
    turns = np.array(_SLICES.turns)
    if thick:
        between = np.linspace(1 / turns.max(), 0.5, 4 * steps)
        return np.concatenate([1 / turns, between]), np.arange(turns.size + between.size) < turns.size
    # Slices that were resampled to thin ones may come again after any number of those.
    every = np.linspace(min(spacing_mm / _SLICES.longest_turn_mm, 0.4), 0.5, 4 * steps)
    return every, np.ones(every.size, dtype=bool)


def _lines(steps: Floats, weight: Floats, searched: tuple[Floats, NDArray[np.bool_]]) -> Floats | None:
    """Return the log gain of each slice that explains steps which come and go; ``None`` where none does."""
    seen = np.flatnonzero(weight)
    if seen.size < _SLICES.least_slices:
        return None
    frequencies, allowed = searched
    left, gain = steps[seen], np.zeros(steps.size + 1)
    turns = np.exp(2j * np.pi * np.outer(frequencies, np.arange(steps.size + 1)))
    rise = turns[:, 1:] - turns[:, :-1]
    waves, weight = rise[:, seen], weight[seen]
    for _ in range(_SLICES.lines):
        power, amplitude = _spectrum(left, waves, weight)
        best = int(np.argmax(np.where(allowed, power, 0)))
        found = (amplitude[best] * turns[best]).real
        after = left - (amplitude[best] * waves[best]).real
        # What is left holds anatomy and noise, not what the line itself leaks into other frequencies.
        background = float(np.median(_spectrum(after, waves, weight)[0])) / np.log(2)
        if power[best] < _SLICES.least_power * background or found.std() < _SLICES.least_gain:
            break
        left, gain = after, gain + found
    return gain if gain.any() else None


def _spectrum(steps: Floats, waves: NDArray[np.complex128], weight: Floats) -> tuple[Floats, NDArray[np.complex128]]:
    """Return how much of the steps each wave explains, and its complex amplitude: weighted least squares."""
    share = weight / weight.sum()
    middle = steps - share @ steps
    a, b = waves.real - (waves.real @ share)[:, None], -waves.imag + (waves.imag @ share)[:, None]
    aa, bb, ab = (a * a) @ share + 1e-9, (b * b) @ share + 1e-9, (a * b) @ share
    ya, yb = a @ (share * middle), b @ (share * middle)
    free = aa * bb - ab**2
    # At a turn of two slices there is one wave, not two.
    single = free < 1e-6 * aa * bb
    free = np.where(single, 1.0, free)
    u = np.where(single, ya / aa, (bb * ya - ab * yb) / free)
    v = np.where(single, 0.0, (aa * yb - ab * ya) / free)
    return u * ya + v * yb, u + 1j * v
