"""Pictures of a scan: which side is where, true sizes, and which slices are chosen."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from nibabel.orientations import apply_orientation as reoriented
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform
from PIL import Image

from wbmri.core import InputError, LabelMap, Reading, Reference, Volume
from wbmri.core.scheme import Scheme
from wbmri.report.figures import (
    PROJECTION_RANGE,
    choose_slices,
    muscle_projection,
    picture_svg,
    slice_picture,
    upright,
    whole_projection,
    window_presets,
)

RIGHT, HEAD = 12, 20  # voxels from the middle to the marker, towards the patient's right and head


def body(scheme: Scheme, axes: str) -> tuple[Volume, LabelMap]:
    """A body, 2 x 6 x 2 mm, with one bright and labelled block on the patient's upper right, stored along the axes."""
    shape = (60, 8, 90)
    data = np.full(shape, 10.0, np.float32)
    labels = np.zeros(shape, np.uint8)
    block = np.s_[30 + RIGHT - 3 : 30 + RIGHT + 3, 3:5, 45 + HEAD - 3 : 45 + HEAD + 3]
    data[block] = 100.0
    labels[block] = 10  # deltoid, right
    labels[10:20, 3:5, 20:30] = 31  # thigh anterior, left
    affine = np.array([[2.0, 0, 0, -60.0], [0, 6.0, 0, -24.0], [0, 0, 2.0, -90.0], [0, 0, 0, 1]])
    turn = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(axes))
    affine = affine @ inv_ornt_aff(turn, shape)
    volume = Volume(reoriented(data, turn), affine)
    return volume, LabelMap(reoriented(labels, turn), affine, scheme, "blocks", {})


@pytest.mark.parametrize("axes", ["RAS", "LPI", "LSP", "PIR", "SAL"])
def test_the_patients_right_is_on_the_viewers_left(scheme: Scheme, axes: str) -> None:
    volume, labels = body(scheme, axes)
    scan = upright(volume, labels, (0.0, 200.0))
    picture = whole_projection(scan)
    row, column = np.argwhere(picture.grey > 0.9 * picture.grey.max()).mean(axis=0)
    # The marker is the only thing on the patient's right, and the highest.
    assert column < picture.grey.shape[1] / 2
    left_row, left_column = np.argwhere(scan.labels.max(axis=1).T == 31).mean(axis=0)
    assert column < left_column
    assert row < left_row


@pytest.mark.parametrize("axes", ["LPI", "LSP", "SAL"])
def test_storage_does_not_change_a_picture(scheme: Scheme, make_reading: Callable[..., Reading], axes: str) -> None:
    plain, turned = (
        muscle_projection(upright(*body(scheme, way), (0.0, 200.0)), make_reading()) for way in ("RAS", axes)
    )
    np.testing.assert_array_equal(plain.grey, turned.grey)
    assert picture_svg(plain, title="x") == picture_svg(turned, title="x")


def test_pictures_have_true_size_and_outlines_lie_on_their_groups(
    scheme: Scheme,
    make_reading: Callable[..., Reading],
) -> None:
    scan = upright(*body(scheme, "RAS"), (0.0, 200.0))
    picture = slice_picture(scan, 3, make_reading(lambda label: 2 if label == 10 else 0))
    assert picture.width_mm == pytest.approx(2.0 * scan.data.shape[0])
    assert picture.height_mm == pytest.approx(2.0 * scan.data.shape[2])
    drawn = {outline.words: outline for outline in picture.outlines if outline.lines}
    assert set(drawn) == {"Deltoid, right: grade 2", "Thigh, anterior, left: grade 0"}
    (line,) = drawn["Deltoid, right: grade 2"].lines
    size = line.max(axis=0) - line.min(axis=0)
    np.testing.assert_allclose(size, 12.0)  # six voxels of 2 mm each way
    pixel = picture.width_mm / picture.grey.shape[1]
    bright = np.argwhere(picture.grey > 0.4)
    np.testing.assert_allclose(line.mean(axis=0)[::-1], (bright.mean(axis=0) + 0.5) * pixel, atol=1.0)


def test_a_projection_inside_the_groups_shows_nothing_else(
    scheme: Scheme,
    make_reading: Callable[..., Reading],
) -> None:
    volume, labels = body(scheme, "RAS")
    data = volume.data.copy()
    data[5, 4, 60] = 1000.0  # a vessel outside every group
    scan = upright(Volume(data, volume.affine), labels, (0.0, 200.0))
    assert whole_projection(scan).grey.max() == 1.0
    assert muscle_projection(scan, make_reading()).grey.max() == pytest.approx(0.5 / PROJECTION_RANGE)


