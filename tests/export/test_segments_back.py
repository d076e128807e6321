"""A segmentation edited elsewhere, or of another program, comes back as labels: only what was changed is changed."""

import resource
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import DeflatedExplicitVRLittleEndian, SegmentationStorage

from wbmri.case import Case
from wbmri.core import InputError, Volume
from wbmri.core.scheme import Scheme
from wbmri.export.dicom import read_report
from wbmri.io.dicom import read_segments
from wbmri.segmentation import segment
from wbmri.segmentation.external_labels import LabelFile

Exported = tuple[Case, dict[str, Path]]
MUSCLE, BONE = Code("71616004", "SCT", "Muscle"), Code("272673000", "SCT", "Bone")


def test_our_own_comes_back_whole(exported: Exported, scheme: Scheme) -> None:
    case, places = exported
    volume, labels = case.volume(), case.labels()
    found = LabelFile(places["seg.dcm"]).segment(volume, scheme)
    assert np.array_equal(found.data, labels.data)
    assert found.outside == {42}


def test_only_the_group_that_was_edited_changes(exported: Exported, scheme: Scheme, tmp_path: Path) -> None:
    """A viewer may drop what it does not know, such as tracking identifiers, and keeps names and codes."""
    case, places = exported
    volume, labels = case.volume(), case.labels()
    edited = dcmread(places["seg.dcm"])
    size, depth = edited.Rows * edited.Columns, volume.shape[volume.grid.slice_axis]
    bits = np.unpackbits(np.frombuffer(edited.PixelData, np.uint8), bitorder="little")
    frames = bits[: 42 * depth * size].reshape(42, depth, size)
    frames[16] = 0
    bits[: frames.size] = frames.ravel()
    edited.PixelData = np.packbits(bits, bitorder="little").tobytes()
    for item in edited.SegmentSequence:
        del item.TrackingID, item.TrackingUID
    edited.save_as(tmp_path / "edited.dcm")
    found = LabelFile(tmp_path / "edited.dcm").segment(volume, scheme)
    expected = labels.data.copy()
    expected[expected == 17] = 0
    assert np.array_equal(found.data, expected)
    assert found.outside == {17, 42}


@pytest.fixture
def foreign(exported: Exported, tmp_path: Path) -> Callable[..., Path]:
    """Write a segmentation of another program on the images of a case: name, code, side and mask of each segment."""
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.seg import Segmentation, SegmentDescription
    from highdicom.sr import CodedConcept

    _, places = exported
    images = [dcmread(path) for path in sorted(places["mr"].iterdir())]

    def write(segments: list[tuple[str, Code, str, NDArray[np.bool_]]], kind: str, **options: Any) -> Path:
        described = []
        for number, (name, code, side, _) in enumerate(segments, start=1):
            one = SegmentDescription(
                number, name, Code("91723000", "SCT", "Anatomical Structure"), code, "AUTOMATIC",
                AlgorithmIdentificationSequence("other", Code("123110", "DCM", "Artificial Intelligence"), "1"),
            )  # fmt: skip
            if side:
                value = {"left": "7771000", "right": "24028007"}[side]
                modifier = CodedConcept(value, "SCT", side)
                one.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
            described.append(one)
        masks = np.stack([mask for *_, mask in segments], axis=-1)
        pixels = masks.astype(np.float32) if kind == "FRACTIONAL" else masks.astype(np.uint8)
        if kind == "LABELMAP":
            pixels = (masks * np.arange(1, len(segments) + 1)).max(axis=-1).astype(np.uint8)
        made = Segmentation(
            images, pixels, kind, described, "1.2.3.4", 9, "1.2.3.4.5", 1, "Other", "Other", "1", "1", **options
        )
        path = tmp_path / "foreign.dcm"
        made.save_as(path)
        return path

    return write


