"""Key images: the outlines and the notice are in the pixels, the person is not, and any viewer takes them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from wbmri.case import Case
from wbmri.core import NOTICE, Grid, LabelMap
from wbmri.pipeline import export_case
from wbmri.report.case import key_images

MakeCase = Callable[..., Case]


@pytest.fixture(scope="module")
def case(coronal: Grid, make_case: MakeCase, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return make_case(tmp_path_factory.mktemp("key") / "OUT", coronal)


@pytest.fixture(scope="module")
def files(case: Case, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = export_case(case.paths.folder, tmp_path_factory.mktemp("dicom"), to=["key"])
    return list(made.files)


def test_the_judge_of_dicom_finds_no_error(files: list[Path], check_dicom: Callable[[Path], list[str]]) -> None:
    assert files
    assert all(check_dicom(path) == [] for path in files)


def test_they_are_one_series_that_says_what_it_is(files: list[Path], case: Case) -> None:
    found: list[Dataset] = [dcmread(path) for path in files]
    assert 2 <= len(found) <= 4
    assert len({one.SeriesInstanceUID for one in found}) == 1
    assert len({one.SOPInstanceUID for one in found}) == len(found)
    for one in found:
        assert one.ImageComments == NOTICE
        assert one.PatientID == "sub-07"
        assert one.pixel_array.shape == (one.Rows, one.Columns, 3)
    assert files[0].parent.name == f"{case.paths.name}_key"


def test_outlines_are_burnt_in_and_the_notice_below(case: Case) -> None:
    volume, labels = case.volume(), case.labels()
    pictures = key_images(volume, labels, case.reading)
    bare = key_images(volume, replace(labels, data=np.zeros_like(labels.data)), case.reading)[0].pixels

    def coloured(pixels: np.ndarray) -> int:
        above = pixels[:1000].astype(int)
        return int(np.count_nonzero(np.ptp(above, axis=2) > 60))

    assert coloured(bare) == 0
    for one in pictures:
        assert coloured(one.pixels) > 500
        assert np.count_nonzero(one.pixels[-40:].min(axis=2) > 150) > 100  # the last line of the notice
        assert one.words


def test_the_same_case_gives_the_same_files(files: list[Path], case: Case, tmp_path: Path) -> None:
    again = export_case(case.paths.folder, tmp_path, to=["key"]).files
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_without_any_outline_there_is_still_a_slice(case: Case) -> None:
    labels: LabelMap = replace(case.labels(), data=np.zeros_like(case.labels().data))
    assert key_images(case.volume(), labels, case.reading)
