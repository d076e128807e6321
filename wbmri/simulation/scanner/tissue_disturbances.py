"""What happens beside muscle: other relaxation, marrow, subcutis, fluid, calcium, metal, failed suppression, B1.

Each function takes a scene, how strong the disturbance is, and what to draw with, and returns the scene with it. They
act on the drawn body, before slices and noise.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment
from wbmri.simulation.body import Tissue, labels_in
from wbmri.simulation.scanner.artefacts import Artefacts
from wbmri.simulation.scanner.scene_and_truth import Scene, texture
from wbmri.simulation.scanner.signal_equation import PUBLISHED, draw_times, signal_table

_DENSITY = {Tissue.BLOOD: 0.35, Tissue.CARTILAGE: 0.8, Tissue.FAT: 0.9, Tissue.BONE: 0.9}
"""Proton density relative to water; of blood, what flow leaves."""
_DEPOSITS = 12
_DEPOSIT_MM = (4.0, 9.0)
"""Calcinosis: how many deposits at full strength, and their radius."""
_RIM_MM = 4.0
_RIM_RATIO = 2.5
_RIM_SHARE = 0.01
"""A deposit's bright rim fills no more than this share of a muscle, so that it makes no oedema of it."""
_DIP_MM = (120.0, 400.0, 220.0)
"""Width of a dip of B1 along each axis, full width at half depth."""
_FWHM = 2.3548
_KNEE_MM = (12.0, 22.0)
"""How far above and below the knee's gap the growth plates lie."""
_PLATE_MM = 4.0


def other_relaxation(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Draw relaxation times of all tissues from a share of the published ranges."""
    published, protocol = PUBLISHED[scene.protocol.field_strength_t], scene.protocol
    muscle = protocol.signal(*draw_times(published[Tissue.MUSCLE], share, rng))
    table = signal_table(protocol)
    factor = np.ones_like(table)
    for tissue, ranges in published.items():
        drawn = _DENSITY.get(tissue, 1.0) * protocol.signal(*draw_times(ranges, share, rng)) / muscle
        if tissue is not Tissue.MUSCLE:
            factor[tissue.code] = drawn / table[tissue.code]
    return replace(scene, signal=scene.signal * factor[scene.tissue])


def _patches(
    scene: Scene, tissue: Tissue, share: float, grain_mm: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return a share of a tissue's voxels, in patches."""
    where: NDArray[np.bool_] = scene.tissue == tissue.code
    if where.any():
        field = texture(where.shape, scene.spacing, grain_mm, rng)
        where &= field > np.quantile(field[where], 1 - share)
    return where


def red_marrow(scene: Scene, ratio: float, rng: np.random.Generator) -> Scene:
    """Raise marrow by up to a factor, unevenly, as it is the redder the younger the person is."""
    marrow = scene.tissue == Tissue.BONE.code
    field = texture(marrow.shape, scene.spacing, 25.0, rng)
    factor = 1 + np.float32(ratio - 1) / (1 + np.exp(-2 * field))
    return replace(scene, signal=np.where(marrow, scene.signal * factor, scene.signal))


def growth_plates(scene: Scene, signal: float, _: np.random.Generator) -> Scene:
    """Let the growth plates above and below the knees shine."""
    rows = np.arange(scene.labels.shape[2])
    levels = [rows[np.isin(scene.labels, labels_in(part)).any(axis=(0, 1))] for part in _ABOUT_KNEE]
    if not (levels[0].size and levels[1].size):
        return scene
    knee = (levels[0].min() + levels[1].max()) / 2 * scene.spacing[2]
    heights = rows * scene.spacing[2]
    plate = np.zeros(len(rows), bool)
    for height in (knee + _KNEE_MM[0], knee - _KNEE_MM[1]):
        plate |= np.abs(heights - height) <= max(_PLATE_MM, scene.spacing[2]) / 2
    bright = (scene.tissue == Tissue.BONE.code) & plate
    return replace(scene, signal=np.where(bright, np.maximum(scene.signal, np.float32(signal)), scene.signal))


_ABOUT_KNEE = (BodySegment.THIGH, BodySegment.LEG)


def subcutis_oedema(scene: Scene, signal: float, rng: np.random.Generator) -> Scene:
    """Let strands of subcutis shine in a third of it."""
    strands = _patches(scene, Tissue.FAT, 0.35, 5.0, rng) & _patches(scene, Tissue.FAT, 0.6, 60.0, rng)
    return replace(scene, signal=np.where(strands, np.maximum(scene.signal, np.float32(signal)), scene.signal))


def flow_voids(scene: Scene, left: float, rng: np.random.Generator) -> Scene:
    """Leave pulsating CSF this share of its signal in two thirds of it."""
    moving = _patches(scene, Tissue.CSF, 0.67, 15.0, rng)
    return replace(scene, signal=np.where(moving, scene.signal * np.float32(left), scene.signal))


def calcinosis(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Put deposits without signal and with a bright rim beside the muscles of the limbs."""
    limbs = (BodySegment.THIGH, BodySegment.LEG, BodySegment.UPPER_ARM, BodySegment.FOREARM, BodySegment.PELVIS)
    near = _border(scene.labels, np.isin(scene.labels, labels_in(*limbs)))
    signal = scene.signal.copy()
    size = np.bincount(scene.labels.ravel(), minlength=256)
    for centre in near[rng.choice(len(near), min(len(near), round(_DEPOSITS * share)), replace=False)]:
        radius = rng.uniform(*_DEPOSIT_MM)
        box, away = _ball(scene, centre, radius + _RIM_MM)
        rim = (away > radius) & (away <= radius + _RIM_MM)
        within = np.bincount(scene.labels[box][rim], minlength=256)
        full = np.flatnonzero(within > _RIM_SHARE * size)
        loose = (scene.tissue[box] != 0) & ~np.isin(scene.labels[box], full[full > 0])
        signal[box] = np.where(rim & loose, np.maximum(signal[box], np.float32(_RIM_RATIO)), signal[box])
        signal[box] = np.where(away <= radius, np.float32(0.02), signal[box])
    return replace(scene, signal=signal)


def _border(labels: NDArray[np.uint8], wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the indices of voxels beside wanted muscle that belong to no group, shape (n, 3)."""
    from scipy import ndimage

    beside: NDArray[np.int64] = np.argwhere(ndimage.binary_dilation(wanted) & (labels == 0))
    return beside


def _ball(
    scene: Scene, centre: NDArray[np.int64], radius_mm: float
) -> tuple[tuple[slice, slice, slice], NDArray[np.float64]]:
    """Return the box about a place, and the distance of its voxels to the place in mm."""
    reach = [int(np.ceil(radius_mm / step)) for step in scene.spacing]
    low = [max(0, int(c) - r) for c, r in zip(centre, reach, strict=True)]
    high = [min(n, int(c) + r + 1) for c, r, n in zip(centre, reach, scene.labels.shape, strict=True)]
    box = slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])
    x, y, z = ((np.arange(a, b) - c) * s for a, b, c, s in zip(low, high, centre, scene.spacing, strict=True))
    return box, np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2)


