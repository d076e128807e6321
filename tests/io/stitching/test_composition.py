"""Stations cut from a known body are composed, and the result is measured against that body."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wbmri.core import Acquisition, InputError, Step, Volume, canonical
from wbmri.io.stitching import compose

SPACING = (3.0, 6.0, 2.5)
EXTENT_MM = (270.0, 108.0, 620.0)
WINDOWS = ((380.0, 620.0), (190.0, 430.0), (0.0, 240.0))
GAINS = (1.3, 0.75, 1.1)
ACQUISITION = Acquisition(sequence="STIR", field_strength_t=1.5, echo_time_ms=68.0, inversion_time_ms=160.0)


def body(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise-free intensity at points in mm: two legs that become a trunk, with soft texture and a bright organ."""
    middle = EXTENT_MM[0] / 2.0
    trunk = 1.0 / (1.0 + np.exp(-(z - 300.0) / 12.0))
    apart = 45.0 * (1.0 - trunk)
    side = np.abs(x - middle) - apart
    radius = np.hypot(side / (38.0 + 52.0 * trunk), (y - 54.0) / (34.0 + 6.0 * trunk))
    inside = 1.0 / (1.0 + np.exp((radius - 1.0) * 14.0))
    texture = 1.0 + 0.25 * np.sin(x / 23.0 + z / 41.0) * np.cos(y / 17.0) + 0.2 * np.sin(z / 90.0)
    organ = 1.2 * np.exp(-(((x - 160.0) / 18.0) ** 2 + ((y - 54.0) / 15.0) ** 2 + ((z - 410.0) / 25.0) ** 2))
    return 100.0 * inside * (texture + organ)


def points(affine: NDArray[np.float64], shape: tuple[int, int, int]) -> list[NDArray[np.float64]]:
    i, j, k = np.ix_(*(np.arange(n, dtype=np.float64) for n in shape))
    return [affine[r, 0] * i + affine[r, 1] * j + affine[r, 2] * k + affine[r, 3] for r in range(3)]


