"""Labelled bodies and what is warped from them: every group is drawn, on its side."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from wbmri.core import Grid, InputError
from wbmri.core.scheme import Scheme
from wbmri.simulation.body import LabelledBody, Located, WarpedBody, read_anatomy


def drawn_whole(body: WarpedBody) -> Located:
    shape = (112, 48, int(body.height_mm / 8) + 30)
    return body.render(Grid.along_axes(shape, 8.0, (-444.0, -188.0, -100.0)))


@pytest.mark.parametrize("seed", range(4))
def test_every_group_is_drawn_and_left_is_left(anatomy: LabelledBody, scheme: Scheme, seed: int) -> None:
    body = WarpedBody.random(anatomy, np.random.default_rng(seed))
    drawn = drawn_whole(body)
    assert set(np.unique(drawn.labels)) == {0, *(group.label for group in scheme.groups)}
    across = {group.label: np.argwhere(drawn.labels == group.label)[:, 0].mean() for group in scheme.groups}
    left = [group.label for group in scheme.groups if group.side == "left"]
    assert all(across[label] < across[scheme.opposite(label)] for label in left)


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


def test_an_unknown_tissue_is_refused(tmp_path: Path) -> None:
    for name in ("tissue", "labels"):
        nib.save(nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4)), tmp_path / f"{name}.nii.gz")
    (tmp_path / "tissue.csv").write_text("tissue,code\ncheese,1\n")
    with pytest.raises(InputError, match="cheese"):
        read_anatomy(tmp_path)
