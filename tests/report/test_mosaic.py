"""The mosaic of outlines: sides, proportions, colours and marks."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from nibabel.orientations import apply_orientation, axcodes2ornt, inv_ornt_aff, ornt_transform
from numpy.typing import NDArray
from PIL import Image

from wbmri.core import InputError, LabelMap, Volume
from wbmri.core.scheme import Scheme
from wbmri.report.case import mosaic_png


def scan(scheme: Scheme, axes: str = "RAS") -> tuple[Volume, LabelMap]:
    """Two blocks, 40 mm wide and 80 mm high, the patient's right one bright; voxels of 2 x 8 x 4 mm."""
    shape = (80, 12, 60)
    data, labels = np.full(shape, 5.0, np.float32), np.zeros(shape, np.uint8)
    right, left = np.s_[50:70, 3:9, 20:40], np.s_[10:30, 3:9, 20:40]
    data[right], data[left] = 100.0, 60.0
    labels[right], labels[left] = 32, 31  # thigh, anterior
    affine = np.diag([2.0, 8.0, 4.0, 1.0])
    turn = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(axes))
    affine = affine @ inv_ornt_aff(turn, shape)
    volume = Volume(apply_orientation(data, turn), affine)
    return volume, LabelMap(apply_orientation(labels, turn), affine, scheme, "blocks", {})


def pixels(volume: Volume, labels: LabelMap) -> NDArray[np.int64]:
    return np.array(Image.open(BytesIO(mosaic_png(volume, labels))).convert("RGB")).astype(int)


def first_panel(picture: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Where the blocks of the first coronal panel are, by their coloured outlines, and that part of the picture."""
    coloured = np.ptp(picture, axis=2) > 60
    rows = np.flatnonzero(coloured.any(1))
    lines = rows[: np.flatnonzero(np.diff(np.append(rows, 10**6)) > 20)[0] + 1]
    part = slice(lines[0], lines[-1] + 1)
    columns = np.flatnonzero(coloured[part].any(0))
    return coloured[part, columns[0] : columns[-1] + 1], picture[part, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("axes", ["RAS", "LPS", "SAR"])
def test_the_patients_right_is_on_the_left_whatever_the_storage(scheme: Scheme, axes: str) -> None:
    _, part = first_panel(pixels(*scan(scheme, axes)))
    middle = part[part.shape[0] // 2, :, 1]
    bright = np.flatnonzero(middle > 150)
    assert bright.size
    # The bright right block begins the panel, before the darker left one.
    assert bright[0] < 30


def test_panels_have_the_proportions_of_the_body(scheme: Scheme) -> None:
    outline, _ = first_panel(pixels(*scan(scheme)))
    row = outline[outline.shape[0] // 2]
    edges = np.flatnonzero(row & ~np.roll(row, 1))
    width, height = edges[1] - edges[0], outline.shape[0]
    assert height / width == pytest.approx(80 / 40, rel=0.1)


def test_flagged_outlines_are_bold(scheme: Scheme) -> None:
    volume, labels = scan(scheme)
    plain = (np.ptp(pixels(volume, labels)[:400], axis=2) > 60).sum()
    bold = (np.ptp(pixels(volume, replace(labels, flags={32: ("too large",)}))[:400], axis=2) > 60).sum()
    assert bold > 1.2 * plain


def test_the_same_input_gives_the_same_bytes(scheme: Scheme) -> None:
    assert mosaic_png(*scan(scheme)) == mosaic_png(*scan(scheme))


def test_labels_of_another_grid_are_refused(scheme: Scheme) -> None:
    volume, labels = scan(scheme)
    with pytest.raises(InputError, match="grid"):
        mosaic_png(volume, replace(labels, affine=np.diag([2.0, 8.0, 5.0, 1.0])))


def test_a_scan_without_outlines_is_still_shown(scheme: Scheme) -> None:
    volume, labels = scan(scheme)
    picture = pixels(volume, replace(labels, data=np.zeros_like(labels.data)))
    assert picture.max() > 200
