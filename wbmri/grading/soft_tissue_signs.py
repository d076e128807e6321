"""Oedema of fascia and subcutis, suggested from the image: uncounted in the score, and for a reader to decide."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LimbPart, SoftTissue, Tissue, TissueSign
from wbmri.core.scheme import Scheme
from wbmri.grading.image_artefacts import Mask, Surroundings, wider
from wbmri.grading.voxels import Muscle

BESIDE_MM = 25.0
"""Subcutis belongs to the muscle within this distance."""

BRIGHT_SUBCUTIS, SUBCUTIS_SHARE, LEAST_BLOCKS = 0.7, 0.2, 200
"""Fat this bright, as a multiple of normal muscle, is oedematous; the sign is there from this share of it on, and
nothing is said with fewer blocks."""

BRIGHT_FASCIA, FASCIA_SHARE, LEAST_VOXELS = 1.4, 0.15, 200
"""A muscle's rim this bright may be fascia; the sign is there where this much more of the rim than of the middle is so,
and nothing is said with fewer voxels."""


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
        fascia[part] = _fascia(muscle, log_ratio, np.isin(muscle.label, labels))
        near = wider(np.isin(around.label, labels), around.spacing, BESIDE_MM)
        subcutis[part] = _subcutis(around.ratio[around.subcutis & near & ~failed])
    return SoftTissue({Tissue.FASCIA: fascia, Tissue.SUBCUTIS: subcutis})


def _limb_parts(scheme: Scheme) -> dict[LimbPart, list[int]]:
    placed = [(group.label, group.segment) for group in scheme.groups if group.segment is not None]
    return {
        LimbPart.PROXIMAL: [label for label, segment in placed if segment.proximal],
        LimbPart.DISTAL: [label for label, segment in placed if segment.distal],
    }


def _subcutis(ratio: NDArray[np.float32]) -> TissueSign:
    if ratio.size < LEAST_BLOCKS:
        return TissueSign(explanation="Too little subcutis can be seen.")
    share = float(np.mean(ratio > BRIGHT_SUBCUTIS))
    words = f"{100 * share:.0f} % of the subcutis is brighter than {BRIGHT_SUBCUTIS:g} times normal muscle."
    return TissueSign(suggested=int(share > SUBCUTIS_SHARE), bright_share=share, explanation=words)


def _fascia(muscle: Muscle, log_ratio: NDArray[np.float64], own: Mask) -> TissueSign:
    # Where slices are shared with what lies beyond the muscle the rim cannot be told from the middle.
    whole = own & muscle.filled
    rim, middle = whole & ~muscle.inner, whole & muscle.inner
    if min(rim.sum(), middle.sum()) < LEAST_VOXELS:
        return TissueSign(explanation="Too little of the muscles' rim can be seen.")
    bright = log_ratio > np.log(BRIGHT_FASCIA)
    share = float(bright[rim].mean())
    inside = float(bright[middle].mean())
    words = (
        f"{100 * share:.0f} % of the muscles' rim and {100 * inside:.0f} % of their middle are brighter than "
        f"{BRIGHT_FASCIA:g} times normal muscle."
    )
    return TissueSign(suggested=int(share - inside > FASCIA_SHARE), bright_share=share, explanation=words)
