"""A known body, composed with known seams, is evened and measured against itself."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import Acquisition, Station, Volume
from wbmri.io.stitching import even_seams

SPACING = np.array([3.0, 6.0, 2.5])
SHAPE = (120, 20, 340)
SEAMS = (110, 225)
GAINS = (1.25, 0.9, 1.15)
"""From the feet up."""


def body(oedema: float = 1.0) -> NDArray[np.float64]:
    """Two legs that become a trunk, in mottled tissue; the thighs can be diffusely brighter by a factor."""
    x, y, z = (axis * step for axis, step in zip(np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]], SPACING, strict=True))
    trunk = 1.0 / (1.0 + np.exp(-(z - 480.0) / 15.0))
    side = np.abs(x - 178.5) - 50.0 * (1.0 - trunk)
    radius = np.hypot(side / (42.0 + 55.0 * trunk), (y - 57.0) / 40.0)
    inside = (radius < 1.0).astype(float)
    texture = 1.0 + 0.3 * np.sin(x / 15.0 + z / 41.0) * np.cos(y / 17.0)
    thigh = 1.0 / (1.0 + np.exp(-(z - 250.0) / 12.0)) / (1.0 + np.exp((z - 460.0) / 12.0))
    return 100.0 * inside * texture * (1.0 + (oedema - 1.0) * thigh)


def scan(truth: NDArray[np.float64], noise: float = 4.0, seed: int = 1) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return np.hypot(truth + rng.normal(0.0, noise, truth.shape), rng.normal(0.0, noise, truth.shape))


def shares(width_rows: int) -> NDArray[np.float64]:
    """How much each station contributes to each row, shape (stations, rows)."""
    row = np.arange(SHAPE[2])
    edges = [np.clip((row - (s - 0.5)) / max(width_rows, 1e-9) + 0.5, 0.0, 1.0) for s in SEAMS]
    return np.stack([1.0 - edges[0], edges[0] - edges[1], edges[1]])


def composed(width_rows: int, truth: NDArray[np.float64], noise: float = 4.0) -> Volume:
    scans = [g * scan(truth, noise, seed) for seed, g in enumerate(GAINS)]
    data = sum(s[None, None, :] * station for s, station in zip(shares(width_rows), scans, strict=True))
    return Volume(data, np.diag([*SPACING, 1.0]))


def level(volume: Volume, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median log ratio to the truth of each row's body."""
    seen = truth > 40.0
    ratios = np.log(np.where(seen, volume.data, 1.0) / np.where(seen, truth, 1.0))
    return np.array([np.median(ratios[:, :, k][seen[:, :, k]]) for k in range(SHAPE[2])])


@pytest.mark.parametrize("width_rows", [0, 12, 22])
@pytest.mark.parametrize("oedema", [1.0, 2.0])
def test_seams_are_evened_and_bright_thighs_stay_bright(width_rows: int, oedema: float) -> None:
    truth = body(oedema)
    volume = even_seams(composed(width_rows, truth))
    rows = level(volume, truth)
    assert rows.max() - rows.min() < 0.05
    for seam in SEAMS:
        assert abs(np.median(rows[seam + 15 : seam + 35]) - np.median(rows[seam - 35 : seam - 15])) < 0.02
    acquisition = volume.acquisition
    assert acquisition.seams_mm == pytest.approx([(s - 0.5) * 2.5 for s in reversed(SEAMS)], abs=8.0)
    gains = np.log([s.gain for s in reversed(acquisition.stations)]) + np.log(GAINS)
    assert np.ptp(gains) < 0.02
    assert [s.name for s in acquisition.stations] == ["station-1", "station-2", "station-3"]
    assert acquisition.stations[0].high_mm == pytest.approx((SHAPE[2] - 0.5) * 2.5)
    assert volume.provenance[-1].name == "even-seams"


def test_hard_seams_are_found_where_the_air_was_blanked() -> None:
    truth = body()
    volume = composed(0, truth)
    volume = replace(volume, data=np.where(truth > 0.0, volume.data, 0.0))
    evened = even_seams(volume)
    assert len(evened.acquisition.seams_mm) == 2
    rows = level(evened, truth)
    assert rows.max() - rows.min() < 0.05


@pytest.mark.parametrize("oedema", [1.0, 2.5])
def test_a_volume_without_seams_is_left_alone(oedema: float) -> None:
    volume = Volume(scan(body(oedema)), np.diag([*SPACING, 1.0]))
    evened = even_seams(volume)
    assert np.array_equal(evened.data, volume.data)
    assert evened.acquisition == volume.acquisition
    assert evened.provenance[-1].parameters["seams"] == []


def test_noise_that_steps_without_the_body_is_no_seam() -> None:
    truth = body()
    # The scanner has matched the signal of the stations, and with it unmatched their noise.
    scans = [scan(truth, noise, seed) for seed, noise in enumerate((3.0, 6.0, 3.0))]
    data = sum(s[None, None, :] * station for s, station in zip(shares(0), scans, strict=True))
    volume = Volume(data, np.diag([*SPACING, 1.0]))
    assert np.array_equal(even_seams(volume).data, volume.data)


def test_known_stations_axial_stacks_and_parts_of_a_body_pass_through() -> None:
    volume = composed(0, body())
    known = replace(volume, acquisition=Acquisition(stations=(Station("station-1", 0.0, 850.0),)))
    assert even_seams(known) is known
    axial = replace(volume, affine=np.diag([1.5, 1.5, 6.0, 1.0]))
    assert even_seams(axial) is axial
    part = replace(volume, data=volume.data[:, :, 20:60])
    assert np.array_equal(even_seams(part).data, part.data)


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_a_handful_of_rows_passes_through(rows: int) -> None:
    volume = composed(0, body())
    few = replace(volume, data=volume.data[:, :, 60 : 60 + rows])
    assert np.array_equal(even_seams(few).data, few.data)


def test_storage_and_scale_do_not_matter() -> None:
    volume = composed(0, body())
    wanted = even_seams(volume)
    affine = volume.affine[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += affine[:3, 0] * (SHAPE[2] - 1)
    affine[:3, 0] *= -1.0
    stored = even_seams(replace(volume, data=volume.data.transpose(2, 0, 1)[::-1], affine=affine))
    assert np.allclose(stored.data[::-1].transpose(1, 2, 0), wanted.data, rtol=1e-5)
    assert stored.acquisition.seams_mm == pytest.approx(wanted.acquisition.seams_mm)
    scaled = even_seams(replace(volume, data=volume.data * np.float32(10.0)))
    assert np.allclose(scaled.data, wanted.data * 10.0, rtol=1e-3)