def station(
    window: tuple[float, float],
    gain: float = 1.0,
    *,
    spacing: tuple[float, float, float] = SPACING,
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0),
    tilt_deg: float = 0.0,
    noise: float = 3.0,
    fall_off: float = 0.0,
    shading: float = 0.0,
    seed: int = 0,
) -> Volume:
    low, high = window
    size = (EXTENT_MM[0], EXTENT_MM[1], high - low)
    shape = tuple(round(s / d) for s, d in zip(size, spacing, strict=True))
    angle = np.radians(tilt_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing
    centre = np.array([size[0] / 2, size[1] / 2, (low + high) / 2]) + shift
    affine[:3, 3] = centre - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    x, y, z = points(affine, (shape[0], shape[1], shape[2]))
    depth = np.minimum(z - low, high - z)
    coil = np.exp(-fall_off * np.clip(1.0 - depth / 60.0, 0.0, 1.0) ** 2 + shading * (x - size[0] / 2) / size[0])
    rng = np.random.default_rng([seed, round(low)])
    truth = body(x, y, z) * coil
    real, imaginary = (rng.normal(0.0, noise, truth.shape) for _ in range(2))
    return Volume(gain * np.hypot(truth + real, imaginary), affine, ACQUISITION, (Step("load"),))


def cut(**options: float) -> list[Volume]:
    return [station(w, g, **options) for w, g in zip(WINDOWS, GAINS, strict=True)]  # type: ignore[arg-type]


def row_ratio(volume: Volume) -> NDArray[np.float64]:
    """Median log ratio of the composed to the true intensity of each row's body, NaN where there is little body."""
    truth = body(*points(volume.affine, volume.shape))
    rows = np.full(volume.shape[2], np.nan)
    for k in range(rows.size):
        seen = (truth[:, :, k] > 60.0) & (volume.data[:, :, k] > 0.0)
        if np.count_nonzero(seen) > 50:
            rows[k] = np.median(np.log(volume.data[:, :, k][seen] / truth[:, :, k][seen]))
    return rows


def around(volume: Volume, height_mm: float, rows: NDArray[np.float64], reach_mm: float = 30.0) -> float:
    """How the level changes from just below a place to just above it."""
    inverse = np.linalg.inv(volume.affine)
    k = inverse[2, :3] @ (volume.long_axis * height_mm) + inverse[2, 3]
    near, far = (round(mm / volume.spacing[2]) for mm in (reach_mm / 2.0, reach_mm))
    k = round(k)
    return float(np.nanmedian(rows[k + near : k + far]) - np.nanmedian(rows[k - far : k - near]))


@pytest.fixture(scope="module")
def composed() -> Volume:
    return compose(cut())


def test_gains_are_found_and_the_level_is_kept(composed: Volume) -> None:
    found = np.log([s.gain for s in composed.acquisition.stations])
    truth = -np.log(GAINS)
    assert np.abs(found - (truth - truth.mean())).max() < 0.01
    assert abs(found.sum()) < 1e-9


def test_no_seam_and_no_step_remains(composed: Volume) -> None:
    rows = row_ratio(composed)
    assert np.nanmax(rows) - np.nanmin(rows) < 0.03
    for seam in composed.acquisition.seams_mm:
        assert abs(around(composed, seam, rows)) < 0.02


def test_stations_and_seams_are_recorded_from_the_head_down(composed: Volume) -> None:
    acquisition = composed.acquisition
    assert [s.name for s in acquisition.stations] == ["station-1", "station-2", "station-3"]
    for recorded, window in zip(acquisition.stations, WINDOWS, strict=True):
        assert (recorded.low_mm, recorded.high_mm) == pytest.approx(window)
    assert acquisition.seams_mm == pytest.approx((405.0, 215.0))
    assert acquisition.inversion_time_ms == 160.0
    assert [step.name for step in composed.provenance] == ["load", "compose"]


def test_fall_off_at_the_ends_and_shading_across_are_lifted() -> None:
    plain = [station(w, g, fall_off=0.3) for w, g in zip(WINDOWS, GAINS, strict=True)]
    volume = compose(plain)
    rows = row_ratio(volume)
    inner = rows[round(70 / 2.5) : round(550 / 2.5)]
    assert np.nanmax(inner) - np.nanmin(inner) < 0.06
    tilted = [station(w, g, shading=s) for w, g, s in zip(WINDOWS, GAINS, (0.3, -0.3, 0.3), strict=True)]
    volume = compose(tilted)
    truth = body(*points(volume.affine, volume.shape))
    for seam in volume.acquisition.seams_mm:
        k = round((seam - volume.affine[2, 3]) / 2.5)
        for half in (slice(0, 40), slice(50, 90)):
            steps = []
            for part in (slice(k - 20, k - 12), slice(k + 12, k + 20)):
                seen = truth[half, :, part] > 60.0
                steps.append(np.median(np.log(volume.data[half, :, part][seen] / truth[half, :, part][seen])))
            # Unmatched, the two stations differ by about 0.1 in opposite senses on the two sides.
            assert abs(steps[1] - steps[0]) < 0.04


def test_grid_covers_every_corner_and_is_zero_outside() -> None:
    stations = [
        station(WINDOWS[0], shift=(12.0, 0.0, 0.0)),
        station(WINDOWS[1], tilt_deg=4.0),
        station(WINDOWS[2], shift=(-10.0, 6.0, 0.0)),
    ]
    volume = compose(stations)
    inverse = np.linalg.inv(volume.affine)
    for each in stations:
        for corner in itertools.product(*((-0.5, n - 0.5) for n in each.shape)):
            index = inverse[:3, :3] @ (each.affine[:3, :3] @ corner + each.affine[:3, 3]) + inverse[:3, 3]
            assert (index > -0.6).all()
            assert (index < np.array(volume.shape) - 0.4).all()
    assert volume.data[0, 0, -1] == 0.0
    assert volume.data.min() >= 0.0


@pytest.mark.parametrize("fraction", [0.5, 0.3])
def test_fractional_shifts(fraction: float) -> None:
    stations = [
        station(w, g, shift=(fraction * 3.0 * n, 0.0, fraction * 2.5 * n))
        for n, (w, g) in enumerate(zip(WINDOWS, GAINS, strict=True))
    ]
    volume = compose(stations)
    rows = row_ratio(volume)
    assert np.nanmax(rows) - np.nanmin(rows) < 0.03


def test_tilted_stations_and_other_spacings() -> None:
    stations = [
        station(WINDOWS[0], GAINS[0], tilt_deg=3.0),
        station(WINDOWS[1], GAINS[1]),
        station(WINDOWS[2], GAINS[2], spacing=(3.6, 6.0, 3.0)),
    ]
    volume = compose(stations)
    assert volume.spacing == pytest.approx(SPACING)
    rows = row_ratio(volume)[10:-10]
    assert np.nanmax(rows) - np.nanmin(rows) < 0.04
    found = np.log([s.gain for s in volume.acquisition.stations])
    truth = -np.log(GAINS)
    assert np.abs(found - (truth - truth.mean())).max() < 0.02


def test_grid_takes_the_orientation_of_most_stations() -> None:
    volume = compose([station(WINDOWS[0], tilt_deg=3.0), station(WINDOWS[1]), station(WINDOWS[2])])
    assert np.allclose(volume.affine[:3, :3], np.diag(SPACING), atol=1e-6)


def test_two_stations_and_one() -> None:
    two = compose(cut()[:2])
    assert len(two.acquisition.seams_mm) == 1
    one = station(WINDOWS[0])
    assert np.array_equal(compose([one]).data, one.data)


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(3)), flips=st.tuples(*[st.booleans()] * 3), turn=st.permutations(range(3)))
def test_neither_order_nor_storage_matters(order: list[int], flips: tuple[bool, ...], turn: list[int]) -> None:
    stations = cut(noise=3.0)
    wanted = compose(stations)
    stored = []
    for each in stations:
        affine, data = each.affine[:, [*turn, 3]].copy(), each.data.transpose(turn)
        for axis in np.flatnonzero(flips):
            affine[:3, 3] += affine[:3, axis] * (data.shape[axis] - 1)
            affine[:3, axis] *= -1.0
            data = np.flip(data, axis)
        stored.append(replace(each, data=data, affine=affine))
    again = compose([stored[n] for n in order])
    assert np.allclose(again.affine, wanted.affine, atol=1e-9)
    assert np.allclose(again.data, wanted.data, rtol=1e-5)
    assert compose([stations[n] for n in order]).data.tobytes() == wanted.data.tobytes()


