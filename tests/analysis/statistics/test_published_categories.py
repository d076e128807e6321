"""Kappa, Gwet's AC and Krippendorff's alpha give the values their sources print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from wbmri.analysis.statistics import (
    MeanSquares,
    Weights,
    gwet_ac,
    krippendorff_alpha,
    pairwise_agreement,
    unit_terms,
    weighted_kappa,
)

# Cohen 1968, Psychol Bull 70:213: three diagnoses by two psychiatrists, 200 patients, proportions in per cent.
COHEN = np.array([[44.0, 7.0, 9.0], [5.0, 20.0, 5.0], [1.0, 3.0, 6.0]])
COHEN_DISAGREEMENT = np.array([[0.0, 1.0, 3.0], [1.0, 0.0, 6.0], [3.0, 6.0, 0.0]])

# Brostoff 1984 in Altman 1991, Practical Statistics for Medical Research, table 14.3: MAST (rows) and RAST (columns).
ALTMAN = np.array(
    [[86, 3, 14, 0, 2], [26, 0, 10, 4, 0], [20, 2, 22, 4, 1], [11, 1, 37, 16, 14], [3, 0, 15, 24, 48]],
    float,
)

# Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition; with its results in the author's package irrCAC
# (data set cont3x3abstractors): ectopic, abnormal intrauterine, normal intrauterine pregnancy.
ABSTRACTORS = np.array([[13.0, 0.0, 0.0], [0.0, 20.0, 7.0], [0.0, 4.0, 56.0]])

# Krippendorff 2011, Computing Krippendorff's alpha-reliability, example C; the same data are in Gwet 2014 (irrCAC:
# cac.raw4raters). Four observers, twelve units, categories 1 to 5, 0 for no rating.
FOUR_OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ],
).T


def counts_of(ratings: NDArray[np.int_], categories: int) -> NDArray[np.int_]:
    return np.stack([(ratings == category).sum(axis=1) for category in range(1, categories + 1)], axis=1)


def test_weighted_kappa_of_cohen() -> None:
    assert weighted_kappa(COHEN, Weights.IDENTITY.matrix(3)) == pytest.approx(0.492, abs=5e-4)
    assert weighted_kappa(COHEN, 1.0 - COHEN_DISAGREEMENT / 6.0) == pytest.approx(0.348, abs=5e-4)


def test_kappa_of_altman() -> None:
    assert weighted_kappa(ALTMAN, Weights.IDENTITY.matrix(5)) == pytest.approx(0.32, abs=5e-3)
    # Grouped as 0, 1 or 2, 3 or 4, as the book does.
    merge = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1]], float)
    assert weighted_kappa(merge @ ALTMAN @ merge.T, Weights.IDENTITY.matrix(3)) == pytest.approx(0.42, abs=5e-3)


@pytest.mark.parametrize(
    ("weights", "kappa", "gwet"),
    [(Weights.IDENTITY, 0.796, 0.849), (Weights.LINEAR, 0.843, 0.900), (Weights.QUADRATIC, 0.892, 0.940)],
)
def test_two_abstractors_of_gwet(weights: Weights, kappa: float, gwet: float) -> None:
    matrix = weights.matrix(3)
    assert weighted_kappa(ABSTRACTORS, matrix) == pytest.approx(kappa, abs=5e-4)
    rows, columns = np.indices((3, 3)).reshape(2, -1)
    units = np.repeat(np.eye(3, dtype=int)[rows] + np.eye(3, dtype=int)[columns], ABSTRACTORS.ravel().astype(int), 0)
    terms = unit_terms(units)
    assert gwet_ac(terms.pairs.sum(0), terms.shares.sum(0), matrix) == pytest.approx(gwet, abs=5e-4)
    assert pairwise_agreement(terms.pairs.sum(0), Weights.IDENTITY.matrix(3)) == pytest.approx(0.89)


def test_four_observers_of_gwet_with_missing_ratings() -> None:
    terms = unit_terms(counts_of(FOUR_OBSERVERS, 5))
    pairs, shares = terms.pairs.sum(0), terms.shares.sum(0)
    assert pairwise_agreement(pairs, Weights.IDENTITY.matrix(5)) == pytest.approx(0.81818, abs=5e-6)
    assert gwet_ac(pairs, shares, Weights.IDENTITY.matrix(5)) == pytest.approx(0.77544, abs=5e-6)
    assert pairwise_agreement(pairs, Weights.QUADRATIC.matrix(5)) == pytest.approx(0.97538, abs=3e-5)
    assert gwet_ac(pairs, shares, Weights.QUADRATIC.matrix(5)) == pytest.approx(0.914, abs=5e-4)


def test_four_observers_of_krippendorff() -> None:
    coincidences = unit_terms(counts_of(FOUR_OBSERVERS, 5)).coincidences.sum(0)
    assert krippendorff_alpha(coincidences, ordinal=False) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(coincidences) == pytest.approx(0.815, abs=5e-4)
    # The paper's coincidence matrix has 40 pairable values.
    assert coincidences.sum() == pytest.approx(40)


def test_kappa_says_nothing_about_one_category_but_ac1_does() -> None:
    terms = unit_terms(np.array([[2, 0, 0]] * 7))
    table = np.diag([7.0, 0.0, 0.0])
    assert np.isnan(weighted_kappa(table, Weights.LINEAR.matrix(3)))
    assert np.isnan(krippendorff_alpha(terms.coincidences.sum(0)))
    assert gwet_ac(terms.pairs.sum(0), terms.shares.sum(0), Weights.IDENTITY.matrix(3)) == pytest.approx(1.0)


@given(arrays(np.int_, (3, 3), elements=st.integers(0, 9)).filter(lambda table: np.count_nonzero(table.sum(0)) > 1))
def test_quadratic_kappa_is_an_intraclass_correlation(table: NDArray[np.int_]) -> None:
    """Fleiss and Cohen 1973, Educ Psychol Meas 33:613: equal but for terms of the order of 1/n."""
    table = table * 400
    rows, columns = np.indices((3, 3)).reshape(2, -1)
    scores = np.repeat(np.stack((rows, columns), axis=1), table.ravel(), axis=0).astype(float)
    icc = MeanSquares.of(MeanSquares.terms(scores).sum(0)).icc_2_1
    assert weighted_kappa(table.astype(float), Weights.QUADRATIC.matrix(3)) == pytest.approx(icc, abs=0.01)


@given(arrays(np.int_, (12, 3), elements=st.integers(0, 4)))
def test_order_of_units_and_reversal_of_the_scale_change_nothing(counts: NDArray[np.int_]) -> None:
    def coefficients(found: NDArray[np.int_]) -> list[float]:
        terms = unit_terms(found)
        pairs, shares = terms.pairs.sum(0), terms.shares.sum(0)
        return [
            float(gwet_ac(pairs, shares, Weights.QUADRATIC.matrix(3))),
            float(krippendorff_alpha(terms.coincidences.sum(0))),
            float(pairwise_agreement(pairs, Weights.CLOSE.matrix(3))),
        ]

    assert coefficients(counts) == pytest.approx(coefficients(counts[::-1, ::-1]), nan_ok=True)
