"""Slices that a reader chooses: kept with the reading, taken back, and shown in its report."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wbmri.case import Case, read_signed
from wbmri.core import Grid, InputError, KeySlice, LabelMap, Reading, ReviewRecord, Volume
from wbmri.core.scheme import Scheme
from wbmri.report.case import case_report, reading_text
from wbmri.report.case.key_slices import key_pictures
from wbmri.report.figures import upright
from wbmri.review import open_review


def test_a_slice_is_chosen_and_no_longer_and_kept(case: Case) -> None:
    session = open_review(case.paths, "anna")
    grid = session.volume.grid
    first, second = (tuple(map(float, grid.points([float(i), 1.0, 1.0]))) for i in (1, 3))
    session.choose(9)
    assert session.keep_slice("sagittal", first).words.endswith("1 in the report")
    session.keep_slice("sagittal", second)
    session.keep_slice("axial", second)
    assert session.keep_slice("sagittal", first).words.startswith("No key image")
    session.undo()
    assert len(session.key_slices) == 3
    session.redo()
    session.close()
    again = open_review(case.paths, "anna")
    assert [(one.plane, one.point_mm) for one in again.key_slices] == [("sagittal", second), ("axial", second)]
    for label in range(1, 43):
        again.grade(label, 0)
    again.sign(again.signoff_issues())
    reading = read_signed(again.paths).reading
    assert reading.review is not None
    assert reading.review.key_slices == again.key_slices
    name = reading.scheme.group(9).name
    assert f"Key images: sagittal, {name}; axial, {name}." in reading_text(reading, "x").splitlines()
    report = case_report(case.volume(), case.labels(), reading, participant="X", session="Y")
    assert f"Sagittal: {name}" in report
    assert open_review(case.paths, "anna", addendum=True).key_slices == again.key_slices
    with pytest.raises(InputError, match="diagonal"):
        KeySlice("diagonal", first, "x")


@pytest.mark.parametrize("codes", ["RAS", "PIL"])
def test_the_picture_is_the_slice_that_was_chosen(
    codes: str, scheme: Scheme, make_reading: Callable[..., Reading]
) -> None:
    grid = Grid((30, 24, 40), np.diag([4.0, 4.0, 4.0, 1.0])).stored_as(codes).grid
    data, labels = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, np.uint8)
    inside = tuple(slice(4, size - 4) for size in grid.shape)
    labels[inside] = 9
    index = (9, 10, 11)
    data[index] = 100.0
    volume = Volume(data, grid.affine)
    scan = upright(volume, LabelMap(labels, grid.affine, scheme, "drawn", {9: 1.0}), (0.0, 100.0))
    point = tuple(map(float, grid.points(list(map(float, index)))))
    kept = tuple(KeySlice(plane, point, "deltoid_left") for plane in ("sagittal", "coronal", "axial"))
    reading = replace(make_reading(), review=ReviewRecord("assisted", "anna", key_slices=kept))
    pictures = key_pictures(volume, scan, reading)
    assert [picture.caption.partition(":")[0].partition(",")[0] for picture in pictures] == [
        *("Sagittal", "Coronal", "Axial")
    ]
    # The one bright voxel lies in all three.
    assert all(picture.grey.max() > 0.5 for picture in pictures)
    beside = replace(kept[0], point_mm=tuple(np.add(point, (8.0, 0.0, 0.0))))
    (dark,) = key_pictures(volume, scan, replace(reading, review=ReviewRecord("x", "anna", key_slices=(beside,))))
    assert dark.grey.max() == 0.0
