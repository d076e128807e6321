"""Seams in a volume that the scanner composed: found along the long axis, and evened."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Json, Station, Step, Volume
from wbmri.io.stitching.gain_matching import (
    BLOCK_MM,
    BODY_TO_BRIGHT,
    BODY_TO_NOISE,
    block_means,
    block_power,
    noise_power,
)
from wbmri.io.stitching.placement import FLAT

WIDTHS_MM = (0.0, 20.0, 30.0, 40.0, 50.0, 60.0)
"""Widths over which a scanner blends two stations; 0 is a hard seam."""

PLATEAU_MM = 60.0
"""Length on either side of a seam over which a station's gain must stand out as constant."""

APART_MM = 120.0
"""Least distance between two seams; stations are longer than this."""

FINEST_STEP = 0.03
"""Smallest step in the logarithm of the intensity that is evened."""

CLEAR_STEP = 0.05
"""Smallest step that is believed from the body alone."""

EXPLAINED = 0.75
"""Share of the variance of the air around a seam that the seam must explain."""

USUAL_SPREAD = 0.12
"""Standard deviation of what coil shading and anatomy add to the body's step across a seam, in log intensity."""

PRIOR_LOG_ODDS = math.log(9.0)
"""Belief, before looking at the body, that a step in the noise of air is a step in the image's gain (nine to one)."""

FADE_MM = 100.0
"""Length over which a difference that belongs to the seam alone, and not to a whole station, fades."""

AWAY_MM = 16.0
"""Distance from any tissue at which a block counts as air."""

TISSUE_TO_NOISE = 4.0
"""Mean power of a block over that of air from which it counts as tissue."""

ENOUGH_AIR = 60
"""Fewest blocks of air in a row from which its level is taken."""

FINE_MM = 5.0
"""Edge of the blocks compared from row to row."""

INTERIOR_MM = 8.0
"""Distance from the body's surface and its dark parts from which a block is compared: where limbs widen or narrow, the
blocks at their edge change from row to row by themselves."""

ENOUGH_BLOCKS = 30
"""Fewest body blocks shared by two rows from which their step is measured."""

ENOUGH_ALONE = 150
"""Fewest body blocks shared by two rows from which a seam is believed without the air: a neck or a foot has fewer."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Where one station takes over from the next below it.

    Parameters
    ----------
    row
        Middle, in rows from the lowest; 10.5 lies between rows 10 and 11.
    width
        Rows over which the stations are blended; 0 for a hard seam.
    step
        Natural logarithm of the gain above over the gain below.
    local
        What the body steps by beyond that, at a hard seam.
    """

    row: float
    width: float
    step: float
    local: float = 0.0


def even_seams(volume: Volume) -> Volume:
    """Even the gains of the stations of a volume that the scanner composed.

    A seam multiplies a whole row by the same factor, so it shows in two places where anatomy does not: in the noise of
    the air beside the body, and as an abrupt step of most body voxels against the voxels next to them along the long
    axis. Hard and blended seams are sought in the air, and used if the steps of the body follow those of the air; hard
    ones are also sought in the body alone. A body part that is brighter by itself moves neither.

    Parameters
    ----------
    volume
        In any storage.

    Returns
    -------
    Volume
        On the same grid. Where the stations are already known, where rows along the body are slices, and where nothing
        stands out, the intensities are those given; else each station has one gain (mean log gain 0), and the stations
        and seams are recorded.
    """
    upright = volume.grid.stored_as("RAS")
    spacing = upright.grid.spacing
    if volume.acquisition.stations or spacing[2] >= FLAT * spacing[0]:
        return volume
    seams = detect_seams(np.ascontiguousarray(upright.apply(volume.data)), spacing)
    rows = upright.grid.shape[2]
    levels = np.concatenate([[0.0], np.cumsum([seam.step for seam in seams])])
    log_gains = levels.mean() - levels
    recorded: list[Json] = [
        {"row": seam.row, "width_rows": seam.width, "step": seam.step, "local": seam.local} for seam in seams
    ]
    step = Step("even-seams", {"seams": recorded, "log_gains": log_gains.tolist(), "fade_mm": FADE_MM})
    if not seams:
        return volume.after(step, volume.data)
    factor = gain_profile(rows, seams, log_gains, FADE_MM / spacing[2])
    data = volume.data * upright.undo(factor.astype(np.float32)[None, None, :])
    edges = [(-0.5, -0.5), *((s.row - s.width / 2.0, s.row + s.width / 2.0) for s in seams), (rows - 0.5, rows - 0.5)]
    origin = float(upright.grid.origin @ upright.grid.long_axis)

    def height(row: float) -> float:
        return origin + row * spacing[2]

    stations = tuple(
        Station(f"station-{len(seams) + 1 - n}", height(edges[n][0]), height(edges[n + 1][1]), math.exp(log_gains[n]))
        for n in reversed(range(len(seams) + 1))
    )
    seams_mm = tuple(height(seam.row) for seam in reversed(seams))
    return volume.after(step, data, replace(volume.acquisition, stations=stations, seams_mm=seams_mm))


