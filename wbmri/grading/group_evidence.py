"""What is measured in each group and how oedema lies in it, and the signs of fascia and subcutis beside the muscles."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import (
    Acquisition,
    Evidence,
    Extent,
    GroupReading,
    LimbPart,
    MuscleKernel,
    Pattern,
    SoftTissue,
    Tissue,
    TissueSign,
)
from wbmri.core.scheme import Scheme
from wbmri.grading.image_artefacts import Mask, Surroundings, wider
from wbmri.grading.mixture import Mixture
from wbmri.grading.normal_reference import implied_t2_ms
from wbmri.grading.normalisation import measure_groups
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.voxels import Muscle

_EVIDENCE = PARAMETERS.evidence
_SIGNS = PARAMETERS.soft_tissue


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
    foci = sizes[(sizes >= _EVIDENCE.least_focus_voxels) & (sizes * voxel_ml >= _EVIDENCE.least_focus_ml)]
    if foci.size == 0:
        return None
    largest = int(foci.max())
    return Pattern(
        extent=Extent.DIFFUSE if largest > _EVIDENCE.diffuse_share * places.size else Extent.PATCHY,
        foci=int(foci.size),
        largest_ml=largest * voxel_ml,
        fascial_share=_fascial_share(muscle.rim[places] | (muscle.share[places] < _EVIDENCE.ends), bright),
    )


def _fascial_share(rim: NDArray[np.bool_], bright: NDArray[np.bool_]) -> float | None:
    if min(rim.sum(), rim.size - rim.sum()) < _EVIDENCE.least_zone:
        return None
    return float(rim[bright].mean() / rim.mean())


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
    ratio = mixture.ratio if fraction >= _EVIDENCE.least_fraction else None
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


def suggest_signs(
    muscle: Muscle,
    log_ratio: NDArray[np.float64],
    around: Surroundings,
    scheme: Scheme,
    failed: Mask,
) -> SoftTissue:
    """Suggest the signs of fascia and subcutis.

    Parameters
    ----------
    muscle, log_ratio
        The labelled voxels and the logarithm of each over the level of normal muscle.
    around
        What lies around the muscles.
    scheme
        Its groups.
    failed
        Blocks beside fat that is not suppressed, which says nothing about oedema.
    """
    fascia, subcutis = {}, {}
    for part, labels in _limb_parts(scheme).items():
        if not labels:
            fascia[part] = subcutis[part] = TissueSign(explanation="The scheme does not say which muscles lie there.")
            continue
        fascia[part] = _fascia(muscle, log_ratio, np.isin(muscle.label, labels))
        near = wider(np.isin(around.label, labels), around.spacing, _SIGNS.beside_mm)
        subcutis[part] = _subcutis(around.ratio[around.subcutis & near & ~failed])
    return SoftTissue({Tissue.FASCIA: fascia, Tissue.SUBCUTIS: subcutis})


def with_bright_fascia(scheme: Scheme, soft_tissue: SoftTissue | None) -> list[int]:
    """Return the labels of the groups that lie in parts of the limbs where the image suggests bright fascia."""
    signs = {} if soft_tissue is None else soft_tissue.signs[Tissue.FASCIA]
    return [
        label
        for part, labels in _limb_parts(scheme).items()
        if part in signs and signs[part].suggested
        for label in labels
    ]


def _limb_parts(scheme: Scheme) -> dict[LimbPart, list[int]]:
    placed = [(group.label, group.segment) for group in scheme.groups if group.segment is not None]
    return {
        LimbPart.PROXIMAL: [label for label, segment in placed if segment.proximal],
        LimbPart.DISTAL: [label for label, segment in placed if segment.distal],
    }


def _subcutis(ratio: NDArray[np.float32]) -> TissueSign:
    if ratio.size < _SIGNS.least_blocks:
        return TissueSign(explanation="Too little subcutis can be seen.")
    share = float(np.mean(ratio > _SIGNS.subcutis_ratio))
    words = f"{100 * share:.0f} % of the subcutis is brighter than {_SIGNS.subcutis_ratio:g} times normal muscle."
    return TissueSign(suggested=int(share > _SIGNS.subcutis_share), bright_share=share, explanation=words)


def _fascia(muscle: Muscle, log_ratio: NDArray[np.float64], own: Mask) -> TissueSign:
    # Where slices are shared with what lies beyond the muscle the rim cannot be told from the middle.
    whole = own & muscle.filled
    rim, middle = whole & ~muscle.inner, whole & muscle.inner
    if min(rim.sum(), middle.sum()) < _SIGNS.least_voxels:
        return TissueSign(explanation="Too little of the muscles' rim can be seen.")
    bright = log_ratio > np.log(_SIGNS.fascia_ratio)
    share = float(bright[rim].mean())
    inside = float(bright[middle].mean())
    words = (
        f"{100 * share:.0f} % of the muscles' rim and {100 * inside:.0f} % of their middle are brighter than "
        f"{_SIGNS.fascia_ratio:g} times normal muscle."
    )
    return TissueSign(suggested=int(share - inside > _SIGNS.fascia_share), bright_share=share, explanation=words)
