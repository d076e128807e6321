"""The sample pair."""

from pathlib import Path

import numpy as np

from wbmri.io import read_image
from wbmri.simulation.sample_person import SESSIONS, sample_visit, true_grades

SAMPLE = Path(__file__).parents[2] / "sample_data" / "sub-sample"


def test_the_sample_follows_the_published_case() -> None:
    baseline, month6 = (list(true_grades(session).values()) for session in SESSIONS)
    assert (sum(baseline), sum(g > 0 for g in baseline)) == (48, 42)
    assert (sum(month6), sum(g > 0 for g in month6)) == (19, 19)


def test_the_sample_on_disk_is_what_the_code_makes() -> None:
    visit = sample_visit("month6")
    for run, station in enumerate(visit.scanned.stations, start=1):
        name = f"sub-sample_ses-month6_acq-stir_run-{run}_T2w.nii.gz"
        stored = read_image(SAMPLE / "ses-month6" / "anat" / name)
        np.testing.assert_allclose(stored.affine, station.affine, atol=1e-4)
        assert stored.shape == station.shape
        # Exponentials may round differently on another processor: a voxel in a thousand, by one count.
        difference = np.abs(stored.data - station.data)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 1e-3
        assert stored.acquisition.inversion_time_ms == station.acquisition.inversion_time_ms