def gain_profile(rows: int, seams: Sequence[Seam], log_gains: NDArray[np.float64], fade: float) -> NDArray[np.float64]:
    """Return the factor for each row, lowest first, shape (rows,)."""
    row = np.arange(rows, dtype=np.float64)
    scanner = np.full(rows, math.exp(-log_gains[0]))
    local = np.zeros(rows)
    for number, seam in enumerate(seams):
        # Scanners blend intensities, not their logarithms.
        before, after = math.exp(-log_gains[number]), math.exp(-log_gains[number + 1])
        scanner += (after - before) * ramp(row, seam)
        side = np.where(row > seam.row, -0.5, 0.5)
        share = np.clip(np.abs(row - seam.row) / fade, 0.0, 1.0)
        local += seam.local * side * (1.0 - share * share * (3.0 - 2.0 * share))
    factor: NDArray[np.float64] = np.exp(local) / scanner
    return factor


def ramp(row: NDArray[np.float64], seam: Seam) -> NDArray[np.float64]:
    """Return how much the upper station contributes to each row, 0 to 1."""
    share: NDArray[np.float64] = np.clip((row - seam.row) / max(seam.width, 1e-9) + 0.5, 0.0, 1.0)
    return share


def detect_seams(data: NDArray[np.float32], spacing: Sequence[float]) -> list[Seam]:
    """Return the seams along the last axis, lowest first."""
    from scipy.ndimage import minimum_filter

    size = [min(max(1, round(FINE_MM / step)), n) for step, n in zip(spacing[:2], data.shape, strict=False)]
    noise = noise_power(data, spacing)
    signal = block_power(data, [*size, 1]) - noise
    bright = float(np.percentile(signal, 99.0))
    body = signal > max(BODY_TO_NOISE * noise, BODY_TO_BRIGHT**2 * bright)
    margin = [2 * round(INTERIOR_MM / (n * step)) + 1 for n, step in zip(size, spacing, strict=False)]
    interior = minimum_filter(body, [*margin, 1])
    log = 0.5 * np.log(np.where(body, signal, 1.0))
    steps = np.array([row_step(log, interior, k) for k in range(data.shape[2] - 1)])
    found: list[Seam] = []
    air = air_profile(data, noise, spacing)
    if air is not None:
        found = confirmed_by_body(seams_in_air(air, spacing[2]), steps)
    for seam in seams_in_body(steps, log, interior, spacing[2]):
        if all(abs(seam.row - other.row) * spacing[2] >= APART_MM for other in found):
            found.append(seam)
    # A hard seam is abrupt even where the body widens: there all of the body tells what a reader sees.
    seen = [row_step(log, body, math.floor(seam.row)) if seam.width == 0.0 else math.nan for seam in found]
    return sorted(
        (replace(s, local=0.0 if math.isnan(b) else b - s.step) for s, b in zip(found, seen, strict=True)),
        key=lambda seam: seam.row,
    )


def confirmed_by_body(in_air: Sequence[Seam], steps: NDArray[np.float64]) -> list[Seam]:
    """Return the seams of the air if the body follows them, and none if it does not.

    Noise may differ between stations where the signal does not: a coil with other elements, or intensities that the
    scanner has normalised. The body's steps decide, all together, by the likelihood that they equal the air's against
    the likelihood that they are nothing.
    """
    evidence = PRIOR_LOG_ODDS
    for seam in in_air:
        across = steps[max(math.floor(seam.row - seam.width / 2.0), 0) : math.ceil(seam.row + seam.width / 2.0)]
        measured = np.isfinite(across)
        if np.count_nonzero(measured) >= 0.8 * across.size:
            step = float(across[measured].mean()) * across.size
            evidence += (seam.step * step - 0.5 * seam.step**2) / USUAL_SPREAD**2
    return list(in_air) if evidence >= 0.0 else []


def row_step(log: NDArray[np.float64], body: NDArray[np.bool_], row: int) -> float:
    """Return the mode of the log steps of the body blocks from a row to the next; NaN where they share too few.

    Tukey's biweight with a short reach: blocks at the edges of organs and lesions fall out, whatever their number.
    """
    both = body[:, :, row] & body[:, :, row + 1]
    if np.count_nonzero(both) < ENOUGH_BLOCKS:
        return math.nan
    steps = log[:, :, row + 1][both] - log[:, :, row][both]
    middle = float(np.median(steps))
    for _ in range(5):
        scale = max(1.4826 * float(np.median(np.abs(steps - middle))), 1e-6)
        weights = np.clip(1.0 - ((steps - middle) / (3.0 * scale)) ** 2, 0.0, None) ** 2
        middle = float(np.average(steps, weights=weights))
    return middle


