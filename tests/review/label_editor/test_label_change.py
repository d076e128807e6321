"""Changes of outlines: they do, undo and come back from disk exactly."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wbmri.core import CaseError, InputError
from wbmri.review.label_editor import LabelChange, decode_change, encode_change

SHAPE = (5, 3, 7)
maps = hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 4))


@given(maps, maps)
def test_a_change_turns_one_map_into_the_other_and_back(before: np.ndarray, after: np.ndarray) -> None:
    change = LabelChange.between(before, after)
    labels = before.copy()
    change.apply(labels)
    np.testing.assert_array_equal(labels, after)
    change.inverse().apply(labels)
    np.testing.assert_array_equal(labels, before)
    assert change.voxels == np.count_nonzero(before != after)
    np.testing.assert_array_equal(after[change.places], change.after)
    differs = before != after
    assert change.labels == {*before[differs].tolist(), *after[differs].tolist()} - {0}


@given(maps, maps, maps)
def test_two_changes_in_turn_are_one(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> None:
    both = LabelChange.between(first, second).then(LabelChange.between(second, third))
    direct = LabelChange.between(first, third)
    for name in ("index", "before", "after"):
        np.testing.assert_array_equal(getattr(both, name), getattr(direct, name))


@given(maps, maps)
def test_a_change_comes_back_from_its_bytes(before: np.ndarray, after: np.ndarray) -> None:
    change = LabelChange.between(before, after)
    content = encode_change(change)
    assert content == encode_change(change)
    back = decode_change(content, "a file")
    assert back.shape == change.shape
    for name in ("index", "before", "after"):
        np.testing.assert_array_equal(getattr(back, name), getattr(change, name))


@given(st.data())
def test_a_damaged_file_is_refused(data: st.DataObject) -> None:
    labels = np.zeros(SHAPE, np.uint8)
    content = bytearray(encode_change(LabelChange.setting(labels, np.arange(20), 3)))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CaseError, match="000007"):
        decode_change(bytes(content), "000007.wbm")
    with pytest.raises(CaseError, match="damaged"):
        decode_change(bytes(content[:place]), "000007.wbm")


def test_a_stroke_takes_less_than_a_byte_a_voxel() -> None:
    labels = np.zeros((200, 30, 300), np.uint8)
    x, z = np.indices((200, 300))
    after = labels.copy()
    after[:, 7][np.hypot(x - 70, z - 120) < 20] = 16
    change = LabelChange.between(labels, after)
    assert len(encode_change(change)) < change.voxels


def test_a_change_made_from_other_outlines_is_refused_and_changes_nothing() -> None:
    labels = np.zeros(SHAPE, np.uint8)
    change = LabelChange.setting(labels, np.array([3, 4]), 2)
    labels.flat[4] = 1
    before = labels.copy()
    with pytest.raises(InputError, match="outlines as they are"):
        change.apply(labels)
    np.testing.assert_array_equal(labels, before)
    with pytest.raises(InputError, match="5, 3, 7"):
        change.apply(np.zeros((5, 7, 3), np.uint8))


def sealed(shape: tuple[int, int, int], count: int, content: bytes) -> bytes:
    """A file whose checksum fits whatever it holds."""
    body = struct.pack("<8s3IQ", b"wbmask1\n", *shape, count) + content
    return body + struct.pack("<I", zlib.crc32(body))


def packed(steps: list[int], before: bytes, after: bytes) -> bytes:
    return zlib.compress(struct.pack(f"<{len(steps)}I", *steps) + before + after)


WRONG = {
    "no body": sealed(SHAPE, 3, b""),
    "no compression": sealed(SHAPE, 3, b"junk"),
    "cut short": sealed(SHAPE, 3, packed([1, 1, 1], b"000", b"111")[:-5]),
    "too little": sealed(SHAPE, 3, packed([1, 1], b"00", b"11")),
    "too much": sealed(SHAPE, 1, packed([1, 1], b"00", b"11")),
    "more behind": sealed(SHAPE, 1, packed([1], b"0", b"1") + b"more"),
    "far more than there is": sealed(SHAPE, 1, zlib.compress(bytes(50_000_000))),
    "more voxels than the map has": sealed(SHAPE, 2**31, packed([1], b"0", b"1")),
    "more voxels than any map has": sealed((2**32 - 1,) * 3, 2**63, packed([1], b"0", b"1")),
    "outside the map": sealed(SHAPE, 1, packed([500], b"0", b"1")),
    "a voxel twice": sealed(SHAPE, 2, packed([4, 0], b"00", b"11")),
    "an empty map": sealed((0, 0, 0), 1, packed([0], b"0", b"1")),
}


def test_the_checksum_of_these_files_fits() -> None:
    assert decode_change(sealed(SHAPE, 2, packed([4, 3], b"00", b"11")), "file").index.tolist() == [4, 7]


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_body_is_refused_though_its_checksum_fits(kind: str) -> None:
    with pytest.raises(CaseError, match="file, which is damaged"):
        decode_change(WRONG[kind], "file")
