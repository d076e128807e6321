"""Fascia around a muscle and vessels in it are not its oedema."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from wbmri.core import Acquisition, LabelMap, Volume
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade

SPACING = (1.5, 6.0, 1.5)
STIR = Acquisition(sequence="STIR", field_strength_t=1.5, echo_time_ms=60.0, inversion_time_ms=160.0)


def limbs(bright, seed=0):
    """Return fourteen cylinders of muscle along the body, with what `bright(mask, mm)` makes of each, in fat."""
    rng = np.random.default_rng(seed)
    shape = (230, 14, 120)
    x, y, z = np.meshgrid(*(np.arange(n) * mm for n, mm in zip(shape, SPACING, strict=True)), indexing="ij")
    data, drawn = np.full(shape, 0.2), np.zeros(shape, np.uint8)
    for number in range(14):
        label = 23 + number
        own = ((x - 25 - 49 * (number % 7)) ** 2 + (y - 42) ** 2 < 22**2) & (abs(z - 46 - 88 * (number // 7)) < 38)
        drawn[own] = label
        data[own] = 1.0
        data = np.where(own, data * bright(own, (x, y, z), number), data)
    data = np.abs(data + 0.06 * rng.standard_normal(shape))
    affine = np.diag([*SPACING, 1.0])
    labels = LabelMap(drawn, affine, load_scheme(), "phantom", dict.fromkeys(range(1, 43), 1.0))
    return Volume((100 * data).astype(np.float32), affine, STIR), labels


def fascia(own, _place, _number):
    depth = distance_transform_edt(own, sampling=(SPACING[0], 1e3, SPACING[2]))
    return np.where(depth <= 4.0, 2.0, 1.0)


def vessels(own, place, number):
    rng = np.random.default_rng(number)
    x, y, _ = place
    made = np.ones(own.shape)
    for _ in range(3):
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(2, 15)
        cx, cy = 25 + 49 * (number % 7) + far * np.cos(angle), 42 + far * np.sin(angle)
        made[(abs(x - cx) < 1.4) & (abs(y - cy) < 3.0)] = 3.0
    return made


def patch(own, place, number):
    """Oedema in a lump at the rim, on one side."""
    x, y, z = place
    lump = (x - 25 - 49 * (number % 7) - 16) ** 2 + (y - 42) ** 2 + ((z - 46 - 88 * (number // 7)) / 1.6) ** 2 < 15**2
    return np.where(own & lump & (number < 3), 1.9, 1.0)


def grades(reading):
    return [entry.grade for entry in reading.groups[22:36]]


@pytest.mark.parametrize("confidence", [1.0, 0.95])
def test_bright_fascia_is_not_counted(confidence):
    volume, labels = limbs(fascia)
    labels = replace(labels, confidence=dict.fromkeys(range(1, 43), confidence))
    reading = grade(volume, labels)
    assert grades(reading) == [0] * 14
    assert "graded by the core" in reading.groups[30].explanation


def test_thin_fascia_that_shares_voxels_with_muscle_leaves_the_total_open():
    def thin(own, _place, _number):
        depth = distance_transform_edt(own, sampling=(SPACING[0], 1e3, SPACING[2]))
        return np.where(depth <= 4.6, 1.25, 1.0)

    reading = grade(*limbs(thin))
    assert 0 in [candidate.total for candidate in reading.candidates]
    assert max(entry.confidence for entry in reading.groups[22:36]) < 0.5


@pytest.mark.parametrize("confidence", [1.0, 0.95])
def test_vessels_are_not_counted(confidence):
    volume, labels = limbs(vessels)
    labels = replace(labels, confidence=dict.fromkeys(range(1, 43), confidence))
    assert grades(grade(volume, labels)) == [0] * 14


def test_a_thin_group_is_not_surely_oedematous_where_fascia_shines_elsewhere():
    thin = 30

    def some(own, place, number):
        # Along two fifths of the outlines of the thighs, and a quarter of one group's.
        beside = place[0] % 49 < (21 if number >= 8 else 12)
        return np.where(beside & (number >= thin - 23), fascia(own, place, number), 1.0)

    volume, labels = limbs(some)
    drawn = labels.data.copy()
    depth = distance_transform_edt(drawn == thin, sampling=(SPACING[0], 1e3, SPACING[2]))
    drawn[(drawn == thin) & (depth > 4.5)] = 0
    entry = grade(volume, replace(labels, data=drawn)).groups[thin - 1]
    assert entry.grade == 0 or entry.confidence < 0.5
    assert "too thin to tell" in entry.explanation


def test_a_patch_at_the_rim_is_not_lost():
    volume, labels = limbs(patch)
    found = grade(volume, labels)
    assert grades(found) == [1] * 3 + [0] * 11
    assert not any("fascia" in entry.explanation for entry in found.groups)


def test_a_vessel_beside_the_last_slice_of_a_muscle_is_not_its_oedema():
    volume, labels = limbs(lambda own, _place, _number: np.ones(own.shape))
    data = volume.data.copy()
    last = int(np.flatnonzero((labels.data == 23).any(axis=(0, 2))).max())
    beside = (slice(13, 20), slice(6, 56))
    assert (labels.data[beside[0], last, beside[1]] == 23).all()
    data[beside[0], last, beside[1]] *= 1.7
    data[beside[0], last + 1, beside[1]] = 310.0
    assert grades(grade(replace(volume, data=data), labels)) == [0] * 14
    # The same brightness with nothing beside it is the muscle's.
    data[beside[0], last + 1, beside[1]] = volume.data[beside[0], last + 1, beside[1]]
    assert grades(grade(replace(volume, data=data), labels)) == [1] + [0] * 13


def test_rims_that_shine_here_and_there_leave_the_total_open():
    volume, labels = limbs(lambda own, place, number: fascia(own, place, number) if number < 3 else np.ones(own.shape))
    reading = grade(volume, labels)
    assert [candidate.total for candidate in reading.candidates][1:] == [0]
    assert reading.candidates[0].total == sum(grades(reading)) >= 3
    assert "fascia, vessels and septa" in reading.candidates[1].source
    doubted, others = ([entry.confidence for entry in reading.groups[a:b]] for a, b in ((22, 25), (25, 36)))
    assert max(doubted) < 0.6 * min(others)
