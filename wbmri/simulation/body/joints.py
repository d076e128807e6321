"""Which segment of the body each part belongs to, and how far it follows each joint.

Bones move as one with their segment. Muscles, vessels and fluid that cross a joint follow it by a share that rises
smoothly over a zone around its centre, so that nothing tears and nothing doubles.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from wbmri.core.scheme import BodySegment, load_scheme
from wbmri.simulation.body.parts import Parts, Points, Tissue, labels_in


class Segment(StrEnum):
    """Segments of the body; each limb has its own on either side."""

    TRUNK = "trunk"
    HEAD = "head"
    UPPER_ARM = "upper arm"
    FOREARM = "forearm"
    THIGH = "thigh"
    SHANK = "shank"


class Joint(StrEnum):
    """Joints that can be turned; all but the neck and the pelvis are there on either side."""

    NECK = "neck"
    PELVIS = "pelvis"
    SHOULDER = "shoulder"
    ELBOW = "elbow"
    HIP = "hip"
    KNEE = "knee"


CENTRES: dict[Joint, Points] = {
    Joint.NECK: np.array([0.0, 62.0, 1400.0]),
    Joint.PELVIS: np.array([0.0, 70.0, 925.0]),
    Joint.SHOULDER: np.array([-163.0, 74.0, 1316.0]),
    Joint.ELBOW: np.array([-214.0, 66.0, 1037.0]),
    Joint.HIP: np.array([-82.0, 79.0, 812.0]),
    Joint.KNEE: np.array([-75.0, 80.0, 372.0]),
}
"""Centres in the measured body in RAS mm, on the left: the middle of the heads of humerus and femur, of the ends of the
bones that meet at elbow and knee, of the fifth cervical vertebra and of the disc below the fifth lumbar one, from the
same table as the parts (`body.md`)."""

_HEAD_BONES = frozenset(
    {
        "frontal",
        "occipital",
        "parietal",
        "temporal",
        "sphenoid",
        "ethmoid",
        "maxilla",
        "mandible",
        "zygomatic",
        "nasal",
        "lacrimal",
        "palatine",
        "vomer",
    },
)
_HAND_WORDS = frozenset(
    {
        "hand",
        "metacarpal",
        "thumb",
        "index_finger",
        "middle_finger",
        "ring_finger",
        "little_finger",
        "radius",
        "ulna",
        "scaphoid",
        "lunate",
        "triquetral",
        "trapezium",
        "trapezoid",
        "capitate",
        "hamate",
    },
)
_SHANK_WORDS = frozenset(
    {
        "tibia",
        "fibula",
        "talus",
        "calcaneus",
        "navicular",
        "cuneiform",
        "cuboid",
        "metatarsal",
        "toe",
        "leg",
        "foot",
        "hallucis",
        "calcaneal",
        "digitorum",
        "flexor_accessorius",
    },
)
_SEGMENT_OF_GROUP = {
    BodySegment.UPPER_ARM: Segment.UPPER_ARM,
    BodySegment.FOREARM: Segment.FOREARM,
    BodySegment.THIGH: Segment.THIGH,
    BodySegment.LEG: Segment.SHANK,
}
"""Muscle groups that lie elsewhere belong to the trunk, and follow the joints they cross by a share."""
_THIGH_WORDS = ("femur", "patella", "femoral", "iliotibial", "knee", "popliteal", "saphenous")
_UPPER_ARM_WORDS = ("humerus", "cephalic", "basilic", "elbow", "shoulder")
_AT_THE_SHOULDER = ("rotator_cuff", "pectoral")
_DELTOID = "deltoid"
_ON_THE_TRUNK_AT_THE_SHOULDER = "latissimus"


def _segment_of(structure: str, tissue: Tissue, label: int) -> Segment:
    if label:
        group = load_scheme().group(label)
        return _SEGMENT_OF_GROUP.get(group.segment, Segment.TRUNK) if group.segment else Segment.TRUNK
    words = structure.replace(" finger", "_finger").replace("flexor accessorius", "flexor_accessorius").split()
    if tissue in (Tissue.BRAIN, Tissue.EYE) or structure in ("cranial_csf", "lateral ventricle", "third ventricle"):
        return Segment.HEAD
    if tissue is Tissue.BONE and any(word in _HEAD_BONES for word in words):
        return Segment.HEAD
    for segment, names in (
        (Segment.FOREARM, _HAND_WORDS),
        (Segment.UPPER_ARM, _UPPER_ARM_WORDS),
        (Segment.SHANK, _SHANK_WORDS),
        (Segment.THIGH, _THIGH_WORDS),
    ):
        if any(word in names for word in words):
            return segment
    return Segment.TRUNK


def segments(parts: Parts) -> tuple[Segment, ...]:
    """Return the segment of each part."""
    known: dict[tuple[str, Tissue, int], Segment] = {}
    out = []
    for key in zip(parts.structure, parts.tissue, parts.label.tolist(), strict=True):
        if key not in known:
            known[key] = _segment_of(*key)
        out.append(known[key])
    return tuple(out)


@dataclass(frozen=True, eq=False, slots=True)
class Following:
    """How far each of n parts follows each joint.

    Parameters
    ----------
    segment
        Segment of each part, by its place in `Segment`, shape (n,).
    firm
        Whether the part is of a bone (or lies within the skull) and so moves as one with its segment, shape (n,).
    side
        -1 for the left, +1 for the right, 0 for neither, shape (n,).
    deltoid
        Whether the part is of a deltoid, which spans the shoulder, shape (n,).
    hip_muscle
        Whether the part is of a muscle of the pelvis that ends at the femur, shape (n,).
    spine
        Whether the part is of a bone between head and pelvis that bends with its surroundings, shape (n,).
    sheet
        Whether the part is of a trunk muscle that ends at the humerus, shape (n,).
    """

    segment: NDArray[np.int64]
    firm: NDArray[np.bool_]
    side: NDArray[np.int64]
    deltoid: NDArray[np.bool_]
    hip_muscle: NDArray[np.bool_]
    spine: NDArray[np.bool_]
    sheet: NDArray[np.bool_]

    @classmethod
    def of(cls, parts: Parts) -> "Following":
        """Sort the parts of the measured body, or of one made from it with the same structures."""
        order = list(Segment)
        segment = np.array([order.index(each) for each in segments(parts)])
        bone = np.array([tissue is Tissue.BONE for tissue in parts.tissue])
        spine = np.array(["vertebra" in name or name in ("atlas", "axis", "hyoid bone") for name in parts.structure])
        deltoid, at_the_shoulder = (
            np.isin(parts.label, [group.label for group in load_scheme().groups if group.pair.id in pairs])
            for pairs in ((_DELTOID,), _AT_THE_SHOULDER)
        )
        hip_muscle = np.isin(parts.label, labels_in(BodySegment.PELVIS))
        lateral = np.array([_ON_THE_TRUNK_AT_THE_SHOULDER in name for name in parts.structure])
        head = segment == order.index(Segment.HEAD)
        patella = np.array([name == "patella" for name in parts.structure])
        sheet = at_the_shoulder | lateral
        return cls(segment, (bone & ~patella) | head, parts.side, deltoid, hip_muscle, spine, sheet)

    def _is(self, *which: Segment) -> NDArray[np.bool_]:
        order = list(Segment)
        return np.isin(self.segment, [order.index(each) for each in which])

    def share(self, joint: Joint, points: Points) -> NDArray[np.float64]:
        """Return by which share of the joint's turn each part moves, 0..1, shape (n,).

        Parameters
        ----------
        joint
            The joint; of a paired one the part's own side is meant.
        points
            A place per part in the measured body, RAS mm, shape (n, 3).
        """
        # On the left by mirroring: centres are those of the left side.
        own = np.where(self.side > 0, -1.0, 1.0)
        x, y, z = points[:, 0] * own, points[:, 1], points[:, 2]
        centre = CENTRES[joint]
        arm = self._is(Segment.UPPER_ARM, Segment.FOREARM)
        leg = self._is(Segment.THIGH, Segment.SHANK)
        if joint is Joint.NECK:
            free = ~arm & ~leg & ~self.deltoid
            return self._firmly(ramp(z, 1340.0, 1450.0) * free, self._is(Segment.HEAD), self.spine)
        if joint is Joint.PELVIS:
            below = ramp(-z, -1060.0, -890.0)
            hip_bone = self.firm & ~self.spine & ~arm & (z < 955.0)
            return np.where(leg | hip_bone, 1.0, self._firmly(below * ~arm, leg, self.spine))
        if joint is Joint.SHOULDER:
            out = (x - centre[0]) * -0.6 + (z - centre[2]) * -0.8
            distance = np.linalg.norm(np.stack([x, y, z], axis=1) - centre, axis=1)
            # Far from the shoulder the muscles of the trunk stay where they are, however low they reach.
            near = np.where(self.sheet, ramp(-distance, -150.0, -60.0), 1.0)
            crosses = arm | self.sheet | self.deltoid
            share = self._firmly(ramp(out, -40.0, 70.0) * near * crosses, arm)
            return np.where(self._is(Segment.FOREARM), 1.0, share)
        if joint is Joint.ELBOW:
            return self._firmly(ramp(-(z - centre[2]), -55.0, 55.0) * arm, self._is(Segment.FOREARM))
        if joint is Joint.HIP:
            crosses = leg | self.hip_muscle
            return self._firmly(ramp(-(z - centre[2]), -20.0, 130.0) * crosses, leg)
        return self._firmly(ramp(-(z - centre[2]), -60.0, 60.0) * leg, self._is(Segment.SHANK))

    def _firmly(
        self,
        soft: NDArray[np.float64],
        moved: NDArray[np.bool_],
        except_for: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """Let bones follow wholly or not at all, but for those of the spine, which bends as a whole."""
        firm = self.firm if except_for is None else self.firm & ~except_for
        return np.where(firm, moved.astype(np.float64), soft)


def ramp(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, smoothly between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    smooth: NDArray[np.float64] = t * t * (3 - 2 * t)
    return smooth


def turned(points: Points, centre: Points, rotation: Points, share: NDArray[np.float64]) -> Points:
    """Return points turned about a centre by a share of a rotation vector in radians (Rodrigues' formula)."""
    angle = float(np.linalg.norm(rotation))
    if angle < 1e-9:
        return points
    axis = rotation / angle
    arm = points - centre
    turn = (angle * share)[:, None]
    along = (arm @ axis)[:, None] * axis
    moved: Points = centre + arm * np.cos(turn) + np.cross(axis, arm) * np.sin(turn) + along * (1 - np.cos(turn))
    return moved