def metal(scene: Scene, radius_mm: float, rng: np.random.Generator) -> Scene:
    """Let an implant beside muscle of pelvis, thigh or shoulder quench the signal, which piles up at its border."""
    parts = (BodySegment.PELVIS, BodySegment.THIGH, BodySegment.SHOULDER)
    near = _border(scene.labels, np.isin(scene.labels, labels_in(*parts)))
    if not len(near):
        return scene
    signal, fault = scene.signal.copy(), np.zeros(scene.signal.shape, np.float32)
    box, away = _ball(scene, near[rng.integers(len(near))], 1.5 * radius_mm)
    body = scene.tissue[box] != 0
    rim = body & (away > radius_mm) & (away <= 1.2 * radius_mm)
    signal[box] = np.where(away <= radius_mm, np.float32(0.02), signal[box])
    signal[box] = np.where(rim, 2.5 * np.maximum(signal[box], 1), signal[box])
    # Beyond the rim the field is still disturbed: fat is not nulled.
    outer = body & (away > 1.2 * radius_mm) & (scene.tissue[box] == Tissue.FAT.code)
    signal[box] = np.where(outer, np.maximum(signal[box], 1), signal[box])
    fault[box] = away <= 1.2 * radius_mm
    return replace(scene, signal=signal).with_faults(fault)


def failed_suppression(scene: Scene, inversion: float, rng: np.random.Generator) -> Scene:
    """Invert less efficiently in three regions at the edge of the body, so that fat shines and muscle loses signal."""
    failed = signal_table(replace(scene.protocol, inversion=inversion)) - signal_table(scene.protocol)
    signal = scene.signal.copy()
    fault = np.zeros(signal.shape, np.float32)
    for seed in rng.integers(0, 2**31, 3).tolist():
        share = Artefacts(inversion=inversion, seed=seed).inverted(scene.tissue > 0, scene.spacing)
        if share is not None:
            signal += share * failed[scene.tissue] * scene.oedema
            fault = np.maximum(fault, share * np.float32(abs(failed[Tissue.FAT.code])))
    return replace(scene, signal=np.maximum(signal, 0)).with_faults(fault)


def b1_dip(scene: Scene, depth: float, rng: np.random.Generator) -> Scene:
    """Let refocusing fail by so much in a thigh or beside the pelvis (Klupp 2017 found 54 to 93 % of nominal B1)."""
    muscle = np.argwhere(np.isin(scene.labels, labels_in(BodySegment.PELVIS, BodySegment.THIGH)))
    if not len(muscle):
        return scene
    centre = muscle[rng.integers(len(muscle))]
    x, y, z = (
        np.exp(-0.5 * ((np.arange(n) - c) * step * _FWHM / width) ** 2).astype(np.float32)
        for n, c, step, width in zip(scene.labels.shape, centre, scene.spacing, _DIP_MM, strict=True)
    )
    dip = x[:, None, None] * y[None, :, None] * z[None, None, :]
    return replace(scene, signal=scene.signal * (1 - np.float32(depth) * dip))
