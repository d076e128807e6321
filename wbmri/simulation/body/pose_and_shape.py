"""The shape of a body (height, proportions of a child, girth, bulk of each muscle) and its pose.

The measured body lies with its arms beside it, palms forward. Angles are turns from there, in degrees. A part of the
body is turned about the centres of its joints, from the far one to the near one; parts within the zone of a joint
take a share of the turn (`wbmri.simulation.body.joints`), by angle and not by distance, so that lengths along a limb
last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.body.joints import CENTRES, Following, Joint, turned
from wbmri.simulation.body.parts import Parts, PointMapping, Points

_SMOOTH = 0.2
"""The middle line of a muscle is averaged over this share of its length."""


def with_bulk(parts: Parts, bulk: Mapping[int, float]) -> Parts:
    """Return the body with the cross-section of muscles changed and their length kept.

    A round muscle loses as much in width as in thickness, a flat one loses thickness alone. Each muscle shrinks towards
    its own middle line, so it stays where it was.

    Parameters
    ----------
    parts
        The measured body.
    bulk
        Volume of a group relative to the measured one, by label; groups that are not named keep theirs.
    """
    centre, covariance, volume = parts.centre.copy(), parts.covariance.copy(), parts.volume_ml.copy()
    names = np.array(parts.structure)
    for label, factor in bulk.items():
        group = parts.label == label
        for name in np.unique(names[group]):
            muscle = np.flatnonzero(group & (names == name))
            scale, line = _thinning(centre[muscle], covariance[muscle], volume[muscle], factor)
            centre[muscle] = line + (centre[muscle] - line) @ scale.T
            covariance[muscle] = scale @ covariance[muscle] @ scale.T
            volume[muscle] *= factor
    return replace(parts, centre=centre, covariance=covariance, volume_ml=volume)


def _thinning(
    centre: Points,
    covariance: NDArray[np.float64],
    volume: NDArray[np.float64],
    factor: float,
) -> tuple[NDArray[np.float64], Points]:
    """Return the matrix that thins a muscle about its middle line, and that line at each part's level."""
    weight = volume / volume.sum()
    offset = centre - weight @ centre
    moments = np.einsum("n,ni,nj->ij", weight, offset, offset) + np.einsum("n,nij->ij", weight, covariance)
    values, axes = np.linalg.eigh(moments)
    thin, wide, long = np.sqrt(np.maximum(values, 1e-6))
    # The share of the change that goes into the width: half for a round muscle, none for a thin sheet.
    across = 0.5 * thin / wide
    scale = np.eye(3) + (factor ** (1 - across) - 1) * np.outer(axes[:, 0], axes[:, 0])
    scale += (factor**across - 1) * np.outer(axes[:, 1], axes[:, 1])
    level = offset @ axes[:, 2]
    near = weight * np.exp(-0.5 * ((level[:, None] - level[None, :]) / (_SMOOTH * 3.5 * long)) ** 2)
    return scale, near @ centre / near.sum(axis=1, keepdims=True)


# Landmarks of the measured body in mm above its soles; figures measured as `body.md` says.
_LEVELS_MM = np.array([-96.0, 350.0, 770.0, 1330.0, 1420.0, 1640.0])
"""Soles, knee, crotch, shoulder, chin, vertex."""

_ADULT_SHARES = np.diff(_LEVELS_MM) / (_LEVELS_MM[-1] - _LEVELS_MM[0])
CHILD_SHARES = np.array([0.235, 0.225, 0.335, 0.045, 0.160])
"""Lower leg with foot, thigh, trunk, neck and head as shares of the height at about five years: the head is a sixth of
the height then, and sitting height 0.55 of it, against an eighth and 0.52 in the adult."""

_CHILD_MM, ADULT_MM = 1080.0, 1700.0


def childness(height_mm: float) -> float:
    """Return how far the proportions of a body of a height are those of a child of five, 0..1."""
    return float(np.clip((ADULT_MM - height_mm) / (ADULT_MM - _CHILD_MM), 0, 1))


