"""Fat that has replaced muscle is neither normal muscle nor oedema, and is said."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from wbmri.core import Reason
from wbmri.grading import Regrader, grade


def fatty(volume, labels, share, softness, wanted=range(23, 37), grain_mm=5.0, fat=0.3, seed=7):
    """Replace a share of pelvis and thighs by fat, in grains with edges as soft as wanted."""
    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.standard_normal(volume.shape), grain_mm / np.asarray(volume.spacing))
    replaced = np.zeros(volume.shape)
    for label in wanted:
        own = labels.data == label
        values = field[own] / field[own].std()
        soft = 1 / (1 + np.exp(-(values - np.quantile(values, 1 - share)) / softness))
        replaced[own] = np.minimum(soft * share / soft.mean(), 0.95)
    level = np.median(volume.data[labels.data > 0])
    data = volume.data * (1 - replaced) + fat * level * replaced
    return replace(volume, data=data.astype(np.float32))


@pytest.fixture(scope="module")
def healthy(body):
    made = body(noise=0.06)
    return made.volume(), made.labels()


@pytest.mark.parametrize(("share", "softness"), [(0.2, 0.1), (0.2, 0.5), (0.35, 0.1)])
def test_fat_in_healthy_muscle_is_no_oedema(healthy, share, softness):
    volume, labels = healthy
    reading = grade(fatty(volume, labels, share, softness), labels)
    sure = [entry for entry in reading.groups if entry.grade and entry.confidence >= 0.5]
    assert sure == []
    named = [entry for entry in reading.groups if entry.evidence and entry.evidence.fat_fraction]
    assert {entry.label for entry in named} <= set(range(23, 37))
    assert len(named) >= 10
    assert all("partly replaced by fat" in entry.explanation for entry in named)
    assert all(abs(entry.evidence.fat_fraction - share) < 0.15 for entry in named)


def test_muscle_without_fat_is_said_to_have_none(healthy, body, involvement):
    ill = body(involvement(12, 12, seed=3), shading=0.15)
    for volume, labels in (healthy, (ill.volume(), ill.labels())):
        assert all(entry.evidence.fat_fraction is None for entry in grade(volume, labels).groups)


def test_where_too_little_is_left_nothing_is_graded(healthy):
    volume, labels = healthy
    reading = grade(fatty(volume, labels, 0.8, 0.1, wanted=(31, 32)), labels)
    entries = [reading.groups[label - 1] for label in (31, 32)]
    assert [entry.reason for entry in entries] == [Reason.FAT] * 2
    assert "Dixon" in entries[0].explanation
    assert reading.score.total == 0


def test_oedema_beside_fat_is_still_found(body):
    ill = body({31: (0.8, 2.0), 25: (0.3, 1.8), 5: (0.8, 2.2)}, noise=0.06)
    labels = ill.labels()
    reading = grade(fatty(ill.volume(), labels, 0.2, 0.1, wanted=(31, 32, 33)), labels)
    assert [reading.groups[label - 1].grade for label in (31, 25, 5, 32, 33)] == [2, 1, 2, 0, 0]


def test_a_group_with_fat_is_regraded_the_same(healthy):
    volume, labels = healthy
    seen = fatty(volume, labels, 0.25, 0.2)
    reading = grade(seen, labels)
    again = Regrader(seen, labels, reading)
    for label in range(23, 37):
        entry, before = again.regrade(labels.data, label), reading.groups[label - 1]
        assert entry.grade == before.grade
        assert entry.evidence.fat_fraction == pytest.approx(before.evidence.fat_fraction, abs=0.02)