def masks_on(exported: Exported) -> tuple[Volume, list[NDArray[np.bool_]], list[NDArray[np.bool_]]]:
    """Return the volume, four blocks on its grid, and the same as frames of its images."""
    from wbmri.export.dicom import radiological

    volume = exported[0].volume()
    storage = radiological(volume.grid)
    rng = np.random.default_rng(3)
    kinds = rng.integers(0, 5, volume.shape)
    here = [kinds == k for k in range(1, 5)]
    # The first and last slices are empty, and so is one in between.
    for mask in here:
        stored = storage.apply(mask)
        stored[:, :, [0, 4, -1]] = False
    return volume, here, [np.ascontiguousarray(storage.apply(mask).transpose(2, 1, 0)) for mask in here]


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_another_programs_muscles_become_groups(
    exported: Exported, foreign: Callable[..., Path], scheme: Scheme, kind: str
) -> None:
    volume, here, frames = masks_on(exported)
    path = foreign(
        [
            ("Supra", Code("6423006", "SCT", "Supraspinatus muscle"), "right", frames[0]),
            ("infraspinatus right", MUSCLE, "", frames[1]),
            ("Deltoid, left", MUSCLE, "", frames[2]),
            ("Femur", BONE, "left", frames[3]),
        ],
        kind,
    )
    found = LabelFile(path).read(volume, scheme)
    expected = np.zeros(volume.shape, np.uint8)
    expected[here[0] | here[1]] = scheme.group("rotator_cuff_right").label
    expected[here[2]] = scheme.group("deltoid_left").label
    assert np.array_equal(found.labels.data, expected)
    assert found.partial == {scheme.group("rotator_cuff_right").label}
    assert found.labelled[here[3]].all()


def test_a_segmentation_of_no_group_is_refused(
    exported: Exported, foreign: Callable[..., Path], scheme: Scheme
) -> None:
    volume, _, frames = masks_on(exported)
    path = foreign([("Femur", BONE, "left", frames[0])], "BINARY")
    with pytest.raises(InputError, match="none is a group"):
        LabelFile(path).segment(volume, scheme)


def test_segments_that_share_voxels_are_refused(
    exported: Exported, foreign: Callable[..., Path], scheme: Scheme
) -> None:
    volume, _, frames = masks_on(exported)
    path = foreign([("Deltoid, left", MUSCLE, "", frames[0]), ("Deltoid, right", MUSCLE, "", frames[0])], "BINARY")
    with pytest.raises(InputError, match="belong to several segments"):
        LabelFile(path).segment(volume, scheme)


def test_what_is_no_segmentation_is_refused(exported: Exported, scheme: Scheme, tmp_path: Path) -> None:
    case, places = exported
    volume = case.volume()
    with pytest.raises(InputError, match="is no segmentation"):
        LabelFile(min(places["mr"].iterdir())).segment(volume, scheme)
    content = places["seg.dcm"].read_bytes()
    for end in (200, 5000, len(content) // 2, len(content) - 100):
        (tmp_path / "cut.dcm").write_bytes(content[:end])
        with pytest.raises(InputError, match=r"cut\.dcm"):
            LabelFile(tmp_path / "cut.dcm").segment(volume, scheme)


@pytest.mark.parametrize("read", [read_segments, read_report])
def test_objects_that_inflate_without_end_are_refused_before_they_are(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = SegmentationStorage, "2.25.1"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = tmp_path / "bomb.dcm"
    made.save_as(path, enforce_file_format=True)
    content = path.read_bytes()
    begin = 144 + int.from_bytes(content[140:144], "little")
    bomb = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(2**24)
    path.write_bytes(content[:begin] + b"".join(bomb.compress(zeros) for _ in range(70)) + bomb.flush())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="damaged"):
        read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def test_labels_of_a_scoring_may_be_a_segmentation(exported: Exported, scheme: Scheme) -> None:
    case, places = exported
    made = segment(case.volume(), scheme=scheme, labels=places["seg.dcm"])
    assert np.array_equal(made.data, case.labels().data)
    assert made.engine == "labels"
    assert not made.origin