_BELLY = (1010.0, 75.0, 85.0, 40.0)
"""Level of the navel, standard deviation of the belly's reach along the body, front of the spine, and over which depth
the growth sets in, in mm of the measured body."""
_WAVES = 24
_WAVELENGTHS_MM = (130.0, 500.0)
"""Number and lengths of the waves whose sum makes one body different from another, in mm of an adult."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Parameters of a body.

    Parameters
    ----------
    height_mm
        Standing height.
    girth
        Width and depth relative to a body of that height.
    sway_mm
        How far the body lies from straight: amplitude of slow bends to the side and to the front.
    seed
        Which way it lies, and which person it is.
    belly
        Width and depth of the abdomen in front of the spine, relative to a body of that girth.
    variation_mm
        How far structures lie from where they do in the measured body, as between persons: standard deviation, in mm of
        an adult, of a smooth displacement. Left and right differ.
    """

    height_mm: float = 1700.0
    girth: float = 1.0
    sway_mm: float = 0.0
    seed: int = 0
    belly: float = 1.0
    variation_mm: float = 0.0

    def mapping(self) -> PointMapping:
        """Return the map from the measured body to this one, feet at about z = 0."""
        young = childness(self.height_mm)
        shares = (1 - young) * _ADULT_SHARES + young * CHILD_SHARES / CHILD_SHARES.sum()
        levels = np.concatenate([[0.0], np.cumsum(shares)]) * self.height_mm
        from scipy.interpolate import PchipInterpolator

        along = PchipInterpolator(_LEVELS_MM, levels, extrapolate=True)
        # Heads grow least: the head keeps the scale of its own height, the rest goes by the height of the body.
        body = self.height_mm / ADULT_MM
        head = float(shares[-1] / _ADULT_SHARES[-1]) * body
        rng = np.random.default_rng(self.seed)
        phase = rng.uniform(0, 2 * np.pi, (2, 2))
        length = rng.uniform(0.6, 1.4, (2, 2)) * self.height_mm
        vary = self._variation(body)

        def to_shape(points: Points) -> Points:
            x, y, z = points.T
            high = along(z)
            upper = 1 / (1 + np.exp(-(z - 1400.0) / 20.0))
            across = body * self.girth * (1 - upper) + head * upper
            bend = [
                self.sway_mm / 2 * np.sin(2 * np.pi * high / length[axis][:, None] + phase[axis][:, None]).sum(0)
                for axis in (0, 1)
            ]
            middle = 100.0
            if self.belly != 1:
                x, y = self._with_belly(points)
            shaped = np.stack([x * across + bend[0], (y - middle) * across + bend[1], high], axis=1)
            return shaped + vary(shaped) if self.variation_mm else shaped

        return to_shape

    def _with_belly(self, points: Points) -> tuple[Points, Points]:
        x, y, z = points.T
        level, reach, front, depth = _BELLY
        # Only what lies between the arms: they hang beside the belly at the same level.
        trunk = 1 / (1 + np.exp((np.abs(x) - 165.0) / 6.0))
        before = depth * np.logaddexp(0, (y - front) / depth)
        grown = (self.belly - 1) * np.exp(-0.5 * ((z - level) / reach) ** 2) * trunk
        wide = before / (before + 60.0)
        return x * (1 + grown * wide), y + grown * before

    def _variation(self, scale: float) -> PointMapping:
        rng = np.random.default_rng([self.seed, 1])
        direction = rng.standard_normal((_WAVES, 3))
        shortest, longest = np.log(_WAVELENGTHS_MM)
        length = np.exp(rng.uniform(shortest, longest, (_WAVES, 1))) * scale
        wave = 2 * np.pi * direction / np.linalg.norm(direction, axis=1, keepdims=True) / length
        phase = rng.uniform(0, 2 * np.pi, _WAVES)
        # Short waves are low, so that all stretch the tissue alike.
        push = rng.standard_normal((_WAVES, 3)) * length
        push *= self.variation_mm * scale * np.sqrt(2 / (push**2).sum(0))

        def displacement(points: Points) -> Points:
            moved: Points = np.sin(points @ wave.T + phase) @ push
            return moved

        return displacement


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
