"""Random bodies: repeatable, within their ranges, whole."""

from dataclasses import replace

import numpy as np
import pytest

from wbmri.core.scheme import Scheme
from wbmri.simulation.body import Body, BodyRanges, Parts, Shape, average_body, grid_around, paint, random_body

SEEDS = (0, 7)
"""The second lays its arms on its belly."""


@pytest.fixture(scope="module")
def bodies() -> list[tuple[Body, Parts]]:
    made = [random_body(seed) for seed in SEEDS]
    return [(body, body.parts()) for body in made]


def test_a_seed_is_a_body(bodies: list[tuple[Body, Parts]]) -> None:
    assert random_body(SEEDS[0]) == bodies[0][0]
    assert bodies[0][0] != bodies[1][0]


def test_a_body_stays_within_the_ranges(bodies: list[tuple[Body, Parts]]) -> None:
    ranges = BodyRanges()
    for body, parts in bodies:
        assert ranges.height_mm[0] <= body.shape.height_mm <= ranges.height_mm[1]
        reach = 2.0 * np.sqrt(parts.covariance[:, 2, 2])
        length = (parts.centre[:, 2] + reach).max() - (parts.centre[:, 2] - reach).min()
        # Bent knees and a nodding head take a little off.
        assert 0.9 < length / body.shape.height_mm < 1.06
        assert 0.0 <= body.pose.left_leg.knee <= 2 * (ranges.leg_flexion_deg[1] + ranges.leg_side_deg)
        assert set(body.bulk) == set(range(1, 43))
    tall = random_body(1, replace(ranges, height_mm=(1750.0, 1760.0)))
    assert 1750.0 <= tall.shape.height_mm <= 1760.0


def test_no_group_is_lost_and_none_changes_sides(bodies: list[tuple[Body, Parts]], scheme: Scheme) -> None:
    for body, parts in bodies:
        size = 4.0 * body.shape.height_mm / 1700
        grid = grid_around(parts, (size, size, size))
        labels = paint(parts, grid)[1]
        drawn = np.bincount(labels.ravel(), minlength=43)[1:] * size**3 / 1000
        assert (drawn > 0.5 * parts.group_volumes_ml()[1:]).all()
        for group in scheme.groups:
            mine = parts.label == group.label
            middle = np.average(parts.centre[mine, 0], weights=parts.volume_ml[mine])
            other = parts.label == scheme.opposite(group.label)
            assert (middle < np.average(parts.centre[other, 0], weights=parts.volume_ml[other])) == (
                group.side == "left"
            )


def test_arms_on_the_belly_lie_in_front_of_it(bodies: list[tuple[Body, Parts]]) -> None:
    body, parts = bodies[1]
    assert body.pose.left_arm.elbow > 60
    hand = np.array([name == "capitate" for name in parts.structure]) & (parts.side == -1)
    belly = np.array([name == "rectus abdominis" for name in parts.structure])
    y, z = parts.centre[hand, 1].mean(), parts.centre[hand, 2].mean()
    near = belly & (np.abs(parts.centre[:, 2] - z) < 60)
    assert y > np.median(parts.centre[near, 1])


def test_a_belly_grows_forward_and_leaves_arms_and_spine() -> None:
    slim, stout = (Body(Shape(belly=belly)).parts() for belly in (1.0, 1.5))
    moved = stout.centre - slim.centre
    for name, low, high in (
        ("rectus abdominis", 10.0, 80.0),
        ("radius", -1.0, 1.0),
        ("third lumbar vertebra", -2.0, 20.0),
    ):
        chosen = np.array([each == name for each in slim.structure])
        assert low < moved[chosen, 1].max() < high, name


def test_persons_differ_by_about_the_variation_asked() -> None:
    measured, person = (Body(Shape(variation_mm=mm, seed=5)).parts().centre for mm in (0.0, 4.0))
    apart = person - measured
    np.testing.assert_allclose(apart.std(axis=0), 4.0, rtol=0.4)
    # Neighbouring structures move together.
    near = np.linalg.norm(measured[:200, None] - measured[None, :200], axis=-1)
    pairs = (near < 15) & (near > 0)
    assert np.linalg.norm(apart[:200, None] - apart[None, :200], axis=-1)[pairs].max() < 5.0


def test_the_average_body_has_published_proportions() -> None:
    volumes = average_body(1700.0).parts().group_volumes_ml()[1::2]
    share = volumes / volumes[11:].sum()
    # Shares of the lower limb's muscle: Handsfield 2014 (J Biomech 47:631).
    for pair, published in ((12, 0.063), (14, 0.069), (16, 0.276), (18, 0.104), (19, 0.034), (20, 0.018), (21, 0.150)):
        assert share[pair - 1] == pytest.approx(published, rel=0.15), pair
    # Gluteus maximus, 11.9 %, grows less than it should: a sheet can only thicken so far.
    assert 0.08 < share[12] < 0.13
    # The deltoid is 15.2 % of the upper limb (Holzbaur 2007, J Biomech 40:742), latissimus included there.
    assert 0.12 < volumes[4] / (volumes[4:11].sum() + 303) < 0.18


def test_a_child_has_the_muscle_of_a_child() -> None:
    # 5.6 kg at five years and 109 cm, 17.5 kg in a woman of 163 cm (ICRP Publication 89).
    child, adult = (average_body(height).parts().group_volumes_ml()[1:].sum() for height in (1090.0, 1630.0))
    assert child / adult == pytest.approx(5.6 / 17.5, rel=0.15)
