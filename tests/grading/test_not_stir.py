"""A scan that is no STIR scan is said to be none, by its picture and by its header, and is not graded."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wbmri.core import Acquisition, LabelMap, Reading, Reason, Volume
from wbmri.grading import Regrader, grade

FAT, BRAIN, FLUID = 25.0, 290.0, 590.0
"""Of the synthetic body, with muscle at 100."""
WITHOUT_FACTS = Acquisition()


@pytest.fixture(scope="module")
def scan(body: Any) -> tuple[Volume, LabelMap]:
    made = body(seed=4, noise=0.0)
    return made.volume(), made.labels()


def seen_as(scan: tuple[Volume, LabelMap], acquisition: Acquisition, **signal: float) -> Reading:
    """Grade the body with another brightness of fat, brain and fluid."""
    volume, labels = scan
    image = volume.data.copy()
    for name, before in (("fat", FAT), ("brain", BRAIN), ("fluid", FLUID)):
        image[np.isclose(volume.data, before, rtol=1e-3)] = signal.get(name, before)
    image = np.abs(image + 8.0 * np.random.default_rng(4).standard_normal(image.shape))
    return grade(Volume(image, volume.affine, acquisition), labels)


def sentences(reading: Reading) -> list[str]:
    return [warning for warning in reading.warnings if "be a STIR scan" in warning or "is not a STIR scan" in warning]


@pytest.mark.parametrize("header", [True, False], ids=["named STIR", "without facts"])
def test_stir_is_taken_for_stir(scan: Any, header: bool) -> None:
    assert not sentences(seen_as(scan, scan[0].acquisition if header else WITHOUT_FACTS))


@pytest.mark.parametrize(
    ("signal", "named"),
    [
        ({"fat": 190.0, "brain": 130.0, "fluid": 45.0}, "T1-weighted scan"),
        ({"fat": 250.0, "brain": 350.0, "fluid": 700.0}, "T2-weighted scan without fat suppression"),
    ],
)
@pytest.mark.parametrize("header", [True, False], ids=["named STIR", "without facts"])
def test_bright_fat_is_no_stir_and_nothing_is_graded(scan: Any, header: bool, signal: Any, named: str) -> None:
    reading = seen_as(scan, scan[0].acquisition if header else WITHOUT_FACTS, **signal)
    (sentence,) = sentences(reading)
    assert named in sentence
    assert ("though its header names STIR" in sentence) is header
    assert {entry.reason for entry in reading.groups} == {Reason.SEQUENCE}
    assert reading.score.total is None


def test_an_edit_does_not_grade_what_is_no_stir(scan: Any) -> None:
    volume, labels = scan
    reading = seen_as(scan, WITHOUT_FACTS, fat=190.0, brain=130.0, fluid=45.0)
    assert Regrader(volume, labels, reading).regrade(labels.data, 7).reason is Reason.SEQUENCE


def test_dark_fluid_beside_a_dim_brain_is_the_water_of_dixon(scan: Any) -> None:
    reading = seen_as(scan, scan[0].acquisition, fat=10.0, brain=110.0, fluid=40.0)
    (sentence,) = sentences(reading)
    assert "Dixon" in sentence
    assert {entry.reason for entry in reading.groups} == {Reason.SEQUENCE}


def test_dark_fluid_alone_leaves_no_confident_grade(scan: Any) -> None:
    reading = seen_as(scan, scan[0].acquisition, fluid=40.0)
    (sentence,) = sentences(reading)
    assert "may not be a STIR scan" in sentence
    assert all(entry.assessable and entry.confidence < 0.5 for entry in reading.groups)


@pytest.mark.parametrize(
    "times",
    [{"inversion_time_ms": 1800.0}, {"inversion_time_ms": None, "repetition_time_ms": 500.0}],
    ids=["nulls fluid", "too short"],
)
def test_a_header_that_is_no_stir_is_believed(scan: Any, times: dict[str, float | None]) -> None:
    reading = seen_as(scan, replace(scan[0].acquisition, **times))
    (sentence,) = sentences(reading)
    assert "ms" in sentence
    assert {entry.reason for entry in reading.groups} == {Reason.SEQUENCE}


def test_homogeneous_oedema_of_all_muscle_is_stir_all_the_same(body: Any) -> None:
    ill = body(oedema=dict.fromkeys(range(1, 43), (1.0, 2.4)), seed=6)
    assert not sentences(grade(ill.volume(), ill.labels()))
