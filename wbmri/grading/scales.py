"""By what a scan is measured: field and level of normal muscle, with those that it leaves open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import (
    AlternativeScale,
    Band,
    ImageArtefact,
    InputError,
    IntensityModel,
    MuscleKernel,
    OutsideLevel,
    Progress,
    Reading,
    Reference,
    SliceGain,
    Volume,
    canonical,
    part,
)
from wbmri.core.scheme import Scheme
from wbmri.grading.bias_field import BiasField
from wbmri.grading.normal_reference import Level, find_landmarks, healthy_spread, levels_of, predict
from wbmri.grading.normalisation import Fit, fit_scale
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.regional_lift import RegionalLift, regional_lifts
from wbmri.grading.voxels import Muscle

_SCALE = PARAMETERS.scale


@dataclass(frozen=True, eq=False, slots=True)
class Scale:
    """What turns intensities into multiples of normal muscle.

    Parameters
    ----------
    fit
        Field and mode of the scan, and how one tissue spreads.
    reference
        The normal-muscle level.
    weight
        How probable field and level are, 0..1.
    source
        What they take for true, in words a reader understands; empty where nothing is open.
    lifted
        Labels of the groups that are brighter altogether by it.
    """

    fit: Fit
    reference: Reference
    weight: float = 1.0
    source: str = ""
    lifted: frozenset[int] = frozenset()

    def kernel(self, label: int) -> MuscleKernel:
        """How the intensities of a group spread: what is lifted altogether does not differ by T2 of its own."""
        own = self.fit.kernel
        narrow = min(own.level_spread, PARAMETERS.normalisation.level_spread)
        return replace(own, level_spread=narrow) if label in self.lifted else own

    def log_ratio(self, muscle: Muscle) -> NDArray[np.float64]:
        """Logarithm of each muscle voxel's corrected intensity over the normal-muscle level, shape (n,)."""
        return self.fit.log_ratio(muscle) + float(np.log(self.fit.mode / self.reference.level))


@dataclass(frozen=True, eq=False, slots=True)
class Scales:
    """All scales that a scan leaves open.

    Parameters
    ----------
    every
        The most probable one first; their weights add up to 1.
    doubts
        What is open and why, one sentence each.
    """

    every: tuple[Scale, ...]
    doubts: tuple[str, ...] = ()

    @property
    def first(self) -> Scale:
        """The most probable one."""
        return self.every[0]

    def recorded(
        self, artefacts: Mapping[int, ImageArtefact], gains: tuple[SliceGain, ...], bands: tuple[Band, ...] = ()
    ) -> IntensityModel:
        """Return them as a reading records them."""
        first = self.first
        others = tuple(
            AlternativeScale(
                other.reference.level,
                round(other.weight, 4),
                other.source,
                None if other.fit is first.fit else other.fit.field.recorded(),
                tuple(sorted(other.lifted)),
            )
            for other in self.every[1:]
        )
        model = first.fit.recorded(artefacts, gains)
        return replace(model, bands=bands, alternatives=others, lifted=tuple(sorted(first.lifted)))


def recorded_scales(reading: Reading) -> Scales | None:
    """Return the scales that a reading records; ``None`` where it does not say by what it was measured."""
    model, reference = reading.intensity_model, reading.reference
    if model is None or reference is None:
        return None
    fit = Fit(BiasField.of(model.bias_field), reference.level, model.kernel)
    source = reading.candidates[0].source if reading.candidates else ""
    every = [Scale(fit, reference, model.weight, source, frozenset(model.lifted))]
    for other in model.alternatives:
        field = fit.field if other.bias_field is None else BiasField.of(other.bias_field)
        level = replace(reference, level=other.level)
        own = Fit(field, other.level, model.kernel)
        every.append(Scale(own, level, other.weight, other.source, frozenset(other.lifted)))
    return Scales(tuple(every))


