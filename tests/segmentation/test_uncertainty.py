"""What the outlines promise: less where the probabilities waver, and less where finder and outline differ."""

import numpy as np
import pytest

from wbmri.core import Grid
from wbmri.core.scheme import Scheme, Side
from wbmri.segmentation.network import FINDINGS, PAIRS, SIDE
from wbmri.segmentation.network.uncertainty import expected_dice

PAIR = 15
SCAN = Grid.along_axes((32, 32, 32), 4.0, (-2.0, -2.0, -2.0))
COARSE = Grid.along_axes((16, 16, 16), 8.0, (0.0, 0.0, 0.0))


def promised(scheme: Scheme, sure: float, shift: int) -> float:
    """Return what is promised of a cube that the outliner is so sure of, and the finder sees somewhere else."""
    label = scheme.label_of(PAIR, Side.LEFT)
    labels = np.zeros(SCAN.shape, np.uint8)
    labels[8:24, 8:24, 8:24] = label
    probabilities = np.zeros((*SCAN.shape, PAIRS + 1), np.float32)
    probabilities[8:24, 8:24, 8:24, PAIR] = sure
    found = np.zeros((FINDINGS, *COARSE.shape), np.float32)
    found[PAIR + 1, 4 + shift : 12 + shift, 4:12, 4:12] = 1
    found[SIDE] = 0
    return float(expected_dice(probabilities, labels, SCAN, found, COARSE, scheme)[label])


def test_a_sure_outline_where_the_finder_says_so_promises_all(scheme: Scheme) -> None:
    assert promised(scheme, 1.0, 0) == pytest.approx(1, abs=0.01)


def test_wavering_and_disagreement_both_lower_the_promise(scheme: Scheme) -> None:
    best = promised(scheme, 1.0, 0)
    assert promised(scheme, 0.7, 0) < best - 0.1
    assert promised(scheme, 1.0, 2) < best - 0.1
    assert promised(scheme, 0.7, 2) < min(promised(scheme, 0.7, 0), promised(scheme, 1.0, 2))
    assert promised(scheme, 0.6, 4) >= 0


def test_a_body_unlike_those_learned_from_is_promised_less_than_its_disagreement_alone(scheme: Scheme) -> None:
    usual, strange = (1 - promised(scheme, 1.0, shift) for shift in (1, 2))
    assert usual == pytest.approx(0.3 / 8, abs=0.01)
    assert strange > 3 * usual
