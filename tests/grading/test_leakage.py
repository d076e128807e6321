"""What an outline takes in of bright tissue beyond the muscle is not held against the muscle; its own oedema is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wbmri.core import Volume
from wbmri.grading import grade

BESIDE, OWN = 6, 18
"""Two groups on the patient's right, at the edge of the body."""


@pytest.mark.parametrize("sure", [0.8, 1.0])
def test_a_bright_neighbour_is_left_out_where_the_outline_is_in_doubt(body: Callable[..., Any], sure: float) -> None:
    """One outline lies 3 mm off, over a bright organ beside the muscle; another muscle has oedema at its edge."""
    person = body()
    volume, labels = person.volume(), person.labels()
    image, groups = (np.repeat(data, 2, axis=0) for data in (volume.data, labels.data))
    affine = volume.affine @ np.diag([0.5, 1, 1, 1])

    muscle = groups == BESIDE
    moved = np.roll(muscle, 2, axis=0)
    organ = np.logical_or.reduce([np.roll(muscle, n, axis=0) for n in range(1, 15)]) & ~muscle
    image[organ] = 2.5 * np.median(image[muscle])
    groups[muscle], groups[moved] = 0, BESIDE

    whole = groups == OWN
    outer = whole & (np.arange(whole.shape[0]) >= np.quantile(np.nonzero(whole)[0], 0.92))[:, None, None]
    image[outer] *= 1.8

    outlines = replace(labels, data=groups, affine=affine, confidence=dict.fromkeys(range(1, 43), sure))
    reading = grade(Volume(image, affine, volume.acquisition), outlines)
    assert [entry.label for entry in reading.groups if entry.grade and entry.label != BESIDE] == [OWN]
    beside = reading.groups[BESIDE - 1].evidence
    assert beside is not None
    assert (beside.oedema_fraction < 0.005) == (sure < 1)


def test_brightness_that_crosses_an_outline_is_openly_undecided_however_sure_the_outline(
    body: Callable[..., Any],
) -> None:
    """Bright subcutis shares slices with one muscle, three slices thin; another has as much oedema, and within."""
    person = body(oedema={OWN: (0.06, 1.6)})
    volume, labels = person.volume(), person.labels()
    image, groups = volume.data.copy(), labels.data.copy()
    whole = groups == BESIDE
    normal = np.median(image[whole])
    slices, middle = np.arange(whole.shape[1])[:, None], whole.shape[1] // 2
    muscle = whole & (np.abs(slices - middle) <= 1)
    outside = whole & ~muscle
    groups[outside], image[outside] = 0, 0.25 * normal

    along = np.arange(whole.shape[2])
    near = whole & (np.abs(along - np.median(np.nonzero(whole)[2])) < 4)
    image[near & (slices == middle + 1)] = 1.6 * normal
    image[near & (slices > middle + 1)] = 2.2 * normal

    entries = grade(replace(volume, data=image), replace(labels, data=groups)).groups
    beside, own = (entries[label - 1] for label in (BESIDE, OWN))
    assert (beside.grade, own.grade) == (1, 1)
    assert beside.confidence < 0.5 <= own.confidence
    assert "beyond the muscle" in beside.explanation
    assert "grade 0" in beside.explanation
    assert "beyond the muscle" not in own.explanation
