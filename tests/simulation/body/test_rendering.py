"""The measured body and its shapes: volumes, sides, maps and drawings."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core.scheme import Scheme
from wbmri.simulation.body import Parts, Shape, Tissue, grid_around, measured_body, occupancies, render


def ball(radius_mm: float, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Parts:
    """One spherical part of group 1; a solid sphere's second moment along an axis is radius^2 / 5."""
    return Parts(
        ("ball",),
        (Tissue.MUSCLE,),
        np.array([1]),
        np.array([-1]),
        np.array([4 / 3 * np.pi * radius_mm**3 / 1000]),
        np.array([centre], float),
        np.array([np.eye(3) * radius_mm**2 / 5]),
    )


def test_every_group_has_muscle_on_both_sides_alike(scheme: Scheme) -> None:
    volumes = measured_body().group_volumes_ml()
    assert len(volumes) == len(scheme.groups) + 1
    assert (volumes[1:] > 20).all()
    np.testing.assert_allclose(volumes[1::2], volumes[2::2])


def test_left_is_left(scheme: Scheme) -> None:
    body = measured_body()
    for group in scheme.groups:
        x = np.average(body.centre[body.label == group.label, 0], weights=body.volume_ml[body.label == group.label])
        assert (x < 0) == (group.side == "left")


def test_published_proportions_of_muscle_hold() -> None:
    # Young adult men, MRI (Handsfield 2014, J Biomech 47:631): quadriceps to hamstrings about 2.2, and the calf's
    # plantar flexors to the dorsiflexors about 5; sartorius counts to the anterior thigh here, adductor part apart.
    volumes = measured_body().group_volumes_ml()
    thigh = volumes[31] / volumes[35]
    leg = volumes[41] / volumes[37]
    assert 1.2 < thigh < 2.6
    assert 4.0 < leg < 8.0


@given(
    scale=st.floats(0.5, 2.0),
    turn=st.floats(-np.pi, np.pi),
    shift=st.tuples(*[st.floats(-100, 100)] * 3),
)
def test_an_affine_map_moves_moments_exactly(scale: float, turn: float, shift: tuple[float, float, float]) -> None:
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    matrix = scale * rotation
    body = replace(ball(20.0, (5.0, -3.0, 8.0)), covariance=np.array([np.diag([100.0, 40.0, 20.0])]))
    moved = body.mapped(lambda points: points @ matrix.T + shift)
    np.testing.assert_allclose(moved.centre[0], matrix @ body.centre[0] + shift, atol=1e-9)
    np.testing.assert_allclose(moved.covariance[0], matrix @ body.covariance[0] @ matrix.T, atol=1e-6)
    np.testing.assert_allclose(moved.volume_ml, body.volume_ml * scale**3, rtol=1e-9)


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 2.0), (1.2, 6.0, 1.2)])
def test_occupancy_holds_the_volume_whatever_the_voxels(spacing: tuple[float, float, float]) -> None:
    body = ball(25.0)
    grid = grid_around(body, spacing, margin_mm=40.0)
    ((tissue, label, occupancy),) = occupancies(body, grid)
    assert (tissue, label) == (Tissue.MUSCLE, 1)
    assert occupancy.sum() * np.prod(spacing) / 1000 == pytest.approx(body.volume_ml[0], rel=0.03)


def test_drawn_muscles_have_about_their_measured_volume() -> None:
    body = measured_body()
    drawn = render(body, grid_around(body, (4.0, 4.0, 4.0)))
    volumes = np.bincount(drawn.labels.ravel(), minlength=43)[1:] * 4**3 / 1000
    ratio = volumes / body.group_volumes_ml()[1:]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.15)
    assert ratio.min() > 0.6
    assert ratio.max() < 1.5


def test_a_drawn_ball_lies_where_it_should() -> None:
    body = ball(25.0, (30.0, -10.0, 60.0))
    drawn = render(body, grid_around(body, (2.0, 2.0, 2.0), margin_mm=30.0), fat=6.0)
    voxels = drawn.grid.points(np.argwhere(drawn.labels == 1))
    np.testing.assert_allclose(voxels.mean(0), body.centre[0], atol=0.5)
    # Fat and then skin lie around it, and beyond them is air.
    line = drawn.tissue[:, drawn.tissue.shape[1] // 2, drawn.tissue.shape[2] // 2]
    seen = [int(k) for k, before in zip(line[1:], line[:-1], strict=True) if k != before]
    skin, fat = Tissue.SKIN.code, Tissue.FAT.code
    assert seen == [skin, fat, Tissue.MUSCLE.code, fat, skin, 0]


@pytest.mark.parametrize("height_mm", [900.0, 1320.0, 1750.0])
def test_a_body_is_as_tall_as_asked(height_mm: float) -> None:
    body = measured_body().mapped(Shape(height_mm=height_mm).mapping())
    reach = 2.0 * np.sqrt(body.covariance[:, 2, 2])
    height = (body.centre[:, 2] + reach).max() - (body.centre[:, 2] - reach).min()
    assert height == pytest.approx(height_mm, rel=0.03)


def test_a_child_has_a_larger_head_for_its_height() -> None:
    def head_share(height_mm: float) -> float:
        body = measured_body().mapped(Shape(height_mm=height_mm).mapping())
        brain = np.array([tissue is Tissue.BRAIN for tissue in body.tissue])
        return float(np.cbrt(body.volume_ml[brain].sum()) / height_mm)

    assert head_share(1080.0) > 1.2 * head_share(1700.0)
