"""Outlines in 3D Slicer and ITK-SNAP: the same voxels in the same place, under the right names and colours."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import Case
from wbmri.core import Grid, Reading
from wbmri.core.scheme import Scheme
from wbmri.io import read_labels
from wbmri.pipeline import export_case
from wbmri.segmentation.external_labels import LabelFile

Exported = tuple[Case, dict[str, Path]]


def test_slicer_sees_names_colours_terms_and_extents(exported: Exported, tmp_path: Path) -> None:
    slicerio = pytest.importorskip("slicerio")
    case, _ = exported
    path = export_case(case.paths.folder, tmp_path, to=["seg.nrrd"]).files[0]
    found = slicerio.read_segmentation(str(path))
    labels = case.labels()
    assert np.array_equal(found["voxels"], labels.data)
    assert found["ijkToLPS"] == pytest.approx(np.diag([-1.0, -1.0, 1.0, 1.0]) @ labels.affine, abs=1e-9)
    assert len(found["segments"]) == 42
    deltoid = found["segments"][8]
    assert (deltoid["id"], deltoid["name"], deltoid["labelValue"]) == ("deltoid_left", "Deltoid, left", 9)
    assert deltoid["terminology"]["type"] == ["SCT", "35259002", "deltoid"]
    assert deltoid["terminology"]["typeModifier"] == ["SCT", "7771000", "Left"]
    assert deltoid["status"] == "inprogress"
    colour = labels.scheme.group(9).pair.colour
    assert [round(255 * value) for value in deltoid["color"]] == [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    there = np.argwhere(labels.data == 9)
    low, high = there.min(axis=0), there.max(axis=0)
    assert deltoid["extent"] == [low[0], high[0], low[1], high[1], low[2], high[2]]
    assert found["segments"][41]["extent"] == [0, -1, 0, -1, 0, -1]


def test_slicers_file_comes_back_as_labels(exported: Exported, scheme: Scheme, tmp_path: Path) -> None:
    case, _ = exported
    path = export_case(case.paths.folder, tmp_path, to=["seg.nrrd"]).files[0]
    assert np.array_equal(LabelFile(path).segment(case.volume(), scheme).data, case.labels().data)


def test_itksnap_gets_the_labels_and_what_they_are(
    coronal: Grid, make_case: Callable[..., Case], sign_case: Callable[[Case], Reading], tmp_path: Path
) -> None:
    case = make_case(tmp_path / "OUT", coronal)
    sign_case(case)
    image, table = export_case(case.paths.folder, tmp_path / "snap", to=["itksnap"]).files
    assert read_labels(image)[0][0, 0, :4].tolist() == [9, 9, 9, 0]  # as the reader corrected it
    rows = [line for line in table.read_text("utf-8").splitlines() if not line.startswith("#")]
    form = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([01])\s+([01])\s+([01])\s+"(.+)"')
    found = [form.fullmatch(row) for row in rows]
    assert all(found)
    assert [int(one[1]) for one in found if one] == list(range(43))
    assert found[9] is not None
    assert found[9][8] == "Deltoid, left"
