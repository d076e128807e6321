"""Planes, fields and faults of the simulated scanner, each where its truth says."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from wbmri.core import Grid
from wbmri.simulation.body import Rendered, Tissue
from wbmri.simulation.scanner import (
    Artefacts,
    Plane,
    Protocol,
    Scan,
    Scanned,
    acquire,
    tissue_signals,
)

CLEAN = Scan(station_mm=2000, noise=0.0, shading=0.0, gains=0.0, muscle_counts=1000, subslices=2)
SPACING = (4.0, 4.0, 6.0)


def a_body(turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Rendered:
    """A column of fat with a core of muscle, off the middle to the left."""
    axes = Rotation.from_rotvec(turn_deg, degrees=True).as_matrix()
    tissue = np.zeros((50, 30, 80), np.uint8)
    labels = np.zeros_like(tissue)
    tissue[10:34, 6:26, 6:74] = Tissue.FAT.code
    tissue[14:26, 10:22, 10:70] = Tissue.MUSCLE.code
    labels[14:26, 10:22, 10:70] = 1
    return Rendered(Grid.from_directions(tissue.shape, axes, SPACING, axes @ (-100.0, -60.0, 20.0)), tissue, labels)


def scanned(scan: Scan, body: Rendered | None = None) -> Scanned:
    body = body or a_body()
    return acquire(body, np.ones(body.tissue.shape, np.float32), Protocol(), scan)


def middle_of_label(made: Scanned) -> np.ndarray:
    return made.grid.points(np.argwhere(made.labels == 1).mean(0))


@pytest.mark.parametrize("plane", list(Plane))
def test_slices_are_thick_across_their_plane(plane: Plane) -> None:
    made = scanned(replace(CLEAN, plane=plane))
    (station,) = made.stations
    thick = list(SPACING)
    thick[{Plane.CORONAL: 1, Plane.AXIAL: 2}[plane]] *= CLEAN.subslices
    np.testing.assert_allclose(station.spacing, thick)
    assert station.shape == made.labels.shape
    np.testing.assert_allclose(station.affine, made.grid.affine)
    # Muscle is as bright as muscle, and the thick slice is an even mix of the two it is made of.
    assert station.data[made.labels == 1].max() == pytest.approx(CLEAN.muscle_counts, rel=0.01)
    single = scanned(replace(CLEAN, plane=plane, subslices=1))
    axis = {Plane.CORONAL: 1, Plane.AXIAL: 2}[plane]
    pairs = np.moveaxis(single.stations[0].data, axis, 0).reshape(-1, 2, *np.moveaxis(station.data, axis, 0).shape[1:])
    mixed = np.moveaxis(pairs.mean(1), 0, axis)
    inner = [slice(None)] * 3
    inner[2] = slice(20, -20) if plane is Plane.CORONAL else slice(10, -10)
    np.testing.assert_allclose(station.data[tuple(inner)], mixed[tuple(inner)], atol=12)


@pytest.mark.parametrize("plane", list(Plane))
def test_an_oblique_stack_shows_the_body_where_it_is(plane: Plane) -> None:
    turn = (2.0, 1.0, -2.0)
    body = a_body(turn)
    made = scanned(replace(CLEAN, plane=plane), body)
    inner = np.argwhere(body.labels == 1).mean(0)
    expected = body.grid.points(inner)
    # The truth is that of the middle of the slice, half a drawn slice off for an even number.
    assert np.linalg.norm(middle_of_label(made) - expected) < 4.0
    axes = made.stations[0].grid.directions
    np.testing.assert_allclose(axes, body.grid.directions, atol=1e-12)
    assert np.degrees(np.arccos((np.trace(axes) - 1) / 2)) == pytest.approx(3.0)


def test_where_nothing_goes_wrong_no_fault_is_told() -> None:
    made = scanned(CLEAN)
    assert made.ghosts is None
    assert made.failure is None


def test_a_narrow_field_of_view_cuts_and_what_it_cuts_folds_over() -> None:
    whole = scanned(CLEAN)
    cut = scanned(replace(CLEAN, artefacts=Artefacts(cut_mm=(60.0, 20.0))))
    seen = slice(15, 45)
    np.testing.assert_array_equal(cut.stations[0].data, whole.stations[0].data[seen])
    np.testing.assert_array_equal(cut.labels, whole.labels[seen])
    assert cut.grid.origin[0] == whole.grid.origin[0] + 60.0
    wrapped = scanned(replace(CLEAN, artefacts=Artefacts(cut_mm=(60.0, 20.0), wrap=0.5)))
    added = wrapped.stations[0].data - cut.stations[0].data
    # What lay left of the view comes in from the right, and the truth stays as it was.
    np.testing.assert_allclose(added[-15:], 0.5 * whole.stations[0].data[:15], atol=1.0)
    assert (added[:-15] == 0).all()
    np.testing.assert_array_equal(wrapped.labels, cut.labels)


def test_fat_is_bright_where_the_inversion_fails_and_only_there() -> None:
    made = scanned(replace(CLEAN, subslices=1, artefacts=Artefacts(inversion=0.6, seed=3)))
    body = a_body()
    assert made.failure is not None
    assert made.failure.max() == pytest.approx(1.0, abs=0.01)
    fat = (body.tissue == Tissue.FAT.code) & (np.indices(body.tissue.shape)[2] % 79 > 12)
    signal = made.stations[0].data / CLEAN.muscle_counts
    worst, none = fat & (made.failure > 0.9), fat & (made.failure < 0.01)
    at_worst = tissue_signals(Protocol(inversion=0.6))[Tissue.FAT]
    assert at_worst > 3 * tissue_signals(Protocol())[Tissue.FAT]
    assert signal[worst].mean() == pytest.approx(at_worst, rel=0.2)
    assert signal[none].max() == pytest.approx(tissue_signals(Protocol())[Tissue.FAT], abs=0.01)


@pytest.mark.parametrize(("plane", "axis"), [(Plane.CORONAL, 0), (Plane.AXIAL, 1)])
def test_ghosts_repeat_what_moves_along_the_phase_axis(plane: Plane, axis: int) -> None:
    clean = scanned(replace(CLEAN, plane=plane))
    made = scanned(replace(CLEAN, plane=plane, artefacts=Artefacts(ghosts=0.2, seed=1)))
    assert made.ghosts is not None
    changed = np.abs(made.stations[0].data - clean.stations[0].data) > 2
    assert changed.any()
    assert (made.ghosts[changed] > 0).all()
    # Two ghosts of a fifth each, of a signal that is the same along the axis they are shifted by.
    everything = clean.stations[0].data.sum(axis=axis) / CLEAN.muscle_counts
    ratio = made.ghosts.sum(axis=axis)[everything > 1] / everything[everything > 1]
    assert 0.3 < ratio.max() < 0.45
    assert made.ghosts.max() <= 0.4


def test_the_same_seed_makes_the_same_faults() -> None:
    faulty = replace(CLEAN, noise=0.05, artefacts=Artefacts(0.1, 0.7, (30.0, 0.0), 0.3, seed=5))
    body = a_body()
    healthy = np.ones(body.tissue.shape, np.float32)
    first, second = (acquire(body, healthy, Protocol(), faulty).stations[0] for _ in range(2))
    np.testing.assert_array_equal(first.data, second.data)
    other = acquire(body, healthy, Protocol(), replace(faulty, artefacts=replace(faulty.artefacts, seed=6))).stations[0]
    assert (other.data != first.data).any()
