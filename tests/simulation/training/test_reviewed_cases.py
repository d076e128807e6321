"""Tiles of corrected cases: they show a group, and tell each voxel's pair and side."""

import numpy as np

from wbmri.core import LabelMap, Volume
from wbmri.core.scheme import Scheme
from wbmri.simulation.training import Reviewed
from wbmri.simulation.training.examples import NONE


def test_a_tile_shows_both_thighs_on_their_sides(scheme: Scheme) -> None:
    left, right = scheme.group("thigh_anterior_left").label, scheme.group("thigh_anterior_right").label
    labels = np.zeros((60, 30, 80), np.uint8)
    labels[5:25, 5:25, 10:70], labels[35:55, 5:25, 10:70] = left, right
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -120, -60, 300
    image = np.where(labels > 0, 100, 8) + 5 * np.random.default_rng(0).random(labels.shape)
    case = Reviewed.of(Volume(image, affine), LabelMap(labels, affine, scheme, "labels", {}))
    pair = scheme.pair_index(left) + 1
    for seed in range(3):
        tile = case.tile(np.random.default_rng(seed))
        assert set(np.unique(tile.classes)) == {pair, NONE}
        muscle = tile.classes == pair
        assert tile.image[muscle].mean() > 3 * tile.image[~muscle].mean()
        left_of, right_of = (np.argwhere(muscle & (tile.right == side))[:, 0] for side in (False, True))
        assert not (left_of.size and right_of.size) or left_of.mean() < right_of.mean()
        np.testing.assert_allclose(tile.context[:22].sum(0), 1, atol=1e-5)
