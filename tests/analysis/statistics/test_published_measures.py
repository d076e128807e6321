"""Intraclass correlation, limits of agreement, detectable change and tests give the values their sources print."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr, wilcoxon

from wbmri.analysis.statistics import (
    Z80,
    Z95,
    MeanSquares,
    Resampling,
    bland_altman,
    moment_terms,
    sign_test,
    signed_rank_test,
    smallest_detectable_change,
    smallest_detectable_difference,
    spearman,
    standardised_response_mean,
)

# Shrout and Fleiss 1979, Psychol Bull 86:420, table 2: six targets, four judges.
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)

# Bland and Altman 1986, Lancet 327:307: peak flow in l/min by a large and a mini meter, first readings.
LARGE = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float)
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float)

# Darwin 1876 in Fisher 1935, The Design of Experiments: height differences of cross- and self-fertilised maize.
MAIZE = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75], float)

# Student 1908, Biometrika 6:1: additional hours of sleep of ten patients with two forms of a drug.
SLEEP_FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_intraclass_correlation_of_shrout_and_fleiss() -> None:
    squares = MeanSquares.of(MeanSquares.terms(JUDGES).sum(0))
    assert squares.between_units == pytest.approx(11.24, abs=5e-3)
    assert squares.between_readers == pytest.approx(32.49, abs=5e-3)
    assert squares.residual == pytest.approx(1.02, abs=5e-3)
    assert squares.icc_2_1 == pytest.approx(0.29, abs=5e-3)
    assert squares.icc_3_1 == pytest.approx(0.71, abs=6e-3)


def test_limits_of_bland_and_altman() -> None:
    limits = bland_altman(LARGE - MINI)
    assert limits is not None
    assert (limits.bias.value, limits.sd) == pytest.approx((-2.1, 38.8), abs=0.05)
    assert (limits.bias.low, limits.bias.high) == pytest.approx((-22.0, 17.8), abs=0.06)
    # The paper takes 2 for 1.96: limits of -79.7 and 75.5 with intervals -114.3 to -45.1 and 40.9 to 110.1.
    assert (limits.lower.value, limits.upper.value) == pytest.approx((-79.7 + 0.04 * 38.8, 75.5 - 0.04 * 38.8), abs=0.1)
    widths = [limit.high - limit.low for limit in (limits.lower, limits.upper)]
    assert widths == pytest.approx([114.3 - 45.1, 110.1 - 40.9], abs=0.2)


def test_detectable_change_is_the_formula_on_readers_differences() -> None:
    """Bruynesteyn 2005: 1.96 x SD of the difference of change scores / (sqrt 2 x sqrt k)."""
    changes = np.stack((LARGE, MINI), axis=1)
    residual = MeanSquares.of(MeanSquares.terms(changes).sum(0)).residual
    sd = (LARGE - MINI).std(ddof=1)
    assert smallest_detectable_change(residual, 1.96) == pytest.approx(1.96 * sd / np.sqrt(2))
    assert smallest_detectable_change(residual, 1.96, averaged=2) == pytest.approx(1.96 * sd / 2)
    assert smallest_detectable_difference(residual, 1.96) == pytest.approx(1.96 * sd)


def test_published_ratios_of_detectable_changes() -> None:
    """Navarro-Compan 2014: a mean of 3.0 at 95 % is one of 2.0 at 80 %. Lassere 1999: 15.5 for one, 11 for two."""
    residual = np.array((3.0 / Z95) ** 2)
    assert smallest_detectable_change(residual, Z95) == pytest.approx(3.0)
    assert smallest_detectable_change(residual, Z80) == pytest.approx(2.0, abs=0.05)
    single = np.array((15.5 / Z95) ** 2)
    assert smallest_detectable_change(single, Z95, averaged=2) == pytest.approx(11, abs=0.05)


def test_response_mean_of_student() -> None:
    """Student's mean difference is 1.58 and his z, which divides by n, 1.35; with n - 1 it is 1.28."""
    srm = standardised_response_mean(moment_terms(SLEEP_SECOND - SLEEP_FIRST).sum(0))
    assert srm == pytest.approx(1.35 * np.sqrt(9 / 10), abs=5e-3)


def test_sign_test_of_hind_and_forelegs() -> None:
    """Zar 1999, Biostatistical Analysis, example 24.11: eight of ten deer have longer hind legs, p = 0.109."""
    legs = np.array([4, 4, -3, 5, -1, 5, 6, 5, 6, 2], float)
    assert sign_test(legs) == pytest.approx(0.109, abs=5e-4)


