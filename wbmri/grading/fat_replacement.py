"""Muscle that fat has replaced: dark voxels deep inside a group, which are neither normal muscle nor oedema."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Progress, Reference, Volume, part
from wbmri.grading.normal_reference import find_landmarks, healthy_spread, predict
from wbmri.grading.normalisation import Fit, fit_scale
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle, gather

_FAT = PARAMETERS.fat_replacement
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class FatInMuscle:
    """Fat in the groups of a scan.

    Parameters
    ----------
    voxels
        Which voxels of the scan are fat inside a group that is replaced in part, the scan's shape.
    share
        Label to the share of the group that is fat, 0..1, of the groups that are replaced in part.
    """

    voxels: Mask
    share: Mapping[int, float]


def below_upper_mode(muscle: Muscle, scan: Volume) -> FatInMuscle | None:
    """Find what would be fat if the upper mode of each part of a group were normal muscle.

    A part with two modes holds muscle and fat, or oedema and muscle: by itself it does not tell which. Level and field
    that follow from either are put beside each other, see `Strain`.

    Parameters
    ----------
    muscle, scan
        The labelled voxels of the scan, and the scan, stored canonically.

    Returns
    -------
    FatInMuscle or None
        ``None`` where no group would hold any.
    """
    ratio = np.ones(muscle.label.size)
    usable = muscle.quiet > 0
    log = np.log(np.where(usable, muscle.quiet, 1.0).astype(np.float64))
    part = muscle.label.astype(np.intp) * 65536 + (muscle.points[:, 2] // _FAT.part_mm).astype(np.intp)
    order = np.argsort(part, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
        seen = places[muscle.inner[places] & usable[places]]
        if seen.size >= _FAT.least_voxels:
            ratio[places] = muscle.raw[places] / np.exp(_upper_mode(log[seen]))
    return _found(muscle, scan, ratio, ratio < _FAT.dark_ratio)


def _upper_mode(log: Floats) -> float:
    """Return the highest log intensity at which a histogram has a credible peak."""
    from scipy.ndimage import gaussian_filter1d

    edges = np.arange(log.min() - 0.2, log.max() + 0.2, _FAT.bin_width)
    counts = gaussian_filter1d(np.histogram(log, edges)[0].astype(float), _FAT.mode_width / _FAT.bin_width)
    inner = counts[1:-1]
    peak = (inner >= counts[:-2]) & (inner > counts[2:]) & (inner >= _FAT.mode_height * inner.max())
    return float(edges[np.flatnonzero(peak)[-1] + 1] + _FAT.bin_width / 2)


@dataclass(frozen=True, slots=True)
class Strain:
    """How far field and level are from what is expected of them: the lower, the more plausible.

    Parameters
    ----------
    field
        Variance of the mean field of the groups, relative to what is expected.
    level
        Squared distance of the level from what brain and fluid predict, relative to what is expected; 0 where they do
        not.
    mode, predicted
        Level of normal muscle, and what is predicted.
    """

    field: float
    level: float
    mode: float
    predicted: float | None

    @classmethod
    def of(cls, levels: Floats, mode: float, predicted: float | None) -> "Strain":
        """Return the strain of a level, and of a field with these mean logarithms in each group."""
        away = 0.0 if predicted is None else float(np.log(mode / predicted)) / _FAT.predicted_spread
        return cls(float(np.var(levels)) / _FAT.field_spread**2, away**2, mode, predicted)

    @property
    def strange(self) -> bool:
        """Whether it is worth asking if what is dark is fat."""
        return self.field > _FAT.strained or self.too_dark

    @property
    def too_dark(self) -> bool:
        """Whether brain and fluid say that the level is none of muscle."""
        return self.predicted is not None and self.mode < _FAT.refuted * self.predicted

    def eased_by(self, other: "Strain") -> bool:
        """Tell whether another field and level are so much more plausible that they are believed."""
        whole, others = self.field + self.level, other.field + other.level
        if self.too_dark and others < _FAT.eased * whole:
            return True
        return self.field > _FAT.strained and other.field < _FAT.eased * self.field and others < whole

    def level_told(self, other: "Strain") -> bool:
        """Tell whether the other level can be relied on: it is nearly the same, or this one is none of muscle."""
        return self.too_dark or other.mode < _FAT.same_level * self.mode


def doubted_level(reference: Reference) -> Reference:
    """Return the level where dark voxels may be fat, or normal muscle beside oedema."""
    words = "what is darker in some groups may be fat, or normal muscle beside oedema"
    return replace(reference, trusted=False, source=f"{reference.source}; {words}")


def darker_than_muscle(muscle: Muscle, scan: Volume, log_ratio: Floats) -> FatInMuscle | None:
    """Find fat by the level of normal muscle.

    Parameters
    ----------
    muscle, scan
        The labelled voxels of the scan, and the scan, stored canonically.
    log_ratio
        Logarithm of each voxel's corrected intensity over the level of normal muscle, shape (n,).

    Returns
    -------
    FatInMuscle or None
        ``None`` where no group holds any.
    """
    ratio = muscle.raw / np.maximum(muscle.quiet.astype(np.float64), 1e-6) * np.exp(log_ratio)
    return _found(muscle, scan, ratio, ratio < _FAT.dark_ratio)


def lean_muscle(
    scan: Volume,
    groups: NDArray[np.uint8],
    labels: LabelMap,
    muscle: Muscle,
    progress: Progress,
) -> tuple[Muscle, Fit, bool]:
    """Return the muscle without fat that would draw field and level to itself, and both as they follow from the rest.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    labels
        The outlines.
    muscle
        The labelled voxels.
    progress
        Called with the share of the work that is done.

    Returns
    -------
    tuple of Muscle, Fit and bool
        The last: whether the level can be relied on as far as fat goes.
    """
    rule, spread = labels.scheme.grading, healthy_spread(scan.acquisition)
    fit = fit_scale(muscle, rule, spread, part(progress, 0.0, 0.5))
    strained = _strain(scan, muscle, fit)
    fat = below_upper_mode(muscle, scan) if strained.strange else None
    if fat is not None:
        lean = without_fat(scan, groups, labels, muscle, fat)
        other = fit_scale(lean, rule, spread, part(progress, 0.5, 1.0))
        eased = _strain(scan, lean, other)
        if strained.eased_by(eased):
            return lean, other, strained.level_told(eased)
    found = darker_than_muscle(muscle, scan, fit.log_ratio(muscle))
    if found is None:
        return muscle, fit, True
    muscle = without_fat(scan, groups, labels, muscle, found)
    return muscle, fit_scale(muscle, rule, spread, part(progress, 0.5, 1.0)), True


def without_fat(
    scan: Volume, groups: NDArray[np.uint8], labels: LabelMap, muscle: Muscle, fat: FatInMuscle | None
) -> Muscle:
    """Return the muscle of a scan with the voxels that are fat neither measured nor neighbours."""
    if fat is None and not muscle.fat.any():
        return muscle
    return gather(scan.data, groups, scan.spacing, labels.confidence, fat=None if fat is None else fat.voxels)


def _strain(scan: Volume, muscle: Muscle, fit: Fit) -> Strain:
    size = np.bincount(muscle.label, minlength=256)
    field = np.bincount(muscle.label, fit.field.log_at(muscle.index, muscle.spacing), minlength=256)
    told = predict(find_landmarks(scan, muscle, fit.field), scan.acquisition)
    return Strain.of(field[size > 0] / size[size > 0], fit.mode, None if told is None else told.level)


def _found(muscle: Muscle, scan: Volume, ratio: Floats, dark: Mask) -> FatInMuscle | None:
    from scipy.special import ndtr

    if not muscle.label.size:
        return None
    noise = float(np.median(np.abs(muscle.raw - muscle.quiet))) / 0.6745 / max(float(np.median(muscle.quiet)), 1e-6)
    chance = float(ndtr((_FAT.dark_ratio - 1) / max(noise, 1e-6)))
    deep = ~muscle.rim & (muscle.share >= _FAT.filled)
    zones = ((deep, _FAT.least_share), (muscle.inner & muscle.filled, _FAT.least_share_shallow))
    share: dict[int, float] = {}
    for label in np.unique(muscle.label):
        own = muscle.label == label
        for zone, least in zones:
            seen = own & zone
            if seen.sum() < _FAT.least_voxels:
                continue
            if dark[seen].mean() > max(least, _FAT.chance * chance):
                lacking = np.clip(1 - ratio[seen], 0, 1) / (1 - _FAT.fat_ratio)
                share[int(label)] = float(np.clip(lacking.mean() - 0.4 * noise, dark[seen].mean(), 1.0))
            break
    if not share:
        return None
    voxels = np.zeros(scan.shape, dtype=bool)
    voxels[tuple(muscle.index[dark & np.isin(muscle.label, list(share))].T)] = True
    return FatInMuscle(voxels, share)


def sentence_of(share: float) -> str:
    """Say that a group is replaced in part."""
    return f"The group is partly replaced by fat ({100 * share:.0f} %), which counts neither as normal nor as oedema."


def too_little_left(share: float) -> str | None:
    """Say why a group cannot be graded, where fat leaves too little of it."""
    if share <= _FAT.largest_share:
        return None
    return (
        f"{100 * share:.0f} % of the group is replaced by fat: too little muscle is left to grade by STIR alone; look "
        "at T1 or Dixon images."
    )
