"""Posed bodies: lengths, angles, sides, and nothing torn at a joint."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from wbmri.simulation.body import Arm, Body, Leg, Parts, Pose, Shape

CHILD = Shape(height_mm=1300.0)


def bone(parts: Parts, name: str, side: int) -> NDArray[np.float64]:
    """Centres of a bone's parts in mm."""
    chosen = [n == name and s == side for n, s in zip(parts.structure, parts.side, strict=True)]
    return parts.centre[np.array(chosen)]


def turn_between(before: NDArray[np.float64], after: NDArray[np.float64]) -> Rotation:
    """The rotation that carries one set of points onto the other."""
    rotation, _ = Rotation.align_vectors(after - after.mean(0), before - before.mean(0))
    return rotation


@pytest.fixture(scope="module")
def resting() -> Parts:
    return Body(CHILD).parts()


def posed(**limbs: Arm | Leg) -> Parts:
    return Body(CHILD, Pose(**limbs)).parts()  # type: ignore[arg-type]  # names and types agree in the calls below


@settings(max_examples=4)
@given(bent=st.floats(5, 110), away=st.floats(0, 40), inward=st.floats(-20, 60))
def test_the_elbow_bends_by_the_angle_asked_wherever_the_upper_arm_points(
    resting: Parts,
    bent: float,
    away: float,
    inward: float,
) -> None:
    parts = posed(left_arm=Arm(away, 10.0, inward, bent))
    upper, lower = (
        turn_between(
            np.concatenate([bone(resting, n, -1) for n in names]),
            np.concatenate([bone(parts, n, -1) for n in names]),
        )
        for names in (("humerus",), ("ulna", "radius"))
    )
    assert np.degrees((upper.inv() * lower).magnitude()) == pytest.approx(bent, abs=0.1)


@pytest.mark.parametrize(
    ("limb", "name", "side", "degrees"),
    [
        ({"left_arm": Arm(abduction=25)}, "humerus", -1, 25),
        ({"right_arm": Arm(flexion=30)}, "humerus", 1, 30),
        ({"left_leg": Leg(rotation=-20)}, "femur", -1, 20),
        ({"right_leg": Leg(flexion=20)}, "femur", 1, 20),
        ({"left_leg": Leg(knee=35)}, "tibia", -1, 35),
    ],
)
def test_one_joint_turns_what_lies_beyond_it(
    resting: Parts,
    limb: dict[str, Arm | Leg],
    name: str,
    side: int,
    degrees: float,
) -> None:
    parts = posed(**limb)
    turned = turn_between(bone(resting, name, side), bone(parts, name, side))
    assert np.degrees(turned.magnitude()) == pytest.approx(degrees, abs=0.1)
    for other in ("humerus", "femur", "tibia"):
        np.testing.assert_allclose(bone(parts, other, -side), bone(resting, other, -side), atol=1e-9)
    np.testing.assert_allclose(bone(parts, "sacrum", 0), bone(resting, "sacrum", 0), atol=1e-9)


def test_limbs_turn_the_way_their_angles_say(resting: Parts) -> None:
    parts = posed(
        left_arm=Arm(abduction=20),
        right_arm=Arm(rotation=60, elbow=90),
        left_leg=Leg(abduction=10, knee=20),
        right_leg=Leg(rotation=-20),
    )
    assert bone(parts, "radius", -1)[:, 0].mean() < bone(resting, "radius", -1)[:, 0].mean() - 50
    # Bent and turned inward, the right hand comes to the front and towards the middle.
    hand, beside = (bone(p, "capitate", 1).mean(0) for p in (parts, resting))
    assert hand[0] < beside[0] - 50
    assert hand[1] > beside[1] + 50
    assert bone(parts, "tibia", -1)[:, 0].mean() < bone(resting, "tibia", -1)[:, 0].mean() - 20
    # Turned outward, the right foot points to the right; with the knee bent the left one lies behind.
    (right, straight), (left, level) = (
        [bone(p, "first metatarsal bone", side).mean(0) for p in (parts, resting)] for side in (1, -1)
    )
    assert right[0] > straight[0] + 10
    assert left[1] < level[1] - 30


