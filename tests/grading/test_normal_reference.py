"""What other scans say about the level of normal muscle."""

import dataclasses
import re
from typing import Any

import pytest

from wbmri.core import InputError, OutsideLevel, Reading
from wbmri.grading import grade, level_of_visit

EVERY = range(1, 43)


@pytest.fixture(scope="module")
def healthy(body: Any) -> Reading:
    scan = body(seed=3)
    return grade(scan.volume(), scan.labels())


@pytest.fixture(scope="module")
def lifted(body: Any) -> tuple[Any, Any]:
    """Return a scan whose muscle is a quarter brighter everywhere, too little for physics alone to tell."""
    scan = body(oedema=dict.fromkeys(EVERY, (1.0, 1.3)), seed=4)
    return scan.volume(), scan.labels()


def test_a_healthy_visit_unmasks_diffuse_oedema_at_another(healthy: Reading, lifted: tuple[Any, Any]) -> None:
    told = level_of_visit(healthy, "the visit at month 6")
    assert told is not None
    alone, beside = grade(*lifted), grade(*lifted, outside=[told])
    assert sum(entry.grade == 2 for entry in alone.groups) <= 4
    assert sum(entry.grade == 2 for entry in beside.groups) >= 38
    assert beside.reference is not None
    assert beside.reference.outside == (told,)
    assert beside.reference.trusted
    assert "the visit at month 6" in beside.reference.source
    assert beside.reference.level == pytest.approx(100, rel=0.1)


def test_how_bright_all_muscle_could_be_unseen_is_said(healthy: Reading, lifted: tuple[Any, Any]) -> None:
    alone = grade(*lifted)
    for reading in (healthy, alone):
        assert reading.reference is not None
        said = re.search(
            r"up to (\d\.\d) times as bright as normal, nothing in the scan shows it", reading.reference.source
        )
        assert said is not None
        assert 1.3 <= float(said[1]) < 3


def test_what_agrees_only_makes_the_level_more_certain(body: Any, healthy: Reading) -> None:
    told = level_of_visit(healthy, "the visit before")
    assert told is not None
    scan, alone = body(seed=3), healthy
    beside = grade(scan.volume(), scan.labels(), outside=[told])
    assert [entry.grade for entry in beside.groups] == [entry.grade for entry in alone.groups]
    assert alone.reference is not None
    assert beside.reference is not None
    assert alone.reference.uncertainty is not None
    assert beside.reference.uncertainty is not None
    assert beside.reference.uncertainty < alone.reference.uncertainty
    assert beside.reference.outside == (told,)


def test_a_visit_that_cannot_be_relied_on_says_nothing(healthy: Reading) -> None:
    assert healthy.reference is not None
    doubtful = dataclasses.replace(healthy, reference=dataclasses.replace(healthy.reference, trusted=False))
    assert level_of_visit(doubtful, "the visit before") is None
    assert level_of_visit(dataclasses.replace(healthy, reference=None), "the visit before") is None


def test_without_a_brain_other_scans_are_named_but_not_used(body: Any) -> None:
    scan = body(head=False)
    reading = grade(scan.volume(), scan.labels(), outside=[OutsideLevel(0.5, 0.05, "12 control scans")])
    assert [entry.grade for entry in reading.groups] == [0] * 42
    assert reading.reference is not None
    assert "without a brain" in reading.reference.source


@pytest.mark.parametrize(("ratio", "spread"), [(0.0, 0.1), (1.0, 0.0), (-1.0, 0.1)])
def test_a_level_that_is_no_number_is_refused(ratio: float, spread: float) -> None:
    with pytest.raises(InputError, match="two positive numbers"):
        OutsideLevel(ratio, spread, "12 control scans")