@settings(max_examples=5, deadline=None)
@given(factor=st.floats(1e-3, 1e3))
def test_scaling_the_input_scales_the_output(factor: float) -> None:
    stations = cut()
    scaled = compose([replace(s, data=s.data * np.float32(factor)) for s in stations])
    assert np.allclose(scaled.data, compose(stations).data * factor, rtol=1e-4)


def test_movement_and_blanked_air_do_not_mislead_the_gains() -> None:
    stations = [station(w, g, shift=(4.0 * n, 0.0, 0.0)) for n, (w, g) in enumerate(zip(WINDOWS, GAINS, strict=True))]
    still = [replace(s, affine=station(w).affine) for s, w in zip(stations, WINDOWS, strict=True)]
    blanked = [replace(s, data=np.where(s.data > 12.0, s.data, 0.0)) for s in still]
    found = np.log([s.gain for s in compose(blanked).acquisition.stations])
    truth = -np.log(GAINS)
    assert np.abs(found - (truth - truth.mean())).max() < 0.02


@pytest.mark.parametrize("gap", [0.0, 5.0])
def test_stations_that_only_touch_are_matched_too(gap: float) -> None:
    volume = compose([station((240.0 + gap, 480.0), 1.4), station((0.0, 240.0), 0.8)])
    assert volume.shape[2] == 192
    assert volume.acquisition.seams_mm == pytest.approx((240.0 + gap / 2.0,))
    rows = row_ratio(volume)
    assert abs(around(volume, 240.0, rows)) < 0.03
    assert np.isnan(rows[96 : 96 + round(gap / 2.5)]).all()


def test_facts_on_which_stations_disagree_are_dropped() -> None:
    stations = cut()
    stations[0] = replace(stations[0], acquisition=replace(ACQUISITION, model="A", echo_time_ms=68.2))
    stations[1] = replace(stations[1], acquisition=replace(ACQUISITION, model="B"))
    merged = compose(stations).acquisition
    assert merged.model is None
    assert merged.echo_time_ms == 68.2


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({"inversion_time_ms": 220.0}, "inversion time"),
        ({"echo_time_ms": 30.0}, "echo time"),
        ({"field_strength_t": 3.0}, "field strength"),
        ({"contrast_agent": True}, "contrast agent"),
        ({"sequence": "T1"}, "sequence"),
    ],
)
def test_stations_of_different_protocols_are_refused(fact: dict[str, object], said: str) -> None:
    stations = [replace(s, acquisition=replace(ACQUISITION, contrast_agent=False)) for s in cut()]
    stations[1] = replace(stations[1], acquisition=replace(stations[1].acquisition, **fact))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=said):
        compose(stations)


def test_a_missing_station_is_named_by_its_gap() -> None:
    stations = cut()
    with pytest.raises(InputError, match="gap of 140 mm between stations 1 and 2"):
        compose([stations[0], stations[2]])


def test_mixed_orientations_are_refused() -> None:
    axial = station(WINDOWS[1], spacing=(3.0, 3.0, 6.0))
    with pytest.raises(InputError, match="axial and coronal"):
        compose([station(WINDOWS[0]), axial])
    with pytest.raises(InputError, match="turned by 40 degrees"):
        compose([station(WINDOWS[0]), station(WINDOWS[1], tilt_deg=40.0)])


def test_stations_beside_each_other_and_none_are_refused() -> None:
    with pytest.raises(InputError, match="beside each other"):
        compose([station(WINDOWS[0]), station(WINDOWS[1], shift=(400.0, 0.0, 0.0))])
    with pytest.raises(InputError, match="no stations"):
        compose([])


def test_a_repeated_station_is_refused() -> None:
    with pytest.raises(InputError, match=r"stations 1 and 2 .* show the same 240 mm"):
        compose([*cut(), station(WINDOWS[0], seed=1)])


def test_result_is_canonical(composed: Volume) -> None:
    assert np.array_equal(canonical(composed).data, composed.data)
