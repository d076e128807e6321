"""The parts of a deformable registration: landmarks, the spline through them, and demons."""

import numpy as np
import pytest

from wbmri.core import Grid, LabelMap
from wbmri.core.scheme import Scheme
from wbmri.registration import (
    DemonsStage,
    displaced,
    group_landmarks,
    least_spread_mm,
    register_demons,
    shared_labels,
    spline_places,
)

GRID = Grid.along_axes((30, 25, 40), 4.0, (-58.0, -48.0, -78.0))
TURN = np.array([[1.1, 0.1, 0.0], [-0.1, 1.1, 0.0], [0.0, 0.05, 1.2]])
MOVED = np.array([5.0, -8.0, 20.0])


def test_the_spline_through_landmarks_of_an_affine_map_is_that_map() -> None:
    source = np.random.default_rng(1).uniform(-60, 60, (20, 3))
    places = spline_places(GRID, source, source @ TURN.T + MOVED, stiffness=0.0)
    points = GRID.points(np.moveaxis(np.indices(GRID.shape), 0, -1))
    np.testing.assert_allclose(np.moveaxis(places, 0, -1), points @ TURN.T + MOVED, atol=1e-2)


def test_landmarks_are_the_centroids_of_thirds_from_foot_to_head(scheme: Scheme) -> None:
    data = np.zeros((3, 3, 9), np.uint8)
    data[1, 1, :] = 5
    data[:2, 2, 4] = 7
    downward = Grid.from_directions(data.shape, np.diag([1.0, 1.0, -1.0]), 2.0, (0.0, 0.0, 100.0))
    found = group_landmarks(LabelMap(data, downward.affine, scheme, "toy", {}, frozenset({7})))
    assert set(found) == {(5, 0), (5, 1), (5, 2)}
    assert [found[5, third].tolist() for third in range(3)] == [[2.0, 2.0, z] for z in (86.0, 92.0, 98.0)]
    assert shared_labels(found, {(5, 0): np.zeros(3), (6, 0): np.zeros(3)}) == {5}


def test_landmarks_in_one_plane_have_no_spread_across_it() -> None:
    flat = {(label, 0): np.array([x, y, 3.0]) for label, (x, y) in enumerate([(0, 0), (50, 0), (0, 50), (50, 50)], 1)}
    assert least_spread_mm(flat, set(range(1, 5))) == pytest.approx(0.0, abs=1e-9)
    assert least_spread_mm(flat | {(5, 0): np.array([25.0, 25.0, 83.0])}, set(range(1, 6))) > 20


def test_demons_find_a_shift_and_say_how_far_they_are() -> None:
    i, j, k = np.indices((32, 32, 32))
    ball = np.exp(-((i - 16) ** 2 + (j - 15) ** 2 + (k - 16) ** 2) / 60).astype(np.float32)
    told: list[float] = []
    stages = (DemonsStage(2, 1.0, 40, 1.5), DemonsStage(1, 0.5, 40, 1.5))
    displacement = register_demons(ball, np.roll(ball, 3, axis=0), stages, told.append)
    assert told == [0.5, 1.0]
    assert displacement[16, 15, 16] == pytest.approx((3.0, 0.0, 0.0), abs=0.5)
    moved = displaced(np.stack([i, j, k]).astype(np.float32), displacement)
    assert moved[:, 16, 15, 16] == pytest.approx((19.0, 15.0, 16.0), abs=0.5)