def test_signed_rank_test_of_darwins_maize() -> None:
    """W = 24, p = 0.041: Hollander, Wolfe and Chicken 2014 and the documentation of scipy.stats.wilcoxon."""
    assert signed_rank_test(MAIZE) == pytest.approx(0.041, abs=5e-4)


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9))
def test_signed_rank_test_counts_every_assignment_of_signs(changes: list[int]) -> None:
    changed = np.array([change for change in changes if change], float)
    found = signed_rank_test(changed)
    if changed.size < 2:
        assert found is None
        return
    ranks = rankdata(np.abs(changed))
    sums = [ranks[np.array(signs)].sum() for signs in product((False, True), repeat=changed.size)]
    up = ranks[changed > 0].sum()
    tails = np.mean(np.array(sums) <= up), np.mean(np.array(sums) >= up)
    assert found == pytest.approx(min(1.0, 2 * min(tails)))


def test_signed_rank_test_of_many_is_that_of_scipy() -> None:
    changes = np.rint(np.random.default_rng(5).normal(0.3, 2.0, 80))
    peer = wilcoxon(changes[changes != 0], method="approx")
    assert signed_rank_test(changes) == pytest.approx(peer.pvalue)


def test_one_patient_gives_no_p_value() -> None:
    for test in (sign_test, signed_rank_test):
        assert test(np.array([-29.0])) is None
        assert test(np.array([-29.0, 0.0, 0.0])) is None


def test_rank_correlation_of_intelligence_and_television() -> None:
    """The worked example of ten persons found in many textbooks: rho = -29/165."""
    intelligence = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], float)
    hours = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17], float)
    assert spearman(intelligence, hours, np.ones((1, 10)))[0] == pytest.approx(-29 / 165)


@given(
    arrays(float, (9, 2), elements=st.integers(0, 5)),
    arrays(np.int_, 9, elements=st.integers(0, 3)).filter(lambda drawn: drawn.sum() > 3),
)
def test_rank_correlation_of_a_resample_is_that_of_its_copies(
    measures: NDArray[np.float64],
    drawn: NDArray[np.int_],
) -> None:
    copies = np.repeat(measures, drawn, axis=0)
    found = spearman(measures[:, 0], measures[:, 1], drawn[None].astype(float))[0]
    if np.ptp(copies[:, 0]) == 0 or np.ptp(copies[:, 1]) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(copies[:, 0], copies[:, 1]).statistic, abs=1e-9)


def test_resamples_take_patients_whole() -> None:
    patient = np.array([0, 0, 0, 1, 2, 2, 3, 4])
    resampling = Resampling.of(5, rounds=50, seed=1)
    per_unit = resampling.sums(np.eye(8), patient)
    assert (per_unit[0] == 1).all()
    assert all((per_unit[:, patient == one] == per_unit[:, patient == one][:, :1]).all() for one in range(5))
    assert (resampling.draws.sum(axis=1) == 5).all()
    assert (Resampling.of(5, rounds=50, seed=1).draws == resampling.draws).all()


def test_intervals_by_patient_are_wider_where_units_of_a_patient_are_alike() -> None:
    rng = np.random.default_rng(3)
    level = rng.normal(size=60)
    values = np.repeat(level, 10)
    by_patient = Resampling.of(60, rounds=400, seed=0)
    by_unit = Resampling.of(600, rounds=400, seed=0)
    means = []
    for resampling, owner in ((by_patient, np.repeat(np.arange(60), 10)), (by_unit, np.arange(600))):
        sums = resampling.sums(moment_terms(values), owner)
        means.append(resampling.estimate(sums[:, 1] / sums[:, 0], 60))
    widths = [(one.high or 0) - (one.low or 0) for one in means]
    assert widths[0] == pytest.approx(np.sqrt(10) * widths[1], rel=0.2)
    # The interval of a mean is that of the normal distribution: 2 x 1.96 standard errors.
    assert widths[0] == pytest.approx(2 * 1.96 * level.std() / np.sqrt(60), rel=0.15)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    cohorts = rng.normal(-1.2, 1.0, (300, 40))
    held = 0
    for cohort in cohorts:
        resampling = Resampling.of(40, rounds=300, seed=0)
        srm = resampling.estimate(standardised_response_mean(resampling.sums(moment_terms(cohort), np.arange(40))), 40)
        held += (srm.low or 0.0) <= -1.2 <= (srm.high or 0.0)
    assert 0.90 <= held / 300 <= 0.98


def test_few_patients_have_no_interval() -> None:
    resampling = Resampling.of(4, rounds=100, seed=0)
    sums = resampling.sums(moment_terms(np.arange(4.0)), np.arange(4))
    estimate = resampling.estimate(sums[:, 1] / sums[:, 0], 4)
    assert estimate.value == pytest.approx(1.5)
    assert (estimate.low, estimate.high) == (None, None)
