"""A whole body as one value, and bodies drawn at random from plausible ranges, which stand here in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid
from wbmri.core.scheme import Side, load_scheme
from wbmri.simulation.body.joints import Following, Segment, segments
from wbmri.simulation.body.parts import Parts, measured_body
from wbmri.simulation.body.pose_and_shape import ADULT_MM, Arm, Leg, Pose, Shape, childness, with_bulk
from wbmri.simulation.body.rendering import Rendered
from wbmri.simulation.body.skin_and_fat import FatLayer, joint_fluid, render


@dataclass(frozen=True, slots=True)
class Body:
    """A body.

    Parameters
    ----------
    shape
        Height, proportions and girth.
    pose
        How it lies.
    bulk
        Volume of a muscle group relative to that of the measured body at this size, by label; 1 where none is given.
        Below 1 is atrophy, whose place is taken by fat. Left and right are set apart.
    fat_mm
        Mean thickness of the subcutaneous fat.
    knee_fluid_ml
        Fluid in each knee of the measured body; other joints hold less. None by 0.
    """

    shape: Shape = field(default_factory=Shape)
    pose: Pose = field(default_factory=Pose)
    bulk: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    fat_mm: float = 6.0
    knee_fluid_ml: float = 0.0

    def parts(self) -> Parts:
        """Return all parts in RAS mm, soles near z = 0."""
        measured = self._measured()
        return measured.mapped(self.pose.mapping(Following.of(measured), self.shape.mapping()))

    def render(self, grid: Grid) -> Rendered:
        """Draw the body on a grid."""
        return render(self.parts(), grid, FatLayer.over(self._measured(), self.fat_mm))

    def _measured(self) -> Parts:
        """Return the measured body with this one's bulk and fluid."""
        parts = _bulked(tuple(sorted(self.bulk.items())))
        return parts.joined(joint_fluid(self.knee_fluid_ml)) if self.knee_fluid_ml > 0 else parts


@lru_cache(maxsize=2)
def _bulked(bulk: tuple[tuple[int, float], ...]) -> Parts:
    return with_bulk(measured_body(), dict(bulk))


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
    parts: Parts,
    chosen: NDArray[np.int64],
    points: NDArray[np.float64],
    widen_mm: float,
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


Range = tuple[float, float]

_TYPICAL: Mapping[str, float] = MappingProxyType(
    {
        "iliopsoas": 1.15,
        "gluteus_maximus": 1.5,
        "gluteus_med_min": 1.05,
        "thigh_anterior": 1.1,
        "thigh_posterior": 0.65,
        "leg_anterior": 1.15,
        "leg_lateral": 1.25,
        "leg_posterior": 0.85,
    },
)
"""Volume of a pair in the average person relative to the measured man, whose hamstrings and calves are large and whose
gluteus maximus is small: most of the way to the shares of Handsfield 2014 (see `docs/anatomy.md`)."""
_CHILD_GIRTH = 0.07
"""How much stouter for its height a child of 108 cm is than an adult, so that its weight is that of its age."""


@dataclass(frozen=True, slots=True)
class BodyRanges:
    """From which ranges a random body is drawn, evenly unless it says otherwise.

    Parameters
    ----------
    height_mm
        Standing height.
    stoutness
        From thin, 0, to obese, 1: girth, belly and fat go with it.
    girth, belly
        At the ends of stoutness.
    fat_mm
        Mean thickness of the subcutaneous fat of an adult, at the ends of stoutness; a child's is less by the square
        root of the height.
    bulk
        Muscle of the whole body relative to the average person's.
    bulk_sd
        Standard deviation of the logarithm of a pair's bulk among people of one build.
    side_sd
        Standard deviation of the logarithm of left over right.
    wasted
        Chance that a pair is wasted, and how far.
    variation_mm, sway_mm
        See `Shape`.
    knee_fluid_ml
        See `Body`.
    arms_on_belly
        Chance that an arm is laid on the belly; where one is, the other mostly is too.
    abduction_deg, flexion_deg, rotation_deg, elbow_deg
        Of arms beside the body.
    belly_rotation_deg, belly_elbow_deg
        Of arms laid on the belly.
    leg_abduction_deg, leg_rotation_deg, leg_flexion_deg
        Of both legs; the knee bends by twice the hip's flexion, as over a cushion.
    leg_side_deg
        By how much one leg's abduction, rotation and flexion lie from those of both, at most.
    head_deg
        Largest nod, tilt and turn to either side.
    pelvis_deg
        Largest turn of the pelvis about the axes to the right, to the front and to the head.
    typical
        Volume of a pair in the average person relative to the measured body, by its id; 1 where none is given.
    """

    height_mm: Range = (900.0, 1800.0)
    stoutness: Range = (0.0, 1.0)
    girth: Range = (0.9, 1.12)
    belly: Range = (0.95, 1.5)
    fat_mm: Range = (3.0, 26.0)
    bulk: Range = (0.75, 1.3)
    bulk_sd: float = 0.08
    side_sd: float = 0.03
    wasted: tuple[float, Range] = (0.08, (0.5, 0.8))
    variation_mm: Range = (2.0, 5.0)
    sway_mm: Range = (0.0, 12.0)
    knee_fluid_ml: Range = (2.0, 15.0)
    arms_on_belly: float = 0.35
    abduction_deg: Range = (-3.0, 14.0)
    flexion_deg: Range = (-5.0, 8.0)
    rotation_deg: Range = (-10.0, 35.0)
    elbow_deg: Range = (0.0, 15.0)
    belly_rotation_deg: Range = (45.0, 65.0)
    belly_elbow_deg: Range = (65.0, 95.0)
    leg_abduction_deg: Range = (-1.0, 10.0)
    leg_rotation_deg: Range = (-20.0, 5.0)
    leg_flexion_deg: Range = (0.0, 10.0)
    leg_side_deg: float = 3.0
    head_deg: tuple[float, float, float] = (8.0, 8.0, 25.0)
    pelvis_deg: tuple[float, float, float] = (6.0, 7.0, 6.0)
    typical: Mapping[str, float] = field(default_factory=lambda: _TYPICAL)


