"""Training examples: the same seed gives the same ones, and they tell what each voxel holds."""

from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.segmentation.network import AIR, CONTEXT_SIDE, FIND_TILE, FINDINGS, PAIRS, networks
from wbmri.simulation.body import LabelledBody, Tissue, WarpedBody
from wbmri.simulation.training.domain_randomisation import Surroundings, field_of_view
from wbmri.simulation.training.examples import SAMPLES, Survey, examples, views


def test_examples_follow_from_the_seed_alone(anatomy: LabelledBody) -> None:
    def guess(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        """As much of a finder as the seed could fail with, in no time."""
        return np.broadcast_to(np.tanh(tile.reshape(FIND_TILE)), (FINDINGS, *FIND_TILE)).astype(np.float32)

    sources = [(anatomy, 1.0)]
    once, again, other = (list(islice(examples(sources, guess, seed, 0, 1), 2)) for seed in (3, 3, 4))
    for a, b in zip(once, again, strict=True):
        for field in ("image", "context", "classes", "right"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
    assert not np.array_equal(once[0].image, other[0].image)


def test_views_follow_from_the_seed_alone(anatomy: LabelledBody) -> None:
    once, again, other = (next(views([(anatomy, 1.0)], seed, 0, 1)) for seed in (3, 3, 4))
    for field in ("image", "counts", "right", "level"):
        np.testing.assert_array_equal(getattr(once, field), getattr(again, field))
    assert not np.array_equal(once.image, other.image)


def test_a_view_tells_what_each_of_its_voxels_holds(anatomy: LabelledBody) -> None:
    for view in islice(views([(anatomy, 1.0)], 1, 0, 1), 12):
        assert view.image.shape == FIND_TILE
        np.testing.assert_array_equal(view.counts.sum(0), SAMPLES)
        body = view.counts[AIR] == 0
        muscle = view.counts[1 : PAIRS + 1].sum(0) > SAMPLES // 2
        if muscle.any():
            assert view.image[muscle].mean() > view.image[~body].mean()
            assert 0 <= view.level[muscle].min() <= view.level[muscle].max() <= 1
            across = np.indices(FIND_TILE)[0]
            left, right = (across[body & (view.right == side)] for side in (0, 1))
            assert not left.size or not right.size or left.mean() < right.mean()


def test_feet_alone_are_shown_though_no_group_lies_there(
    anatomy: LabelledBody, monkeypatch: pytest.MonkeyPatch
) -> None:
    feet = np.array([[-200.0, -150, -50], [200, 150, 30]])
    monkeypatch.setattr("wbmri.simulation.training.examples.field_of_view", lambda body, rng: feet)
    view = next(views([(anatomy, 1.0)], 1, 0, 1))
    body = view.counts[AIR] < SAMPLES
    assert body.any()
    assert view.counts[1 : PAIRS + 1].sum() < 0.1 * SAMPLES * body.sum()


def test_context_is_a_first_guess_at_the_truth(anatomy: LabelledBody) -> None:
    overlaps = []
    for example in islice(examples([(anatomy, 1.0)], networks().finder, 1, 0, 1), 4):
        shares = example.context[: PAIRS + 1]
        np.testing.assert_allclose(shares.sum(0), 1, atol=1e-5)
        assert example.context[CONTEXT_SIDE].max() <= 1
        guess = shares.argmax(0)[8:16, 8:16, 8:16].repeat(2, 0).repeat(2, 1).repeat(2, 2)
        truth = example.classes[22:38, 22:38, 22:38]
        truth = np.where(truth <= PAIRS, truth, 0)
        overlaps.append(float((guess == truth).mean()))
    assert np.mean(overlaps) > 0.4
    assert np.mean(overlaps) < 1.0


def test_what_lies_around_muscles_changes_no_muscle(anatomy: LabelledBody) -> None:
    body = WarpedBody.random(anatomy, np.random.default_rng(2))
    view = np.array([[-250.0, -150, -50], [250, 150, body.height_mm + 50]])
    plain = Survey.of(body, view, 10.0, Surroundings(np.arange(len(Tissue), dtype=np.uint8))).drawn
    around = [Surroundings.random(np.random.default_rng(seed)) for seed in range(20)]
    changed = [Survey.of(body, view, 10.0, each).drawn for each in around]
    muscle = plain.labels > 0
    for drawn in changed:
        np.testing.assert_array_equal(drawn.labels, plain.labels)
        np.testing.assert_array_equal(drawn.tissue[muscle], plain.tissue[muscle])
    assert any((drawn.tissue != plain.tissue).any() for drawn in changed)
    thin = [drawn for drawn, each in zip(changed, around, strict=True) if each.wrap_mm is not None]
    assert thin
    assert all((drawn.tissue > 0).sum() < (plain.tissue > 0).sum() for drawn in thin)


def test_fields_of_view_show_wholes_and_parts_of_every_kind(anatomy: LabelledBody) -> None:
    rng = np.random.default_rng(1)
    body = WarpedBody.random(anatomy, rng)
    sizes = np.array([view[1] - view[0] for view in (field_of_view(body, rng) for _ in range(300))])
    whole = sizes[:, 2] >= body.height_mm
    assert 0.2 < whole.mean() < 0.4
    assert sizes[:, 2].min() < 250
    assert (sizes[~whole, 0] < 240).mean() > 0.05
