"""Print ``wbmri/segmentation/body_levels.csv``: the shape of bodies of several heights level by level.

Run as ``python tools/make_body_levels.py > wbmri/segmentation/body_levels.csv``.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.segmentation.body_detection import LOOK_MM, SCALES, LevelShapes, body_outline
from wbmri.simulation.body import Arm, Body, Pose, Shape, Tissue, grid_around, lift_arms, render

HEIGHTS_MM = (900, 1300, 1700)
"""Bodies whose levels stand for all: a small child, a school child and an adult have other proportions."""

DARK = (Tissue.AIR, Tissue.FAT, Tissue.SKIN, Tissue.BONE, Tissue.LUNG, Tissue.AIRWAY, Tissue.TENDON)

ON_BELLY = Arm(rotation=55.0, elbow=80.0)
"""In the middle of the ranges of `wbmri.simulation.body.BodyRanges`."""

LEVELS = 201
"""From soles to vertex, evenly spaced."""


def model(levels: LevelShapes, height_mm: int) -> NDArray[np.float64]:
    """Return the shape at evenly spaced levels, scaled to a height of 1 m, shape (`LEVELS`, 3)."""
    share = (levels.index - levels.index[0]) / (levels.index[-1] - levels.index[0])
    scaled = levels.shape - SCALES * np.log(height_mm / 1000)
    return np.stack([np.interp(np.linspace(0, 1, LEVELS), share, row) for row in scaled], axis=1)


def main() -> None:
    """Draw the bodies and print their levels."""
    print("height_mm,arms,outline,share,log_width,log_depth,log_half_area")
    for height in HEIGHTS_MM:
        straight = Body(Shape(height_mm=height))
        folded = replace(straight, pose=Pose(left_arm=ON_BELLY, right_arm=ON_BELLY))
        for arms, body in (("beside", straight), ("on belly", replace(folded, pose=lift_arms(folded)))):
            parts = body.parts()
            drawn = render(parts, grid_around(parts, (LOOK_MM,) * 3))
            lean = np.isin(drawn.tissue, [tissue.code for tissue in Tissue if tissue not in DARK])
            # Where fat is dark the outline follows the muscle or the skin, and where it is bright the skin.
            for name, bright in (("lean", lean), ("skin", drawn.tissue > 0)):
                rows = model(LevelShapes.of(body_outline(bright)), height)
                for share, row in zip(np.linspace(0, 1, LEVELS), rows, strict=True):
                    print(f"{height},{arms},{name},{share:.3f}," + ",".join(f"{value:.4f}" for value in row))


if __name__ == "__main__":
    main()
