"""The pose of a body: how its limbs, its pelvis and its head are turned from the measured pose.

The measured body lies with its arms beside it, palms forward. Angles are turns from there, in degrees. A part of the
body is turned about the centres of its joints, from the far one to the near one; parts within the zone of a joint
take a share of the turn (`wbmri.simulation.body.joints`), by angle and not by distance, so that lengths along a limb
last.
"""

from dataclasses import dataclass, field

import numpy as np

from wbmri.simulation.body.joints import CENTRES, Following, Joint, turned
from wbmri.simulation.body.parts import PointMapping, Points


@dataclass(frozen=True, slots=True)
class Arm:
    """How an arm is turned, in degrees.

    Parameters
    ----------
    abduction
        Upper arm away from the trunk.
    flexion
        Upper arm forward.
    rotation
        Upper arm about its own axis, inward.
    elbow
        Forearm bent.
    """

    abduction: float = 0.0
    flexion: float = 0.0
    rotation: float = 0.0
    elbow: float = 0.0


@dataclass(frozen=True, slots=True)
class Leg:
    """How a leg is turned against the pelvis, in degrees.

    Parameters
    ----------
    abduction
        Thigh outward.
    flexion
        Thigh forward.
    rotation
        Thigh about its own axis, inward.
    knee
        Shank bent backward.
    """

    abduction: float = 0.0
    flexion: float = 0.0
    rotation: float = 0.0
    knee: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """The turns of all joints, in degrees.

    Parameters
    ----------
    left_arm, right_arm, left_leg, right_leg
        The limbs.
    head
        The head's nod (forward), tilt (to the right) and turn (to the left).
    pelvis
        The pelvis's turn, with the legs, about the axes to the right, to the front and to the head.
    """

    left_arm: Arm = field(default_factory=Arm)
    right_arm: Arm = field(default_factory=Arm)
    left_leg: Leg = field(default_factory=Leg)
    right_leg: Leg = field(default_factory=Leg)
    head: tuple[float, float, float] = (0.0, 0.0, 0.0)
    pelvis: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def mapping(self, following: Following, shape: PointMapping) -> PointMapping:
        """Return the map from the measured body to the shaped and posed one.

        Parameters
        ----------
        following
            How each of the n parts follows the joints.
        shape
            The map that gives the body its size before it is posed.

        Returns
        -------
        PointMapping
            A map for n points of shape (n, 3), each moving as the part of its place does.
        """
        nod, tilt, turn = self.head
        arms = {-1: self.left_arm, 1: self.right_arm}
        legs = {-1: self.left_leg, 1: self.right_leg}
        turns: list[tuple[Joint, int, Points, Points]] = [
            (Joint.NECK, 0, *_placed(shape, Joint.NECK, 0, (-nod, tilt, turn))),
        ]
        for side in (-1, 1):
            arm, leg = arms[side], legs[side]
            for joint, euler in (
                (Joint.ELBOW, (arm.elbow, 0.0, 0.0)),
                (Joint.SHOULDER, (arm.flexion, -side * arm.abduction, side * arm.rotation)),
                (Joint.KNEE, (-leg.knee, 0.0, 0.0)),
                (Joint.HIP, (leg.flexion, -side * leg.abduction, side * leg.rotation)),
            ):
                turns.append((joint, side, *_placed(shape, joint, side, euler)))
        turns.append((Joint.PELVIS, 0, *_placed(shape, Joint.PELVIS, 0, self.pelvis)))

        def to_posed(points: Points) -> Points:
            posed = shape(points)
            for joint, side, centre, rotation in turns:
                if not rotation.any():
                    continue
                share = following.share(joint, points)
                if side:
                    share = np.where(following.side == side, share, 0.0)
                posed = turned(posed, centre, rotation, share)
            return posed

        return to_posed


_FAR_END = {Joint.SHOULDER: Joint.ELBOW, Joint.HIP: Joint.KNEE}
"""The joint that gives the direction of the axis about which the near joint rotates its bone."""


def _placed(shape: PointMapping, joint: Joint, side: int, degrees: tuple[float, float, float]) -> tuple[Points, Points]:
    """Return centre and rotation vector (radians) of a joint in the shaped body.

    The turns are: first about the bone's own axis (the third angle), then about the axis to the right (the first) and
    the axis to the front (the second). Without a bone the axis of the third is that to the head.
    """
    from scipy.spatial.transform import Rotation

    mirror = np.array([-1.0 if side > 0 else 1.0, 1.0, 1.0])
    centre = shape((CENTRES[joint] * mirror)[None])[0]
    own = np.array([0.0, 0.0, 1.0])
    if joint in _FAR_END:
        far = shape((CENTRES[_FAR_END[joint]] * mirror)[None])[0]
        own = (centre - far) / np.linalg.norm(centre - far)
    first, second, third = np.radians(degrees)
    rotation = (
        Rotation.from_rotvec([0.0, second, 0.0])
        * Rotation.from_rotvec([first, 0.0, 0.0])
        * Rotation.from_rotvec(third * own)
    )
    return centre, rotation.as_rotvec()
