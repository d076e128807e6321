"""Agreement of readers whose grades are known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wbmri.analysis.agreement import Agreement, LevelKind, Measure, Rating, Ratings, agree, detectable_change
from wbmri.analysis.statistics import Estimate, sign_test, signed_rank_test
from wbmri.core import InputError
from wbmri.core.scheme import Scheme

Study = Callable[..., Ratings]


def by_level(agreement: Agreement, name: str) -> dict[str, Estimate]:
    entry = next(entry for entry in agreement.overall.grades if entry.level.id == name)
    return {
        key: getattr(entry, key)
        for key in ("exact", "close", "kappa_linear", "kappa_quadratic", "ac1", "ac2_quadratic", "alpha_ordinal")
    }


def test_equal_readings_agree_fully(study: Study) -> None:
    found = agree(study(12, noise=0.0), rounds=50)
    assert all(one == Estimate(1.0, 1.0, 1.0) for one in by_level(found, "all").values())
    for measure in Measure:
        score = found.overall.score(measure)
        assert (score.icc_2_1.value, score.icc_3_1.value) == pytest.approx((1.0, 1.0))
        assert score.detectable95.value == pytest.approx(0.0, abs=1e-6)
    assert found.overall.matrix is not None
    assert sum(found.overall.matrix[grade][grade] for grade in range(3)) == 12 * 2 * 42


def test_figures_of_grades_worked_out_by_hand(scheme: Scheme) -> None:
    """One visit, 42 groups: 20 x (0,0), 10 x (1,1), 6 x (1,2), 4 x (2,2), 2 x (0,2)."""
    cells = [(0, 0)] * 20 + [(1, 1)] * 10 + [(1, 2)] * 6 + [(2, 2)] * 4 + [(0, 2)] * 2
    ratings = [Rating("01", "1", reader, tuple(cell[place] for cell in cells)) for place, reader in enumerate("ab")]
    found = agree(Ratings.of(ratings, scheme), rounds=20)
    values = {key: one.value for key, one in by_level(found, "all").items()}
    assert values["exact"] == pytest.approx(34 / 42)
    assert values["close"] == pytest.approx(40 / 42)
    # Linear weights: observed (34 + 6/2) / 42; chance from the margins 22, 16, 4 and 20, 10, 12.
    observed = (34 + 6 / 2) / 42
    chance = (22 * (20 + 10 / 2) + 16 * (10 + (20 + 12) / 2) + 4 * (12 + 10 / 2)) / 42**2
    assert values["kappa_linear"] == pytest.approx((observed - chance) / (1 - chance))
    shares = np.array([42, 26, 16]) / 84
    expected = (shares * (1 - shares)).sum() / 2
    assert values["ac1"] == pytest.approx((34 / 42 - expected) / (1 - expected))
    assert found.overall.matrix == ((20, 0, 2, 0), (0, 10, 6, 0), (0, 0, 4, 0), (0, 0, 0, 0))


def test_swapping_the_readers_mirrors_the_bias_and_nothing_else(study: Study) -> None:
    ratings = study(15, missing=0.03)
    forth, back = agree(ratings, rounds=60), agree(ratings.of_readers(("cd", "ab")), rounds=60)
    assert by_level(forth, "all") == by_level(back, "all")
    for measure in Measure:
        one, other = forth.overall.score(measure), back.overall.score(measure)
        assert one.icc_2_1.value == pytest.approx(other.icc_2_1.value)
        assert one.limits is not None
        assert other.limits is not None
        assert one.limits.bias.value == pytest.approx(-(other.limits.bias.value or 0))
        assert one.limits.lower.value == pytest.approx(-(other.limits.upper.value or 0))


def test_the_bias_of_a_reader_is_found_and_lowers_absolute_agreement_alone(study: Study) -> None:
    ratings = study(30, noise=0.0)
    # The second reader sees no grade 0: each becomes 1.
    grades = ratings.grades.copy()
    grades[:, 1] = np.maximum(grades[:, 1], 1)
    found = agree(replace(ratings, grades=grades), rounds=50)
    score = found.overall.score(Measure.STATUS)
    raised = float((ratings.grades[:, 1] == 0).sum(axis=1).mean())
    assert score.limits is not None
    assert score.limits.bias.value == pytest.approx(raised)
    assert (score.icc_2_1.value or 0) < (score.icc_3_1.value or 0) - 0.05


def test_missing_grades_are_left_out_on_both_sides_and_said(study: Study) -> None:
    ratings = study(8, noise=0.0)
    grades = ratings.grades.copy()
    grades[:, 0, :4] = -1  # the first reader could not see four groups, which the second called 2
    grades[:, 1, :4] = 2
    found = agree(replace(ratings, grades=grades), rounds=20)
    pooled = found.overall.grades[0]
    assert pooled.units == 16 * 38
    assert pooled.exact.value == 1.0
    assert found.overall.score(Measure.STATUS).limits is not None
    assert found.overall.score(Measure.STATUS).means[0] == found.overall.score(Measure.STATUS).means[1]
    assert found.overall.not_assessable == {"ab": 64, "cd": 0}
    assert found.overall.one_sided == 64
    assert any("64 groups graded by some readers only" in caution for caution in found.cautions)
    first = next(entry for entry in found.overall.grades if entry.level.labels == (1,))
    assert (first.units, first.exact) == (0, Estimate(None))


def test_a_visit_with_too_few_common_groups_has_no_total(study: Study) -> None:
    ratings = study(6, noise=0.0)
    grades = ratings.grades.copy()
    grades[0, 0, :40] = -1
    found = agree(replace(ratings, grades=grades), rounds=20)
    assert found.overall.score(Measure.STATUS).units == 11
    assert found.overall.score(Measure.CHANGE).units == 5
    assert found.overall.grades[0].units == 12 * 42 - 40


def test_detectable_change_follows_the_readers_change_scores(study: Study) -> None:
    ratings = study(25)
    found = agree(ratings, rounds=20)
    totals = ratings.grades.sum(axis=2).reshape(25, 2, 2)
    change = totals[:, 1] - totals[:, 0]
    sd = (change[:, 1] - change[:, 0]).std(ddof=1)
    detectable = detectable_change(found)
    assert detectable is not None
    assert detectable.sdc95 == pytest.approx(1.959964 * sd / np.sqrt(2))
    assert detectable.sdc80 == pytest.approx(1.281552 * sd / np.sqrt(2))
    assert (detectable.patients, detectable.readers) == (25, ("ab", "cd"))
    score = found.overall.score(Measure.CHANGE)
    assert score.mean_detectable95.value == pytest.approx(detectable.sdc95 / np.sqrt(2))
    response = found.changes[0]
    assert response.mean == pytest.approx(change[:, 0].mean())
    assert response.srm.value == pytest.approx(change[:, 0].mean() / change[:, 0].std(ddof=1))
    assert response.sign_p == sign_test(change[:, 0].astype(float))
    assert response.signed_rank_p == signed_rank_test(change[:, 0].astype(float))


def test_one_patient_gives_values_without_intervals_or_p_values(study: Study) -> None:
    found = agree(study(1), rounds=50)
    pooled = by_level(found, "all")
    assert pooled["kappa_linear"].value is not None
    assert all(one.low is None and one.high is None for one in pooled.values())
    assert all((one.sign_p, one.signed_rank_p, one.srm.value) == (None, None, None) for one in found.changes)
    assert found.overall.score(Measure.CHANGE).icc_2_1 == Estimate(None)
    assert detectable_change(found) is None


def test_the_program_twice_and_one_person_are_told_apart(study: Study) -> None:
    twice = study(6, ("auto", "auto (repeat 2)", "ab"))
    found = agree(twice, rounds=20)
    assert found.overall.readers == ("auto", "auto (repeat 2)", "ab")
    assert any("automatic grades" in caution for caution in found.cautions)
    program = agree(twice.of_readers(("auto", "auto (repeat 2)")), rounds=20)
    assert not any("automatic grades" in caution for caution in program.cautions)


def test_more_readers_give_their_mean_kappa_and_every_pair(study: Study) -> None:
    ratings = study(10, ("auto", "ab", "cd", "ef"))
    found = agree(ratings, rounds=20)
    assert found.overall.readers == ("ab", "cd", "ef")
    assert [pair.readers for pair in found.pairs] == [
        ("auto", "ab"),
        ("auto", "cd"),
        ("auto", "ef"),
        ("ab", "cd"),
        ("ab", "ef"),
        ("cd", "ef"),
    ]
    kappas = [pair.grades[0].kappa_linear.value or 0.0 for pair in found.pairs if "auto" not in pair.readers]
    assert found.overall.grades[0].kappa_linear.value == pytest.approx(np.mean(kappas))
    exact = [pair.grades[0].exact.value or 0.0 for pair in found.pairs if "auto" not in pair.readers]
    assert found.overall.grades[0].exact.value == pytest.approx(np.mean(exact))
    assert found.overall.matrix is None
    assert any("automatic grades" in caution for caution in found.cautions)


def test_readers_who_share_only_some_visits_are_compared_on_those(study: Study) -> None:
    ratings = study(10, ("ab", "cd", "ef"))
    read = ratings.read.copy()
    read[10:, 2] = False
    grades = ratings.grades.copy()
    grades[10:, 2] = -1
    found = agree(replace(ratings, read=read, grades=grades), rounds=20)
    assert [pair.visits for pair in found.pairs] == [20, 10, 10]
    assert found.overall.score(Measure.STATUS).units == 10
    assert found.overall.grades[0].units == 20 * 42
    assert any("10 of 20 visits were not read by every reader" in caution for caution in found.cautions)


def test_a_second_reading_counts_as_a_repeat(scheme: Scheme) -> None:
    ratings = [Rating(f"{k}", "1", "ab", tuple((k + place) % 3 for place in range(42))) for k in range(6)]
    found = agree(Ratings.of([*ratings, *ratings], scheme), rounds=20)
    assert found.readers == ("ab", "ab (repeat 2)")
    assert by_level(found, "all")["kappa_quadratic"].value == pytest.approx(1.0)
    assert found.change == "no participant has two visits"
    assert found.changes == ()


def test_intervals_are_the_same_every_time_and_follow_the_seed(study: Study) -> None:
    ratings = study(12)
    assert agree(ratings, rounds=60) == agree(ratings, rounds=60)
    other = agree(ratings, rounds=60, seed=1)
    assert other.overall.grades[0].exact.value == agree(ratings, rounds=60).overall.grades[0].exact.value
    assert other.overall.grades[0].exact.low != agree(ratings, rounds=60).overall.grades[0].exact.low


def test_change_between_named_sessions(study: Study) -> None:
    ratings = study(6, sessions=("pre", "post"))
    assert agree(ratings, rounds=10).change == "ses-post to ses-pre"
    named = agree(ratings, change=("pre", "ses-post"), rounds=10)
    assert named.change == "ses-pre to ses-post"
    assert (named.changes[0].mean or 0.0) < 0
    with pytest.raises(InputError, match="no participant with the sessions"):
        agree(ratings, change=("pre", "later"))


def test_change_ends_at_the_last_visit_that_everyone_read(study: Study) -> None:
    ratings = study(6, ("ab", "cd"), sessions=("month0", "month6", "month12"))
    read = ratings.read.copy()
    read[2::3, 1] = False  # the second reader has not come to month12 yet
    found = agree(replace(ratings, read=read), rounds=10)
    assert found.change == "ses-month0 to ses-month6"
    assert found.overall.score(Measure.CHANGE).units == 6


def test_one_reader_alone_is_refused(study: Study) -> None:
    with pytest.raises(InputError, match="at least one visit that two readers read"):
        agree(study(3, ("ab",)))


def test_kinds_of_levels(study: Study) -> None:
    found = agree(study(5), rounds=10)
    kinds = [entry.level.kind for entry in found.overall.grades]
    assert [kinds.count(kind) for kind in LevelKind] == [1, 6, 42]
    assert sum(entry.units for entry in found.overall.grades if entry.level.kind is LevelKind.REGION) == 5 * 2 * 42
