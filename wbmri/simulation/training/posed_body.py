"""Bodies of random size, build and pose: maps from a place in the scan back to where it lay in the anatomy.

A map back is all that drawing a label volume needs: every voxel of the scan asks which voxel of the anatomy it shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.simulation.training.anatomy import Anatomy, Segment

Points = NDArray[np.float64]

_SHARE_LEVELS = np.array([0.0, 0.26, 0.50, 0.82, 0.875, 1.0])
"""Soles, knee, crotch, shoulder, chin, vertex as shares of an adult's height."""
_CHILD_SHARES = np.array([0.235, 0.225, 0.335, 0.045, 0.160])
"""Lengths between them at about five years."""
_WOBBLE = ((300.0, 14.0), (90.0, 6.0), (45.0, 3.2), (26.0, 1.5))
"""Distance of control points (mm) and standard deviation of their displacement (mm), for an adult."""

_MISTAKE = ((150.0, 8.0), (70.0, 7.0), (35.0, 3.0))
"""The same for the error of a first guess where everything lies."""


@dataclass(frozen=True, eq=False, slots=True)
class Wobble:
    """A smooth random field over a box: cubic between random values at control points."""

    nodes: tuple[NDArray[np.float32], ...]
    step: tuple[float, ...]
    low: NDArray[np.float64]

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        low: Points,
        high: Points,
        scales: tuple[tuple[float, float], ...],
        channels: int,
    ) -> Self:
        """Draw control values for every scale (distance in mm, standard deviation)."""
        nodes = []
        for step, deviation in scales:
            count = [int(n) + 4 for n in np.ceil((high - low) / step)]
            nodes.append((deviation * rng.standard_normal((channels, *count))).astype(np.float32))
        return cls(tuple(nodes), tuple(step for step, _ in scales), low)

    def __call__(self, points: Points) -> NDArray[np.float32]:
        """Return the field at points of shape (n, 3), shape (n, channels)."""
        from scipy import ndimage

        total = np.zeros((len(points), self.nodes[0].shape[0]), np.float32)
        for nodes, step in zip(self.nodes, self.step, strict=True):
            index = ((points - self.low) / step + 1.5).T
            for channel in range(total.shape[1]):
                total[:, channel] += ndimage.map_coordinates(
                    nodes[channel],
                    index,
                    order=3,
                    prefilter=False,
                    mode="nearest",
                )
        return total

    def on_grid(self, axes: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Return the field at places along x, y and z, shape (channels, x, y, z): products of matrices, so it is fast.

        Beyond the control points the field is 0.
        """
        total = np.zeros((), np.float32)
        for values, step in zip(self.nodes, self.step, strict=True):
            for number, places in enumerate(axes):
                index = (places - self.low[number]) / step + 1.5
                away = np.abs(index[:, None] - np.arange(values.shape[number + 1]))
                near = 2 / 3 - away**2 + away**3 / 2
                weight = np.where(away < 1, near, np.clip(2 - away, 0, None) ** 3 / 6).astype(np.float32)
                values = np.moveaxis(np.tensordot(weight, values, (1, number + 1)), 0, number + 1)
            total = total + values
        return total


@dataclass(frozen=True, eq=False, slots=True)
class Posed:
    """One random body made of an anatomy.

    Parameters
    ----------
    anatomy
        What it is made of.
    height_mm
        Its height.
    mirrored
        Whether left and right of the anatomy change places.
    levels
        Heights of the scan (mm) at which the anatomy's `anatomy_levels` lie.
    anatomy_levels
        Heights in the anatomy.
    girth
        Width and depth relative to the anatomy's at 12 levels, shape (12, 2).
    angles
        Rotation vectors in radians by joint.
    twist
        Turn of the legs about their own axis in radians, by side.
    tilt
        Rotation vector of the whole body in the scanner.
    wobble
        Elastic displacement in mm.
    fat_mm
        Fat added on (or, negative, taken off) the surface.
    """

    anatomy: Anatomy
    height_mm: float
    mirrored: bool
    levels: NDArray[np.float64]
    anatomy_levels: NDArray[np.float64]
    girth: NDArray[np.float64]
    angles: dict[str, NDArray[np.float64]]
    twist: dict[str, float]
    tilt: NDArray[np.float64]
    wobble: Wobble
    fat_mm: float

    @classmethod
    def random(cls, anatomy: Anatomy, rng: np.random.Generator) -> Self:
        """Draw a body: 85 to 190 cm, thin to obese, limbs turned, arms now and then on the belly."""
        height = rng.uniform(850, 1900)
        soles, vertex = anatomy.height_mm
        adult = np.diff(_SHARE_LEVELS)
        childness = np.clip((1700 - height) / 620, 0, 1) * rng.uniform(0.6, 1.2)
        shares = ((1 - childness) * adult + childness * _CHILD_SHARES) * rng.normal(1, 0.03, adult.size)
        levels = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * height
        degree = np.pi / 180
        angles = {}
        for side, outward in (("left", -1.0), ("right", 1.0)):
            # These maps lead back to the anatomy: forward and outward in the scan are negative turns here.
            away, forward = abs(rng.normal(0, 8)), rng.normal(0, 6)
            bent, inward = abs(rng.normal(5, 9)), rng.normal(0, 6)
            if rng.random() < 0.3:
                # The hand on the belly or the groin.
                away, forward = abs(rng.normal(6, 6)), rng.normal(-5, 8)
                bent, inward = abs(rng.normal(50, 20)), rng.normal(35, 18)
            angles[f"{side}_shoulder"] = degree * np.array([-forward, outward * away, rng.normal(0, 12)])
            angles[f"{side}_elbow"] = degree * np.array([-bent, -outward * inward, rng.normal(0, 10)])
            angles[f"{side}_hip"] = degree * np.array([rng.normal(0, 4), outward * abs(rng.normal(0, 5)), 0])
        angles["neck"] = degree * rng.normal(0, [7, 4, 9])
        scale = height / (vertex - soles)
        # Children are thicker for their height than adults; people of one height differ by more.
        girth = rng.uniform(0.8, 1.3) * (1 + 0.15 * childness) * rng.normal(1, 0.06, 2) * rng.normal(1, 0.05, (12, 2))
        girth[-2:] = 1 + 0.3 * (girth[-2:] - 1) + 0.25 * childness
        margin = 200.0
        low, high = np.array([-500.0, -300, -margin]), np.array([500.0, 300, height + margin])
        strength = rng.uniform(0.5, 1.3)
        wobble = Wobble.random(rng, low, high, tuple((s * scale, strength * d * scale) for s, d in _WOBBLE), channels=3)
        return cls(
            anatomy,
            height,
            bool(rng.random() < 0.5),
            levels,
            soles + _SHARE_LEVELS * (vertex - soles),
            girth,
            angles,
            {side: degree * rng.normal(0, 10) for side in ("left", "right")},
            degree * rng.normal(0, [2, 2, 3]),
            wobble,
            float(rng.uniform(-6, 6) + (rng.random() < 0.3) * rng.uniform(0, 30)),
        )

    def mistaken(self, rng: np.random.Generator) -> Self:
        """Return the body as somebody would place it who errs by some millimetres, here more and there less."""
        scale = rng.uniform(0.2, 1.6) * self.height_mm / 1700
        high = np.array([500.0, 300, self.height_mm + 200])
        error = Wobble.random(rng, self.wobble.low, high, tuple((d, scale * s) for d, s in _MISTAKE), channels=3)
        both = Wobble(self.wobble.nodes + error.nodes, self.wobble.step + error.step, self.wobble.low)
        return replace(self, wobble=both)

    def candidates(self, points: Points) -> Iterator[tuple[Segment, Points]]:
        """Yield, for the trunk and each part of the limbs, where points of the scan would lie in the anatomy.

        Parameters
        ----------
        points
            Points in the scan, RAS mm, soles near z = 0, shape (n, 3).

        Yields
        ------
        segment, points
            The segment this map is for, and points in the anatomy, shape (n, 3).
        """
        straight = self._straightened(points)
        yield Segment.TRUNK, self._hips(self._neck(straight))
        for side, arm, forearm, leg in (
            ("left", Segment.LEFT_ARM, Segment.LEFT_FOREARM, Segment.LEFT_LEG),
            ("right", Segment.RIGHT_ARM, Segment.RIGHT_FOREARM, Segment.RIGHT_LEG),
        ):
            shoulder, elbow = (self.anatomy.joints[f"{side}_{joint}"] for joint in ("shoulder", "elbow"))
            down = shoulder[2] - straight[:, 2]
            upper = _turned(straight, shoulder, self.angles[f"{side}_shoulder"], _ramp(down, -20, 70))
            yield arm, upper
            yield forearm, _turned(upper, elbow, self.angles[f"{side}_elbow"], np.ones(len(upper)))
            yield leg, self._leg(straight, side, np.ones(len(straight)))

    def _straightened(self, points: Points) -> Points:
        """Undo tilt, wobble, proportions and girth."""
        middle = np.array([0, 0, self.height_mm / 2])
        q = _turned(points, middle, self.tilt, np.ones(len(points)))
        q = q + self.wobble(q)
        z = np.interp(q[:, 2], self.levels, self.anatomy_levels)
        below, above = q[:, 2] - self.levels[0], q[:, 2] - self.levels[-1]
        z += np.minimum(below, 0) + np.maximum(above, 0)
        scale = self.height_mm / (self.anatomy_levels[-1] - self.anatomy_levels[0])
        knots = np.linspace(0, self.height_mm, len(self.girth))
        across = np.stack([np.interp(q[:, 2], knots, self.girth[:, axis]) for axis in (0, 1)], axis=1) * scale
        centre = self.anatomy.joints["neck"][:2]
        xy = q[:, :2] / across
        x = -xy[:, 0] if self.mirrored else xy[:, 0]
        return np.stack([x + 0.0, xy[:, 1] + centre[1], z], axis=1)

    def _neck(self, points: Points) -> Points:
        neck = self.anatomy.joints["neck"]
        return _turned(points, neck, self.angles["neck"], _ramp(points[:, 2] - neck[2], -50, 60))

    def _hips(self, points: Points) -> Points:
        out = points.copy()
        for side, here in (("left", points[:, 0] < 0), ("right", points[:, 0] >= 0)):
            # Close to the midline the pelvis holds the tissue.
            out[here] = self._leg(points[here], side, _ramp(np.abs(points[here, 0]), 0, 40))
        return out

    def _leg(self, points: Points, side: str, free: NDArray[np.float64]) -> Points:
        hip = self.anatomy.joints[f"{side}_hip"]
        down = hip[2] - points[:, 2]
        turned = _turned(points, hip, np.array([0, 0, self.twist[side]]), free * _ramp(down, -20, 200))
        return _turned(turned, hip, self.angles[f"{side}_hip"], free * _ramp(down, -40, 60))


def _ramp(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return 0 below `low`, 1 above `high`, smoothly between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    smooth: NDArray[np.float64] = t * t * (3 - 2 * t)
    return smooth


def _turned(points: Points, pivot: Points, rotation: NDArray[np.float64], share: NDArray[np.float64]) -> Points:
    """Return points turned about a pivot by a share of a rotation vector (Rodrigues' formula)."""
    angle = float(np.linalg.norm(rotation))
    if angle < 1e-9:
        return points
    axis = rotation / angle
    arm = points - pivot
    turn = (angle * share)[:, None]
    along = (arm @ axis)[:, None] * axis
    turned: Points = pivot + arm * np.cos(turn) + np.cross(axis, arm) * np.sin(turn) + along * (1 - np.cos(turn))
    return turned
