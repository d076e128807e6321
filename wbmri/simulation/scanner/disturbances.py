"""What real scans show beside normal muscle and patches of oedema: disturbances by name, strength and seed.

Every disturbance is off unless it is named. It acts on maps of the body (`Scene`) where physics has it act: before the
slices average the body, or after that and before noise. The scene carries the truth along.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from zlib import crc32

import numpy as np

from wbmri.core import InputError
from wbmri.core.scheme import BodySegment
from wbmri.simulation.body import Tissue
from wbmri.simulation.scanner import image_disturbances as image
from wbmri.simulation.scanner import muscle_disturbances as muscle
from wbmri.simulation.scanner import other_sequences as other
from wbmri.simulation.scanner import tissue_disturbances as tissue
from wbmri.simulation.scanner.muscle_disturbances import Disturb
from wbmri.simulation.scanner.scene_and_truth import Scene


class Strength(StrEnum):
    """How strong a disturbance is."""

    MILD = "mild"
    MODERATE = "moderate"
    STRONG = "strong"


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One disturbance of a scan.

    Parameters
    ----------
    name
        A key of `EFFECTS`.
    strength
        How strong it is.
    seed
        Where it lies, and what is drawn for it.
    value
        How strong it is in the units of its effect, instead of what the strength stands for.

    Raises
    ------
    InputError
        If no disturbance has the name.
    """

    name: str
    strength: Strength = Strength.MODERATE
    seed: int = 0
    value: float | None = None

    def __post_init__(self) -> None:
        if self.name not in EFFECTS:
            raise InputError(f"the disturbance {self.name!r}", f"one of {', '.join(EFFECTS)}", "correct the name")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a disturbance does.

    Parameters
    ----------
    disturb
        The change of the scene.
    values
        How strong it is when mild, moderate and strong.
    meaning
        What the values are.
    on_slices
        Whether it acts on slices; else on the drawn body.
    needs
        Tissues without which it does nothing.
    of_oedema
        Whether it changes oedema that is there, and does nothing without.
    """

    disturb: Disturb
    values: tuple[float, float, float]
    meaning: str
    on_slices: bool = False
    needs: tuple[Tissue, ...] = ()
    of_oedema: bool = False

    def value(self, strength: Strength) -> float:
        """Return how strong it is."""
        return self.values[list(Strength).index(strength)]


_RATIO = "factor of the signal"
_SHARE = "share of the muscle"
_SIGNAL = "signal relative to muscle"
_HOMOGENEOUS = (1.2, 1.35, 1.6)

EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "oedema_pelvis_thighs": Effect(muscle.regional_oedema(*muscle.PELVIS_AND_THIGHS), _HOMOGENEOUS, _RATIO),
        "oedema_legs": Effect(muscle.regional_oedema(BodySegment.LEG), _HOMOGENEOUS, _RATIO),
        "oedema_shoulder": Effect(muscle.regional_oedema(BodySegment.SHOULDER), _HOMOGENEOUS, _RATIO),
        "oedema_all": Effect(muscle.regional_oedema(), _HOMOGENEOUS, _RATIO),
        "oedema_weak": Effect(muscle.weak_oedema, (0.6, 0.45, 0.3), "share of the contrast left", of_oedema=True),
        "oedema_feathered": Effect(muscle.feathered_oedema, (6.0, 10.0, 16.0), "width of edges in mm", of_oedema=True),
        "oedema_fascicular": Effect(
            muscle.fascicular_oedema, (6.0, 4.5, 3.0), "half the width of streaks in mm", of_oedema=True
        ),
        "muscle_t2": Effect(muscle.physiological_relaxation, (1.0, 2.0, 3.0), "SD of T2 between muscle pairs in ms"),
        "fat_mottled": Effect(muscle.fat_mottled, (0.1, 0.25, 0.6), _SHARE),
        "fat_by_fascicle": Effect(muscle.fat_by_fascicle, (0.1, 0.25, 0.6), _SHARE),
        "fat_by_muscle": Effect(muscle.fat_by_muscle, (0.1, 0.25, 0.6), _SHARE),
        "atrophy": Effect(muscle.atrophy, (0.15, 0.3, 0.5), "share of the volume that is lost"),
        "fascia": Effect(muscle.bright_fascia, (3.0, 4.0, 5.0), "width in mm"),
        "vessels": Effect(muscle.vessels, (0.006, 0.012, 0.018), _SHARE),
        "septa": Effect(muscle.septa, (0.02, 0.04, 0.08), _SHARE),
        "relaxation": Effect(tissue.other_relaxation, (0.33, 0.67, 1.0), "share of the published ranges"),
        "red_marrow": Effect(tissue.red_marrow, (1.3, 1.8, 2.5), _RATIO, needs=(Tissue.BONE,)),
        "growth_plates": Effect(tissue.growth_plates, (1.8, 2.5, 3.5), _SIGNAL, needs=(Tissue.BONE,)),
        "subcutis_oedema": Effect(tissue.subcutis_oedema, (0.8, 1.3, 2.2), _SIGNAL),
        "flow_voids": Effect(tissue.flow_voids, (0.7, 0.4, 0.15), "share of the signal left", needs=(Tissue.CSF,)),
        "calcinosis": Effect(tissue.calcinosis, (0.25, 0.5, 1.0), "share of twelve deposits"),
        "metal": Effect(tissue.metal, (12.0, 22.0, 35.0), "radius in mm"),
        "failed_suppression": Effect(tissue.failed_suppression, (0.75, 0.6, 0.45), "efficiency of the inversion"),
        "b1_dip": Effect(tissue.b1_dip, (0.15, 0.3, 0.45), "depth, relative"),
        "crosstalk": Effect(image.slice_crosstalk, (0.05, 0.1, 0.15), "amplitude, relative", on_slices=True),
        "head_dimmer": Effect(image.head_gain, (0.9, 0.8, 0.7), "gain", on_slices=True),
        "head_brighter": Effect(image.head_gain, (1.1, 1.2, 1.3), "gain", on_slices=True),
        "station_gain": Effect(image.station_gain, (0.1, 0.2, 0.3), "largest log gain", on_slices=True),
        "ghosts": Effect(image.phase_ghosts, (0.1, 0.2, 0.4), "signal of each ghost, relative", on_slices=True),
        "motion": Effect(image.motion, (4.0, 9.0, 18.0), "way in mm", on_slices=True),
        "wrap": Effect(image.wrap, (0.2, 0.4, 0.8), "share of the signal of what folds over", on_slices=True),
        "banding": Effect(image.banding, (0.05, 0.1, 0.2), "amplitude, relative", on_slices=True),
        "t1_spin_echo": Effect(other.t1_spin_echo, (8.0, 12.0, 20.0), "echo time in ms"),
        "t2_spin_echo": Effect(other.t2_spin_echo, (60.0, 80.0, 100.0), "echo time in ms"),
        "opposed_phase": Effect(other.opposed_phase, (30.0, 50.0, 70.0), "flip angle in degrees"),
        "dixon_water": Effect(other.dixon_water, (30.0, 50.0, 70.0), "flip angle in degrees"),
        "noise": Effect(image.noise, (0.05, 0.1, 0.2), "more noise per channel, relative to muscle", on_slices=True),
    }
)
"""All disturbances by name."""

NOT_STIR = frozenset({"t1_spin_echo", "t2_spin_echo", "opposed_phase", "dixon_water"})
"""Those that are another sequence altogether, on which nothing can be graded."""


def disturb(scene: Scene, disturbances: Iterable[Disturbance], *, on_slices: bool) -> Scene:
    """Return a scene with the disturbances that act on slices, or with those that act on the drawn body.

    Parameters
    ----------
    scene
        What is scanned.
    disturbances
        In the order in which they are to act.
    on_slices
        Which of them act.
    """
    for one in disturbances:
        effect = EFFECTS[one.name]
        if effect.on_slices == on_slices:
            # Each name draws for itself, so that one disturbance does not depend on which others are on; all strengths
            # of a seed lie in the same places.
            rng = np.random.default_rng([one.seed, crc32(one.name.encode())])
            scene = effect.disturb(scene, effect.value(one.strength) if one.value is None else one.value, rng)
    return scene
