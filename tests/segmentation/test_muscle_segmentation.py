"""The default engine on the sample person: outlines, sides, partial scans, storage and input it must refuse."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import InputError, LabelMap, Reason, Volume
from wbmri.core.scheme import BodySegment, Scheme
from wbmri.grading import grade
from wbmri.io import load
from wbmri.registration import nearest_on_grid
from wbmri.segmentation import segment


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def test_it_outlines_all_groups_of_a_child(found: LabelMap, true_labels: NDArray[np.uint8], scheme: Scheme) -> None:
    overlap = {g.id: dice(found.data == g.label, true_labels == g.label) for g in scheme.groups}
    assert np.mean(list(overlap.values())) > 0.8
    assert min(overlap.values()) > 0.5, overlap
    assert not found.outside
    assert set(found.confidence) == {g.label for g in scheme.groups}


def test_no_group_lies_on_the_wrong_side(found: LabelMap, true_labels: NDArray[np.uint8], scheme: Scheme) -> None:
    for left, right in zip(scheme.groups[::2], scheme.groups[1::2], strict=True):
        for own, other in ((left, right), (right, left)):
            mine = found.data == own.label
            assert dice(mine, true_labels == own.label) > dice(mine, true_labels == other.label)


def test_labels_lie_in_tissue(found: LabelMap, whole_body: Volume) -> None:
    labelled = whole_body.data[found.data > 0]
    assert np.percentile(labelled, 1) > 3 * np.median(whole_body.data[found.data == 0])


@pytest.fixture(scope="module")
def legs(station: Callable[[int], Path]) -> LabelMap:
    """The outlines of the lowest station alone."""
    return segment(load(station(3)))


def test_a_scan_of_the_legs_has_the_rest_outside(legs: LabelMap, scheme: Scheme) -> None:
    inside = {g.pair.id for g in scheme.groups if g.label not in legs.outside}
    assert {"leg_anterior", "leg_lateral", "leg_posterior"} <= inside
    assert not inside & {"neck_flexors", "deltoid", "pectoral", "arm_anterior", "iliopsoas", "gluteus_maximus"}
    drawn = {g.pair.id for g in scheme.groups if (legs.data == g.label).any()}
    assert drawn <= inside | {"thigh_anterior", "thigh_medial", "thigh_posterior"}
    assert all(legs.confidence[label] == 0 for label in legs.outside)


def test_what_the_picture_shows_of_a_group_that_it_cuts_is_drawn_but_not_graded(
    legs: LabelMap,
    station: Callable[[int], Path],
    whole_body: Volume,
    true_labels: NDArray[np.uint8],
    scheme: Scheme,
) -> None:
    volume = load(station(3))
    truth = nearest_on_grid(true_labels, whole_body.grid, volume.grid)
    reading = grade(volume, legs)
    for group in scheme.groups:
        if group.pair.id in ("thigh_anterior", "thigh_posterior"):
            assert group.label in legs.outside
            assert dice(legs.data == group.label, truth == group.label) > 0.7
            assert reading.groups[group.label - 1].reason == Reason.OUTSIDE


def test_a_part_of_a_scan_is_outlined_as_in_the_whole(found: LabelMap, whole_body: Volume, scheme: Scheme) -> None:
    levels = slice(0, round(0.45 * whole_body.shape[2]))
    grid = whole_body.grid.crop((slice(None), slice(None), levels))
    part = segment(Volume(whole_body.data[:, :, levels], grid.affine, whole_body.acquisition))
    overlap = {
        group.id: dice(part.data == group.label, found.data[:, :, levels] == group.label)
        for group in scheme.groups
        if group.segment in (BodySegment.LEG, BodySegment.THIGH)
    }
    assert np.mean(list(overlap.values())) > 0.95, overlap
    assert min(overlap.values()) > 0.9, overlap


def test_each_run_gives_the_same_labels_whatever_storage_unit_and_name_of_the_scheme(
    legs: LabelMap,
    station: Callable[[int], Path],
    scheme: Scheme,
) -> None:
    volume = load(station(3))
    # Stored head to feet, right to left, slices first.
    flipped = volume.data[::-1, :, ::-1].transpose(1, 0, 2)
    affine = volume.affine @ np.array(
        [[0, -1, 0, volume.shape[0] - 1], [1, 0, 0, 0], [0, 0, -1, volume.shape[2] - 1], [0, 0, 0, 1]],
    )
    np.testing.assert_allclose(affine @ [0, 0, 0, 1], volume.affine @ [volume.shape[0] - 1, 0, volume.shape[2] - 1, 1])
    # The same pairs in the same order are a site's own scheme.
    again = segment(Volume(flipped * 10.0, affine, volume.acquisition), scheme=replace(scheme, name="site"))
    assert again.scheme.name == "site"
    np.testing.assert_array_equal(again.data.transpose(1, 0, 2)[::-1, :, ::-1], legs.data)
    assert again.confidence == pytest.approx(legs.confidence)
    assert again.outside == legs.outside


@pytest.mark.parametrize("what", ["air", "a coin", "a slab"])
def test_what_is_no_body_is_refused(what: str) -> None:
    data = np.abs(np.random.default_rng(3).normal(0, 1, (80, 30, 80)))
    if what == "a coin":
        data[38:42, 14:16, 38:42] = 100
    if what == "a slab":
        data[:, :, 38:44] += 100
    if what == "air":
        data = data[:20, :20, :20]
    with pytest.raises(InputError, match="expected"):
        segment(Volume(data, np.diag([2.0, 4.0, 2.0, 1.0])))


@pytest.mark.parametrize("engine", ["atlas", "network"])
def test_other_pairs_are_refused_whatever_the_scheme_is_called(whole_body: Volume, scheme: Scheme, engine: str) -> None:
    turned = replace(scheme, pairs=scheme.pairs[::-1])
    with pytest.raises(InputError, match=f"jdm42 with 21 pairs .* in another order for the engine {engine}"):
        segment(whole_body, scheme=turned, engine=engine)
    with pytest.raises(InputError, match=f"jdm42 with 3 pairs .* for the engine {engine}"):
        segment(whole_body, scheme=replace(scheme, pairs=scheme.pairs[:3]), engine=engine)
    other = replace(scheme.pairs[0], id="other")
    with pytest.raises(InputError, match=f"among them other, for the engine {engine}"):
        segment(whole_body, scheme=replace(scheme, pairs=(other, *scheme.pairs[1:])), engine=engine)