def test_segments_keep_their_length() -> None:
    pose = Pose(Arm(30, 20, 50, 90), Arm(5, 0, 0, 20), Leg(10, 20, -20, 40), Leg(), (10, 5, 30), (5, 8, 5))
    shape = Shape(height_mm=1500.0, girth=1.1, belly=1.4, variation_mm=4.0, seed=3)
    resting, lying = Body(shape).parts(), Body(shape, pose).parts()
    for name, side in (("humerus", -1), ("ulna", -1), ("femur", -1), ("tibia", -1), ("mandible", 0), ("hip bone", 1)):
        before, after = (bone(parts, name, side) for parts in (resting, lying))
        lengths = [np.linalg.norm(points[0] - points[-1]) for points in (before, after)]
        assert lengths[1] == pytest.approx(lengths[0], rel=1e-6), name
    # And the bones of neighbouring segments stay as close to each other as they were.
    for near, far, side in (("humerus", "ulna", -1), ("hip bone", "femur", -1), ("femur", "tibia", -1)):
        gaps = [
            np.linalg.norm(bone(parts, near, side)[:, None] - bone(parts, far, side)[None], axis=-1).min()
            for parts in (resting, lying)
        ]
        assert gaps[1] == pytest.approx(gaps[0], abs=12.0), (near, far)


def test_mirrored_poses_give_mirrored_bodies() -> None:
    arm, leg = Arm(20, 10, 40, 60), Leg(8, 10, -15, 20)
    one = Body(CHILD, Pose(left_arm=arm, left_leg=leg)).parts()
    other = Body(CHILD, Pose(right_arm=arm, right_leg=leg)).parts()
    for name in ("humerus", "ulna", "femur", "soleus", "gluteus maximus", "acromial part of deltoid"):
        np.testing.assert_allclose(bone(one, name, -1) * [-1, 1, 1], bone(other, name, 1), atol=1e-9)


def test_the_head_turns_on_a_neck_that_twists_evenly(resting: Parts) -> None:
    parts = Body(CHILD, Pose(head=(0, 0, 30))).parts()
    assert np.degrees(
        turn_between(bone(resting, "mandible", 0), bone(parts, "mandible", 0)).magnitude(),
    ) == pytest.approx(30)
    # The face, which looks to the front at rest, turns to the left.
    assert bone(parts, "mandible", 0)[:, 0].mean() < bone(resting, "mandible", 0)[:, 0].mean() - 10
    np.testing.assert_allclose(bone(parts, "scapula", 1), bone(resting, "scapula", 1), atol=1e-9)


def test_a_tilted_pelvis_takes_the_legs_along(resting: Parts) -> None:
    parts = Body(CHILD, Pose(pelvis=(0, 8, 0))).parts()
    for name, side in (("sacrum", 0), ("femur", -1), ("tibia", 1)):
        assert np.degrees(
            turn_between(bone(resting, name, side), bone(parts, name, side)).magnitude(),
        ) == pytest.approx(8)
    for name, side in (("humerus", -1), ("ulna", 1), ("sixth rib", 1), ("capitate", -1)):
        np.testing.assert_allclose(bone(parts, name, side), bone(resting, name, side), atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_bending_neither_tears_nor_doubles_muscle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arms = [Arm(*rng.uniform([0, -5, 0, 20], [35, 30, 60, 100])) for _ in range(2)]
    legs = [Leg(*rng.uniform([-2, 0, -25, 0], [20, 25, 10, 40])) for _ in range(2)]
    pose = Pose(*arms, *legs, (8.0, 8.0, 25.0), (6.0, 7.0, 6.0))
    straight, bent = (Body(CHILD, p).parts().group_volumes_ml()[1:] for p in (Pose(), pose))
    # The cuff is stretched most when an arm is lifted and turned at once.
    np.testing.assert_allclose(bent / straight, 1.0, atol=0.4)
    assert np.median(np.abs(bent / straight - 1)) < 0.05
