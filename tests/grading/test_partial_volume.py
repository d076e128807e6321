"""What thick slices and unmeasured edges do to a share, and how far the outlines make up for it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from wbmri.core import MuscleKernel
from wbmri.grading.leakage import unevenness
from wbmri.grading.normalisation import measure_groups
from wbmri.grading.voxels import Muscle, gather, represented

FINE, PER_SLICE = 1.2, 5
SPACING = (2.4, FINE * PER_SLICE, 2.4)


def drawn(radii: tuple[float, float, float], shift: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Draw an ellipsoid in thin slices; return its outlines in thick ones and how much of each voxel it fills."""
    shape = np.array([64, 12 * PER_SLICE, 64])
    x, y, z = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    inside = (x * 2.4 / radii[0]) ** 2 + ((y * FINE + shift) / radii[1]) ** 2 + (z * 2.4 / radii[2]) ** 2 < 1
    thick = inside.reshape(64, 12, PER_SLICE, 64)
    return thick[:, :, PER_SLICE // 2].astype(np.uint8), thick.mean(axis=2)


def gathered(groups: NDArray[np.uint8], spacing: tuple[float, float, float] = SPACING) -> Muscle:
    return gather(np.ones(groups.shape, np.float32), groups, spacing, {1: 1.0})


@pytest.mark.parametrize("radii", [(60.0, 25.0, 60.0), (30.0, 14.0, 60.0), (40.0, 30.0, 20.0)])
def test_how_much_of_a_voxel_is_muscle_is_told_by_the_next_slices(radii: tuple[float, float, float]) -> None:
    said, true = [], []
    for shift in np.linspace(-3, 3, 7):
        groups, filled = drawn(radii, shift)
        said.append(gathered(groups).share)
        true.append(filled[groups > 0])
    one, other = np.concatenate(said), np.concatenate(true)
    assert np.corrcoef(one, other)[0, 1] > 0.6
    assert one.mean() == pytest.approx(other.mean(), abs=0.03)
    assert other[one > 0.85].mean() > 0.95
    assert other[one < 0.7].mean() < 0.8


def test_without_thick_slices_every_voxel_is_filled() -> None:
    groups, _ = drawn((40.0, 20.0, 40.0), 0.0)
    assert (gathered(groups, (2.4, 3.0, 2.4)).share == 1).all()


def test_what_is_measured_stands_for_the_edge_beside_it() -> None:
    """Patches fill the edge and the middle to another share, and those beside each other tell more."""
    groups, _ = drawn((18.0, 14.0, 70.0), 0.0)
    muscle = gathered(groups)
    every = np.arange(muscle.label.size)
    errors = []
    for seed in range(30):
        field = gaussian_filter(np.random.default_rng(seed).standard_normal(groups.shape), 11 / np.array(SPACING))
        wet = (field > np.median(field[groups > 0]))[groups > 0]
        weight = represented(muscle, every, muscle.inner)
        assert weight.sum() <= muscle.inner.sum()
        plain = wet[muscle.inner].mean()
        errors.append((plain - wet.mean(), weight @ wet[muscle.inner] / weight.sum() - wet.mean()))
    plain_error, error = np.abs(errors).mean(axis=0)
    assert error < 0.85 * plain_error


def sheet(seed: int) -> tuple[Muscle, float]:
    """Draw a bent sheet in thin slices, half of it 1.35 times as bright; return thick slices and the true share."""
    rng = np.random.default_rng(seed)
    shape = (80, 10 * PER_SLICE, 80)
    x, y, z = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    middle = 8 * np.sin(x * 2.4 / 40) + rng.uniform(-3, 3)
    inside = (np.abs(y * FINE - middle) < 6) & ((x * 2.4) ** 2 + (z * 2.4) ** 2 < 90**2)
    field = gaussian_filter(rng.standard_normal(shape), 11 / np.array([2.4, FINE, 2.4]))
    wet = inside & (field > np.quantile(field[inside], 0.45))
    signal = np.where(inside, np.where(wet, 1.35, 1.0), 0.2).reshape(80, 10, PER_SLICE, 80).mean(axis=2)
    groups = inside.reshape(80, 10, PER_SLICE, 80)[:, :, PER_SLICE // 2].astype(np.uint8)
    noisy = signal + 0.05 * rng.standard_normal(signal.shape)
    return gather(noisy.astype(np.float32), groups, SPACING, {1: 1.0}), float(wet.sum() / inside.sum())


def test_voxels_that_fat_darkens_do_not_hide_oedema_in_a_thin_muscle() -> None:
    kernel = MuscleKernel(0.05, 0.06, (0.0, 0.0, 0.1, 0.2, 0.3, 0.3, 0.1, 0.0), 0.14)
    errors = []
    for seed in range(8):
        muscle, share = sheet(seed)
        logs = np.log(np.maximum(muscle.quiet, 1e-6)).astype(np.float64)
        (found,) = measure_groups(muscle, logs, [np.arange(muscle.label.size)], kernel, fine=True)
        errors.append(found.mixture.quantile(0.5) - share)
    # 0.053 where the outlines count a quarter as much and take more of the voxels for wholly muscle.
    assert np.abs(errors).mean() < 0.045


def test_where_all_is_measured_nearly_all_voxels_count() -> None:
    groups, _ = drawn((40.0, 25.0, 40.0), 0.0)
    muscle = gathered(groups)
    weight = represented(muscle, np.arange(muscle.label.size), np.ones(muscle.label.size, dtype=bool))
    assert weight.sum() > 0.95 * muscle.label.size


def test_shading_is_at_rest_and_patches_are_not() -> None:
    rng = np.random.default_rng(3)
    index = np.stack(np.meshgrid(np.arange(30), np.arange(4), np.arange(40), indexing="ij"), axis=-1).reshape(-1, 3)
    noise = 0.05 * rng.standard_normal(len(index))
    smooth = 0.25 * np.sin(np.pi * index[:, 2] / 40)
    patches = 0.25 * (gaussian_filter(rng.standard_normal((30, 4, 40)), (4, 1.5, 4)).ravel() > 0)
    assert unevenness(noise, index, SPACING) == pytest.approx(0.05, rel=0.05)
    assert unevenness(noise + smooth, index, SPACING) < 0.08
    assert unevenness(noise + patches, index, SPACING) > 0.09
    assert unevenness(noise[:1], index[:1], SPACING) == 0
