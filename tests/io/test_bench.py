"""The bench bodies as DICOM: five stations, a localiser and a T1."""

from pathlib import Path

import numpy as np
import pytest

from wbmri.core import canonical
from wbmri.io import inspect, load, read_image


@pytest.mark.parametrize("visit", ["baseline", "month6"])
def test_the_five_stations_are_chosen_and_lie_on_the_composed_image(bench: Path, visit: str) -> None:
    found = inspect(bench / "pair_dicom" / visit)
    assert [(one.kind, one.chosen) for one in found.series] == [
        ("localiser", False), *[("STIR", True)] * 5, ("T1", False),
    ]  # fmt: skip
    assert found.error is None
    assert found.warnings == ()
    volume = load(bench / "pair_dicom" / visit)
    scanner = canonical(read_image(bench / "pair" / visit / "stir.nii.gz"))
    assert len(volume.acquisition.stations) == 5
    assert volume.shape == scanner.shape
    np.testing.assert_allclose(volume.affine, scanner.affine, atol=0.05)
    thin = (slice(None, None, 4), slice(None, None, 4), slice(None, None, 8))
    assert np.corrcoef(volume.data[thin].ravel(), scanner.data[thin].ravel())[0, 1] > 0.9
