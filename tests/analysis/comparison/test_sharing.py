"""When a visit is judged against the normal-muscle level of the other visit, and when it stays as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from wbmri.analysis.comparison import against
from wbmri.core import GradeSource, LabelMap, Reading, Reference, Volume

MakeReading = Callable[..., Reading]


def at(reading: Reading, ratio: float, trusted: bool = True) -> Reading:
    """The reading with its level of normal muscle at a multiple of what brain and fluid predict."""
    return replace(reading, reference=Reference(100.0 * ratio, 8.0, "here", trusted, uncertainty=0.05, predicted=100.0))


@pytest.fixture
def asked(
    small_volume: Volume,
    small_labels: LabelMap,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Reading, Reading], float | None]:
    """What a visit is graded anew against, as a multiple of what brain and fluid predict; None where it is not."""

    def level(reading: Reading, other: Reading) -> float | None:
        given: list[float] = []

        def stand_in(volume: Volume, labels: LabelMap, *, outside: tuple[object, ...]) -> Reading:
            given.extend(one.ratio for one in outside)  # type: ignore[attr-defined]
            return reading

        monkeypatch.setattr("wbmri.analysis.comparison.shared_scale.grade", stand_in)
        made = against(small_volume, small_labels, reading, other, "ses-month6")
        assert (made is None) == (not given)
        return given[0] if given else None

    return level


def test_the_visit_with_brighter_muscle_is_judged_against_the_healthier_and_not_the_other_way(
    asked: Callable[[Reading, Reading], float | None],
    make_reading: MakeReading,
) -> None:
    ill, well = at(make_reading(), 1.4), at(make_reading(), 1.1)
    assert asked(ill, well) == pytest.approx(1.1)
    assert asked(well, ill) is None


def test_levels_that_agree_stay(asked: Callable[[Reading, Reading], float | None], make_reading: MakeReading) -> None:
    assert asked(at(make_reading(), 1.15), at(make_reading(), 1.1)) is None


def test_a_level_that_is_not_trusted_is_replaced_by_one_that_is(
    asked: Callable[[Reading, Reading], float | None],
    make_reading: MakeReading,
) -> None:
    doubtful, sure = at(make_reading(), 1.0, trusted=False), at(make_reading(), 1.1)
    assert asked(doubtful, sure) == pytest.approx(1.1)
    assert asked(doubtful, doubtful) is None


def test_what_a_person_graded_and_another_protocol_stay(
    asked: Callable[[Reading, Reading], float | None],
    make_reading: MakeReading,
) -> None:
    ill, well = at(make_reading(), 1.4), at(make_reading(), 1.1)
    assert asked(replace(ill, reader="ab"), well) is None
    assert asked(ill.with_group(replace(ill.groups[0], source=GradeSource.READER)), well) is None
    assert asked(ill, replace(well, acquisition=replace(well.acquisition, echo_time_ms=90.0))) is None
