"""A group redrawn from a click or a stroke, on muscles whose truth is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import InputError
from wbmri.review.label_editor import Block, LabelChange, redraw

SHAPE, SPACING = (60, 16, 90), (1.5, 5.0, 1.5)
X, Y, Z = (np.indices(SHAPE).T * SPACING).T
NOISE = np.random.default_rng(3).normal(0.0, 5.0, SHAPE)

Mask = NDArray[np.bool_]


def tube(x: float, radius: float) -> Mask:
    """A muscle along the third axis, cut off at both ends."""
    found: Mask = (np.hypot(X - x, Y - 37.0) < radius) & (abs(Z - 67.0) < 55.0)
    return found


OURS, OTHER = tube(26.0, 14.0), tube(60.0, 15.0)


def scan(*muscles: Mask, signal: float = 100.0) -> NDArray[np.float32]:
    image = np.full(SHAPE, 10.0)
    for muscle in muscles:
        image[muscle] = signal
    return (image + NOISE).astype(np.float32)


def after(labels: NDArray[np.uint8], change: LabelChange) -> NDArray[np.uint8]:
    made = labels.copy()
    change.apply(made)
    return made


def off(labels: NDArray[np.uint8], truth: Mask) -> int:
    return int(np.sum((labels == 5) != truth))


def test_a_click_adds_the_muscle_that_was_missed_and_nothing_else() -> None:
    image, labels = scan(OURS, OTHER), np.zeros(SHAPE, np.uint8)
    labels[OURS & (Z < 75)] = 5
    change = redraw(labels, image, SPACING, 5, [(17, 7, 65)], missed=True)
    made = after(labels, change)
    assert off(made, OURS) < 0.2 * off(labels, OURS)
    assert not (made[~OURS] == 5).any()
    np.testing.assert_array_equal(after(made, change.inverse()), labels)


def test_a_muscle_that_was_missed_whole_is_drawn_up_to_its_fascia() -> None:
    touching = tube(26.0, 17.0) & (X < 40) | tube(54.0, 17.0) & (X > 41.6)
    ours = touching & (X < 40)
    made = after(
        np.zeros(SHAPE, np.uint8),
        redraw(np.zeros(SHAPE, np.uint8), scan(touching), SPACING, 5, [(17, 7, 45)], missed=True),
    )
    assert off(made, ours) < 0.15 * ours.sum()
    assert np.sum((made == 5) & ~ours) < 0.02 * ours.sum()


def test_the_group_that_was_clicked_gives_way_and_no_other() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    labels[OURS & (Z < 60)] = 5
    labels[OURS & (Z >= 60)] = 7
    labels[OURS & (Z >= 60) & (Y < 31)] = 9
    made = after(labels, redraw(labels, scan(OURS), SPACING, 5, [(17, 8, 57)], missed=True))
    assert np.sum((labels == 7) & (made == 5)) > 0.6 * np.sum(labels == 7)
    np.testing.assert_array_equal(made == 9, labels == 9)


def test_what_was_wrongly_taken_becomes_background() -> None:
    image, labels = scan(OURS) + np.where(OTHER, 45.0, 0.0).astype(np.float32), np.zeros(SHAPE, np.uint8)
    bridge = (X > 38) & (X < 48) & (abs(Y - 37) < 8) & (abs(Z - 67) < 20)
    labels[OURS | (OTHER & (abs(Z - 67) < 25)) | bridge] = 5
    made = after(labels, redraw(labels, image, SPACING, 5, [(41, 7, 45)], missed=False))
    assert np.sum((made == 5) & OTHER) < 0.25 * np.sum((labels == 5) & OTHER)
    assert (made[OURS] == 5).mean() > 0.97
    assert set(np.unique(made)) == {0, 5}


def test_a_slip_of_a_voxel_is_mended_by_a_few_voxels() -> None:
    labels = np.where(tube(26.0, 11.5), 5, 0).astype(np.uint8)
    place = np.argwhere(OURS & (labels == 0) & (Z == 66) & (Y == 35) & (X > 26))[0]
    change = redraw(labels, scan(OURS), SPACING, 5, [place], missed=True)
    assert 1 <= change.voxels < 60
    assert off(after(labels, change), OURS) < off(labels, OURS)


def test_a_click_on_a_dark_speck_in_missed_muscle_counts_as_one_beside_it() -> None:
    labels = np.where(OURS & (Z < 75), 5, 0).astype(np.uint8)
    image = scan(OURS)
    image[17, 7, 65] = 12.0
    made = after(labels, redraw(labels, image, SPACING, 5, [(17, 7, 65)], missed=True))
    assert off(made, OURS) < 0.3 * off(labels, OURS)


def test_a_stroke_redraws_more_than_a_click() -> None:
    labels = np.where(OURS & (X < 26), 5, 0).astype(np.uint8)
    image = scan(OURS)
    line = [(20, 7, z) for z in range(12, 80)]
    click = after(labels, redraw(labels, image, SPACING, 5, line[34:35], missed=True))
    stroke = after(labels, redraw(labels, image, SPACING, 5, line, missed=True))
    assert off(stroke, OURS) < off(click, OURS) < off(labels, OURS)
    assert off(stroke, OURS) < 0.4 * off(labels, OURS)


def test_no_air_is_taken_where_muscle_ends_without_fat() -> None:
    labels = np.where(OURS & (Z < 60), 5, 0).astype(np.uint8)
    image = np.where(OURS, 100.0, abs(NOISE)).astype(np.float32)
    made = after(labels, redraw(labels, image, SPACING, 5, [(17, 7, 57)], missed=True))
    assert not (made[~OURS] == 5).any()


def test_what_does_not_look_like_muscle_is_not_taken() -> None:
    labels = np.where(OURS & (Z < 60), 5, 0).astype(np.uint8)
    allowed = Z < 90

    def within(block: Block) -> Mask:
        return allowed[block]

    made = after(labels, redraw(labels, scan(OURS), SPACING, 5, [(17, 7, 50)], missed=True, within=within))
    assert np.sum(made == 5) > np.sum(labels == 5)
    assert not (made[~allowed] == 5).any()


def test_a_large_part_of_a_fine_scan_is_redrawn_as_well() -> None:
    shape = (150, 150, 150)
    x, y, z = np.indices(shape) - 75.0
    muscle = (np.hypot(x, y) < 40) & (abs(z) < 60)
    image = np.where(muscle, 100.0, 10.0).astype(np.float32)
    labels = np.where(muscle & (z < -30), 5, 0).astype(np.uint8)
    made = after(labels, redraw(labels, image, (1.0, 1.0, 1.0), 5, [(75, 75, 95)], missed=True))
    assert np.sum((made == 5) & muscle) > 0.95 * muscle.sum()
    assert not (made[~muscle] == 5).any()


@pytest.mark.parametrize(
    ("place", "missed"),
    [((17, 7, 20), True), ((55, 7, 20), True), ((17, 7, 65), False), ((-20, 7, 65), True), ((40, 7, 45), False)],
    ids=["in the group", "in air", "not in the group", "beside the scan", "in another group"],
)
def test_a_click_that_means_nothing_is_refused(place: tuple[int, int, int], missed: bool) -> None:
    labels = np.where(OURS & (Z < 75), 5, 0).astype(np.uint8)
    labels[OTHER] = 7
    with pytest.raises(InputError, match="label 5"):
        redraw(labels, scan(OURS, OTHER), SPACING, 5, [place], missed=missed)
