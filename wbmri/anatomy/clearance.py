"""Arms lie on the body and not in it: they are lifted until they clear the trunk and the thighs."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.anatomy.body import Body
from wbmri.anatomy.parts import Parts
from wbmri.anatomy.pose import Pose
from wbmri.anatomy.segments import Segment, segments

_STEP_DEG = 5.0
_STEPS = 12
_ALLOWED = 0.02
"""Share of an arm's volume that may overlap with the rest of the body: what drawing settles anyway."""
_BESIDE_DEG = 40.0
"""An arm whose elbow is bent by less lies beside the body and is moved outward, others forward as well."""


def lift_arms(body: Body) -> Pose:
    """Return the body's pose with each arm turned outward and forward as far as it must be to lie on the body."""
    pose = body.pose
    for side in (-1, 1):
        for _ in range(_STEPS):
            parts = replace(body, pose=pose).parts()
            if _overlap(parts, side, body.fat_mm) <= _ALLOWED:
                break
            arm = pose.left_arm if side < 0 else pose.right_arm
            bent = arm.elbow >= _BESIDE_DEG
            arm = replace(
                arm,
                abduction=arm.abduction + (0.4 * _STEP_DEG if bent else _STEP_DEG),
                flexion=arm.flexion + (_STEP_DEG if bent else 0.0),
            )
            pose = replace(pose, left_arm=arm) if side < 0 else replace(pose, right_arm=arm)
    return pose


def _overlap(parts: Parts, side: int, fat_mm: float) -> float:
    """Return the share of an arm's volume below the elbow whose parts lie within other structures or their fat."""
    where = np.array([list(Segment).index(each) for each in segments(parts)])
    arm = (where == list(Segment).index(Segment.FOREARM)) & (parts.side == side)
    limb = np.isin(where, [list(Segment).index(each) for each in (Segment.UPPER_ARM, Segment.FOREARM)])
    inside = _occupancy_at(parts, np.flatnonzero(~limb), parts.centre[arm], fat_mm / 3) > 0.5
    return float(parts.volume_ml[arm][inside].sum() / parts.volume_ml[arm].sum())


def _occupancy_at(
    parts: Parts, chosen: NDArray[np.int64], points: NDArray[np.float64], widen_mm: float
) -> NDArray[np.float64]:
    """Return how far the chosen parts, each wider by some fat, fill the points, shape (n,)."""
    reach = 3 * np.sqrt(np.trace(parts.covariance[chosen], axis1=1, axis2=2))
    low, high = points.min(0), points.max(0)
    near = chosen[
        ((parts.centre[chosen] + reach[:, None] > low) & (parts.centre[chosen] - reach[:, None] < high)).all(1)
    ]
    wide = parts.covariance[near] + np.eye(3) * widen_mm**2
    shrunk = np.sqrt(np.linalg.det(parts.covariance[near] + np.eye(3)) / np.linalg.det(wide))
    grown = np.maximum(shrunk, 0.5)
    density = (
        parts.volume_ml[near] * 1000 / np.sqrt((2 * np.pi) ** 3 * np.linalg.det(parts.covariance[near] + np.eye(3)))
    )
    apart = points[:, None] - parts.centre[near][None]
    distance = np.einsum("pni,nij,pnj->pn", apart, np.linalg.inv(wide), apart, optimize=True)
    filled: NDArray[np.float64] = (np.exp(-0.5 * distance) * density * grown).sum(1)
    return filled
