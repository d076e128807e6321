"""Slices that are brighter and darker by turns are evened before anything else, and reported."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.case import ReadingDocument, decode, encode
from wbmri.core import LabelMap, Volume
from wbmri.grading import Regrader, grade

WORDS = "brighter and darker by turns"


def banded(volume, amplitude, axis=1, period=2):
    """Make every second slice (or third, ...) brighter than the others."""
    number = np.arange(volume.shape[axis])
    gain = np.where(number % period == 0, 1 + amplitude, 1 - amplitude).astype(np.float32)
    shape = [1, 1, 1]
    shape[axis] = gain.size
    return replace(volume, data=volume.data * gain.reshape(shape))


def unsure(labels):
    return replace(labels, confidence=dict.fromkeys(labels.confidence, 0.95))


@pytest.fixture(scope="module")
def healthy(body):
    made = body(noise=0.06, shading=0.1)
    return made.volume(), made.labels()


@pytest.mark.parametrize("period", [2, 3])
def test_banding_is_no_oedema_whoever_drew_the_outlines(healthy, period):
    volume, labels = healthy
    found = [grade(banded(volume, 0.1, period=period), outlines) for outlines in (labels, unsure(labels))]
    assert [reading.score.total for reading in found] == [0, 0]
    assert all(any(WORDS in warning for warning in reading.warnings) for reading in found)
    assert min(entry.confidence for entry in found[0].groups) > 0.7


def test_oedema_is_found_beneath_banding(body, involvement):
    ill = body(involvement(12, 12, seed=3), shading=0.1)
    totals = [grade(volume, ill.labels()).score.total for volume in (ill.volume(), banded(ill.volume(), 0.15))]
    assert abs(totals[1] - totals[0]) <= 1


def test_slices_that_are_alike_are_left_alone(body, involvement):
    for settings in (body(), body(involvement(20, 20, seed=1), noise=0.1, shading=0.2)):
        reading = grade(settings.volume(), settings.labels())
        assert reading.intensity_model.slice_gains == ()
        assert not any(WORDS in warning for warning in reading.warnings)


def test_slices_resampled_to_cubes_are_evened(healthy):
    volume, labels = healthy
    seen = banded(volume, 0.1)
    place = np.linspace(0, volume.shape[1] - 1, 2 * volume.shape[1] - 1)
    low = np.minimum(place.astype(int), volume.shape[1] - 2)
    share = (place - low).astype(np.float32)[None, :, None]
    thin = volume.affine @ np.diag([1, 0.5, 1, 1])
    data = seen.data[:, low] * (1 - share) + seen.data[:, low + 1] * share
    drawn = labels.data[:, np.round(place).astype(int)]
    made = LabelMap(drawn, thin, labels.scheme, labels.engine, labels.confidence)
    reading = grade(Volume(data, thin, volume.acquisition), made)
    assert reading.score.total == 0
    assert any(WORDS in warning for warning in reading.warnings)


def test_a_group_is_regraded_by_the_evened_slices(body, involvement):
    ill = body(involvement(12, 12, seed=3))
    volume, labels = banded(ill.volume(), 0.15), ill.labels()
    reading = grade(volume, labels)
    kept = decode(ReadingDocument, encode(ReadingDocument("x", "y", reading, {})), Path("reading.json")).reading
    assert kept.intensity_model.slice_gains == reading.intensity_model.slice_gains != ()
    again = Regrader(volume, labels, kept)
    assert [again.regrade(labels.data, label).grade for label in range(1, 43)] == [e.grade for e in reading.groups]
