"""Labelled bodies warped to random size, build and pose: maps from a place in a scan back to the anatomy.

Where `wbmri.simulation.body.pose_and_shape` moves the parts of the measured body forward, an anatomy of voxels is drawn
backward: every voxel of the scan asks which voxel of the anatomy it shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.core.scheme import load_scheme
from wbmri.simulation.body.joints import ramp, turned
from wbmri.simulation.body.labelled_body import LabelledBody, Limb
from wbmri.simulation.body.parts import Points, Tissue, of_other_side, on_right
from wbmri.simulation.body.pose_and_shape import CHILD_SHARES, childness
from wbmri.simulation.body.rendering import Rendered
from wbmri.simulation.body.smooth_field import SmoothField, between

_SHARE_LEVELS = np.array([0.0, 0.26, 0.50, 0.82, 0.875, 1.0])
"""Soles, knee, crotch, shoulder, chin, vertex as shares of an adult's height."""
_WOBBLE = ((300.0, 14.0), (90.0, 6.0), (45.0, 3.2), (26.0, 1.5))
"""Distance of control points (mm) and standard deviation of their displacement (mm), for an adult."""

_MISTAKE = ((150.0, 8.0), (70.0, 7.0), (35.0, 3.0))
"""The same for the error of a first guess where everything lies."""
_LATTICE_MM = 14.0
"""The map is evaluated this far apart and interpolated between: it is smooth."""
_LEGS_TOGETHER = 0.5
"""Share of bodies whose calves lie together, as those of many who lie on their back do."""
_ARMS_AWAY = 0.2
"""Share of scans in whose view no arm lies."""
_MARGIN = 12
"""Voxels of the anatomy around a limb's box in which lattice points still matter."""
_SKIN_MM = 2.0
_FAT, _SKIN = Tissue.FAT.code, Tissue.SKIN.code


