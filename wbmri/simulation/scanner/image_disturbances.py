"""What the scanner does to slices and stations: cross-talk, gains, ghosts, motion, wrap, bands, noise.

Each function takes the scene as slices, how strong the disturbance is, and what to draw with, and returns the scene
with it. They act after the slices have averaged the body, and before noise.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment
from wbmri.simulation.body import labels_in
from wbmri.simulation.scanner.artefacts import Artefacts, rician
from wbmri.simulation.scanner.scene_and_truth import Scene

_COIL_MM = 30.0
"""Over this length one coil or station passes into the next."""
_STATION_MM = 260.0
"""Shortest station; the longest is twice as long."""
_FWHM = 2.3548
"""Full width at half height of a Gaussian with a standard deviation of 1."""
_PHASES = 5
"""Positions of what moves, over one breath."""
_GHOSTS_PER_MM = 0.01
"""Signal of the ghosts of what moves, relative to its own."""
_LEVELS = 3
"""Levels of the body that leave ghosts: heart, great vessels, bowel."""
_WRAP_MM, _WRAP_LEVELS_MM = 70.0, 350.0
"""Width of what folds over, about an arm, and the length along the body, full width at half height."""
_BAND_MM = (40.0, 80.0)
"""Distance from one band to the next."""
_MOTION_MM = 180.0
"""Length along the body over which something moves, full width at half height."""


def slice_crosstalk(scene: Scene, amount: float, rng: np.random.Generator) -> Scene:
    """Give every second slice more, and the others less, since neighbours saturate each other when interleaved."""
    places = np.arange(scene.signal.shape[scene.slice_axis])
    sign = 1 if rng.random() < 0.5 else -1
    gain = (1 + sign * amount * np.where(places % 2, 1, -1)).astype(np.float32)
    shape = [-1 if axis == scene.slice_axis else 1 for axis in range(3)]
    return replace(scene, signal=scene.signal * gain.reshape(shape))


def _along_body(scene: Scene, gain: NDArray[np.float64]) -> Scene:
    """Return the scene with a gain of each row from feet to head."""
    return replace(scene, signal=scene.signal * gain.astype(np.float32))


def head_gain(scene: Scene, gain: float, _: np.random.Generator) -> Scene:
    """Give the head coil another gain than the coils of the body have."""
    neck = np.flatnonzero(np.isin(scene.labels, labels_in(BodySegment.NECK)).any(axis=(0, 1)))
    if not neck.size:
        return scene
    heights = (np.arange(scene.signal.shape[2]) - np.median(neck)) * scene.spacing[2]
    return _along_body(scene, 1 + (gain - 1) / (1 + np.exp(-4 * heights / _COIL_MM)))


def station_gain(scene: Scene, spread: float, rng: np.random.Generator) -> Scene:
    """Give each station its own gain, all within a spread of 1 at most, one passing into the next."""
    heights = np.arange(scene.signal.shape[2]) * scene.spacing[2]
    length = rng.uniform(_STATION_MM, 2 * _STATION_MM)
    starts = np.arange(rng.uniform(0.3, 1) * length, heights[-1], length)
    gains = np.resize([-1.0, 1.0], len(starts) + 1) * rng.uniform(0.5, 1, len(starts) + 1) * spread
    log = np.full(len(heights), gains[0])
    for start, change in zip(starts, np.diff(gains), strict=True):
        log += change / (1 + np.exp(-4 * (heights - start) / _COIL_MM))
    return _along_body(scene, np.exp(log))


def phase_ghosts(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Let what pulsates or moves at some levels leave ghosts beside itself along the phase-encoding axis."""
    for seed in rng.integers(0, 2**31, _LEVELS).tolist():
        scene = _ghosted(scene, share, seed)
    return scene


def _ghosted(scene: Scene, share: float, seed: int) -> Scene:
    faults = Artefacts(ghosts=share, seed=seed)
    signal, ghosts = faults.ghosted(scene.signal, scene.spacing, _phase_axis(scene))
    return replace(scene, signal=signal).with_faults(ghosts * (scene.tissue > 0))


def motion(scene: Scene, reach_mm: float, rng: np.random.Generator) -> Scene:
    """Blur a level of the body by motion along the phase-encoding axis: breathing, bowel, or a limb that was moved."""
    from scipy import ndimage

    axis = _phase_axis(scene)
    level, seed = rng.choice(np.flatnonzero(scene.labels.any(axis=(0, 1)))), int(rng.integers(2**31))
    away = (np.arange(scene.signal.shape[2]) - level) * scene.spacing[2]
    window = np.exp(-0.5 * (away * _FWHM / _MOTION_MM) ** 2).astype(np.float32)
    moved = np.zeros_like(scene.signal)
    for phase in np.sin(np.linspace(-np.pi / 2, np.pi / 2, _PHASES)):
        shift = [0.0, 0.0, 0.0]
        shift[axis] = phase * reach_mm / 2 / scene.spacing[axis]
        moved += ndimage.shift(scene.signal, shift, order=1, mode="nearest") / _PHASES
    blurred = replace(scene, signal=scene.signal + window * (moved - scene.signal))
    return _ghosted(blurred.with_faults(window * np.abs(moved - scene.signal)), _GHOSTS_PER_MM * reach_mm, seed)


def wrap(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Fold the outer part of one side of the body over to the other side, over a part of its height."""
    columns = np.flatnonzero((scene.tissue > 0).any(axis=(1, 2)))
    width = min(round(_WRAP_MM / scene.spacing[0]), len(columns) // 3)
    rows = np.arange(scene.signal.shape[2])
    level = rng.choice(rows[scene.labels.any(axis=(0, 1))])
    away = (rows - level) * scene.spacing[2]
    window = np.exp(-0.5 * (away * _FWHM / _WRAP_LEVELS_MM) ** 2).astype(np.float32)
    outer, inner = slice(columns[0], columns[0] + width), slice(columns[-1] + 1 - width, columns[-1] + 1)
    if rng.random() < 0.5:
        outer, inner = inner, outer
    folded = np.zeros_like(scene.signal)
    folded[inner] = np.float32(share) * window * scene.signal[outer]
    return replace(scene, signal=scene.signal + folded).with_faults(folded)


def banding(scene: Scene, amplitude: float, rng: np.random.Generator) -> Scene:
    """Lay brighter and darker bands over the picture, a few centimetres wide and oblique in the slice."""
    angle, period, phase = rng.uniform(0.2, 1.3), rng.uniform(*_BAND_MM), rng.uniform(0, 2 * np.pi)
    axes = [axis for axis in range(3) if axis != scene.slice_axis]
    way = np.zeros((1, 1, 1))
    for axis, part in zip(axes, (np.cos(angle), np.sin(angle)), strict=True):
        places = np.arange(scene.signal.shape[axis]) * scene.spacing[axis] * part
        way = way + places.reshape([-1 if each == axis else 1 for each in range(3)])
    bands = 1 + amplitude * np.sin(2 * np.pi * way / period + phase)
    return replace(scene, signal=scene.signal * bands.astype(np.float32))


def noise(scene: Scene, deviation: float, rng: np.random.Generator) -> Scene:
    """Add noise to both channels, as a weak coil does."""
    channels = deviation * rng.standard_normal((2, *scene.signal.shape), dtype=np.float32)
    return replace(scene, signal=rician(scene.signal, channels.astype(np.float32)))


def _phase_axis(scene: Scene) -> int:
    """Return the shorter axis within the slice: across the body."""
    return 0 if scene.slice_axis == 1 else 1
