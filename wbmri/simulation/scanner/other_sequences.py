"""What the body would look like on sequences that are no STIR: fat bright, fluid dark, or both.

Signal relative to healthy muscle, by the signal equations of spin echo and spoiled gradient echo. At an echo time of
2.3 ms at 1.5 T, and half of that at 3 T, water and fat are opposed in phase, and voxels that hold both are dark.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body import Tissue
from wbmri.simulation.scanner.scene_and_truth import Scene
from wbmri.simulation.scanner.signal_equation import MARROW_FAT, RED_MARROW, tissue_times

Equation = Callable[[float, float, float], float]
"""Signal by T1 and T2 in ms and proton density."""

_T1_REPETITION_MS = 500.0
_T2_REPETITION_MS = 4000.0
_GRADIENT_REPETITION_MS = 150.0
_OPPOSED_ECHO_MS_T = 3.45
"""Echo time times field strength: 2.3 ms at 1.5 T."""
_PARTIAL_VOLUME = 0.6
"""Standard deviation of the point spread in voxels: what makes voxels of water and fat."""


def spin_echo(repetition_ms: float, echo_ms: float) -> Equation:
    """Return the equation of a spin echo: rho (1 - exp(-TR/T1)) exp(-TE/T2)."""

    def signal(t1_ms: float, t2_ms: float, density: float) -> float:
        return density * (1 - math.exp(-repetition_ms / t1_ms)) * math.exp(-echo_ms / t2_ms)

    return signal


def spoiled_gradient_echo(repetition_ms: float, echo_ms: float, flip_deg: float) -> Equation:
    """Return the equation of Ernst: rho sin(a) (1 - E1) / (1 - cos(a) E1) exp(-TE/T2), with E1 = exp(-TR/T1)."""
    angle = math.radians(flip_deg)

    def signal(t1_ms: float, t2_ms: float, density: float) -> float:
        left = math.exp(-repetition_ms / t1_ms)
        excited = math.sin(angle) * (1 - left) / (1 - math.cos(angle) * left)
        return density * excited * math.exp(-echo_ms / t2_ms)

    return signal


def t1_spin_echo(scene: Scene, echo_ms: float, _: np.random.Generator) -> Scene:
    """Scan by a T1-weighted spin echo: fat bright, fluid dark."""
    return _scanned(scene, spin_echo(_T1_REPETITION_MS, echo_ms), echo_ms, 1.0)


def t2_spin_echo(scene: Scene, echo_ms: float, _: np.random.Generator) -> Scene:
    """Scan by a T2-weighted spin echo without fat suppression: fat and fluid bright."""
    return _scanned(scene, spin_echo(_T2_REPETITION_MS, echo_ms), echo_ms, 1.0)


def opposed_phase(scene: Scene, flip_deg: float, _: np.random.Generator) -> Scene:
    """Scan by a gradient echo with water and fat opposed: fat bright, fluid dark, and a dark line between both."""
    echo_ms = _OPPOSED_ECHO_MS_T / scene.protocol.field_strength_t
    return _scanned(scene, spoiled_gradient_echo(_GRADIENT_REPETITION_MS, echo_ms, flip_deg), echo_ms, -1.0)


def dixon_water(scene: Scene, flip_deg: float, _: np.random.Generator) -> Scene:
    """Show the water of a Dixon gradient echo alone: fat black, fluid dark."""
    echo_ms = _OPPOSED_ECHO_MS_T / scene.protocol.field_strength_t
    return _scanned(scene, spoiled_gradient_echo(_GRADIENT_REPETITION_MS, echo_ms, flip_deg), echo_ms, 0.0)


def _scanned(scene: Scene, equation: Equation, echo_ms: float, sign_of_fat: float) -> Scene:
    """Return the scene by another equation, in which fat counts with a sign; not one group is gradable."""
    from scipy import ndimage

    water, fat = _tables(scene.protocol.field_strength_t, equation)
    table = water + np.float32(sign_of_fat) * fat
    # Oedema that is so much brighter by its T2 on STIR is so by a power of that here.
    seen = table[scene.tissue] * scene.oedema ** np.float32(echo_ms / scene.protocol.echo_time_ms)
    seen = np.where(scene.signal > 0, seen, np.float32(0))
    if sign_of_fat < 0:
        seen = np.abs(ndimage.gaussian_filter(seen, _PARTIAL_VOLUME))
    return replace(scene, signal=seen.astype(np.float32)).with_faults(np.ones_like(scene.signal))


def _tables(field_strength_t: float, equation: Equation) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the signal of the water and of the fat in each tissue, relative to muscle, by its code."""
    times = tissue_times(field_strength_t)
    muscle = equation(*times[Tissue.MUSCLE])
    water: dict[Tissue, float] = {
        tissue: equation(*each) / muscle for tissue, each in times.items() if tissue is not Tissue.FAT
    }
    fat = {Tissue.FAT: equation(*times[Tissue.FAT]) / muscle}
    water[Tissue.BONE] = (1 - MARROW_FAT) * equation(*RED_MARROW[field_strength_t]) / muscle
    fat[Tissue.BONE] = MARROW_FAT * fat[Tissue.FAT]
    none = dict.fromkeys(Tissue, 0.0)
    made = [np.array(list({**none, **each}.values()), np.float32) for each in (water, fat)]
    return made[0], made[1]
