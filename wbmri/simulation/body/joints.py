"""Which segment of the body each part belongs to, and how far it follows each joint.

Bones move as one with their segment. Muscles, vessels and fluid that cross a joint follow it by a share that rises
smoothly over a zone around its centre, so that nothing tears and nothing doubles.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body.parts import Parts, Points, Tissue


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
_SEGMENT_OF_PAIR = {
    **dict.fromkeys((8, 9), Segment.UPPER_ARM),
    **dict.fromkeys((10, 11), Segment.FOREARM),
    **dict.fromkeys((16, 17, 18), Segment.THIGH),
    **dict.fromkeys((19, 20, 21), Segment.SHANK),
}
_THIGH_WORDS = ("femur", "patella", "femoral", "iliotibial", "knee", "popliteal", "saphenous")
_UPPER_ARM_WORDS = ("humerus", "cephalic", "basilic", "elbow", "shoulder")
_AT_THE_HIP = (12, 13, 14, 15)
_AT_THE_SHOULDER = (6, 7)
_DELTOID = 5
_ON_THE_TRUNK_AT_THE_SHOULDER = "latissimus"


def _segment_of(structure: str, tissue: Tissue, label: int) -> Segment:
    pair = (label + 1) // 2
    if pair:
        return _SEGMENT_OF_PAIR.get(pair, Segment.TRUNK)
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
    pair
        Number of the part's pair in ``jdm42``, 0 for none, shape (n,).
    spine
        Whether the part is of a bone between head and pelvis that bends with its surroundings, shape (n,).
    sheet
        Whether the part is of a trunk muscle that ends at the humerus, shape (n,).
    """

    segment: NDArray[np.int64]
    firm: NDArray[np.bool_]
    side: NDArray[np.int64]
    pair: NDArray[np.int64]
    spine: NDArray[np.bool_]
    sheet: NDArray[np.bool_]

    @classmethod
    def of(cls, parts: Parts) -> "Following":
        """Sort the parts of the measured body, or of one made from it with the same structures."""
        order = list(Segment)
        segment = np.array([order.index(each) for each in segments(parts)])
        bone = np.array([tissue is Tissue.BONE for tissue in parts.tissue])
        spine = np.array(["vertebra" in name or name in ("atlas", "axis", "hyoid bone") for name in parts.structure])
        pair = (parts.label + 1) // 2
        lateral = np.array([_ON_THE_TRUNK_AT_THE_SHOULDER in name for name in parts.structure])
        head = segment == order.index(Segment.HEAD)
        patella = np.array([name == "patella" for name in parts.structure])
        sheet = np.isin(pair, _AT_THE_SHOULDER) | lateral
        return cls(segment, (bone & ~patella) | head, parts.side, pair, spine, sheet)

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
            free = ~arm & ~leg & (self.pair != _DELTOID)
            return self._firmly(_ramp(z, 1340.0, 1450.0) * free, self._is(Segment.HEAD), self.spine)
        if joint is Joint.PELVIS:
            below = _ramp(-z, -1060.0, -890.0)
            hip_bone = self.firm & ~self.spine & ~arm & (z < 955.0)
            return np.where(leg | hip_bone, 1.0, self._firmly(below * ~arm, leg, self.spine))
        if joint is Joint.SHOULDER:
            out = (x - centre[0]) * -0.6 + (z - centre[2]) * -0.8
            distance = np.linalg.norm(np.stack([x, y, z], axis=1) - centre, axis=1)
            # Far from the shoulder the muscles of the trunk stay where they are, however low they reach.
            near = np.where(self.sheet, _ramp(-distance, -150.0, -60.0), 1.0)
            crosses = arm | self.sheet | (self.pair == _DELTOID)
            share = self._firmly(_ramp(out, -40.0, 70.0) * near * crosses, arm)
            return np.where(self._is(Segment.FOREARM), 1.0, share)
        if joint is Joint.ELBOW:
            return self._firmly(_ramp(-(z - centre[2]), -55.0, 55.0) * arm, self._is(Segment.FOREARM))
        if joint is Joint.HIP:
            crosses = leg | np.isin(self.pair, _AT_THE_HIP)
            return self._firmly(_ramp(-(z - centre[2]), -20.0, 130.0) * crosses, leg)
        return self._firmly(_ramp(-(z - centre[2]), -60.0, 60.0) * leg, self._is(Segment.SHANK))

    def _firmly(
        self,
        soft: NDArray[np.float64],
        moved: NDArray[np.bool_],
        except_for: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """Let bones follow wholly or not at all, but for those of the spine, which bends as a whole."""
        firm = self.firm if except_for is None else self.firm & ~except_for
        return np.where(firm, moved.astype(np.float64), soft)


def _ramp(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, smoothly between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    smooth: NDArray[np.float64] = t * t * (3 - 2 * t)
    return smooth