def bias_field_on(volume: Volume, reading: Reading) -> NDArray[np.float32]:
    """Draw the bias field that a reading was measured by, for a picture of it.

    Parameters
    ----------
    volume
        The scan that was graded.
    reading
        Its reading.

    Returns
    -------
    ndarray
        The factor by which coil and stations brighten each voxel of the volume, 1 on average over muscle, float32.

    Raises
    ------
    InputError
        If the reading does not say by what it was measured.
    """
    scales = recorded_scales(reading)
    if scales is None:
        raise InputError(
            f"a reading by {reading.reader!r} that does not say by which bias field it was measured",
            "one that 'wbmri score' made",
            "score the visit again",
        )
    storage, grid = volume.grid.stored_as("RAS"), canonical(volume).grid
    log = scales.first.fit.field.log_on(np.zeros(3, dtype=np.intp), grid.shape, grid.spacing)
    return storage.undo(np.exp(log).astype(np.float32))


def scales_of(
    scan: Volume,
    groups: NDArray[np.uint8],
    muscle: Muscle,
    scheme: Scheme,
    outside: Sequence[OutsideLevel],
    progress: Progress,
    fit: Fit,
) -> Scales:
    """Find what field and level of normal muscle may be besides what was fitted.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    muscle
        The labelled voxels.
    scheme
        Its groups and thresholds.
    outside
        What other scans say about the level of normal muscle.
    progress
        Called with the share of the work that is done.
    fit
        Field, level and spread that follow from all muscle.
    """
    spread = healthy_spread(scan.acquisition)
    progress(0.0, "looking for regions that are brighter altogether")
    lifts = regional_lifts(scan, groups, muscle, fit, scheme)
    none, all_labels = frozenset[int](), frozenset(group.label for group in scheme.groups)
    fields = [(fit, 1.0, "", none)]
    doubts = []
    if sum(lift.weight for lift in lifts) >= _SCALE.open_weight:
        shading = 1 - sum(lift.weight for lift in lifts)
        fields = [(fit, shading, f"shading brightens the muscles of {lifts[0].name}", none)]
        for number, lift in enumerate(lifts):
            ends = (0.8 * number / len(lifts), 0.8 * (number + 1) / len(lifts))
            ill = fit_scale(lift.taken_off(muscle), scheme.grading, spread, part(progress, *ends))
            # How one tissue spreads is measured with the lift as it is.
            ill = replace(ill, kernel=fit.kernel)
            words = f"homogeneous oedema brightens the muscles of {lift.name}"
            fields.append((ill, lift.weight, words, frozenset(lift.labels)))
        fields = [field for field in fields if field[1] >= _SCALE.open_weight]
        fields.sort(key=lambda one: -one[1])
        doubts.append(_doubt_of(lifts[0], open_still=shading >= _SCALE.open_weight))
    progress(0.9, "finding the level of normal muscle")
    every = []
    open_levels = False
    for number, (own, weight, words, lifted) in enumerate(fields):
        levels = _levels(scan, muscle, own, outside)
        open_levels = open_levels or len(levels) > 1
        # The less probable field is looked at by one level only.
        for level in levels if number == 0 else levels[:1]:
            said = "; ".join(one for one in (words, level.words if open_levels else "") if one)
            ill_there = all_labels if level.lifted else lifted
            every.append(Scale(own, level.reference, weight * level.weight, said, ill_there))
    every = [scale for scale in every if scale.weight >= min(_SCALE.open_weight, max(one.weight for one in every))]
    whole = sum(scale.weight for scale in every)
    every.sort(key=lambda one: -one.weight)
    return Scales(tuple(replace(scale, weight=scale.weight / whole) for scale in every), tuple(doubts))


def _levels(scan: Volume, muscle: Muscle, fit: Fit, outside: Sequence[OutsideLevel]) -> tuple[Level, ...]:
    landmarks = find_landmarks(scan, muscle, fit.field)
    return levels_of(fit, landmarks, predict(landmarks, scan.acquisition), outside, scan.acquisition)


def _doubt_of(lift: RegionalLift, *, open_still: bool) -> str:
    found = f"The muscles of {lift.name} are {np.exp(lift.log_ratio):.1f} times as bright as the rest"
    if open_still:
        return f"{found}: shading or homogeneous oedema."
    return f"{found}, and what lies beside them is not: taken for homogeneous oedema, not for shading."
