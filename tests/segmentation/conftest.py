"""The sample person's scans with their true outlines."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import LabelMap, Volume
from wbmri.core.scheme import Scheme
from wbmri.io import load
from wbmri.segmentation import segment
from wbmri.segmentation.external_labels import GivenLabels

SAMPLE = Path(__file__).parents[2] / "sample_data"
STEM = "sub-sample_ses-baseline_acq-stir"


@pytest.fixture(scope="session")
def truth_file() -> Path:
    place = SAMPLE / "derivatives" / "truth" / "sub-sample" / "ses-baseline" / "anat"
    return place / f"{STEM}_desc-muscles_dseg.nii.gz"


@pytest.fixture(scope="session")
def station() -> Callable[[int], Path]:
    return lambda run: SAMPLE / "sub-sample" / "ses-baseline" / "anat" / f"{STEM}_run-{run}_T2w.nii.gz"


@pytest.fixture(scope="session")
def whole_body(station: Callable[[int], Path]) -> Volume:
    return load([station(run) for run in (1, 2, 3)])


@pytest.fixture(scope="session")
def found(whole_body: Volume) -> LabelMap:
    return segment(whole_body)


@pytest.fixture(scope="session")
def true_labels(truth_file: Path, whole_body: Volume, scheme: Scheme) -> NDArray[np.uint8]:
    return GivenLabels(truth_file).segment(whole_body, scheme).data
