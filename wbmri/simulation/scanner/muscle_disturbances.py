"""What happens to muscle itself: oedema of other kinds than patches, fat, vessels, septa, fascia, atrophy, physiology.

Each function takes a scene, how strong the disturbance is, and what to draw with, and returns the scene with it. They
act on the drawn body, before slices and noise.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment, load_scheme
from wbmri.simulation.body import Tissue, labels_in
from wbmri.simulation.scanner.scene_and_truth import Scene, texture
from wbmri.simulation.scanner.signal_equation import MUSCLE_T1_SPREAD, PUBLISHED, draw_times, signal_table

Disturb = Callable[[Scene, float, np.random.Generator], Scene]

PELVIS_AND_THIGHS = (BodySegment.PELVIS, BodySegment.THIGH)
"""Where fat replaces muscle first, and where oedema of dermatomyositis is most frequent."""

_ALONG_MM = 40.0
"""Fascicles and vessels run along the body and stay the same over about twice this."""
_BY_MUSCLE_MM = 28.0
"""Half the width of a single muscle within a group."""
_FATTY = 0.9
"""Share of fat in what fat has replaced wholly: some muscle and connective tissue stay."""
_MOST_FAT = 0.6
"""Relative to healthy muscle; brighter fat is not suppressed, or no fat."""
_FASCIA_RATIO = (1.8, 2.8)
_VESSEL_RATIO = (2.5, 4.0)
"""Slow blood and oedema of loose connective tissue, with T2 of 60 to 110 ms, relative to healthy muscle at TE 60 ms."""
_SEPTUM_MM = 25.0
"""Distance between the septa of a muscle."""
_SIDE_SHARE = 0.3
"""Left and right of a pair differ by this share of what pairs differ by."""


def regional_oedema(*segments: BodySegment) -> Disturb:
    """Return what raises all muscle of some segments of the body, or of all, by one factor."""
    wanted = frozenset(labels_in(*(segments or tuple(BodySegment))))

    def disturb(scene: Scene, ratio: float, _: np.random.Generator) -> Scene:
        inside = np.isin(scene.labels, list(wanted))
        factor = np.where(inside, np.float32(ratio), np.float32(1))
        return replace(scene, signal=scene.signal * factor, oedema=scene.oedema * factor, wet=scene.wet | inside)

    return disturb


def _with_oedema(scene: Scene, oedema: NDArray[np.float32], wet: NDArray[np.bool_] | None = None) -> Scene:
    """Return the scene with other oedema, what else makes its signal staying as it is."""
    signal = scene.signal * (oedema / scene.oedema)
    return replace(scene, signal=signal, oedema=oedema, wet=scene.wet if wet is None else wet)


def weak_oedema(scene: Scene, contrast: float, _: np.random.Generator) -> Scene:
    """Leave oedema this share of its contrast."""
    return _with_oedema(scene, 1 + np.float32(contrast) * (scene.oedema - 1))


def feathered_oedema(scene: Scene, width_mm: float, _: np.random.Generator) -> Scene:
    """Let oedema shade off over a width; its edges stay where they are, at half its height."""
    from scipy import ndimage

    oedema = scene.oedema.copy()
    sigma = [width_mm / 2.3548 / step for step in scene.spacing]
    for _label, box, mask in scene.groups():
        if scene.wet[box][mask].any():
            weight = ndimage.gaussian_filter(mask.astype(np.float32), sigma)
            raised = ndimage.gaussian_filter(np.where(mask, oedema[box], 0), sigma) / np.maximum(weight, 1e-3)
            oedema[box][mask] = np.maximum(raised[mask], 1)
    return _with_oedema(scene, oedema)


def fascicular_oedema(scene: Scene, grain_mm: float, rng: np.random.Generator) -> Scene:
    """Let each group's oedema lie in streaks along the body, as wide as its share of the muscle needs."""
    oedema, wet = scene.oedema.copy(), scene.wet.copy()
    for _label, box, mask in scene.groups():
        own = wet[box][mask]
        if own.any():
            field = texture(mask.shape, scene.spacing, (grain_mm, grain_mm, _ALONG_MM), rng)[mask]
            streaks = _highest(field, own.mean())
            ratio = np.float32(oedema[box][mask][own].mean())
            oedema[box][mask] = np.where(streaks, ratio, np.float32(1))
            wet[box][mask] = streaks
    return _with_oedema(scene, oedema, wet)


def physiological_relaxation(scene: Scene, spread_ms: float, rng: np.random.Generator) -> Scene:
    """Give each muscle pair its own T1 and T2 about those of all muscle; no more than two standard deviations off."""
    field_t, scheme = scene.protocol.field_strength_t, load_scheme()
    t1, t2 = draw_times(PUBLISHED[field_t][Tissue.MUSCLE], 0.5, rng)
    pairs = np.clip(rng.standard_normal((2, len(scheme.pair_ids))), -2, 2)
    sides = np.clip(rng.standard_normal(len(scheme.groups)), -2, 2) * _SIDE_SHARE
    factor = np.ones(len(scheme.groups) + 1, np.float32)
    usual = scene.protocol.signal(t1, t2)
    for group, side in zip(scheme.groups, sides, strict=True):
        pair = scheme.pair_index(group.label)
        own = (t1 * (1 + MUSCLE_T1_SPREAD * pairs[0, pair]), t2 + spread_ms * (pairs[1, pair] + side))
        factor[group.label] = scene.protocol.signal(*own) / usual
    return replace(scene, signal=scene.signal * factor[scene.labels])


