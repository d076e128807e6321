"""Several label maps become one; and one from another program is filled in without losing a voxel."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wbmri.core import InputError, LabelMap, Volume
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.io import encode_nifti
from wbmri.segmentation import segment
from wbmri.segmentation.external_labels import ExternalLabels, LabelFile, fill_missing
from wbmri.segmentation.external_labels.label_files import missing_groups
from wbmri.segmentation.fusion import fuse

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
SHAPE = (6, 5, 4)
SCAN = Volume(np.random.default_rng(0).uniform(size=SHAPE), AFFINE)
SCHEME = load_scheme()


def a_map(
    data: np.ndarray,
    engine: str = "a",
    confidence: float = 1.0,
    outside: frozenset[int] = frozenset(),
) -> LabelMap:
    return LabelMap(data, AFFINE, SCHEME, engine, {g.label: confidence for g in SCHEME.groups}, outside)


some_labels = arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 1, 2, 7]))


@given(some_labels)
@settings(max_examples=20)
def test_equal_maps_fuse_to_themselves_and_are_as_sure_as_they_were(data: np.ndarray) -> None:
    fused = fuse([a_map(data, "a", 0.6), a_map(data, "b", 0.8)], SCAN)
    np.testing.assert_array_equal(fused.data, data)
    for label in set(np.unique(data)) - {0}:
        assert fused.confidence[int(label)] == pytest.approx(0.8)


@given(some_labels, some_labels, some_labels)
@settings(max_examples=20)
def test_a_vote_never_invents_a_label_and_two_outvote_a_third(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    data = fuse([a_map(a), a_map(b, "b"), a_map(c, "c")], SCAN).data
    assert ((data == a) | (data == b) | (data == c) | (data == 0)).all()
    for one, other in ((a, b), (a, c), (b, c)):
        np.testing.assert_array_equal(data[one == other], one[one == other])


@given(some_labels, some_labels)
@settings(max_examples=20)
def test_the_surer_map_wins_and_of_equals_the_first(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_array_equal(fuse([a_map(a, "a", 0.5), a_map(b, "b", 0.9)], SCAN).data, b)
    np.testing.assert_array_equal(fuse([a_map(a), a_map(b, "b")], SCAN).data, a)


def halves() -> tuple[np.ndarray, np.ndarray]:
    lower, upper = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    lower[:3], upper[3:] = 31, 9
    return lower, upper


def test_a_map_does_not_vote_against_what_it_cannot_see() -> None:
    lower, upper = halves()
    every = frozenset(group.label for group in SCHEME.groups)
    fused = fuse([a_map(lower, "a", 1.0, every - {31}), a_map(upper, "b", 0.2, every - {9})], SCAN)
    np.testing.assert_array_equal(fused.data, lower + upper)
    assert fused.outside == every - {9, 31}
    assert (fused.origin[31], fused.origin[9]) == ("a", "b")


def test_confidence_falls_with_disagreement() -> None:
    lower, _ = halves()
    moved = np.roll(lower, 1, axis=0)
    far, near = fuse([a_map(lower), a_map(moved, "b")], SCAN), fuse([a_map(lower), a_map(lower, "b")], SCAN)
    assert 0 < far.confidence[31] < near.confidence[31] == 1


def test_staple_sees_through_a_majority_of_poor_maps() -> None:
    rng = np.random.default_rng(3)
    truth = np.zeros((20, 20, 10), np.uint8)
    truth[4:10, 4:16], truth[10:16, 4:16] = 31, 33
    scan = Volume(rng.uniform(size=truth.shape), AFFINE)

    def noisy(share: float) -> np.ndarray:
        wrong = rng.uniform(size=truth.shape) < share
        return np.where(wrong, rng.choice(np.array([0, 31, 33], np.uint8), truth.shape), truth)

    maps = [a_map(noisy(share), str(share)) for share in (0.9, 0.9, 0.9, 0.1, 0.1)]
    fused = fuse(maps, scan, "staple")
    voted = fuse(maps, scan, "vote")
    assert np.mean(fused.data == truth) > np.mean(voted.data == truth) + 0.1
    assert fused.provenance[-1].parameters["method"] == "staple"


@pytest.mark.parametrize(
    ("maps", "method", "said"),
    [
        ([a_map(halves()[0])], "vote", "1 label maps"),
        ([a_map(halves()[0])] * 2, "magic", "'magic'"),
        ([a_map(halves()[0]), a_map(halves()[0], outside=frozenset({9}))], "staple", "voting"),
    ],
)
def test_what_cannot_be_fused_is_refused(maps: list[LabelMap], method: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fuse(maps, SCAN, method)


def test_maps_of_another_scheme_are_refused() -> None:
    one = a_map(halves()[0])
    with pytest.raises(InputError, match="schemes jdm42 and other"):
        fuse([one, replace(one, scheme=replace(SCHEME, name="other"))], SCAN)


def blocks(scheme: Scheme) -> tuple[Volume, ExternalLabels, LabelMap]:
    """A thigh of which the other program holds the front wholly, the back in part and a bone; an engine has all."""
    shape = (30, 30, 20)
    scan = Volume(np.random.default_rng(1).uniform(size=shape), AFFINE)
    front, back, inner = 31, 35, 33
    engine = np.zeros(shape, np.uint8)
    engine[2:15, 2:12] = front
    engine[2:15, 12:28] = back
    engine[15:28, 2:28] = inner
    given_data = np.zeros(shape, np.uint8)
    given_data[3:15, 3:12] = front
    given_data[3:15, 12:17] = back
    labelled = given_data > 0
    labelled[15:20, 10:20] = True
    every = frozenset(group.label for group in scheme.groups)
    sure = dict.fromkeys((front, back), 1.0)
    labels = LabelMap(given_data, AFFINE, scheme, "musclemap", sure, every - {front, back})
    made = LabelMap(engine, AFFINE, scheme, "atlas", dict.fromkeys(every, 0.5), every - {front, back, inner})
    return scan, ExternalLabels(labels, labelled, frozenset({back})), made


def test_filling_adds_what_is_missing_and_changes_nothing_that_was_given(scheme: Scheme) -> None:
    scan, external, made = blocks(scheme)
    filled = fill_missing(external, made, scan)
    np.testing.assert_array_equal(filled.data[external.labels.data > 0], external.labels.data[external.labels.data > 0])
    assert not (filled.data[external.labelled & (external.labels.data == 0)]).any(), "bone stays free"
    # The front was given wholly, and ends where it was given; the inner side was not given at all.
    np.testing.assert_array_equal(filled.data == 31, external.labels.data == 31)
    np.testing.assert_array_equal(filled.data == 33, (made.data == 33) & ~external.labelled)
    # Of the back the engine adds the thick rest, not the thin shell on the given side.
    assert (filled.data[5:13, 18:26, 2:18] == 35).all()
    assert not (filled.data[2, 12:16] == 35).any()


def test_filling_records_the_origin_and_mixes_the_confidence(scheme: Scheme) -> None:
    scan, external, made = blocks(scheme)
    filled = fill_missing(external, made, scan)
    assert dict(filled.origin) == {31: "musclemap", 35: "musclemap+atlas", 33: "atlas"}
    assert filled.confidence[31] == 1
    assert filled.confidence[33] == 0.5
    assert 0.5 < filled.confidence[35] < 1
    assert filled.outside == missing_groups(external) - {33, 35}
    assert filled.provenance[-1].parameters["origin"] == {
        "thigh_anterior_left": "musclemap",
        "thigh_medial_left": "atlas",
        "thigh_posterior_left": "musclemap+atlas",
    }


def test_a_label_map_of_wbmri_votes_with_the_confidence_beside_it(tmp_path: Path) -> None:
    lower, _ = halves()
    first, second = tmp_path / "a_dseg.nii.gz", tmp_path / "b_dseg.nii.gz"
    first.write_bytes(encode_nifti(lower, AFFINE))
    second.write_bytes(encode_nifti(np.roll(lower, 1, axis=0), AFFINE))
    fused = segment(SCAN, engine="labels", labels=[first, second])
    np.testing.assert_array_equal(fused.data, lower)
    (tmp_path / "a_dseg.json").write_text('{"confidence": {"31": 0.3}}')
    (tmp_path / "b_dseg.json").write_text('{"confidence": {"31": 0.8}}')
    fused = segment(SCAN, engine="labels", labels=[first, second])
    np.testing.assert_array_equal(fused.data, np.roll(lower, 1, axis=0))
    # A map on its own is believed: it may have been corrected since.
    assert LabelFile(first).segment(SCAN, SCHEME).confidence[31] == 1


def test_mappings_and_label_maps_go_together(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 mappings for 3 label maps"):
        segment(SCAN, engine="labels", labels=["a.nii", "b.nii", "c.nii"], mapping=["musclemap", "musclemap"])
    with pytest.raises(InputError, match="a mapping without a label map"):
        segment(SCAN, mapping="musclemap")


def test_a_mapped_map_of_a_scheme_the_engine_does_not_know_is_not_filled_in(tmp_path: Path) -> None:
    own = replace(SCHEME, pairs=SCHEME.pairs[::-1])
    table = tmp_path / "ours.toml"
    table.write_text(
        'name = "ours"\ntitle = "Ours"\nsource = "here"\nscheme = "own"\n'
        'labels = [{ number = 400, name = "vasti", side = "left", pair = "thigh_anterior" }]\n'
        '[lacks]\nthigh_anterior = ["rectus femoris"]\n',
    )
    file = tmp_path / "l.nii.gz"
    file.write_bytes(encode_nifti((halves()[0] > 0).astype(np.uint16) * 400, AFFINE))
    found = segment(SCAN, scheme=own, engine="labels", labels=file, mapping=table)
    thigh = own.group("thigh_anterior_left").label
    np.testing.assert_array_equal(found.data, np.where(halves()[0] > 0, thigh, 0))
    assert dict(found.origin) == {thigh: "labels"}


def test_labels_that_mean_other_pairs_fill_nothing_in(scheme: Scheme) -> None:
    scan, external, made = blocks(scheme)
    turned = replace(made, scheme=replace(scheme, pairs=scheme.pairs[::-1]))
    with pytest.raises(InputError, match="in another order for filling"):
        fill_missing(external, turned, scan)
