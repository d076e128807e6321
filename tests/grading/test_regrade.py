"""One group measured anew: the same as with the whole scan, and right after its outline was changed."""

from dataclasses import replace

import numpy as np
import pytest

from wbmri.core import InputError, LabelMap, Reading, Reason, Volume
from wbmri.grading import Regrader, bias_field_on, grade

EDGES = np.linspace(0.0, 4.0, 41)


@pytest.fixture(scope="module")
def scored(body) -> tuple[Volume, LabelMap, Reading]:
    body = body(oedema={16: (0.3, 1.8), 31: (0.8, 2.2), 35: (0.2, 1.6)}, shading=0.2)
    volume, labels = body.volume(), body.labels()
    return volume, labels, grade(volume, labels)


def test_a_group_alone_is_measured_as_with_the_whole_scan(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    regrader = Regrader(volume, labels, reading)
    for entry in reading.groups:
        again = regrader.regrade(labels.data, entry.label)
        assert (again.grade, again.reason) == (entry.grade, entry.reason)
        if entry.evidence and again.evidence:
            assert again.evidence.voxels == entry.evidence.voxels
            assert again.evidence.oedema_fraction == pytest.approx(entry.evidence.oedema_fraction, abs=0.003)


def test_a_box_around_the_group_changes_nothing(scored: tuple[Volume, LabelMap, Reading]) -> None:
    from scipy.ndimage import find_objects

    volume, labels, reading = scored
    regrader = Regrader(volume, labels, reading)
    for label in (1, 16, 31):
        box = find_objects(labels.data)[label - 1]
        assert regrader.regrade(labels.data, label, box) == regrader.regrade(labels.data, label)


def test_how_the_voxels_are_stored_does_not_matter(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    turned = volume.affine[:, [2, 0, 1, 3]] @ np.diag([-1.0, 1.0, 1.0, 1.0])
    turned[:3, 3] = volume.affine[:3, 3] + volume.affine[:3, 2] * (volume.shape[2] - 1)
    data = np.moveaxis(volume.data, 2, 0)[::-1]
    outlines = np.ascontiguousarray(np.moveaxis(labels.data, 2, 0)[::-1])
    stored = Volume(data, turned, volume.acquisition)
    here, there = (
        Regrader(volume, labels, reading),
        Regrader(stored, replace(labels, data=outlines, affine=turned), reading),
    )
    assert there.regrade(outlines, 31) == here.regrade(labels.data, 31)
    block = (slice(10, 60), slice(2, 9), slice(30, 90))
    moved = (slice(volume.shape[2] - 90, volume.shape[2] - 30), slice(10, 60), slice(2, 9))
    np.testing.assert_allclose(np.moveaxis(here.ratios(block), 2, 0)[::-1], there.ratios(moved), rtol=1e-6)


def test_a_corrected_outline_changes_what_is_measured(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    regrader = Regrader(volume, labels, reading)
    before = reading.groups[30].evidence
    assert before is not None
    bright = (labels.data == 31) & (regrader.ratios((slice(None),) * 3) > 1.5)
    edited = labels.data.copy()
    edited[bright] = 0
    after = regrader.regrade(edited, 31)
    assert after.evidence is not None
    assert after.evidence.oedema_fraction < before.oedema_fraction / 2
    assert after.evidence.volume_ml == pytest.approx(
        before.volume_ml * (edited == 31).sum() / (labels.data == 31).sum(),
    )
    edited[edited == 31] = 0
    assert regrader.regrade(edited, 31).reason is Reason.OUTSIDE


def test_the_histogram_shows_normal_muscle_at_one_and_oedema_above(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    regrader = Regrader(volume, labels, reading)
    middle = (EDGES[:-1] + EDGES[1:]) / 2
    normal, ill = (regrader.histogram(labels.data, label, EDGES) for label in (32, 31))
    assert middle[np.argmax(normal)] == pytest.approx(1.0, abs=0.1)
    assert middle[np.argmax(ill)] == pytest.approx(2.2, abs=0.25)


def test_fat_and_fluid_are_not_muscle_like(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    like = Regrader(volume, labels, reading).muscle_like((slice(None),) * 3)
    assert like[labels.data == 32].mean() > 0.99
    assert like[labels.data == 31].mean() > 0.95
    assert like[(labels.data == 0) & (volume.data < np.median(volume.data[labels.data > 0]) / 2)].mean() < 0.05


def test_a_reading_without_field_and_level_is_refused(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    with pytest.raises(InputError, match="field and level"):
        Regrader(volume, labels, replace(reading, intensity_model=None))


def test_what_was_gathered_for_one_outline_does_not_serve_another(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    one, other = Regrader(volume, labels, reading), Regrader(volume, labels, reading)
    edited = labels.data.copy()
    counted = one.histogram(edited, 16, EDGES)
    assert one.regrade(edited, 16) == other.regrade(edited, 16)
    edited[(edited == 16) & (np.arange(edited.shape[2]) % 2 == 0)] = 0
    assert one.histogram(edited, 16, EDGES).sum() < 0.8 * counted.sum()
    assert one.regrade(edited, 16) == Regrader(volume, labels, reading).regrade(edited, 16)


def test_what_is_left_open_stays_open_for_a_group_alone(body) -> None:
    scan = body(oedema=dict.fromkeys(range(1, 43), (1.0, 1.4)), seed=4)
    volume, labels = scan.volume(), scan.labels()
    reading = grade(volume, labels)
    assert reading.intensity_model is not None
    assert reading.intensity_model.alternatives
    assert reading.intensity_model.weight == pytest.approx(reading.candidates[0].weight, abs=1e-3)
    again = Regrader(volume, labels, reading).regrade(labels.data, 31)
    assert again.grade == reading.groups[30].grade
    assert again.confidence == pytest.approx(reading.groups[30].confidence, abs=0.01)
    assert again.explanation == reading.groups[30].explanation


def test_the_field_of_a_reading_can_be_drawn(scored: tuple[Volume, LabelMap, Reading]) -> None:
    volume, labels, reading = scored
    field = bias_field_on(volume, reading)
    assert field.shape == volume.shape
    muscle = labels.data > 0
    evened = volume.data[muscle] / field[muscle]
    assert np.std(np.log(field[muscle])) > 0.03
    assert np.std(evened) / np.mean(evened) < np.std(volume.data[muscle]) / np.mean(volume.data[muscle])
    with pytest.raises(InputError, match="score the visit again"):
        bias_field_on(volume, replace(reading, intensity_model=None))