def _highest(field: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """Return which values are the highest, so many of them."""
    chosen: NDArray[np.bool_] = field > np.quantile(field, 1 - min(share, 1.0))
    return chosen


def _replaced(scene: Scene, share: NDArray[np.float32]) -> Scene:
    """Return the scene with a share of each voxel replaced by fat, which this scan suppresses as well as it does."""
    signal = scene.signal * (1 - share) + fat_signal(scene) * share
    return replace(scene, signal=signal, fat=1 - (1 - scene.fat) * (1 - share))


def fat_signal(scene: Scene) -> np.float32:
    """Return how bright the scan shows fat; where there is none, as it is nulled by the usual inversion time."""
    fat = scene.signal[scene.tissue == Tissue.FAT.code]
    return np.float32(min(np.median(fat), _MOST_FAT)) if fat.size else signal_table(scene.protocol)[Tissue.FAT.code]


def fat_replacement(
    grain_mm: float | tuple[float, float, float],
    softness: float,
) -> Disturb:
    """Return what replaces muscle of pelvis and thighs by fat, groups more and less than the mean share that is set.

    Parameters
    ----------
    grain_mm
        Half the width of what is replaced.
    softness
        Over how many standard deviations of the random field fat passes into muscle: 0 for sharp borders.
    """
    wanted = frozenset(labels_in(*PELVIS_AND_THIGHS))

    def disturb(scene: Scene, mean: float, rng: np.random.Generator) -> Scene:
        share = np.zeros(scene.labels.shape, np.float32)
        for _label, box, mask in scene.groups(wanted):
            own = min(mean * rng.uniform(0.6, 1.4), 0.85)
            field = texture(mask.shape, scene.spacing, grain_mm, rng)[mask]
            level = np.quantile(field, 1 - own / _FATTY)
            soft = 1 / (1 + np.exp(-np.clip((field - level) / max(softness, 1e-3), -30, 30)))
            share[box][mask] = np.minimum(soft * (own / max(float(soft.mean()), 1e-6)), _FATTY)
        return _replaced(scene, share)

    return disturb


fat_mottled = fat_replacement(4.0, 0.5)
fat_by_fascicle = fat_replacement((3.0, 3.0, _ALONG_MM), 0.15)
fat_by_muscle = fat_replacement((_BY_MUSCLE_MM, _BY_MUSCLE_MM, 4 * _ALONG_MM), 0.0)


def vessels(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Let bright vessels a few millimetres wide, which run along the body, fill a share of every muscle."""
    signal = scene.signal.copy()
    for _label, box, mask in scene.groups():
        field = texture(mask.shape, scene.spacing, (2.5, 2.5, _ALONG_MM), rng)[mask]
        bright = np.float32(rng.uniform(*_VESSEL_RATIO))
        signal[box][mask] = np.where(_highest(field, share), np.maximum(bright, signal[box][mask]), signal[box][mask])
    return replace(scene, signal=signal)


def septa(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Let thin dark sheets of fat and fibres run through every muscle, and fill a share of it."""
    dark = np.zeros(scene.labels.shape, np.float32)
    for _label, box, mask in scene.groups():
        field = np.abs(texture(mask.shape, scene.spacing, (_SEPTUM_MM / 2, _SEPTUM_MM / 2, _ALONG_MM), rng)[mask])
        # Voxels are thicker than a septum: twice as many hold half of one.
        dark[box][mask] = 0.5 * _highest(-field, 2 * share)
    return replace(scene, signal=scene.signal * (1 - dark) + fat_signal(scene) * dark)


def bright_fascia(scene: Scene, width_mm: float, rng: np.random.Generator) -> Scene:
    """Let the fascia around every muscle group shine, half of it within the outline and half beyond."""
    from scipy import ndimage

    surface = np.zeros(scene.labels.shape, bool)
    for axis in range(3):
        left = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        right = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        border = scene.labels[left] != scene.labels[right]
        surface[left] |= border
        surface[right] |= border
    away = ndimage.distance_transform_edt(~surface, sampling=scene.spacing).astype(np.float32)
    # A border voxel's centre lies half a voxel from the border itself.
    away += np.float32(0.25 * sum(sorted(scene.spacing)[:2]))
    loose = (scene.labels > 0) | np.isin(scene.tissue, [Tissue.FAT.code, Tissue.SOFT.code, Tissue.MUSCLE.code])
    filled = np.clip((width_mm / 2 - away) / np.float32(min(scene.spacing)) + 0.5, 0, 1) * loose
    bright = np.float32(rng.uniform(*_FASCIA_RATIO))
    return replace(scene, signal=scene.signal + filled * np.maximum(bright - scene.signal, 0))


def atrophy(scene: Scene, share: float, rng: np.random.Generator) -> Scene:
    """Let muscles of pelvis and thighs lose a share of their volume from outside; fat takes its place."""
    from scipy import ndimage

    lost = np.zeros(scene.labels.shape, bool)
    for _label, box, mask in scene.groups(frozenset(labels_in(*PELVIS_AND_THIGHS))):
        depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=scene.spacing)[1:-1, 1:-1, 1:-1][mask]
        # Voxels of one depth go in random order.
        depth += rng.uniform(0, 0.5 * min(scene.spacing), depth.shape)
        lost[box][mask] = _highest(-depth.astype(np.float32), share)
    return replace(
        scene,
        signal=np.where(lost, fat_signal(scene), scene.signal),
        labels=np.where(lost, np.uint8(0), scene.labels),
        tissue=np.where(lost, np.uint8(Tissue.FAT.code), scene.tissue),
        oedema=np.where(lost, np.float32(1), scene.oedema),
        wet=scene.wet & ~lost,
        fat=np.where(lost, np.float32(0), scene.fat),
    )
