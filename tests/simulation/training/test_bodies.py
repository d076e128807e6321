"""Training bodies: every group is drawn, on its side, and the same seed gives the same examples."""

from itertools import islice
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from wbmri.core import Grid, InputError
from wbmri.segmentation.network import AIR, CONTEXT_SIDE, FIND_TILE, PAIRS, networks
from wbmri.simulation.body import LabelledBody, Located, WarpedBody, read_anatomy
from wbmri.simulation.training.examples import examples, views
from wbmri.simulation.training.survey import SAMPLES


def drawn_whole(body: WarpedBody) -> Located:
    shape = (112, 48, int(body.height_mm / 8) + 30)
    return body.render(Grid.along_axes(shape, 8.0, (-444.0, -188.0, -100.0)))


@pytest.mark.parametrize("seed", range(4))
def test_every_group_is_drawn_and_left_is_left(anatomy: LabelledBody, seed: int) -> None:
    body = WarpedBody.random(anatomy, np.random.default_rng(seed))
    drawn = drawn_whole(body)
    assert set(np.unique(drawn.labels)) == set(range(43))
    across = [np.argwhere(drawn.labels == label)[:, 0].mean() for label in range(1, 43)]
    assert (np.array(across[0::2]) < np.array(across[1::2])).all()


def test_labels_are_muscle_and_the_level_rises_to_the_head(anatomy: LabelledBody) -> None:
    drawn = drawn_whole(WarpedBody.random(anatomy, np.random.default_rng(5)))
    assert (drawn.tissue[drawn.labels > 0] > 0).all()
    body = drawn.tissue > 0
    rows = np.flatnonzero(body.sum((0, 1)) > 20)
    levels = [float(np.median(drawn.level[:, :, k][body[:, :, k]])) for k in rows]
    assert levels[0] < 0.1
    assert levels[-1] > 0.9


def test_height_is_what_was_drawn(anatomy: LabelledBody) -> None:
    body = WarpedBody.random(anatomy, np.random.default_rng(6))
    rows = np.flatnonzero((drawn_whole(body).tissue > 0).any((0, 1)))
    assert 8 * (rows[-1] - rows[0]) == pytest.approx(body.height_mm, rel=0.12)


def test_examples_follow_from_the_seed_alone(anatomy: LabelledBody) -> None:
    sources = [(anatomy, 1.0)]
    once, again, other = (list(islice(examples(sources, networks().finder, seed, 0, 1), 2)) for seed in (3, 3, 4))
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


def test_an_anatomy_of_ones_own_is_read(tmp_path: Path, anatomy: LabelledBody) -> None:
    tissue, labels = (
        np.where(anatomy.trunk & 255, 3, 0).astype(np.uint8),
        ((anatomy.trunk >> 8) & 255).astype(np.uint8),
    )
    limbs = ((anatomy.limbs >> 8) & 255).astype(np.uint8)
    tissue[anatomy.limbs & 255 > 0] = 3
    labels = np.maximum(labels, limbs)
    for name, data in (("tissue", tissue), ("labels", labels)):
        nib.save(nib.Nifti1Image(data, anatomy.grid.affine), tmp_path / f"{name}.nii.gz")
    (tmp_path / "tissue.csv").write_text("tissue,code\nair,0\nmuscle,3\n")
    read = read_anatomy(tmp_path)
    np.testing.assert_allclose(read.joints["left_hip"], anatomy.joints["left_hip"], atol=1)
    assert read.height_mm == pytest.approx(anatomy.height_mm)


def test_an_unknown_tissue_is_refused(tmp_path: Path) -> None:
    for name in ("tissue", "labels"):
        nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), tmp_path / f"{name}.nii.gz")
    (tmp_path / "tissue.csv").write_text("tissue,code\ncheese,1\n")
    with pytest.raises(InputError, match="cheese"):
        read_anatomy(tmp_path)
