"""Disturbances: the same for a seed, the stronger the more, and with a truth that stays what it says."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.core import Acquisition, InputError, LabelMap, Volume
from wbmri.core.scheme import BodySegment, load_scheme
from wbmri.simulation.body import Rendered, average_body, grid_around, labels_in
from wbmri.simulation.scanner import (
    EFFECTS,
    Disturbance,
    Involvement,
    Protocol,
    Scan,
    Scene,
    Strength,
    acquire,
    disturb,
    disturb_scan,
    oedema_ratio,
    signal_table,
)

GRID_MM = (5.0, 4.5, 5.0)
RULE = load_scheme().grading
OEDEMA = [name for name in EFFECTS if name.startswith("oedema")]
REGIONS = {
    "oedema_pelvis_thighs": (BodySegment.PELVIS, BodySegment.THIGH),
    "oedema_legs": (BodySegment.LEG,),
    "oedema_shoulder": (BodySegment.SHOULDER,),
    "oedema_all": tuple(BodySegment),
}


@pytest.fixture(scope="module")
def body() -> Rendered:
    person = average_body(1200.0)
    return person.render(grid_around(person.parts(), GRID_MM, margin_mm=15.0))


@pytest.fixture(scope="module")
def oedema(body: Rendered) -> NDArray[np.float32]:
    involved = {label: Involvement(0.8 if label % 3 else 0.25, 2.0) for label in range(1, 43) if label % 4}
    return oedema_ratio(body.labels, body.grid.spacing, involved, 7)


@pytest.fixture(scope="module")
def scene(body: Rendered, oedema: NDArray[np.float32]) -> Scene:
    return Scene.of_body(body, signal_table(Protocol())[body.tissue] * oedema, oedema, 1, Protocol())


def with_one(scene: Scene, name: str, strength: Strength = Strength.MODERATE, seed: int = 3) -> Scene:
    return disturb(scene, [Disturbance(name, strength, seed)], on_slices=EFFECTS[name].on_slices)


def grades(scene: Scene) -> dict[int, int]:
    return {label: one.grade(RULE) for label, one in scene.truth().items()}


@pytest.mark.parametrize("name", EFFECTS)
def test_a_seed_always_gives_the_same_and_a_stronger_one_changes_more(scene: Scene, name: str) -> None:
    change = []
    for strength in Strength:
        made = with_one(scene, name, strength)
        assert np.isfinite(made.signal).all()
        assert made.signal.min() >= 0
        change.append(float(np.abs(made.signal - scene.signal).mean()))
    assert 0 < change[0] < change[1] < change[2]
    assert np.array_equal(with_one(scene, name, Strength.STRONG).signal, made.signal)


@pytest.mark.parametrize("name", [name for name in EFFECTS if name not in REGIONS])
def test_what_is_no_oedema_changes_no_true_grade(scene: Scene, name: str) -> None:
    assert grades(with_one(scene, name, Strength.STRONG)) == grades(scene)


@pytest.mark.parametrize("name", REGIONS)
def test_homogeneous_oedema_of_a_region_is_grade_2_there_and_nowhere_else(scene: Scene, name: str) -> None:
    before, after = grades(scene), grades(with_one(scene, name, Strength.MILD))
    inside = set(labels_in(*REGIONS[name]))
    assert after == {label: 2 if label in inside else grade for label, grade in before.items()}


@pytest.mark.parametrize("name", ["fat_mottled", "fat_by_fascicle", "fat_by_muscle"])
def test_fat_fills_the_share_that_was_set_and_leaves_too_little_to_grade_where_it_is_much(
    scene: Scene, name: str
) -> None:
    wanted = labels_in(BodySegment.PELVIS, BodySegment.THIGH)
    for strength in Strength:
        truth = with_one(scene, name, strength).truth()
        assert np.mean([truth[label].fat for label in wanted]) == pytest.approx(EFFECTS[name].value(strength), rel=0.25)
        assert all(truth[label].fat < 1e-5 for label in truth if label not in wanted)
    assert not any(truth[label].gradable for label in wanted)
    assert all(truth[label].gradable for label in truth if label not in wanted)


def test_weak_oedema_keeps_its_place_and_loses_contrast(scene: Scene) -> None:
    before, after = scene.truth(), with_one(scene, "oedema_weak", Strength.STRONG).truth()
    for label, one in after.items():
        assert one.fraction == before[label].fraction
        assert one.ratio - 1 == pytest.approx(0.3 * (before[label].ratio - 1), abs=0.01)


def test_atrophy_takes_the_outer_part_of_a_muscle(scene: Scene) -> None:
    after = with_one(scene, "atrophy", Strength.STRONG)
    (label, *_) = labels_in(BodySegment.THIGH)
    assert (after.labels == label).sum() == pytest.approx(0.5 * (scene.labels == label).sum(), rel=0.02)
    assert not ((after.labels > 0) & (scene.labels == 0)).any()


def test_two_disturbances_do_not_change_what_is_drawn_for_each_other(scene: Scene) -> None:
    alone = with_one(scene, "vessels")
    both = disturb(scene, [Disturbance("red_marrow", seed=3), Disturbance("vessels", seed=3)], on_slices=False)
    muscle = scene.labels > 0
    assert np.array_equal(both.signal[muscle], alone.signal[muscle])


def test_a_scan_carries_the_truth_of_its_disturbances(body: Rendered, oedema: NDArray[np.float32]) -> None:
    scan = Scan(subslices=2, seed=4)
    plain = acquire(body, oedema, Protocol(), scan)
    found = acquire(body, oedema, Protocol(), replace(scan, disturbances=(Disturbance("crosstalk"),)))
    assert {label: one.grade(RULE) for label, one in found.truth.items()} == {
        label: one.grade(RULE) for label, one in plain.truth.items()
    }
    muscle = plain.labels > 0
    rows = found.stations[0].data.shape[2]
    first = found.stations[0].data / np.maximum(plain.stations[0].data, 1)
    inside = muscle[:, :, -rows:]
    means = np.array([np.median(first[:, j][inside[:, j]]) for j in range(4, 18) if inside[:, j].any()])
    assert np.sign(np.diff(means)).tolist() == [(-1) ** k * np.sign(means[1] - means[0]) for k in range(len(means) - 1)]


def test_disturbances_of_a_given_scan_do_not_depend_on_how_it_is_stored(
    body: Rendered, oedema: NDArray[np.float32]
) -> None:
    scan = acquire(body, oedema, Protocol(), Scan(subslices=1, station_mm=2000.0, gains=0.0, seed=1))
    (volume,) = scan.stations
    labels = LabelMap(scan.labels, scan.grid.affine, load_scheme(), "truth", {})
    wanted = [Disturbance("fat_mottled"), Disturbance("fascia"), Disturbance("crosstalk"), Disturbance("oedema_legs")]
    straight = disturb_scan(volume, labels, oedema, wanted)
    turn = volume.grid.stored_as("LSP")
    turned_volume = Volume(turn.apply(volume.data), turn.grid.affine, Acquisition())
    turned_labels = LabelMap(turn.apply(scan.labels), turn.grid.affine, load_scheme(), "truth", {})
    turned = disturb_scan(turned_volume, turned_labels, turn.apply(oedema), wanted, protocol=Protocol())
    assert np.allclose(turn.undo(turned.volume.data), straight.volume.data, atol=1e-3)
    assert turned.truth == straight.truth
    assert not np.allclose(straight.volume.data, volume.data)


def test_no_disturbance_leaves_a_given_scan_as_it_is(body: Rendered, oedema: NDArray[np.float32]) -> None:
    scan = acquire(body, oedema, Protocol(), Scan(subslices=1, station_mm=2000.0, seed=1))
    (volume,) = scan.stations
    labels = LabelMap(scan.labels, scan.grid.affine, load_scheme(), "truth", {})
    assert np.allclose(disturb_scan(volume, labels, oedema, []).volume.data, volume.data, atol=1e-3)


def test_an_unknown_disturbance_is_refused() -> None:
    with pytest.raises(InputError, match="fascia"):
        Disturbance("fasica")
