"""Gains and slow biases that make neighbouring stations agree where they overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Box, Json
from wbmri.io.stitching.placement import Placed

BLOCK_MM = 8.0
"""Edge of the blocks whose mean power is compared; averages noise and small movements out."""

BODY_TO_NOISE = 9.0
"""Signal power over noise power from which a block counts as body."""

BODY_TO_BRIGHT = 0.05
"""Amplitude, as a share of the brightest parts of the overlap, from which a block counts as body."""

ENOUGH_BLOCKS = 60
"""Fewest body blocks of an overlap from which more than its mean ratio is fitted."""

REACH = 1.5
"""How far the fall-off at the end of a station reaches inwards, as a multiple of the overlap."""

STEEPEST = math.log(3.0)
"""Largest fall-off at the very end of a station that is believed, as a natural logarithm."""

STIFFNESS = 0.02
"""Weight of the penalty on the bias across the overlap, relative to the data: holds what few blocks cannot tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """How the intensities of two stations compare where both reach.

    Parameters
    ----------
    upper, lower
        Indices of the two stations.
    log_ratio
        Natural logarithm of upper over lower intensity in the middle of the overlap.
    fall_off
        Loss at the very end of either station, as a natural logarithm; 0 or more.
    width_mm
        Width of the overlap along the stacking direction.
    across
        Coefficients of the bias over (x, y, x^2, x y, y^2), upper over lower, with mean 0 over the body.
    offsets
        Means of those five terms over the body, taken off so that the bias has mean 0.
    centre, half
        Middle and half extent of the body in the overlap, in voxels along the first two axes of the grid.
    blocks
        Number of body blocks the comparison rests on.
    """

    upper: int
    lower: int
    log_ratio: float
    fall_off: float
    width_mm: float
    across: tuple[float, ...]
    offsets: tuple[float, ...]
    centre: tuple[float, float]
    half: tuple[float, float]
    blocks: int

    def bias(self, i: NDArray[np.float64], j: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log bias of upper over lower at grid columns (i, j); constant beyond the body's extent."""
        terms = across_terms(
            np.clip((i - self.centre[0]) / self.half[0], -1.0, 1.0),
            np.clip((j - self.centre[1]) / self.half[1], -1.0, 1.0),
        )
        made: NDArray[np.float64] = sum(
            (c * (term - m) for c, term, m in zip(self.across, terms, self.offsets, strict=True)),
            start=np.zeros(np.broadcast_shapes(i.shape, j.shape)),
        )
        return made

    def parameters(self) -> dict[str, Json]:
        """Return the fit as JSON values, stations counted from 1."""
        return {
            "upper": self.upper + 1,
            "lower": self.lower + 1,
            "log_ratio": self.log_ratio,
            "fall_off": self.fall_off,
            "width_mm": self.width_mm,
            "across": list(self.across),
            "offsets": list(self.offsets),
            "centre_voxels": list(self.centre),
            "half_voxels": list(self.half),
            "blocks": self.blocks,
        }


def across_terms(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the low-order terms of the bias across the overlap."""
    return x + 0.0 * y, y + 0.0 * x, x * x + 0.0 * y, x * y, y * y + 0.0 * x


def compare_stations(
    upper: int,
    lower: int,
    placed: Sequence[Placed],
    noise: Sequence[float],
    spacing: Sequence[float],
) -> Overlap | None:
    """Compare two stations where both reach, or where they touch; return None where they share no body.

    The logarithm of the ratio of block powers, noise power taken off (for Rician noise the mean square is the signal's
    square plus twice the variance; Gudbjartsson and Patz 1995, MRM 34:910), is fitted by a constant, a slope along the
    stacking direction and a quadratic across it, with Tukey weights against movement and by distance to the nearer
    edge.

    Parameters
    ----------
    upper, lower
        Indices of the stations, the first lying more superior.
    placed
        All stations on the grid.
    noise
        Noise power of each station.
    spacing
        Voxel spacing of the grid in mm.
    """
    boxes = facing_boxes(placed[upper], placed[lower], max(1, round(BLOCK_MM / spacing[2])))
    if boxes is None or (boxes[0] != boxes[1] and lower != upper + 1):
        return None
    views = [view(placed[s], box) for s, box in zip((upper, lower), boxes, strict=True)]
    size = [max(1, round(BLOCK_MM / step)) for step in spacing]
    size[2] = min(size[2], views[0].data.shape[2])
    both = np.broadcast_to(views[0].inside & views[1].inside, views[0].data.shape)
    whole = block_means(both.astype(np.float32), size) > 1.0 - 1e-6
    if not whole.any():
        return None
    power = [block_power(v.data, size) for v in views]
    noises = (noise[upper], noise[lower])
    signal = [p - n for p, n in zip(power, noises, strict=True)]
    geometric = np.sqrt(np.maximum(signal[0], 0.0) * np.maximum(signal[1], 0.0))
    if not (whole & (geometric > 0.0)).any():
        return None
    bright = float(np.percentile(geometric[whole & (geometric > 0.0)], 99.0))
    floor = max(BODY_TO_NOISE * math.sqrt(noises[0] * noises[1]), BODY_TO_BRIGHT**2 * bright)
    body = whole & (geometric >= floor) & (signal[0] > 2.0 * noises[0]) & (signal[1] > 2.0 * noises[1])
    if not body.any():
        return None
    ratio = 0.5 * np.log(signal[0][body] / signal[1][body])
    depths = [block_means(np.broadcast_to(d, both.shape), size)[body] for d in (views[0].below, views[1].above)]
    width = float(np.median(depths[0] + depths[1]))
    # Stations that only touch tell their ratio, but nothing of how it changes along the body.
    t = (depths[0] - depths[1]) / width if boxes[0] == boxes[1] else np.zeros_like(ratio)
    position = np.nonzero(body)
    i = boxes[0][0].start + (position[0] + 0.5) * size[0] - 0.5
    j = boxes[0][1].start + (position[1] + 0.5) * size[1] - 0.5
    return fit(upper, lower, ratio, t, width, i, j)


def fit(
    upper: int,
    lower: int,
    ratio: NDArray[np.float64],
    t: NDArray[np.float64],
    width: float,
    i: NDArray[np.float64],
    j: NDArray[np.float64],
) -> Overlap:
    """Fit the log ratio of the blocks at columns (i, j) and depth t (-1 at the upper's edge, 1 at the lower's)."""
    near = np.maximum(1.0 - np.abs(t), 0.05)
    centre = tuple(float(np.quantile(c, 0.02) + np.quantile(c, 0.98)) / 2.0 for c in (i, j))
    half = tuple(max(float(np.quantile(c, 0.98) - np.quantile(c, 0.02)) / 2.0, 1.0) for c in (i, j))
    x, y = (np.clip((c - m) / h, -1.0, 1.0) for c, m, h in zip((i, j), centre, half, strict=True))
    terms = np.stack(across_terms(x, y), axis=1)
    offsets: NDArray[np.float64] = np.average(terms, axis=0, weights=near)
    columns = [np.ones_like(t)]
    if ratio.size >= ENOUGH_BLOCKS:
        columns += [t, *(terms - offsets).T]
    design = np.stack(columns, axis=1)
    penalty = np.zeros(design.shape[1])
    penalty[2:] = STIFFNESS
    coefficients = np.zeros(design.shape[1])
    coefficients[0] = weighted_median(ratio, near)
    for _ in range(30):
        residual = ratio - design @ coefficients
        scale = max(1.4826 * weighted_median(np.abs(residual), near), 1e-6)
        weights = near * np.clip(1.0 - (residual / (4.685 * scale)) ** 2, 0.0, None) ** 2
        weighted = design * weights[:, None]
        normal = weighted.T @ design + np.diag(penalty * weights.sum())
        updated = np.asarray(np.linalg.lstsq(normal, weighted.T @ ratio, rcond=1e-12)[0])
        moved = float(np.abs(updated - coefficients).max())
        coefficients = updated
        if moved < 1e-9:
            break
    slope = float(coefficients[1]) if coefficients.size > 1 else 0.0
    # Both ends fall off as A (1 - d / L)^2 over L = REACH x width; their difference is then linear in t.
    steep = slope / (4.0 * (1.0 - 0.5 / REACH) * (0.5 / REACH))
    return Overlap(
        upper=upper,
        lower=lower,
        log_ratio=float(coefficients[0]),
        fall_off=min(max(steep, 0.0), STEEPEST),
        width_mm=width,
        across=tuple(coefficients[2:].tolist()) if coefficients.size > 2 else (0.0,) * terms.shape[1],
        offsets=tuple(offsets.tolist()),
        centre=(centre[0], centre[1]),
        half=(half[0], half[1]),
        blocks=int(ratio.size),
    )


def solve_gains(count: int, overlaps: Sequence[Overlap]) -> NDArray[np.float64]:
    """Return the log gain of each station, mean 0, that best agrees with all overlaps at once, shape (count,).

    Stations that share no body with the others keep the mean level.
    """
    rows = np.zeros((len(overlaps), count))
    wanted = np.zeros(len(overlaps))
    for row, overlap in enumerate(overlaps):
        weight = math.sqrt(overlap.blocks)
        rows[row, overlap.upper], rows[row, overlap.lower] = weight, -weight
        wanted[row] = -weight * overlap.log_ratio
    gains = np.asarray(np.linalg.lstsq(rows, wanted, rcond=1e-12)[0], dtype=np.float64)
    level: NDArray[np.float64] = gains - gains.mean()
    return level


def station_correction(
    station: int, placed: Placed, log_gain: float, overlaps: Sequence[Overlap]
) -> NDArray[np.float32]:
    """Return the factor for a station's intensities: its gain and the slow bias of its overlaps.

    Half of the bias across an overlap falls to either station, and fades to nothing over half its length; the fall-off
    at its end is lifted.

    Returns
    -------
    numpy.ndarray
        Factors, broadcastable to the shape of the station's box.
    """
    i = np.arange(placed.box[0].start, placed.box[0].stop, dtype=np.float64)[:, None]
    j = np.arange(placed.box[1].start, placed.box[1].stop, dtype=np.float64)[None, :]
    log = np.full((1, 1, 1), log_gain, dtype=np.float32)
    length = placed.below + placed.above
    for overlap in overlaps:
        if station == overlap.upper:
            depth, sign = placed.below, -0.5
        elif station == overlap.lower:
            depth, sign = placed.above, 0.5
        else:
            continue
        lift = overlap.fall_off * np.clip(1.0 - depth / (REACH * overlap.width_mm), 0.0, None) ** 2
        share = np.clip((depth - overlap.width_mm) / (0.5 * length), 0.0, 1.0)
        fade = 1.0 - share * share * (3.0 - 2.0 * share)
        across = (sign * overlap.bias(i, j)).astype(np.float32)[:, :, None]
        log = log + lift + across * fade
    return np.exp(log, dtype=np.float32)


def noise_power(data: NDArray[np.float32], spacing: Sequence[float]) -> float:
    """Return the mean square intensity of air, from the darkest blocks; 0 where the scanner blanked the air."""
    size = [max(1, round(BLOCK_MM / step)) for step in spacing]
    size = [min(s, n) for s, n in zip(size, data.shape, strict=True)]
    power = block_power(data, size)
    dark = float(np.percentile(power, 5.0))
    return float(np.median(power[power <= 2.0 * dark]))


def block_power(data: NDArray[np.float32], size: Sequence[int]) -> NDArray[np.float64]:
    """Return the mean squares of whole blocks of the given size."""
    return block_means(np.square(data), size)


def block_means(values: NDArray[np.floating], size: Sequence[int]) -> NDArray[np.float64]:
    """Return the means of whole blocks of the given size; an incomplete last block is left out."""
    counts = [n // s for n, s in zip(values.shape, size, strict=True)]
    cut = values[: counts[0] * size[0], : counts[1] * size[1], : counts[2] * size[2]]
    split = cut.reshape(counts[0], size[0], counts[1], size[1], counts[2], size[2])
    means: NDArray[np.float64] = split.mean(axis=(1, 3, 5), dtype=np.float64)
    return means


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][int(np.searchsorted(total, 0.5 * total[-1]))])


def facing_boxes(upper: Placed, lower: Placed, rows: int) -> tuple[Box, Box] | None:
    """Return the parts of the grid where two stations can be compared, or None where they do not face each other.

    Twice what both fill; or, where they do not overlap along the body, the lowest rows of the upper and the uppermost
    rows of the lower.
    """
    low = [max(s.start, t.start) for s, t in zip(upper.box, lower.box, strict=True)]
    high = [min(s.stop, t.stop) for s, t in zip(upper.box, lower.box, strict=True)]
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    across = slice(low[0], high[0]), slice(low[1], high[1])
    if low[2] < high[2]:
        shared = (*across, slice(low[2], high[2]))
        return shared, shared
    rows = min(rows, upper.data.shape[2], lower.data.shape[2])
    above, below = upper.box[2].start, lower.box[2].stop
    return (*across, slice(above, above + rows)), (*across, slice(below - rows, below))


def view(placed: Placed, box: Box) -> Placed:
    """Return the part of a placed station inside a box of the grid."""
    local = [slice(b.start - own.start, b.stop - own.start) for b, own in zip(box, placed.box, strict=True)]

    def cut(array: NDArray[np.generic]) -> NDArray[np.generic]:
        return array[tuple(s if n > 1 else slice(None) for s, n in zip(local, array.shape, strict=True))]

    return Placed(
        box=box,
        data=placed.data[tuple(local)],
        below=cut(placed.below),  # type: ignore[arg-type]
        above=cut(placed.above),  # type: ignore[arg-type]
        inside=cut(placed.inside),  # type: ignore[arg-type]
    )
