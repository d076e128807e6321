"""What is measured in each group, and how oedema lies in it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Evidence, Extent, GroupReading, MuscleKernel, Pattern
from wbmri.grading.mixture import Mixture
from wbmri.grading.normalisation import measure_groups
from wbmri.grading.signal_equation import implied_t2_ms
from wbmri.grading.voxels import Muscle

LEAST_FOCUS_ML, LEAST_FOCUS_VOXELS = 0.2, 4
"""Bright regions smaller than this are noise."""

DIFFUSE_SHARE = 0.5
"""Oedema is diffuse where one focus fills more than this share of what was measured."""

ENDS = 0.97
"""Where a group fills less of its slice than this, it ends nearby."""

LEAST_ZONE = 20
"""With fewer voxels in the rim or in the middle nothing is said about where oedema keeps to."""


def pattern_of(
    muscle: Muscle,
    places: NDArray[np.intp],
    values: NDArray[np.float64],
    mixture: Mixture,
) -> Pattern | None:
    """Describe how the oedema of one group lies.

    A voxel is bright where it is nearer, in log intensity, to the oedema than to the normal muscle of its group.

    Parameters
    ----------
    muscle
        The labelled voxels.
    places, values
        Which of them were measured, and their log ratios, shape (n,).
    mixture
        What explains them.

    Returns
    -------
    Pattern or None
        ``None`` where no bright region is larger than noise.
    """
    from scipy import ndimage

    ratio = mixture.ratio
    if ratio is None or places.size == 0:
        return None
    bright = values > mixture.own_level + np.log(ratio) / 2
    index = muscle.index[places]
    low = index.min(axis=0)
    block = np.zeros(index.max(axis=0) - low + 1, dtype=bool)
    i, j, k = (index[bright] - low).T
    block[i, j, k] = True
    parts, count = ndimage.label(block)
    sizes = np.bincount(parts[i, j, k], minlength=count + 1)[1:]
    voxel_ml = float(np.prod(muscle.spacing)) / 1000.0
    foci = sizes[(sizes >= LEAST_FOCUS_VOXELS) & (sizes * voxel_ml >= LEAST_FOCUS_ML)]
    if foci.size == 0:
        return None
    largest = int(foci.max())
    return Pattern(
        extent=Extent.DIFFUSE if largest > DIFFUSE_SHARE * places.size else Extent.PATCHY,
        foci=int(foci.size),
        largest_ml=largest * voxel_ml,
        fascial_share=_fascial_share(muscle.rim[places] | (muscle.share[places] < ENDS), bright),
    )


def _fascial_share(rim: NDArray[np.bool_], bright: NDArray[np.bool_]) -> float | None:
    if min(rim.sum(), rim.size - rim.sum()) < LEAST_ZONE:
        return None
    return float(rim[bright].mean() / rim.mean())


LEAST_FRACTION = 0.005
"""With less oedema than this nothing is said about how bright it is."""


def measure(
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    places: NDArray[np.intp],
    kernel: MuscleKernel,
    acquisition: Acquisition,
) -> tuple[Evidence, Mixture]:
    """Measure one group.

    Parameters
    ----------
    muscle
        The labelled voxels.
    log_ratio
        Logarithm of each voxel's corrected intensity over the normal-muscle level.
    places
        Which voxels belong to the group.
    kernel
        How one tissue spreads about its level.
    acquisition
        The protocol, for the T2 that a ratio implies.
    """
    (found,) = measure_groups(muscle, log_ratio, [places], kernel, fine=True)
    mixture = found.mixture
    volume_ml = places.size * float(np.prod(muscle.spacing)) / 1000.0
    if found.values.size == 0:
        return Evidence(0.0, None, 0.0, volume_ml, 0), mixture
    median, high = np.exp(np.quantile(found.values, (0.5, 0.9)) - mixture.own_level)
    fraction = mixture.quantile(0.5)
    ratio = mixture.ratio if fraction >= LEAST_FRACTION else None
    return (
        Evidence(
            oedema_fraction=fraction,
            oedema_ratio=ratio,
            median_ratio=float(median),
            volume_ml=volume_ml,
            voxels=int(found.values.size),
            fraction_range=(mixture.quantile(0.05), mixture.quantile(0.95)),
            high_ratio=float(high),
            t2_ms=None if ratio is None else implied_t2_ms(ratio, acquisition),
            pattern=None if ratio is None else pattern_of(muscle, found.places, found.values, mixture),
        ),
        mixture,
    )


def beside(entry: GroupReading, other: GroupReading) -> GroupReading:
    """Return the entry of a group with how it differs from that of the other side.

    Parameters
    ----------
    entry, other
        The group and the same group on the other side.
    """
    if entry.evidence is None:
        return entry
    asymmetry = (
        entry.evidence.oedema_fraction - other.evidence.oedema_fraction
        if entry.assessable and other.assessable and other.evidence is not None
        else None
    )
    return replace(entry, evidence=replace(entry.evidence, asymmetry=asymmetry))
