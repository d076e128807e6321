"""What part of a body a scan shows is told from the heights the finder sees, and from what it finds."""

import numpy as np
import pytest

from wbmri.core import Grid
from wbmri.core.scheme import Scheme, Side, load_scheme
from wbmri.segmentation.atlas import model_body
from wbmri.segmentation.network import FINDINGS, LEVEL, PAIRS, FieldOfView

STATURE_MM = 1760.0


def _seen(low: float, high: float, scheme: Scheme, *, shift: float = 0.0) -> tuple[np.ndarray, Grid]:
    """Return what a finder without fault says of the model body between two heights, and its grid of 8 mm."""
    model = model_body()
    held = np.flatnonzero(model.lean.data.max((0, 1)) > 0.5)
    labels = model.labels[:, :, held[0] : held[-1] + 1][::2, ::2, ::2]
    slices = np.arange(labels.shape[2])
    heights = (slices + 0.5) / labels.shape[2]
    part = (heights >= low) & (heights < high)
    labels, heights = labels[:, :, part], heights[part]
    found = np.zeros((FINDINGS, *labels.shape), np.float32)
    for pair in range(PAIRS):
        both = [scheme.label_of(pair, side) for side in Side]
        found[1 + pair] = np.isin(labels, both)
    found[0] = labels == 0
    found[LEVEL] = heights + shift
    return found, Grid.along_axes(labels.shape, 8.0, (0.0, 0.0, -300.0))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.28, 0.62), (0.0, 0.3), (0.5, 1.0)])
def test_groups_are_outside_if_and_only_if_the_larger_part_is_not_scanned(low: float, high: float) -> None:
    scheme = load_scheme()
    found, grid = _seen(low, high, scheme)
    view = FieldOfView.of(found, grid, grid, scheme)
    assert view.lowest == pytest.approx(low, abs=0.02)
    assert view.highest == pytest.approx(high, abs=0.02)
    whole, _ = _seen(0.0, 1.0, scheme)
    for group in scheme.groups:
        channel = 1 + scheme.pair_index(group.label)
        share = found[channel].sum() / whole[channel].sum()
        assert view.share[group.label] == pytest.approx(share, abs=0.12)
        if abs(share - 0.5) > 0.12:
            assert (group.label in view.outside) == (share < 0.5)
        if share == 0:
            assert group.label in view.unseen


def test_a_slice_in_which_the_finder_errs_does_not_move_the_heights() -> None:
    scheme = load_scheme()
    found, grid = _seen(0.2, 0.6, scheme)
    right = FieldOfView.of(found, grid, grid, scheme)
    found[LEVEL, :, :, 5:9] = 0.95
    wrong = FieldOfView.of(found, grid, grid, scheme)
    assert wrong.lowest == pytest.approx(right.lowest, abs=0.02)
    assert wrong.highest == pytest.approx(right.highest, abs=0.02)


def test_what_is_plainly_in_the_picture_is_in_view_wherever_its_heights_are_said_to_be() -> None:
    scheme = load_scheme()
    found, grid = _seen(0.0, 1.0, scheme)
    found[LEVEL] += 0.5
    view = FieldOfView.of(found, grid, grid, scheme)
    assert not view.outside


def test_an_arm_that_is_not_in_the_picture_is_outside_though_the_trunk_beside_it_is() -> None:
    scheme = load_scheme()
    found, grid = _seen(0.0, 1.0, scheme)
    arms = [k for k, pair in enumerate(scheme.pairs) if pair.segment is not None and pair.segment.in_arm]
    for pair in arms:
        found[0] += found[1 + pair]
        found[1 + pair] = 0
    view = FieldOfView.of(found, grid, grid, scheme)
    assert view.outside == view.unseen == {scheme.label_of(pair, side) for pair in arms for side in Side}
