"""Labelled bodies and what is warped from them: every group is drawn, on its side."""

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from wbmri.core import Grid, InputError
from wbmri.core.scheme import BodySegment, Scheme
from wbmri.simulation.body import LabelledBody, Located, Tissue, WarpedBody, read_anatomy


def drawn_whole(body: WarpedBody) -> Located:
    shape = (112, 48, int(body.height_mm / 8) + 30)
    return body.render(Grid.along_axes(shape, 8.0, (-444.0, -188.0, -100.0)))


def whole(anatomy: LabelledBody, seed: int) -> WarpedBody:
    body = WarpedBody.random(anatomy, np.random.default_rng(seed))
    return replace(body, arms=True, gaps_mm=np.zeros_like(body.gaps_mm))


@pytest.mark.parametrize("seed", range(4))
def test_every_group_is_drawn_and_left_is_left(anatomy: LabelledBody, scheme: Scheme, seed: int) -> None:
    drawn = drawn_whole(whole(anatomy, seed))
    assert set(np.unique(drawn.labels)) == {0, *(group.label for group in scheme.groups)}
    across = {group.label: np.argwhere(drawn.labels == group.label)[:, 0].mean() for group in scheme.groups}
    left = [group.label for group in scheme.groups if group.side == "left"]
    assert all(across[label] < across[scheme.opposite(label)] for label in left)


def test_calves_lie_together_in_some_bodies_and_apart_in_others(anatomy: LabelledBody, scheme: Scheme) -> None:
    legs = [
        [g.label for g in scheme.groups if g.segment is BodySegment.LEG and g.side == side]
        for side in ("left", "right")
    ]
    apart = []
    for seed in range(12):
        body = WarpedBody.random(anatomy, np.random.default_rng(seed))
        drawn = body.render(Grid.along_axes((64, 40, 40), 8.0, (-252.0, -156.0, 0.1 * body.height_mm)))
        calves = [np.isin(drawn.labels, own).any(1) for own in legs]
        rows = np.flatnonzero(calves[0].any(0) & calves[1].any(0))
        ends = [(np.flatnonzero(calves[1][:, k]).min() - np.flatnonzero(calves[0][:, k]).max()) * 8.0 for k in rows]
        apart.append(min(ends) / body.height_mm)
    assert min(apart) < 0.03
    assert max(apart) > 0.06


def test_arms_out_of_view_are_not_drawn(anatomy: LabelledBody, scheme: Scheme) -> None:
    arms = [g.label for g in scheme.groups if g.segment in (BodySegment.UPPER_ARM, BodySegment.FOREARM)]
    body = whole(anatomy, 3)
    drawn, without = drawn_whole(body), drawn_whole(replace(body, arms=False))
    # At the shoulder a few voxels belong to the trunk.
    assert np.isin(without.labels, arms).sum() < 0.03 * np.isin(drawn.labels, arms).sum()
    assert set(np.unique(drawn.labels)) - set(arms) == set(np.unique(without.labels)) - set(arms)


def test_thinner_muscles_leave_fat_in_their_place(anatomy: LabelledBody) -> None:
    body = whole(anatomy, 4)
    thin = drawn_whole(replace(body, gaps_mm=np.full_like(body.gaps_mm, 7.0)))
    drawn = drawn_whole(body)
    lost = (drawn.labels > 0) & (thin.labels == 0)
    assert 0.2 < np.count_nonzero(lost) / np.count_nonzero(drawn.labels) < 0.9
    assert (thin.tissue[lost] == Tissue.FAT.code).mean() > 0.9
    assert (thin.labels[thin.labels > 0] == drawn.labels[thin.labels > 0]).all()


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


def test_structures_of_their_own_part_the_muscles_of_a_group(tmp_path: Path, anatomy: LabelledBody) -> None:
    labels = ((anatomy.trunk | anatomy.limbs) >> 8 & 255).astype(np.uint8)
    halves = labels.astype(np.int16) + 100 * (np.indices(labels.shape)[1] % 4 > 1)
    for name, data in (("tissue", np.where(labels, 3, 2 * (labels == 0))), ("labels", labels), ("structures", halves)):
        nib.save(nib.Nifti1Image(data.astype(np.int16), anatomy.grid.affine), tmp_path / f"{name}.nii.gz")
    (tmp_path / "tissue.csv").write_text("tissue,code\nair,0\nfat,2\nmuscle,3\n")
    body = whole(read_anatomy(tmp_path), 5)
    kept = np.count_nonzero(drawn_whole(replace(body, gaps_mm=np.full_like(body.gaps_mm, 3.0))).labels)
    (tmp_path / "structures.nii.gz").unlink()
    body = replace(body, anatomy=read_anatomy(tmp_path), gaps_mm=np.full_like(body.gaps_mm, 3.0))
    assert kept < 0.8 * np.count_nonzero(drawn_whole(body).labels)


def test_an_unknown_tissue_is_refused(tmp_path: Path) -> None:
    for name in ("tissue", "labels"):
        nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), tmp_path / f"{name}.nii.gz")
    (tmp_path / "tissue.csv").write_text("tissue,code\ncheese,1\n")
    with pytest.raises(InputError, match="cheese"):
        read_anatomy(tmp_path)
