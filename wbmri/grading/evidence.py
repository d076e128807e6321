"""What is measured in each group."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.masks import Muscle
from wbmri.grading.mixture import Kernel, Mixture
from wbmri.grading.pattern import pattern_of
from wbmri.grading.physics import implied_t2_ms
from wbmri.grading.scale import measure_groups
from wbmri.reading import Evidence, GroupReading
from wbmri.volume import Acquisition

LEAST_FRACTION = 0.005
"""With less oedema than this nothing is said about how bright it is."""


def measure(
    muscle: Muscle, log_ratio: NDArray[np.float64], places: NDArray[np.intp], kernel: Kernel, acquisition: Acquisition
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
    (found,) = measure_groups(muscle, log_ratio, [places], kernel)
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


def other_side(label: int) -> int:
    """Return the label of the same group on the other side."""
    return label + 1 if label % 2 else label - 1
