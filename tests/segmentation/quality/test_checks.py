"""Outlines of bodies are plausible, whole or in part; wrong ones are flagged with what was measured and expected."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wbmri.core import LabelMap, Reading
from wbmri.core.scheme import Scheme
from wbmri.io import read_labels
from wbmri.segmentation.quality import (
    FLAGGED_CONFIDENCE,
    Check,
    Flag,
    check_outlines,
    flag_outlines,
    flag_reading,
    quality_table,
)

Outlines = Callable[..., LabelMap]


def with_data(labels: LabelMap, data: NDArray[np.uint8]) -> LabelMap:
    return replace(labels, data=data)


def label_of(labels: LabelMap, group: str) -> int:
    return labels.scheme.group(group).label


def said(flags: tuple[Flag, ...]) -> set[tuple[int, Check]]:
    return {(flag.label, flag.check) for flag in flags}


@pytest.mark.parametrize(("height_mm", "girth"), [(900.0, 1.1), (1050.0, 0.85), (1400.0, 1.0), (1820.0, 1.2)])
def test_true_outlines_of_children_and_adults_are_not_flagged(
    outlines: Outlines,
    height_mm: float,
    girth: float,
) -> None:
    assert check_outlines(outlines(height_mm, girth)) == ()


@settings(max_examples=8)
@given(low=st.floats(0.0, 0.8), length=st.floats(0.1, 1.0))
def test_a_part_of_a_body_is_not_flagged(outlines: Outlines, low: float, length: float) -> None:
    labels = outlines()
    levels = labels.data.shape[2]
    part = labels.data[:, :, int(low * levels) : int((low + length) * levels) + 8]
    # As an engine does it, a group of which next to nothing is in view is not outlined.
    whole, seen = (np.bincount(data.ravel(), minlength=len(labels.scheme.groups) + 1) for data in (labels.data, part))
    unseen = [label for label in range(1, whole.size) if seen[label] < 0.05 * whole[label]]
    assert check_outlines(with_data(labels, np.where(np.isin(part, unseen), 0, part))) == ()


def test_outlines_without_arms_are_not_flagged(outlines: Outlines) -> None:
    labels = outlines()
    arms = range(15, 23)
    none = replace(labels, data=np.where(np.isin(labels.data, arms), 0, labels.data), outside=frozenset(arms))
    assert check_outlines(none) == ()


@pytest.mark.parametrize("degrees", [-12.0, 12.0])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_body_that_lies_turned_is_not_flagged(outlines: Outlines, degrees: float, axis: int) -> None:
    labels = outlines()
    one, other = (k for k in range(3) if k != axis)
    turn = np.eye(4)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn[one, one] = turn[other, other] = cosine
    turn[one, other], turn[other, one] = -sine, sine
    assert check_outlines(replace(labels, affine=turn @ labels.affine)) == ()


def test_the_order_of_storage_does_not_matter(outlines: Outlines) -> None:
    labels = outlines()
    wrong = labels.data.copy()
    wrong[labels.data == label_of(labels, "deltoid_left")] = label_of(labels, "thigh_medial_left")
    expected = check_outlines(with_data(labels, wrong))
    assert expected
    stored = wrong[::-1, :, ::-1].transpose(2, 0, 1)
    affine = np.zeros((4, 4))
    affine[:, 0], affine[:, 1], affine[:, 2] = -labels.affine[:, 2], -labels.affine[:, 0], labels.affine[:, 1]
    affine[:, 3] = labels.affine @ [wrong.shape[0] - 1, 0, wrong.shape[2] - 1, 1]
    again = check_outlines(replace(labels, data=stored, affine=affine))
    assert said(again) == said(expected)


def test_swapped_sides_are_flagged_in_every_group(outlines: Outlines) -> None:
    labels = outlines()
    swapped = np.where(labels.data > 0, ((labels.data.astype(int) - 1) ^ 1) + 1, 0)
    flags = check_outlines(with_data(labels, swapped))
    assert {flag.label for flag in flags if flag.check is Check.ACROSS} == set(range(1, 43))
    assert "lies on the patient's right; at most 15 % is expected" in flags[0].sentence


def test_one_swapped_pair_is_flagged_and_no_other(outlines: Outlines) -> None:
    labels = outlines()
    pair = [label_of(labels, "thigh_posterior_left"), label_of(labels, "thigh_posterior_right")]
    wrong = labels.data.copy()
    for own, other in (pair, pair[::-1]):
        wrong[labels.data == own] = other
    flags = check_outlines(with_data(labels, wrong))
    assert {label for label, check in said(flags) if check is Check.ACROSS} == set(pair)
    assert {flag.label for flag in flags} == set(pair)


def test_a_group_of_half_its_size_is_flagged_on_its_side_only(outlines: Outlines) -> None:
    labels = outlines()
    label = label_of(labels, "arm_posterior_right")
    depth = np.broadcast_to(np.arange(labels.data.shape[1])[:, None], labels.data.shape)
    own = labels.data == label
    wrong = np.where(own & (depth > np.quantile(depth[own], 0.45)), 0, labels.data)
    flags = check_outlines(with_data(labels, wrong))
    assert {flag.label for flag in flags} == {label}
    (sides,) = [flag for flag in flags if flag.check is Check.SIDES]
    assert "ml left" in sides.sentence
    assert "at most 1.6 is expected" in sides.sentence


def test_a_group_that_swallowed_its_neighbour_is_too_large_and_the_other_missing(outlines: Outlines) -> None:
    labels = outlines()
    small, large = label_of(labels, "leg_anterior_left"), label_of(labels, "leg_posterior_left")
    wrong = np.where(labels.data == large, small, labels.data)
    flags = said(check_outlines(with_data(labels, wrong)))
    assert {(small, Check.SHARE), (large, Check.MISSING)} <= flags
    outside = replace(with_data(labels, wrong), outside=frozenset({large}))
    assert (large, Check.MISSING) not in said(check_outlines(outside))


def test_voxels_in_the_wrong_unit_are_flagged(outlines: Outlines) -> None:
    labels = outlines()
    flags = check_outlines(replace(labels, affine=np.diag([0.1, 0.1, 0.1, 1.0]) @ labels.affine))
    assert {label for label, check in said(flags) if check is Check.VOLUME} == set(range(1, 43))


def test_a_group_in_many_pieces_is_flagged(outlines: Outlines) -> None:
    labels = outlines()
    label = label_of(labels, "paraspinal_tl_left")
    levels = np.flatnonzero((labels.data == label).any((0, 1)))
    wrong = labels.data.copy()
    for share in (0.2, 0.4, 0.6, 0.8):
        cut = wrong[:, :, int(levels[0] + share * len(levels))]
        cut[cut == label] = 0
    assert said(check_outlines(with_data(labels, wrong))) == {(label, Check.PIECES)}


def test_a_group_in_another_place_touches_what_it_should_not_and_leaves_its_neighbours(outlines: Outlines) -> None:
    labels = outlines()
    deltoid, calf = label_of(labels, "deltoid_left"), label_of(labels, "leg_posterior_left")
    wrong = np.where(labels.data == deltoid, 0, labels.data)
    levels = np.flatnonzero((wrong == calf).any((0, 1)))
    upper = wrong[:, :, levels[-1] - 12 : levels[-1] + 1]
    upper[upper == calf] = deltoid
    flags = said(check_outlines(with_data(labels, wrong)))
    assert {(deltoid, Check.BESIDE), (deltoid, Check.APART), (deltoid, Check.ORDER)} <= flags
    assert {label for label, _ in flags} <= {deltoid, calf}


def test_flags_lower_the_confidence_and_reach_the_reading(
    outlines: Outlines,
    make_reading: Callable[..., Reading],
) -> None:
    labels = outlines()
    label = label_of(labels, "deltoid_left")
    wrong = flag_outlines(with_data(labels, np.where(labels.data == label, 0, labels.data)))
    assert set(wrong.flags) == {label}
    assert wrong.confidence[label] == FLAGGED_CONFIDENCE
    assert wrong.confidence[label + 1] == 0.9
    assert wrong.provenance[-1].name == "examine"
    reading = flag_reading(make_reading(), wrong)
    assert [entry.label for entry in reading.groups if entry.flags] == [label]
    assert reading.groups[label - 1].flags == wrong.flags[label]
    assert "Outlines that are not plausible" in reading.warnings[-1]
    assert "Deltoid, left" in reading.warnings[-1]


def test_plausible_outlines_leave_the_reading_as_it_is(
    outlines: Outlines,
    make_reading: Callable[..., Reading],
) -> None:
    reading = make_reading()
    assert flag_reading(reading, flag_outlines(outlines())) == reading


def test_doubts_about_all_outlines_lower_every_confidence(
    outlines: Outlines,
    make_reading: Callable[..., Reading],
) -> None:
    doubted = flag_outlines(outlines(), ("It may be no body.",))
    assert set(doubted.confidence.values()) == {FLAGGED_CONFIDENCE}
    assert flag_reading(make_reading(), doubted).warnings[-1] == "It may be no body."


def test_examining_again_replaces_the_flags(outlines: Outlines) -> None:
    labels = outlines()
    label = label_of(labels, "deltoid_left")
    wrong = flag_outlines(with_data(labels, np.where(labels.data == label, 0, labels.data)))
    assert not flag_outlines(replace(wrong, data=labels.data)).flags


def test_the_table_says_what_was_measured(outlines: Outlines) -> None:
    labels = outlines()
    levels = labels.data.shape[2]
    rows = {row.group.id: row for row in quality_table(with_data(labels, labels.data[:, :, : int(0.45 * levels)]))}
    calf, thigh, arm = rows["leg_posterior_left"], rows["thigh_anterior_left"], rows["arm_anterior_left"]
    assert calf.expected_ml is not None
    assert calf.expected_ml[0] < calf.volume_ml < calf.expected_ml[1]
    assert calf.left_to_right == pytest.approx(1.0, abs=0.1)
    assert (thigh.cut, thigh.expected_ml, thigh.left_to_right) == (True, None, None)
    assert (arm.volume_ml, arm.expected_ml) == (None, None)


@pytest.mark.parametrize("visit", ["pair/baseline", "control/baseline"])
def test_outlines_of_another_anatomy_are_not_flagged(bench: Path, scheme: Scheme, visit: str) -> None:
    data, grid = read_labels(bench / visit / "truth_labels.nii.gz")
    assert check_outlines(LabelMap(np.where(data > 42, 0, data), grid.affine, scheme, "truth", {})) == ()


def test_pairs_in_a_sites_own_order_are_examined_alike(outlines: Outlines) -> None:
    labels = outlines()
    left, right = (label_of(labels, f"deltoid_{side}") for side in ("left", "right"))
    table = np.arange(len(labels.scheme.groups) + 1, dtype=np.uint8)
    table[[left, right]] = right, left
    swapped = with_data(labels, table[labels.data])
    own = replace(labels.scheme, name="own", pairs=labels.scheme.pairs[::-1])
    for group in labels.scheme.groups:
        table[group.label] = own.group(group.id).label
    confidence = {group.label: 0.9 for group in own.groups}
    turned = replace(swapped, data=table[swapped.data], scheme=own, confidence=confidence)
    expected = {(labels.scheme.group(flag.label).id, flag.check) for flag in check_outlines(swapped)}
    assert {(own.group(flag.label).id, flag.check) for flag in check_outlines(turned)} == expected
    assert ("deltoid_left", Check.ACROSS) in expected
