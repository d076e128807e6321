"""Motion artefacts: ghosts of what moves, along the phase-encoding axis, and levels of the body that are blurred.

What moves while the scan is made is drawn again beside itself. Outside the body there is nothing but noise: where the
air there repeats the body, shifted by one distance and fainter, the same copies lie over the muscles, and how bright
they are there follows from the shift. Where motion blurs, borders of muscles are less steep than elsewhere in the scan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Volume
from wbmri.grading.image_artefacts import Mask, Surroundings
from wbmri.grading.parameters import PARAMETERS

_GHOSTS = PARAMETERS.ghosts
_BLUR = PARAMETERS.blur

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class _Copies:
    """How well the air repeats the body at each shift and level, and how bright the copy is, shape (shifts, k).

    `inside` is the likeness where the copy lies alone: how well its bright and dark parts are repeated, not its extent.
    """

    shifts: NDArray[np.intp]
    likeness: Floats
    inside: Floats
    power: Floats
    seen: NDArray[np.bool_]


def ghosts_of(around: Surroundings, spacing: Sequence[float]) -> NDArray[np.float32]:
    """Return how bright the ghosts are that lie over each block of the body.

    Parameters
    ----------
    around
        The scan in coarse blocks.
    spacing
        Of the scan's voxels in mm. Ghosts lie across the body, within slices: the axis of thick slices is not looked
        along.

    Returns
    -------
    ndarray
        Multiples of normal muscle, shape (i, j, k); 0 where none are seen.
    """
    power: Floats = np.minimum(around.ratio.astype(np.float64), _GHOSTS.brightest) ** 2
    body: Floats = np.where(around.air | ~around.body, 0.0, power)
    found = np.zeros(power.shape)
    for axis in _axes(around, spacing):
        for level, shift, share in _accepted(_copies(power, body, around, axis), around, axis):
            found[:, :, level] += share * _shifted(body[:, :, level], shift, axis)
    made: NDArray[np.float32] = np.sqrt(found * around.body).astype(np.float32)
    return made


def thick_fat(around: Surroundings) -> Mask:
    """Return the blocks of the air that fat reaches: what goes on from the body without an edge.

    A thick layer of fat about muscle looks like a copy of it. A strong ghost may begin without an edge, too.

    Parameters
    ----------
    around
        The scan in coarse blocks.
    """
    from scipy import ndimage

    even = ndimage.median_filter(around.ratio, 3)
    log = np.log(np.maximum(even, 1e-3))
    body = ~around.air
    if body.all():
        return np.zeros_like(body)
    bright = even > float(np.median(around.ratio[around.air])) + PARAMETERS.artefacts.above_air
    fresh = bright & body
    while fresh.any():
        reached = np.zeros_like(body)
        for axis in (0, 1):
            for step in (1, -1):
                # The edges of the picture are beyond the body: what comes in from the other side is dark.
                alike = np.abs(log - np.roll(log, step, axis)) < _GHOSTS.fat_step
                reached |= np.roll(fresh, step, axis) & alike
        fresh = reached & bright & ~body
        body |= fresh
    return body & around.air


def _axes(around: Surroundings, spacing: Sequence[float]) -> list[int]:
    """Return the axes across the body, within slices, along which blocks are many enough for a shift to be seen."""
    width = np.multiply(around.ratio.shape, around.spacing)
    thin = _GHOSTS.thick_slices * min(spacing)
    return [axis for axis in (0, 1) if width[axis] >= _GHOSTS.least_width_mm and spacing[axis] <= thin]


def _copies(power: Floats, body: Floats, around: Surroundings, axis: int) -> _Copies:
    """Compare the air with the body at every shift along an axis, in windows of levels."""
    from scipy import fft, ndimage

    size = power.shape[axis]
    length = fft.next_fast_len(2 * size, real=True)
    air = around.air.astype(np.float64)

    def spectrum(values: Floats) -> NDArray[np.complex128]:
        made: NDArray[np.complex128] = fft.rfft(values, length, axis=axis)
        return made

    # Along other axes than the shift's the products add up.
    other = 1 - axis
    bright_body = (body > _GHOSTS.source_ratio**2).astype(np.float64)
    sources = [spectrum(source).conj() for source in (body, np.square(body), bright_body)]
    covered = spectrum((body > 0).astype(np.float64)).conj()
    seen, bright, bright2 = (spectrum(air * power**n) for n in (0, 1, 2))

    def summed(product: NDArray[np.complex128]) -> Floats:
        along: Floats = fft.irfft(product.sum(axis=other), length, axis=0)
        return smooth(along)

    def smooth(values: Floats) -> Floats:
        window = max(1, round(_GHOSTS.window_mm / around.spacing[2]))
        made: Floats = ndimage.uniform_filter1d(values, window, axis=-1, mode="nearest")
        return made

    x, xx, hit = (summed(seen * source) for source in sources)
    xp = summed(bright * sources[0])
    n_in, p_in, pp_in = (summed(each * covered) for each in (seen, bright, bright2))
    n_in = np.maximum(n_in, 1.0)
    p, pp, count = (smooth(each.sum(axis=(0, 1))) for each in (air * power, air * power**2, air))
    count = np.maximum(count, 1e-9)
    together, spread = xp - x * p / count, np.maximum(xx - x**2 / count, 0)
    noise = np.maximum(pp - p**2 / count, 0)
    together_in = xp - x * p_in / n_in
    spread_in, noise_in = np.maximum(xx - x**2 / n_in, 0), np.maximum(pp_in - p_in**2 / n_in, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness = np.nan_to_num(together / np.sqrt(spread * noise), posinf=0, neginf=0)
        inside = np.nan_to_num(together_in / np.sqrt(spread_in * noise_in), posinf=0, neginf=0)
        share = np.nan_to_num(np.maximum(together, 0) / spread, posinf=0)
    shifts = np.arange(length)
    shifts = np.where(shifts > length // 2, shifts - length, shifts)
    far = (np.abs(shifts) < size) & (np.abs(shifts) * around.spacing[axis] >= _GHOSTS.least_shift_mm)
    order = np.flatnonzero(far)
    return _Copies(shifts[order], likeness[order], inside[order], share[order], hit[order] >= _GHOSTS.least_seen)


def _accepted(copies: _Copies, around: Surroundings, axis: int) -> list[tuple[int, int, float]]:
    """Return level, shift and power of each ghost that is believed."""
    from scipy import ndimage

    row = {int(shift): number for number, shift in enumerate(copies.shifts)}
    mirror = np.array([row[-shift] for shift in row])
    likeness = np.where(copies.seen & (copies.power >= _GHOSTS.least_share**2), copies.likeness, 0.0)
    # What is no ghost, such as tissue taken for air, is not repeated on the other side.
    both = copies.seen[mirror]
    likeness[both & (copies.likeness[mirror] < _GHOSTS.least_mirrored)] = 0.0
    likeness[~both & (likeness < _GHOSTS.likeness_alone)] = 0.0
    # A layer of fat about the body has its extent, but not its bright and dark parts, and may be brighter than a ghost.
    likeness[(copies.inside < _GHOSTS.least_inside) | (copies.power > _GHOSTS.most_share**2)] = 0.0
    size, levels = around.ratio.shape[axis], np.arange(likeness.shape[1])
    near = round(_GHOSTS.apart_mm / around.spacing[axis])
    run = np.ones(max(1, round(_GHOSTS.least_mm / around.spacing[2])), dtype=bool)
    made = []
    for _ in range(_GHOSTS.most):
        best = likeness.argmax(axis=0)
        for level in np.flatnonzero(ndimage.binary_opening(likeness[best, levels] >= _GHOSTS.likeness, run)):
            power = float(copies.power[best[level], level])
            for shift in _ways(int(copies.shifts[best[level]]), size):
                other = row.get(shift)
                hidden = other is None or not copies.seen[other, level]
                if hidden or copies.likeness[other, level] >= _GHOSTS.least_mirrored:
                    made.append((int(level), shift, power))
        away = np.abs(np.abs(copies.shifts)[:, None] - np.abs(copies.shifts[best])[None, :])
        likeness[away <= near] = 0.0
    return made


def _ways(shift: int, size: int) -> tuple[int, ...]:
    """Return where the copies of one ghost lie: on both sides, and from beyond an edge of the picture folded over."""
    far = abs(shift)
    return far, -far, size - far, far - size


def _shifted(values: Floats, shift: int, axis: int) -> Floats:
    made = np.zeros_like(values)
    to, source = [slice(None)] * 2, [slice(None)] * 2
    to[axis], source[axis] = (
        (slice(shift, None), slice(None, -shift))
        if shift > 0
        else (
            slice(None, shift),
            slice(-shift, None),
        )
    )
    made[tuple(to)] = values[tuple(source)]
    return made


def blurred_levels(scan: Volume, groups: NDArray[np.uint8]) -> Floats:
    """Tell how sharp each level of the body is, along the worst axis across it.

    Where the outlines lie by a few millimetres does not matter: the steepest part near them counts.

    Parameters
    ----------
    scan, groups
        The scan as multiples of normal muscle, stored canonically, and the label of each voxel.

    Returns
    -------
    ndarray
        Steepness of borders as a multiple of the usual one where a level is blurred, shape (k,); 1 elsewhere.
    """
    worst = np.ones(scan.shape[2])
    for axis in (0, 1):
        if scan.spacing[axis] <= _BLUR.thick_slices * min(scan.spacing):  # across thick slices no border is steep
            worst = np.minimum(worst, _sharpness(scan, groups, axis))
    return worst


def _sharpness(scan: Volume, groups: NDArray[np.uint8], axis: int) -> Floats:
    from scipy import ndimage

    even = np.ones(scan.shape[2])
    steep, level = _borders(scan, groups, axis)
    half = max(1, round(_BLUR.window_mm / 2 / scan.spacing[2]))
    every = np.arange(0, scan.shape[2], max(1, half // 2))
    order = np.argsort(level, kind="stable")
    steep, level = steep[order], level[order]
    first, stop = np.searchsorted(level, every - half), np.searchsorted(level, every + half, side="right")
    seen = stop - first >= _BLUR.least_borders
    if np.count_nonzero(seen) < _BLUR.least_windows:
        return even
    middle = [float(np.median(steep[a:b])) for a, b in zip(first[seen], stop[seen], strict=True)]
    curve = np.interp(np.arange(scan.shape[2]), every[seen], middle) / float(np.median(middle))
    run = np.ones(max(1, round(_BLUR.least_mm / scan.spacing[2])), dtype=bool)
    return np.where(ndimage.binary_opening(curve < _BLUR.blurred, run), curve, 1.0)


def _borders(scan: Volume, groups: NDArray[np.uint8], axis: int) -> tuple[Floats, NDArray[np.intp]]:
    """Return how steep each border of muscle is along an axis, as a share of its whole step, and its level."""
    step_mm = scan.spacing[axis]
    reach, step = max(2, round(_BLUR.reach_mm / step_mm)), max(1, round(_BLUR.step_mm / step_mm))
    image, label = np.moveaxis(scan.data, axis, 0), np.moveaxis(groups, axis, 0)
    if label.shape[0] <= 2 * reach + 1:
        return np.zeros(0), np.zeros(0, dtype=np.intp)
    low, high = label[reach - 1 : -reach - 1], label[reach:-reach]
    i, j, k = np.nonzero((low > 0) != (high > 0))
    profile = np.stack([image[i + place, j, k] for place in range(2 * reach)], axis=1)
    contrast = np.ptp(profile, axis=1)
    seen = contrast > _BLUR.least_contrast
    steep = np.abs(profile[seen, step:] - profile[seen, :-step]).max(axis=1) / contrast[seen]
    return steep.astype(np.float64), k[seen]