@dataclass(frozen=True, eq=False, slots=True)
class Located(Rendered):
    """A body on a grid, with where in the body its voxels lie.

    Parameters
    ----------
    right
        Whether the voxel belongs to the right half of the body.
    level
        Height in the anatomy, 0 at the soles and 1 at the vertex.
    """

    right: NDArray[np.bool_]
    level: NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class WarpedBody:
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
    gaps_mm
        By how much the muscles of each group are thinner all around than the anatomy's, by label; fat takes the place.
    arms
        Whether the arms are drawn: they may lie above the head, out of view.
    """

    anatomy: LabelledBody
    height_mm: float
    mirrored: bool
    levels: NDArray[np.float64]
    anatomy_levels: NDArray[np.float64]
    girth: NDArray[np.float64]
    angles: dict[str, NDArray[np.float64]]
    twist: dict[str, float]
    tilt: NDArray[np.float64]
    wobble: SmoothField
    fat_mm: float
    gaps_mm: NDArray[np.float32]
    arms: bool

    @classmethod
    def random(cls, anatomy: LabelledBody, rng: np.random.Generator) -> Self:
        """Draw a body: 85 to 190 cm, thin to obese, limbs turned, arms now and then on the belly."""
        height = rng.uniform(850, 1900)
        soles, vertex = anatomy.height_mm
        adult = np.diff(_SHARE_LEVELS)
        young = childness(height) * rng.uniform(0.6, 1.2)
        shares = ((1 - young) * adult + young * CHILD_SHARES) * rng.normal(1, 0.03, adult.size)
        levels = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * height
        degree = np.pi / 180
        angles = {}
        together = rng.random() < _LEGS_TOGETHER
        lifted = degree * rng.normal(0, 3) if together else 0.0
        closed = rng.uniform(0.8, 1.3) if together else max(0.0, rng.normal(0, 0.3))
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
            away = degree * abs(rng.normal(0, 1 if together else 5)) - closed * anatomy.legs_apart
            raised = lifted + degree * rng.normal(0, 1.5 if together else 4)
            angles[f"{side}_hip"] = np.array([raised, outward * away, 0])
            # A roll under the knees bends them.
            angles[f"{side}_knee"] = np.array([degree * abs(rng.normal(0, 6)), 0, 0])
        angles["neck"] = degree * rng.normal(0, [7, 4, 9])
        scale = height / (vertex - soles)
        # Children are thicker for their height than adults; people of one height differ by more.
        girth = rng.uniform(0.8, 1.3) * (1 + 0.15 * young) * rng.normal(1, 0.06, 2) * rng.normal(1, 0.05, (12, 2))
        girth[-2:] = 1 + 0.3 * (girth[-2:] - 1) + 0.25 * young
        margin = 200.0
        low, high = np.array([-500.0, -300, -margin]), np.array([500.0, 300, height + margin])
        strength = rng.uniform(0.5, 1.9)
        wobble = SmoothField.random(
            rng, low, high, tuple((s * scale, strength * d * scale) for s, d in _WOBBLE), channels=3
        )
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
            _gaps(rng),
            bool(rng.random() > _ARMS_AWAY),
        )

    def mistaken(self, rng: np.random.Generator) -> Self:
        """Return the body as somebody would place it who errs by some millimetres, here more and there less."""
        scale = rng.uniform(0.2, 1.6) * self.height_mm / 1700
        high = np.array([500.0, 300, self.height_mm + 200])
        error = SmoothField.random(rng, self.wobble.low, high, tuple((d, scale * s) for d, s in _MISTAKE), channels=3)
        both = SmoothField(self.wobble.nodes + error.nodes, self.wobble.step + error.step, self.wobble.low)
        return replace(self, wobble=both)

    def render(self, grid: Grid) -> Located:
        """Draw the body on a grid along the axes of the world, in the scan's RAS mm."""
        anatomy = self.anatomy
        count = [max(2, int(np.ceil(n * s / _LATTICE_MM)) + 1) for n, s in zip(grid.shape, grid.spacing, strict=True)]
        steps = [(n - 1) / (c - 1) for n, c in zip(grid.shape, count, strict=True)]
        axes = [o + s * d * np.arange(c) for o, s, d, c in zip(grid.origin, grid.spacing, steps, count, strict=True)]
        lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        spacing, origin = np.array(anatomy.grid.spacing), anatomy.grid.origin
        tissue, labels = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
        right, level = np.zeros(grid.shape, bool), np.zeros(grid.shape, np.float32)
        for limb, points in self.candidates(lattice):
            index = anatomy.grid.indices(points).reshape(*count, 3)
            trunk = limb == Limb.NONE
            part = (slice(None),) * 3 if trunk else _part(index, anatomy.boxes.get(limb))
            if part is None:
                continue
            box = tuple(_fine(s, c, d, n) for s, c, d, n in zip(part, count, steps, grid.shape, strict=True))
            places = [
                np.arange(b.start, b.stop) / d - p.indices(c)[0]
                for b, d, p, c in zip(box, steps, part, count, strict=True)
            ]
            full = between(np.moveaxis(index[part], -1, 0).astype(np.float32), places)
            kind, label, cover, inner = anatomy.seen(full, limb)
            kind = np.where((label > 0) & (inner < self.gaps_mm[label]), np.uint8(_FAT), kind)
            kind = _with_fat(kind, cover, self.fat_mm)
            # Firm tissue of a limb covers the trunk; fat and skin only fill what is still air.
            firm = (kind > 0) & (kind != _FAT) & (kind != _SKIN)
            take = (firm & (not trunk)) | ((kind > 0) & (tissue[box] == 0))
            tissue[box][take] = kind[take]
            labels[box][take] = np.where(firm, label, 0)[take]
            right[box][take] = (full[0][take] * spacing[0] + origin[0] > 0) != self.mirrored
            soles, vertex = anatomy.height_mm
            level[box][take] = (full[2][take] * spacing[2] + origin[2] - soles) / (vertex - soles)
        if self.mirrored:
            labels = of_other_side(labels)
        paired = labels > 0
        right[paired] = on_right(labels[paired])
        return Located(grid, tissue, labels, right, level)

    def candidates(self, points: Points) -> Iterator[tuple[Limb, Points]]:
        """Yield, for the trunk and each part of the limbs, where points of the scan would lie in the anatomy.

        Parameters
        ----------
        points
            Points in the scan, RAS mm, soles near z = 0, shape (n, 3).

        Yields
        ------
        limb, points
            The part of a limb this map is for, and points in the anatomy, shape (n, 3).
        """
        straight = self._straightened(points)
        yield Limb.NONE, self._hips(self._neck(straight))
        for side, arm, forearm, leg in (
            ("left", Limb.LEFT_UPPER_ARM, Limb.LEFT_FOREARM, Limb.LEFT_LEG),
            ("right", Limb.RIGHT_UPPER_ARM, Limb.RIGHT_FOREARM, Limb.RIGHT_LEG),
        ):
            shoulder, elbow = (self.anatomy.joints[f"{side}_{joint}"] for joint in ("shoulder", "elbow"))
            down = shoulder[2] - straight[:, 2]
            upper = turned(straight, shoulder, self.angles[f"{side}_shoulder"], ramp(down, -20, 70))
            if self.arms:
                yield arm, upper
                yield forearm, turned(upper, elbow, self.angles[f"{side}_elbow"], np.ones(len(upper)))
            yield leg, self._leg(straight, side, np.ones(len(straight)))

    def _straightened(self, points: Points) -> Points:
        """Undo tilt, wobble, proportions and girth."""
        middle = np.array([0, 0, self.height_mm / 2])
        q = turned(points, middle, self.tilt, np.ones(len(points)))
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
        return turned(points, neck, self.angles["neck"], ramp(points[:, 2] - neck[2], -50, 60))

    def _hips(self, points: Points) -> Points:
        out = points.copy()
        for side, here in (("left", points[:, 0] < 0), ("right", points[:, 0] >= 0)):
            # Close to the midline the pelvis holds the tissue.
            out[here] = self._leg(points[here], side, ramp(np.abs(points[here, 0]), 0, 40))
        return out

    def _leg(self, points: Points, side: str, free: NDArray[np.float64]) -> Points:
        hip = self.anatomy.joints[f"{side}_hip"]
        down = hip[2] - points[:, 2]
        twisted = turned(points, hip, np.array([0, 0, self.twist[side]]), free * ramp(down, -20, 200))
        thigh = turned(twisted, hip, self.angles[f"{side}_hip"], free * ramp(down, -40, 60))
        knee = self.anatomy.joints[f"{side}_knee"]
        return turned(thigh, knee, self.angles[f"{side}_knee"], free * ramp(knee[2] - thigh[:, 2], -60, 60))