def test_grades_are_written_into_the_areas_of_the_projection(
    scheme: Scheme,
    make_reading: Callable[..., Reading],
) -> None:
    scan = upright(*body(scheme, "RAS"), (0.0, 200.0))
    picture = muscle_projection(scan, make_reading(lambda label: 2 if label == 10 else 0))
    assert sorted(numeral.grade for numeral in picture.numerals) == [0, 2]
    for numeral in picture.numerals:
        label = 10 if numeral.grade == 2 else 31
        middle = (np.argwhere(scan.labels.max(axis=1) == label).mean(axis=0) + 0.5) * 2.0
        np.testing.assert_allclose(numeral.at, middle, atol=2.0)
    assert ">2</text>" in picture_svg(picture, title="x")


def test_every_group_shows_in_some_chosen_slice() -> None:
    labels = np.zeros((20, 30, 20), np.uint8)
    for label in range(1, 6):
        labels[:, 5 * label, label] = label
        labels[0, :, label] = label
    assert choose_slices(labels, 5) == (5, 10, 15, 20, 25)
    assert len(choose_slices(labels, 3)) == 3
    assert choose_slices(np.zeros((4, 9, 4), np.uint8), 6) == (4,)


def test_the_default_window_makes_muscle_of_1_3_times_the_level_visible(scheme: Scheme) -> None:
    volume, labels = body(scheme, "RAS")
    data = np.where(labels.data == 31, np.float32(13.0), volume.data)  # a homogeneous region of 1.3
    for reference in (Reference(10.0, 1.0, "known", True), Reference(10.0, 1.0, "below all muscle", False)):
        default = window_presets(replace(volume, data=data), labels, reference)[0]
        scan = upright(replace(volume, data=data), labels, default.limits)
        region = scan.data[scan.labels == 31].mean()
        normal = scan.data[(scan.labels == 0) & (scan.data < 0.5)].mean()
        assert region - normal >= 0.2 - 1e-6
        assert region < 1.0
        assert normal > 0.2


def test_windows_are_multiples_of_normal_muscle_where_it_is_known_and_say_what_they_are(scheme: Scheme) -> None:
    volume, labels = body(scheme, "RAS")
    presets = window_presets(volume, labels, Reference(12.0, 1.0, "known", True))
    assert [preset.limits for preset in presets] == [(6.0, 24.0), (0.0, 48.0), (0.0, 96.0)]
    assert "normal-muscle level" in presets[0].words
    for reference in (Reference(5000.0, 1.0, "of another scale", True), None):
        instead = window_presets(volume, labels, reference)[0]
        assert instead.limits == (5.0, 20.0)  # of the median
        assert "median of all muscle" in instead.name
        assert "unknown" in instead.words
    empty = LabelMap(np.zeros_like(labels.data), labels.affine, scheme, "nothing", {})
    assert "percentile" in window_presets(volume, empty, None)[0].name


@pytest.mark.parametrize("axes", ["RAS", "LPI", "LSP", "PIR", "SAL"])
def test_axial_pictures_are_seen_from_the_feet(scheme: Scheme, make_reading: Callable[..., Reading], axes: str) -> None:
    scan = upright(*body(scheme, axes), (0.0, 200.0))
    levels = choose_slices(scan.labels, 2, axis=2)
    picture = slice_picture(scan, levels[0], make_reading(lambda _: 0), axis=2)
    # The block on the patient's upper right: in the left half of the picture, 12 mm wide and as deep.
    drawn = {outline.words: outline for outline in picture.outlines if outline.lines}
    (line,) = drawn["Deltoid, right: grade 0"].lines
    assert line[:, 0].max() < picture.width_mm / 2
    np.testing.assert_allclose(line.max(axis=0) - line.min(axis=0), 12.0)
    bright = np.argwhere(picture.grey > 0.4)
    assert bright[:, 1].max() < picture.grey.shape[1] / 2
    # The uppermost voxel of the block lies 44 mm above the scanner's centre.
    assert picture.caption == "44 mm superior"
    assert len(levels) == 2


def test_labels_of_another_grid_are_refused(scheme: Scheme) -> None:
    volume, labels = body(scheme, "RAS")
    moved = volume.affine.copy()
    moved[0, 3] += 5.0
    with pytest.raises(InputError, match="one grid"):
        upright(Volume(volume.data, moved), labels, (0.0, 1.0))


def test_the_png_holds_the_picture(scheme: Scheme) -> None:
    picture = whole_projection(upright(*body(scheme, "RAS"), (0.0, 200.0)))
    read = np.asarray(Image.open(BytesIO(picture.png)))
    np.testing.assert_allclose(read / 255.0, picture.grey, atol=0.01)
    assert picture.png == picture.png
