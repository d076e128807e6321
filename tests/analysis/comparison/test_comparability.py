"""When a visit is judged against the normal-muscle level of the other visit, and when it stays as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from wbmri.analysis.comparison import against
from wbmri.core import GradeSource, LabelMap, OutsideLevel, Reading, Reference, Volume
from wbmri.grading import check_contrast

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

        def stand_in(
            volume: Volume,
            labels: LabelMap,
            *,
            outside: tuple[OutsideLevel, ...],
            post_contrast: bool = False,
        ) -> Reading:
            check_contrast(volume.acquisition, post_contrast=post_contrast)
            given.extend(one.ratio for one in outside)
            return reading

        monkeypatch.setattr("wbmri.analysis.comparison.comparability.grade", stand_in)
        volume = replace(small_volume, acquisition=reading.acquisition)
        made = against(volume, small_labels, reading, other, "ses-month6")
        assert (made is None) == (not given)
        return given[-1] if given else None

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


def test_accepted_scans_after_a_contrast_agent_are_judged_against_each_other_too(
    asked: Callable[[Reading, Reading], float | None],
    make_reading: MakeReading,
) -> None:
    reading = make_reading()
    accepted = replace(reading, acquisition=replace(reading.acquisition, contrast_agent="gadobutrol"))
    assert asked(at(accepted, 1.0, trusted=False), at(accepted, 1.1)) == pytest.approx(1.1)


def test_the_level_of_the_sites_controls_still_counts(
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: MakeReading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[OutsideLevel] = []

    def stand_in(*_: object, outside: tuple[OutsideLevel, ...], **__: object) -> Reading:
        given.extend(outside)
        return make_reading()

    monkeypatch.setattr("wbmri.analysis.comparison.comparability.grade", stand_in)
    controls = OutsideLevel(1.05, 0.1, "12 control scans")
    doubtful = at(make_reading(), 1.0, trusted=False)
    assert doubtful.reference is not None
    doubtful = replace(doubtful, reference=replace(doubtful.reference, outside=(controls,)))
    against(small_volume, small_labels, doubtful, at(make_reading(), 1.1), "ses-month6")
    assert given[0] == controls
    assert given[1].ratio == pytest.approx(1.1)