def _gaps(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the fat between the muscles of one body: little in most, more in some, and more where muscles are wasted."""
    count = len(load_scheme().groups) + 1
    wasted = (rng.random(count) < 0.15) * rng.uniform(0, 4, count)
    gaps: NDArray[np.float32] = (max(0.0, rng.normal(0, 1.2)) + wasted).astype(np.float32)
    return gaps


def _part(
    index: NDArray[np.float64],
    box: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
) -> tuple[slice, ...] | None:
    """Return the part of the lattice whose points lie in a segment's box, or near it; None where there is none."""
    if box is None:
        return None
    near: NDArray[np.bool_] = np.all((index >= box[0] - _MARGIN) & (index <= box[1] + _MARGIN), axis=-1)
    if not near.any():
        return None
    part = []
    for axis in range(3):
        there = np.flatnonzero(near.any(axis=(0, 1, 2)[:axis] + (0, 1, 2)[axis + 1 :]))
        part.append(slice(max(0, int(there[0]) - 1), min(near.shape[axis], int(there[-1]) + 2)))
    return tuple(part)


def _fine(part: slice, count: int, step: float, size: int) -> slice:
    """Return the voxels that a part of the lattice spans along one axis."""
    start, stop, _ = part.indices(count)
    return slice(int(np.ceil(start * step - 1e-6)), min(size, int(np.floor((stop - 1) * step + 1e-6)) + 1))


def _with_fat(kind: NDArray[np.uint8], cover: NDArray[np.int16], fat_mm: float) -> NDArray[np.uint8]:
    """Add fat on the surface, or take it off where there is some."""
    if fat_mm > 0:
        added = (kind == 0) & (cover > 0) & (cover <= fat_mm)
        kind = np.where((kind == _SKIN), np.uint8(_FAT), kind)
        return np.where(added, np.where(cover > fat_mm - _SKIN_MM, np.uint8(_SKIN), np.uint8(_FAT)), kind)
    outer = ((kind == _FAT) | (kind == _SKIN)) & (cover > fat_mm)
    return np.where(outer, np.uint8(0), kind)
