"""Domain randomisation: which part of a body a training scan shows, and what lies around the muscles there.

What the networks must not rely on is drawn at random, as Billot et al. 2023 (Med Image Anal 86:102789) do for contrast.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body import Located, Tissue, WarpedBody

_WHOLE = 0.3
"""Share of scans that show the whole body; the rest show a part."""
_NO_ARMS, _ONE_SIDE = 0.3, 0.12
"""Shares of parts that end beside trunk and hips, and beside the midline."""
PART_MM = (180.0, 1000.0)
"""Shortest and longest part."""
_STATION, _STATION_MM = 0.55, (170.0, 320.0)
"""Share of parts that are one station of a person, and its length."""
_AIRY = 0.35
"""Share of scans that show more air before or behind the body than most."""


def field_of_view(body: WarpedBody, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the lowest and the highest corner of what a scan shows, in mm, shape (2, 3): the whole body or a part."""
    if rng.random() < _WHOLE:
        bottom, length = -50.0, body.height_mm + 100
    else:
        log_uniform = np.exp(rng.uniform(*np.log(_STATION_MM if rng.random() < _STATION else PART_MM)))
        length = min(float(log_uniform), body.height_mm)
        bottom = rng.uniform(-40, body.height_mm - length + 40)
    half = np.array([rng.uniform(170, 260), rng.uniform(75, 140)])
    middle = rng.normal(0, [15, 8])
    if length < body.height_mm:
        kind = rng.random()
        if kind < _NO_ARMS:
            half[0] = rng.uniform(110, 180)
        elif kind < _NO_ARMS + _ONE_SIDE:
            half[0] = rng.uniform(75, 130)
            middle[0] = rng.choice([-1, 1]) * (half[0] - rng.uniform(-10, 40))
    view = np.array([[*(middle - half), bottom], [*(middle + half), bottom + length]])
    if rng.random() < _AIRY:
        view[:, 1] += np.array([-1, 1]) * rng.uniform(0, 200, 2) * (rng.random(2) < 0.6)
        view[:, 0] += np.array([-1, 1]) * rng.uniform(0, 120) * (rng.random() < 0.7)
    return view


_ORGANS = (
    Tissue.LUNG,
    Tissue.HEART,
    Tissue.LIVER,
    Tissue.KIDNEY,
    Tissue.SPLEEN,
    Tissue.BOWEL,
    Tissue.BLADDER,
    Tissue.GLAND,
    Tissue.FLUID,
    Tissue.SOFT,
    Tissue.VEIN,
    Tissue.BLOOD,
    Tissue.CARTILAGE,
    Tissue.TENDON,
)
_BONES = [Tissue.BONE.code, Tissue.CORTICAL.code]
_FILLING = (Tissue.FAT, Tissue.SOFT, Tissue.BOWEL, Tissue.MUSCLE)


_WRAPPED = 0.15
"""Share of bodies that end a little outside muscle and bone."""
_HOLLOW_MM = 16.0
"""Clefts between muscles up to twice as wide are filled in such a body."""


@dataclass(frozen=True, eq=False, slots=True)
class Surroundings:
    """What is drawn where no muscle group lies.

    Bowel, vessels, muscles of no group and subcutis differ from person to person, and must not decide what is found: in
    some bodies whole kinds of tissue give way to another, and some end a little outside muscle and bone.

    Parameters
    ----------
    stand_in
        The tissue that is drawn in place of each, by code.
    wrap_mm
        How far outside muscle and bone the body ends; None for where the anatomy ends.
    """

    stand_in: NDArray[np.uint8]
    wrap_mm: float | None = None

    @classmethod
    def random(cls, rng: np.random.Generator) -> Self:
        """Draw the surroundings of one body."""
        table = np.arange(len(Tissue), dtype=np.uint8)
        wrap_mm = float(rng.uniform(2, 14)) if rng.random() < _WRAPPED else None
        if wrap_mm is not None or rng.random() < 0.15:
            table[[tissue.code for tissue in _ORGANS]] = _FILLING[rng.integers(len(_FILLING))].code
        else:
            for tissue in _ORGANS:
                if rng.random() < 0.1:
                    table[tissue.code] = _FILLING[rng.integers(len(_FILLING))].code
        for tissue, chance, instead in (
            (Tissue.MUSCLE, 0.2, (Tissue.FAT, Tissue.SOFT)),
            (Tissue.BONE, 0.1, (Tissue.CORTICAL,)),
            (Tissue.CORTICAL, 0.1, (Tissue.BONE,)),
            (Tissue.SKIN, 0.15, (Tissue.FAT,)),
        ):
            if rng.random() < chance:
                table[tissue.code] = instead[rng.integers(len(instead))].code
        return cls(table, wrap_mm)

    def drawn(self, body: Located, spacing_mm: float) -> NDArray[np.uint8]:
        """Return the tissues of a body with these surroundings, on its grid."""
        from scipy import ndimage

        tissue = np.where(body.labels > 0, body.tissue, self.stand_in[body.tissue])
        firm = (body.labels > 0) | np.isin(body.tissue, _BONES)
        if self.wrap_mm is None or not firm.any():
            return tissue
        far = ndimage.distance_transform_edt(~firm, sampling=spacing_mm) > self.wrap_mm + _HOLLOW_MM
        inside = ndimage.distance_transform_edt(~far, sampling=spacing_mm) > _HOLLOW_MM
        bare = (tissue == Tissue.AIR.code) | (tissue == Tissue.SKIN.code)
        tissue = np.where(bare, np.uint8(Tissue.FAT.code), tissue)
        return np.where(inside, tissue, np.uint8(Tissue.AIR.code))
