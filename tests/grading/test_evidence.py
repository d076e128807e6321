"""How oedema lies in a muscle, and beside the other side."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from wbmri.core import Extent, Pattern, Reading
from wbmri.grading import grade

SPOTS, WHOLE, RIM, MIDDLE, HEALTHY, LEFT = 1, 3, 5, 7, 9, 11


@pytest.fixture(scope="module")
def reading(body: Any) -> Reading:
    """Grade a scan with oedema of a set shape in some groups on the left."""
    plain = body()
    volume, labels = plain.volume(), plain.labels()
    image = volume.data.copy()

    def brighten(label: int, low: float, high: float) -> None:
        own = np.argwhere(labels.data == label)
        centre = own.mean(axis=0)
        depth = np.sqrt((((own - centre) * volume.spacing / (20, 36, 49)) ** 2).sum(axis=1))
        image[tuple(own[(depth >= low) & (depth < high)].T)] *= 1.9

    own = np.argwhere(labels.data == SPOTS)
    height = own[:, 2] - own[:, 2].min()
    image[tuple(own[height % 14 < 4].T)] *= 1.9
    brighten(WHOLE, 0.0, 0.95)
    brighten(RIM, 0.75, 1.1)
    brighten(MIDDLE, 0.0, 0.6)
    brighten(LEFT, 0.0, 0.7)
    return grade(dataclasses.replace(volume, data=image), labels)


def pattern(reading: Reading, label: int) -> Pattern | None:
    evidence = reading.groups[label - 1].evidence
    assert evidence is not None
    return evidence.pattern


def test_foci_are_counted(reading: Reading) -> None:
    spots, whole = pattern(reading, SPOTS), pattern(reading, WHOLE)
    assert spots is not None
    assert whole is not None
    assert (spots.extent, spots.foci) == (Extent.PATCHY, 3)
    assert (whole.extent, whole.foci) == (Extent.DIFFUSE, 1)
    assert whole.largest_ml > 3 * spots.largest_ml


def test_fascia_and_middle_are_told_apart(reading: Reading) -> None:
    rim, middle = pattern(reading, RIM), pattern(reading, MIDDLE)
    assert rim is not None
    assert middle is not None
    assert rim.fascial_share is not None
    assert middle.fascial_share is not None
    assert middle.fascial_share < 0.8 < 1.2 < rim.fascial_share


def test_a_healthy_group_has_no_pattern(reading: Reading) -> None:
    assert pattern(reading, HEALTHY) is None


def test_asymmetry_is_the_difference_of_the_sides(reading: Reading) -> None:
    left, right = (reading.groups[label - 1].evidence for label in (LEFT, LEFT + 1))
    assert left is not None
    assert right is not None
    assert left.asymmetry is not None
    assert right.asymmetry == pytest.approx(-left.asymmetry)
    assert left.asymmetry > 0.2
