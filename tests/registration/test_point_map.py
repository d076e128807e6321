"""Where places of the body at one visit lie at another: a limb pair with known growth and a known other position."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.analysis.comparison import correspond
from wbmri.core import Grid, InputError, LabelMap, Volume
from wbmri.core.scheme import Scheme
from wbmri.registration import PointMap, register_visits

DIRECTIONS = np.array([[-1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
GRID = Grid.from_directions((76, 100, 20), DIRECTIONS, (4.0, 4.0, 6.0), (150.0, -60.0, -200.0))
GROWN = np.array([[1.03, 0.05, 0.0], [-0.05, 1.03, 0.0], [0.0, 0.0, 1.03]])
MOVED = np.array([8.0, -6.0, 12.0])


def grown(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the points of the first visit lie at the second: the child grew by 3 % and lies turned and elsewhere."""
    made: NDArray[np.float64] = points @ GROWN.T + MOVED
    return made


def visit(scheme: Scheme, back: bool) -> tuple[Volume, LabelMap]:
    """Two limbs of four muscle groups, two in front of two, in a sleeve of fat, at the first or the second visit."""
    world = GRID.points(np.indices(GRID.shape).reshape(3, -1).T)
    if back:
        world = (world - MOVED) @ np.linalg.inv(GROWN).T
    x, y, z = world.T
    data, labels = np.zeros(len(world)), np.zeros(len(world), np.uint8)
    for side, middle in enumerate((70.0, -70.0)):
        radius = np.hypot(x - middle, y) / (1 + 0.2 * np.cos(z / 45))
        inside = (radius < 42) & (np.abs(z) < 150)
        data[(radius < 55) & (np.abs(z) < 165)] = 10.0
        data[inside] = 100.0
        data[(radius < 12) & (np.abs(z) < 165)] = 15.0
        muscle = inside & (radius >= 12)
        labels[muscle] = (1 + side + 2 * (y > 0) + 4 * (z > 0))[muscle]
    data += np.random.default_rng(int(back)).normal(0, 2, len(world))
    every = dict.fromkeys(range(1, 9), 1.0)
    return (
        Volume(data.reshape(GRID.shape), GRID.affine),
        LabelMap(labels.reshape(GRID.shape), GRID.affine, scheme, "toy", every),
    )


@pytest.fixture(scope="module")
def forth(scheme: Scheme) -> PointMap:
    return register_visits(*visit(scheme, back=False), *visit(scheme, back=True))


@pytest.fixture(scope="module")
def muscle(scheme: Scheme) -> NDArray[np.float64]:
    labels = visit(scheme, back=False)[1]
    return GRID.points(np.argwhere(labels.data > 0)[::50])


def test_points_are_found_where_the_body_grew_and_lies_otherwise(forth: PointMap, muscle: NDArray[np.float64]) -> None:
    apart = np.linalg.norm(forth.points(muscle) - grown(muscle), axis=1)
    assert np.median(apart) < 1.5
    assert apart.max() < 5
    assert np.linalg.norm(muscle - grown(muscle), axis=1).mean() > 12  # same voxels would be far off


def test_there_and_back_is_where_one_started(forth: PointMap, muscle: NDArray[np.float64], scheme: Scheme) -> None:
    back = register_visits(*visit(scheme, back=True), *visit(scheme, back=False))
    assert np.median(np.linalg.norm(back.points(forth.points(muscle)) - muscle, axis=1)) < 2


def test_points_beyond_the_grid_move_with_the_nearest(forth: PointMap) -> None:
    last = forth.grid.points(np.array(forth.grid.shape) - 1)
    far = last + np.array([500.0, 0.0, 0.0])
    assert forth.points(np.stack([far]))[0] == pytest.approx(forth.points(np.stack([last]))[0] + (500.0, 0.0, 0.0))


def test_scans_of_other_parts_of_the_body_are_refused(scheme: Scheme) -> None:
    volume, labels = visit(scheme, back=False)
    other = replace(labels, data=np.where(labels.data > 0, labels.data + 8, 0))
    with pytest.raises(InputError, match="0 muscle groups in common"):
        register_visits(volume, labels, volume, other)


def test_the_same_pairs_are_registered_whatever_the_scheme_is_called(scheme: Scheme) -> None:
    volume, labels = visit(scheme, back=False)
    renamed = replace(labels, scheme=replace(scheme, name="site", version="7"))
    made = register_visits(volume, labels, volume, renamed)
    points = labels.grid.points(np.argwhere(labels.data > 0)[::500])
    assert np.abs(made.points(points) - points).max() < 0.5


def test_the_same_name_with_pairs_in_another_order_is_refused(scheme: Scheme) -> None:
    volume, labels = visit(scheme, back=False)
    other = replace(labels, scheme=replace(scheme, pairs=scheme.pairs[::-1]))
    with pytest.raises(InputError, match="one scheme"):
        register_visits(volume, labels, volume, other)


def test_a_group_of_which_half_is_missed_is_found_and_swapping_changes_nothing(scheme: Scheme) -> None:
    baseline, (volume, labels) = visit(scheme, back=False), visit(scheme, back=True)
    right_half = GRID.points(np.moveaxis(np.indices(GRID.shape), 0, -1))[..., 0] > 80
    followup = volume, replace(labels, data=np.where((labels.data == 1) & right_half, 0, labels.data))
    forth = correspond(baseline, followup)
    assert forth.overlap == correspond(followup, baseline).overlap
    assert min(forth.overlap, key=lambda label: forth.overlap[label]) == 1
    assert forth.overlap[8] > 0.85
