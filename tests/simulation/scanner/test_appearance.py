"""Oedema: as much as was asked, where it was asked."""

import numpy as np
import pytest
from scipy import ndimage

from wbmri.simulation.scanner import Involvement, oedema_ratio, random_involvement


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.9])
def test_oedema_fills_the_share_that_was_asked(fraction: float) -> None:
    labels = np.zeros((40, 20, 40), np.uint8)
    labels[5:35, 4:16, 5:35] = 3
    labels[0:4] = 2
    ratio = oedema_ratio(labels, (2.0, 4.0, 2.0), {3: Involvement(fraction, 1.7)}, seed=5)
    assert (ratio[labels == 3] > 1).mean() == pytest.approx(fraction, abs=0.001)
    np.testing.assert_allclose(np.unique(ratio[labels == 3]), [1.0, 1.7], rtol=1e-6)
    assert (ratio[labels != 3] == 1).all()


def test_diffuse_oedema_lies_in_one_piece_and_shades_off() -> None:
    labels = np.zeros((60, 20, 60), np.uint8)
    labels[5:55, 2:18, 5:55] = 3
    patchy, diffuse = (
        oedema_ratio(labels, (2.0, 4.0, 2.0), {3: Involvement(0.5, 1.8, spread)}, seed=5) for spread in (False, True)
    )
    for ratio in (patchy, diffuse):
        wet = ratio > 1
        assert wet[labels == 3].mean() == pytest.approx(0.5, abs=0.001)
        assert ratio[wet].mean() == pytest.approx(1.8, abs=0.03)
    assert len(np.unique(patchy)) == 2
    assert 0.05 < diffuse[diffuse > 1].std() < 0.2
    pieces = [ndimage.label(ratio > 1)[1] for ratio in (patchy, diffuse)]
    assert pieces[1] < pieces[0]


def test_oedema_on_the_border_between_grades_is_drawn_as_often_as_asked() -> None:
    labels = np.repeat(np.arange(43, dtype=np.uint8), 3)[:, None, None]
    clear = [random_involvement(labels, seed, borderline=0.0) for seed in range(8)]
    close = [random_involvement(labels, seed, borderline=1.0) for seed in range(8)]
    shares = np.array([len(each) / 42 for each in clear])
    assert shares.mean() == pytest.approx(2 / 3, abs=0.1)
    for each in clear:
        assert all(0.1 <= found.fraction <= 0.95 and found.ratio >= 1.5 for found in each.values())
    near = [
        0.015 <= found.fraction <= 0.035 or 0.45 <= found.fraction <= 0.55 or found.ratio <= 1.4
        for each in close
        for found in each.values()
    ]
    assert len(near) == 8 * 42
    assert all(near)
