"""Fluid in the joints and their recesses: bright on STIR, and not muscle."""

import numpy as np

from wbmri.anatomy.parts import Parts, Tissue

# Place in the measured body (RAS mm, left), spread along x, y and z relative to each other, and volume relative to the
# knee's; set by rule from the bones: above the patella, in front of the necks of femur and humerus, in front of and
# behind the elbow, in front of the ankle.
_RECESSES = (
    ("knee", (-80.0, 106.0, 408.0), (14.0, 4.0, 16.0), 1.0),
    ("hip", (-92.0, 96.0, 808.0), (10.0, 3.5, 11.0), 0.5),
    ("shoulder", (-166.0, 92.0, 1308.0), (7.0, 3.0, 10.0), 0.4),
    ("elbow", (-212.0, 52.0, 1056.0), (6.0, 3.0, 7.0), 0.2),
    ("foot", (-72.0, 95.0, 2.0), (8.0, 3.0, 6.0), 0.3),
)
_PATCHES = tuple((i, k) for i in (-1, 0, 1) for k in (-1, 0, 1))
_WIDTH = 0.6
"""A recess is a flat layer of nine soft ellipsoids, each this wide relative to the distance to the next one."""
_DENSITY = 1.1
"""Occupancy in the middle of the layer."""


def joint_fluid(knee_ml: float) -> Parts:
    """Return the fluid of both sides' joints.

    Parameters
    ----------
    knee_ml
        Volume in each knee; the other joints hold less. A healthy adult's knee holds a few millilitres. About two
        thirds of it is drawn: the edge of so thin a layer fills its voxels by less than half.
    """
    rows = []
    for side, mirror in ((-1, 1.0), (1, -1.0)):
        for name, place, spread, share in _RECESSES:
            patch_ml = knee_ml * share / len(_PATCHES)
            relative = np.array(spread)
            scale = (patch_ml * 1000 / (_DENSITY * np.sqrt(2 * np.pi) * relative.prod())) ** (1 / 3)
            covariance = np.diag((scale * relative * (_WIDTH, 1.0, _WIDTH)) ** 2)
            for i, k in _PATCHES:
                centre = (np.array(place) + scale * relative * (i, 0, k)) * (mirror, 1.0, 1.0)
                rows.append((f"fluid of {name}", side, patch_ml, centre, covariance))
    names, sides, volumes, centres, covariances = zip(*rows, strict=True)
    return Parts(
        names,
        (Tissue.FLUID,) * len(rows),
        np.zeros(len(rows), np.int64),
        np.array(sides),
        np.array(volumes),
        np.array(centres),
        np.array(covariances),
    )
