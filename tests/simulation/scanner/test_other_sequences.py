"""Sequences that are no STIR: tissues are as bright as their equations say, and no group is gradable."""

import numpy as np
import pytest

from wbmri.simulation.body import Rendered, Tissue, average_body, grid_around
from wbmri.simulation.scanner import NOT_STIR, Disturbance, Protocol, Scene, disturb, signal_table


@pytest.fixture(scope="module")
def body() -> Rendered:
    person = average_body(1200.0)
    return person.render(grid_around(person.parts(), (6.0, 5.0, 6.0), margin_mm=15.0))


@pytest.fixture(scope="module", params=[1.5, 3.0], ids=["1.5 T", "3 T"])
def scene(request: pytest.FixtureRequest, body: Rendered) -> Scene:
    protocol = Protocol(3.0, 5000.0, 220.0) if request.param == 3.0 else Protocol()
    none = np.ones(body.labels.shape, np.float32)
    return Scene.of_body(body, signal_table(protocol)[body.tissue], none, 1, protocol)


def seen(scene: Scene, name: str) -> dict[Tissue, float]:
    """Return the median signal of tissues relative to muscle."""
    made = disturb(scene, [Disturbance(name)], on_slices=False)
    tissues = (Tissue.MUSCLE, Tissue.FAT, Tissue.CSF, Tissue.BRAIN)
    return {tissue: float(np.median(made.signal[scene.tissue == tissue.code])) for tissue in tissues}


def test_t1_shows_fat_bright_and_fluid_dark(scene: Scene) -> None:
    signal = seen(scene, "t1_spin_echo")
    assert signal[Tissue.FAT] > 1.5 * signal[Tissue.MUSCLE]
    assert signal[Tissue.CSF] < signal[Tissue.BRAIN]


def test_t2_without_suppression_shows_both_bright(scene: Scene) -> None:
    signal = seen(scene, "t2_spin_echo")
    assert signal[Tissue.FAT] > 1.3 * signal[Tissue.MUSCLE]
    assert signal[Tissue.CSF] > 1.5 * signal[Tissue.BRAIN]


def test_the_water_of_dixon_shows_neither(scene: Scene) -> None:
    signal = seen(scene, "dixon_water")
    assert signal[Tissue.FAT] == 0
    assert signal[Tissue.CSF] < signal[Tissue.BRAIN]


def test_opposed_phase_draws_dark_lines_between_muscle_and_fat(scene: Scene) -> None:
    made = disturb(scene, [Disturbance("opposed_phase")], on_slices=False).signal
    muscle, fat = (scene.tissue == tissue.code for tissue in (Tissue.MUSCLE, Tissue.FAT))
    border = np.concatenate([made[:-1][muscle[:-1] & fat[1:]], made[1:][muscle[1:] & fat[:-1]]])
    assert float(np.median(border)) < 0.7 * min(float(np.median(made[tissue])) for tissue in (muscle, fat))


@pytest.mark.parametrize("name", sorted(NOT_STIR))
def test_nothing_is_gradable(scene: Scene, name: str) -> None:
    truth = disturb(scene, [Disturbance(name)], on_slices=False).truth()
    assert truth
    assert not any(one.gradable for one in truth.values())
