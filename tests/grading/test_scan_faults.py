"""Faults of a scan: ghosts, blur, metal, bands and fat that is not suppressed, found and named."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import shift

from wbmri.core import Acquisition, LabelMap, Reading, Reason, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading import Regrader, grade
from wbmri.simulation.scanner import Artefacts

AIR = 50
"""Columns of air beside the body on either side."""
FAULTS = ("ghosts", "blurs", "void", "not suppressed", "suppression fails", "Bands")


@pytest.fixture(scope="module")
def scan(body: Any) -> tuple[Volume, LabelMap]:
    """Return a healthy body with air beside it."""
    plain = body(seed=12)
    volume, labels = plain.volume(), plain.labels()
    beside = ((AIR, AIR), (0, 0), (0, 0))
    affine = volume.affine.copy()
    affine[:3, 3] -= AIR * affine[:3, 0]
    air = np.abs(8.0 * np.random.default_rng(12).standard_normal((volume.shape[0] + 2 * AIR, *volume.shape[1:])))
    air[AIR:-AIR] = volume.data
    return (
        Volume(air, affine, volume.acquisition),
        replace(labels, data=np.pad(labels.data, beside), affine=affine),
    )


@pytest.fixture(scope="module")
def plain(scan: tuple[Volume, LabelMap]) -> Reading:
    """Grade it as it is."""
    return grade(*scan)


def graded(scan: tuple[Volume, LabelMap], image: NDArray[Any]) -> Reading:
    return grade(replace(scan[0], data=image.astype(np.float32)), scan[1])


def hit(reading: Reading, words: str) -> set[int]:
    return {entry.label for entry in reading.groups if words in entry.explanation}


def unsure(reading: Reading, labels: Sequence[int]) -> bool:
    return all(reading.groups[label - 1].confidence < 0.5 for label in labels)


def test_a_scan_without_faults_has_none(plain: Reading) -> None:
    assert not any(words in warning for warning in plain.warnings for words in FAULTS)
    assert not any(hit(plain, words) for words in FAULTS)
    assert min(entry.confidence for entry in plain.groups) > 0.5


def test_faint_ghosts_take_the_confidence_of_the_groups_they_fall_on(scan: Any) -> None:
    volume, labels = scan
    image, ghosts = Artefacts(ghosts=0.2, seed=5).ghosted(volume.data, volume.spacing, 0)
    size = np.maximum(np.bincount(labels.data.ravel(), minlength=43), 1)
    mean = np.bincount(labels.data.ravel(), ghosts.ravel() / 100.0, minlength=43) / size
    reading = graded(scan, image)
    reached = [label for label in range(1, 43) if mean[label] > 0.1]
    assert reached
    assert set(reached) <= hit(reading, "ghosts")
    assert unsure(reading, reached)
    assert not hit(reading, "ghosts") & {label for label in range(1, 43) if mean[label] < 0.01}
    assert any(warning.startswith("Motion spoils") for warning in reading.warnings)


def test_thick_fat_about_the_body_is_no_ghost(scheme: Scheme) -> None:
    affine = np.diag([6.0, 10.0, 8.0, 1.0])
    x, y = np.meshgrid(np.arange(67) - 33, np.arange(13) - 6, indexing="ij")
    body = np.repeat(((x / 30.0) ** 2 + (y / 5.5) ** 2 < 1)[..., None], 150, axis=2)
    labels = np.zeros(body.shape, np.uint8)
    for group in scheme.groups:
        first, row = (14 if group.label % 2 else 40), 2 + 7 * ((group.label - 1) // 2)
        labels[first : first + 13, 3:10, row : row + 6] = group.label
    rng = np.random.default_rng(3)
    image = np.abs(rng.normal(10.0, 2.0, body.shape) + 40.0 * body)
    image[labels > 0] = rng.normal(100.0, 6.0, np.count_nonzero(labels))
    outlines = LabelMap(labels, affine, scheme, "truth", dict.fromkeys(range(1, 43), 1.0))
    reading = grade(Volume(image.astype(np.float32), affine, Acquisition(sequence="STIR")), outlines)
    assert all(entry.grade == 0 for entry in reading.groups)


def test_motion_without_ghosts_is_seen_by_its_blur(scan: Any, plain: Reading) -> None:
    volume, labels = scan
    levels = slice(60, 110)
    moved = np.mean([shift(volume.data, (step, 0, 0), order=1) for step in (-2, -1.4, 0, 1.4, 2)], axis=0)
    image = volume.data.copy()
    image[:, :, levels] = moved[:, :, levels] + np.abs(8.0 * np.random.default_rng(1).standard_normal(1))
    share = np.bincount(labels.data[:, :, levels].ravel(), minlength=43) / np.bincount(
        labels.data.ravel(), minlength=43
    )
    reading = graded(scan, image)
    blurred = [label for label in range(1, 43) if share[label] > 0.6]
    assert blurred
    assert set(blurred) <= hit(reading, "blurs")
    assert unsure(reading, blurred)
    assert not hit(reading, "blurs") & {label for label in range(1, 43) if share[label] == 0}


def void(scan: tuple[Volume, LabelMap], label: int, *, rim: bool) -> NDArray[Any]:
    """Return the scan with a hole of 15 mm in a group, with a bright rim or without."""
    volume, labels = scan
    centre = np.argwhere(labels.data == label).mean(axis=0)
    place = np.moveaxis(np.indices(volume.shape), 0, -1)
    away = np.sqrt((((place - centre) * np.asarray(volume.spacing)) ** 2).sum(axis=-1))
    noise = np.abs(8.0 * np.random.default_rng(2).standard_normal(volume.shape))
    image = np.where((away < 19) & (away >= 15) & rim, 250.0, volume.data)
    return np.where(away < 15, noise, image)


def test_a_void_with_a_bright_rim_is_metal(scan: Any) -> None:
    reading = graded(scan, void(scan, 17, rim=True))
    entry = reading.groups[16]
    assert entry.confidence < 0.5
    assert "metal" in entry.explanation
    assert hit(reading, "metal") == {17}
    assert entry.assessable or entry.reason is Reason.METAL
    assert any(warning.startswith("Metal spoils 1 group (") for warning in reading.warnings)


def test_a_void_without_a_rim_is_not_called_metal(scan: Any) -> None:
    assert not hit(graded(scan, void(scan, 17, rim=False)), "metal")


@pytest.fixture(scope="module")
def banded(scan: tuple[Volume, LabelMap]) -> tuple[Volume, Reading]:
    """Grade it with oblique bands 60 mm apart."""
    volume, labels = scan
    x, _, z = (np.arange(n) * step for n, step in zip(volume.shape, volume.spacing, strict=True))
    bands = 1 + 0.2 * np.sin(2 * np.pi * (0.6 * x[:, None, None] + 0.8 * z[None, None, :]) / 60 + 1)
    made = replace(volume, data=(volume.data * bands).astype(np.float32))
    return made, grade(made, labels)


def test_bands_are_evened_and_said(banded: tuple[Volume, Reading], plain: Reading) -> None:
    reading = banded[1]
    assert [entry.grade for entry in reading.groups] == [entry.grade for entry in plain.groups]
    assert any("60 mm from one to the next" in warning for warning in reading.warnings)
    assert reading.intensity_model is not None
    (band,) = reading.intensity_model.bands
    assert np.hypot(*band.log_gain) == pytest.approx(0.2, abs=0.03)


def test_an_edit_is_measured_without_the_bands(banded: tuple[Volume, Reading], scan: Any) -> None:
    volume, reading = banded
    again = Regrader(volume, scan[1], reading).regrade(scan[1].data, 7)
    assert again.grade == reading.groups[6].grade
    assert again.evidence is not None
    assert reading.groups[6].evidence is not None
    assert again.evidence.median_ratio == pytest.approx(reading.groups[6].evidence.median_ratio, abs=0.01)


def test_patches_of_oedema_are_no_bands(body: Any, involvement: Any) -> None:
    ill = body(oedema=involvement(12, 12, 3), seed=3)
    reading = grade(ill.volume(), ill.labels())
    assert reading.intensity_model is not None
    assert reading.intensity_model.bands == ()


def test_a_dip_of_the_field_on_one_side_is_evened_and_said(scan: Any, plain: Reading) -> None:
    volume, labels = scan
    centre = np.argwhere(labels.data == 28).mean(axis=0)
    place = np.moveaxis(np.indices(volume.shape), 0, -1)
    away = ((place - centre) * np.asarray(volume.spacing) / np.array([60.0, 200.0, 90.0])) ** 2
    reading = graded(scan, volume.data * (1 - 0.45 * np.exp(-0.5 * away.sum(axis=-1))))
    assert any("darker" in warning and "(B1)" in warning for warning in reading.warnings)
    assert [entry.grade for entry in reading.groups] == [entry.grade for entry in plain.groups]
