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
_PEAK = 1.6
"""Density of a single soft ellipsoid whose surface encloses about its volume."""


def joint_fluid(knee_ml: float) -> Parts:
    """Return the fluid of both sides' joints.

    Parameters
    ----------
    knee_ml
        Volume in each knee; the other joints hold less. A healthy adult's knee holds a few millilitres.
    """
    rows = []
    for side, mirror in ((-1, 1.0), (1, -1.0)):
        for name, place, spread, share in _RECESSES:
            volume = knee_ml * share
            relative = np.array(spread)
            scale = (volume * 1000 / _PEAK / (2 * np.pi) ** 1.5 / relative.prod()) ** (1 / 3)
            centre = np.array(place) * (mirror, 1.0, 1.0)
            rows.append((f"fluid of {name}", side, volume, centre, np.diag((scale * relative) ** 2)))
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