def air_profile(data: NDArray[np.float32], noise: float, spacing: Sequence[float]) -> NDArray[np.float64] | None:
    """Return the mean amplitude of air in each row, shape (rows,), or None where it was blanked or is nowhere seen.

    The amplitude and not the power is averaged: blending two stations keeps the mean amplitude of their noise between
    theirs, but lowers its power.
    """
    from scipy.ndimage import maximum_filter

    size = [min(max(1, round(BLOCK_MM / step)), n) for step, n in zip(spacing, data.shape, strict=True)]
    tissue = block_power(data, size) > TISSUE_TO_NOISE * noise
    around = [2 * round(AWAY_MM / (n * step)) + 1 for n, step in zip(size, spacing, strict=True)]
    air = ~maximum_filter(tissue, around)
    amplitude = block_means(data, [size[0], size[1], 1])
    profile = np.full(data.shape[2], np.nan)
    for k in range(profile.size):
        values = np.sort(amplitude[:, :, k][air[:, :, min(k // size[2], air.shape[2] - 1)]])
        # Ghosts of vessels and of breathing lie above; trimming below as well keeps the mean where blending narrows
        # the spread.
        values = values[int(0.2 * values.size) : int(0.8 * values.size)]
        if values.size >= 0.6 * ENOUGH_AIR and values[0] > 0.0:
            profile[k] = float(values.mean())
    seen = np.isfinite(profile)
    if np.count_nonzero(seen) < 0.8 * profile.size:
        return None
    rows = np.arange(profile.size)
    filled: NDArray[np.float64] = np.interp(rows, rows[seen], profile[seen])
    return filled


def seams_in_air(air: NDArray[np.float64], spacing: float) -> list[Seam]:
    """Return the places where the air steps or ramps between two plateaus, the clearest first."""
    margin = round(max(WIDTHS_MM) / spacing)
    if air.size <= 2 * margin:
        return []
    noise = max(1.4826 * float(np.median(np.abs(np.diff(air)))) / math.sqrt(2.0), 1e-6 * float(air.mean()))
    reach = round((PLATEAU_MM + max(WIDTHS_MM) / 2.0) / spacing)
    candidates: list[tuple[float, Seam]] = []
    for boundary in range(margin, air.size - margin):
        low, high = max(boundary - reach, 0), min(boundary + reach, air.size)
        mean = float(air[low:high].mean())
        part = air[low:high] - mean
        row = np.arange(low, high, dtype=np.float64)
        variance = float(part @ part)
        drift = row - row.mean()
        left_by_drift = variance - float(drift @ part) ** 2 / float(drift @ drift)
        for width in WIDTHS_MM:
            seam = Seam(boundary - 0.5, float(round(width / spacing)), 0.0)
            share = ramp(row, seam)
            shape = share - share.mean()
            rise = float(shape @ part) / float(shape @ shape)
            left = variance - rise * float(shape @ part)
            clear = (left_by_drift - left) / noise**2
            below = mean - rise * float(share.mean())
            step = math.log(max(1.0 + rise / below, 1e-3)) if below > 0.0 else 0.0
            if abs(step) >= FINEST_STEP and left <= (1.0 - EXPLAINED) * variance and clear >= 50.0:
                candidates.append((clear, replace(seam, step=step)))
    return clearest(candidates, spacing)


def seams_in_body(
    steps: NDArray[np.float64],
    log: NDArray[np.float64],
    body: NDArray[np.bool_],
    spacing: float,
) -> list[Seam]:
    """Return the hard seams that the body alone shows: abrupt, and in every part of the row, the clearest first."""
    reach = round(PLATEAU_MM / 2.0 / spacing)
    candidates: list[tuple[float, Seam]] = []
    margin = max(round(APART_MM / spacing), reach)
    for k in range(margin, steps.size - margin):
        around = np.concatenate([steps[k - reach : k], steps[k + 1 : k + 1 + reach]])
        if not (math.isfinite(steps[k]) and np.isfinite(around).all()):
            continue
        usual = float(np.median(around))
        spread = max(1.4826 * float(np.median(np.abs(around - usual))), 1e-3)
        step = float(steps[k]) - usual
        if abs(step) < CLEAR_STEP or abs(step) < 8.0 * spread:
            continue
        both = body[:, :, k] & body[:, :, k + 1]
        change = (log[:, :, k + 1] - log[:, :, k])[both]
        if change.size < ENOUGH_ALONE:
            continue
        # np.nonzero runs along the first axis, so that the thirds are left, middle and right.
        thirds = [float(np.median(third)) - usual for third in np.array_split(change, 3)]
        if min(third * math.copysign(1.0, step) for third in thirds) >= abs(step) / 3.0:
            candidates.append((abs(step) / spread, Seam(k + 0.5, 0.0, step)))
    return clearest(candidates, spacing)


def clearest(candidates: Sequence[tuple[float, Seam]], spacing: float) -> list[Seam]:
    """Return the clearest candidates that keep the least distance between seams."""
    kept: list[Seam] = []
    for _, seam in sorted(candidates, key=lambda item: (-item[0], item[1].row, item[1].width)):
        if all(abs(seam.row - other.row) * spacing >= APART_MM for other in kept):
            kept.append(seam)
    return kept
