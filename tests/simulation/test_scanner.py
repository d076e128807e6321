"""The simulated scanner and the sample pair."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from wbmri.core import Grid
from wbmri.io import read_image
from wbmri.simulation.body import Rendered, Tissue
from wbmri.simulation.sample_person import SESSIONS, sample_visit, true_grades
from wbmri.simulation.scanner import Involvement, Protocol, Scan, acquire, oedema_ratio, tissue_signals

SAMPLE = Path(__file__).parents[2] / "sample_data" / "sub-sample"


@pytest.mark.parametrize(("t2", "ratio"), [(40, 1.2), (45, 1.4), (50, 1.65), (60, 2.0), (80, 2.6)])
def test_longer_t2_is_brighter_by_the_signal_equation(t2: float, ratio: float) -> None:
    # Ratios worked out beforehand for TR 4000, TI 160, TE 60 at 1.5 T, healthy muscle with T1 1130 and T2 35.3 ms.
    protocol = Protocol(repetition_time_ms=4000, inversion_time_ms=160, echo_time_ms=60)
    assert protocol.signal(1130, t2) / protocol.signal(1130, 35.3) == pytest.approx(ratio, abs=0.06)


def test_fat_is_nearly_nulled() -> None:
    assert tissue_signals(Protocol())[Tissue.FAT] < 0.2


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.9])
def test_oedema_fills_the_share_that_was_asked(fraction: float) -> None:
    labels = np.zeros((40, 20, 40), np.uint8)
    labels[5:35, 4:16, 5:35] = 3
    labels[0:4] = 2
    ratio = oedema_ratio(labels, (2.0, 4.0, 2.0), {3: Involvement(fraction, 1.7)}, seed=5)
    assert (ratio[labels == 3] > 1).mean() == pytest.approx(fraction, abs=0.001)
    np.testing.assert_allclose(np.unique(ratio[labels == 3]), [1.0, 1.7], rtol=1e-6)
    assert (ratio[labels != 3] == 1).all()


def test_diffuse_oedema_lies_in_one_piece_and_shades_off() -> None:
    labels = np.zeros((60, 20, 60), np.uint8)
    labels[5:55, 2:18, 5:55] = 3
    patchy, diffuse = (
        oedema_ratio(labels, (2.0, 4.0, 2.0), {3: Involvement(0.5, 1.8, spread)}, seed=5) for spread in (False, True)
    )
    for ratio in (patchy, diffuse):
        wet = ratio > 1
        assert wet[labels == 3].mean() == pytest.approx(0.5, abs=0.001)
        assert ratio[wet].mean() == pytest.approx(1.8, abs=0.03)
    assert len(np.unique(patchy)) == 2
    assert 0.05 < diffuse[diffuse > 1].std() < 0.2
    pieces = [ndimage.label(ratio > 1)[1] for ratio in (patchy, diffuse)]
    assert pieces[1] < pieces[0]


def block_of_muscle() -> Rendered:
    tissue = np.zeros((40, 30, 260), np.uint8)
    tissue[8:32, 6:24, 10:250] = Tissue.MUSCLE.code
    grid = Grid.along_axes(tissue.shape, (4.0, 2.0, 4.0), (-80.0, -30.0, 0.0))
    return Rendered(grid, tissue, (tissue > 0).astype(np.uint8))


def test_stations_cover_the_body_and_overlap() -> None:
    body = block_of_muscle()
    scan = Scan(station_mm=400, overlap_mm=40, noise=0.0, shading=0.0, gains=0.1)
    stations = acquire(body, np.ones(body.tissue.shape, np.float32), Protocol(), scan)
    ranges = [(s.affine[2, 3], s.affine[2, 3] + 4.0 * (s.shape[2] - 1)) for s in stations]
    assert ranges[0][1] == 4.0 * 259
    assert ranges[-1][0] == 0.0
    for upper, lower in pairwise(ranges):
        assert lower[1] - upper[0] == pytest.approx(36.0, abs=0.1)
    # Away from the ends healthy muscle has the set intensity times the station's gain.
    for station in stations:
        assert station.data[20, 5, 40:60].mean() / scan.muscle_counts == pytest.approx(1.0, abs=0.12)


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