def average_body(height_mm: float, ranges: BodyRanges | None = None) -> Body:
    """Return the body in the middle of the ranges, of a height, lying straight with its arms beside it."""
    ranges = ranges or BodyRanges()
    stout = sum(ranges.stoutness) / 2
    whole = sum(ranges.bulk) / 2
    return Body(
        Shape(height_mm, _girth(height_mm, stout, ranges), belly=_between(ranges.belly, stout)),
        bulk={group.label: whole * ranges.typical.get(group.pair.id, 1.0) for group in load_scheme().groups},
        fat_mm=_fat_mm(height_mm, stout, ranges),
        knee_fluid_ml=ranges.knee_fluid_ml[0],
    )


def random_body(seed: int, ranges: BodyRanges | None = None) -> Body:
    """Return the body of a seed: of any height and build, with its own proportions, lying its own way.

    Parameters
    ----------
    seed
        The same seed and ranges give the same body.
    ranges
        What it is drawn from; `BodyRanges` by default.
    """
    ranges = ranges or BodyRanges()
    rng = np.random.default_rng([seed, 84])
    height, stout = rng.uniform(*ranges.height_mm), rng.uniform(*ranges.stoutness)
    shape = Shape(
        height_mm=float(height),
        girth=_girth(height, stout, ranges) * float(np.exp(rng.normal(0, 0.02))),
        sway_mm=float(rng.uniform(*ranges.sway_mm) * height / 1700),
        seed=int(rng.integers(2**31)),
        belly=_between(ranges.belly, stout),
        variation_mm=float(rng.uniform(*ranges.variation_mm)),
    )
    body = Body(
        shape,
        _pose(rng, ranges),
        _bulk(rng, ranges),
        fat_mm=_fat_mm(height, stout, ranges),
        knee_fluid_ml=float(rng.uniform(*ranges.knee_fluid_ml)),
    )
    return replace(body, pose=lift_arms(body))


def _between(ends: Range, share: float) -> float:
    return float(ends[0] + (ends[1] - ends[0]) * share)


def _girth(height_mm: float, stout: float, ranges: BodyRanges) -> float:
    return _between(ranges.girth, stout) * (1 + _CHILD_GIRTH * childness(height_mm))


def _fat_mm(height_mm: float, stout: float, ranges: BodyRanges) -> float:
    # Most people are nearer to the lean end.
    return _between(ranges.fat_mm, stout**1.5) * float(np.sqrt(height_mm / ADULT_MM))


def _bulk(rng: np.random.Generator, ranges: BodyRanges) -> dict[int, float]:
    whole = rng.uniform(*ranges.bulk)
    chance, extent = ranges.wasted
    scheme, bulk = load_scheme(), {}
    for pair, name in enumerate(scheme.pair_ids):
        factor = whole * ranges.typical.get(name, 1.0) * np.exp(rng.normal(0, ranges.bulk_sd))
        if rng.random() < chance:
            factor *= rng.uniform(*extent)
        uneven = np.exp(rng.normal(0, ranges.side_sd))
        bulk[scheme.label_of(pair, Side.LEFT)] = float(factor * np.sqrt(uneven))
        bulk[scheme.label_of(pair, Side.RIGHT)] = float(factor / np.sqrt(uneven))
    return bulk


def _pose(rng: np.random.Generator, ranges: BodyRanges) -> Pose:
    def draw(ends: Range) -> float:
        return float(rng.uniform(*ends))

    pelvis = [float(rng.uniform(-most, most)) for most in ranges.pelvis_deg]
    on_belly = rng.random() < ranges.arms_on_belly
    both = [draw(ends) for ends in (ranges.leg_abduction_deg, ranges.leg_rotation_deg, ranges.leg_flexion_deg)]
    arms, legs = [], []
    for side in (-1, 1):
        abduction, flexion, rotation, elbow = (
            draw(ends) for ends in (ranges.abduction_deg, ranges.flexion_deg, ranges.rotation_deg, ranges.elbow_deg)
        )
        if rng.random() < (1 - ranges.arms_on_belly / 2 if on_belly else ranges.arms_on_belly / 4):
            abduction, rotation, elbow = (
                abs(abduction),
                draw(ranges.belly_rotation_deg),
                draw(ranges.belly_elbow_deg),
            )
        arms.append(Arm(abduction, flexion, rotation, elbow))
        # The legs of a tilted pelvis still point to the feet of the table, by most of the tilt.
        apart, turned, hip = (own + draw((-ranges.leg_side_deg, ranges.leg_side_deg)) for own in both)
        hip = max(hip, 0.0)
        legs.append(Leg(apart + side * 0.7 * pelvis[1], hip - 0.7 * pelvis[0], turned, 2 * hip))
    head = tuple(float(rng.uniform(-most, most)) for most in ranges.head_deg)
    return Pose(arms[0], arms[1], legs[0], legs[1], (head[0], head[1], head[2]), (pelvis[0], pelvis[1], pelvis[2]))
