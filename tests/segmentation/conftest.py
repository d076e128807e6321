"""The sample person's scans with their true outlines, and bodies drawn on a coarse grid, which is quick."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import LabelMap, Volume
from wbmri.core.scheme import Scheme
from wbmri.io import load
from wbmri.segmentation import segment
from wbmri.segmentation.external_labels import LabelFile
from wbmri.simulation.body import Rendered, Shape, grid_around, measured_body, render

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
    return LabelFile(truth_file).segment(whole_body, scheme).data


Draw = Callable[..., Rendered]


@pytest.fixture(scope="session")
def draw() -> Draw:
    """A function that draws a body of some height, girth and fat; the same body is drawn once."""

    @cache
    def drawn(height_mm: float = 1400.0, girth: float = 1.0, fat_mm: float = 8.0) -> Rendered:
        parts = measured_body().mapped(Shape(height_mm=height_mm, girth=girth, sway_mm=12.0, seed=77).mapping())
        return render(parts, grid_around(parts, (6.0, 6.0, 6.0), margin_mm=fat_mm + 18.0), fat_mm)

    return drawn


@pytest.fixture(scope="session")
def outlines(draw: Draw, scheme: Scheme) -> Callable[..., LabelMap]:
    """A function that gives the true outlines of such a body."""

    def made(height_mm: float = 1400.0, girth: float = 1.0) -> LabelMap:
        body = draw(height_mm, girth)
        confidence = {group.label: 0.9 for group in scheme.groups}
        return LabelMap(body.labels, body.grid.affine, scheme, "drawn", confidence)

    return made
