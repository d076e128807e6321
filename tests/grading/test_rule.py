"""The scheme's anchors, at and beside each threshold."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.core import Evidence
from wbmri.core.scheme import load_scheme
from wbmri.grading import grade_of
from wbmri.grading.rule import confidence_of, explain

RULE = load_scheme().grading


def evidence(fraction: float, median: float = 1.0, voxels: int = 1000) -> Evidence:
    return Evidence(fraction, 1.6 if fraction else None, median, 50.0, voxels)


@pytest.mark.parametrize(
    ("fraction", "median", "grade"),
    [(0.0, 1.0, 0), (0.025, 1.0, 0), (0.026, 1.0, 1), (0.499, 1.2, 1), (0.5, 1.3, 2), (0.9, 1.5, 2), (0.45, 2.1, 2)],
)
def test_anchors(fraction: float, median: float, grade: int) -> None:
    assert grade_of(evidence(fraction, median), RULE) == grade


def test_exactly_half_follows_the_scheme() -> None:
    assert grade_of(evidence(0.5), dataclasses.replace(RULE, extensive_includes_equal=False)) == 1


@given(a=st.floats(0, 1), b=st.floats(0, 1), median=st.floats(0.8, 3))
def test_more_oedema_never_lowers_the_grade(a: float, b: float, median: float) -> None:
    low, high = sorted((a, b))
    assert grade_of(evidence(low, median), RULE) <= grade_of(evidence(high, median), RULE)


@given(probability=st.floats(0, 1), voxels=st.integers(1, 10**6), outline=st.floats(0, 1), trusted=st.booleans())
def test_confidence_is_a_share_and_falls_with_doubt(
    probability: float,
    voxels: int,
    outline: float,
    trusted: bool,
) -> None:
    seen = evidence(0.3, voxels=voxels)
    value = confidence_of(probability, seen, RULE, outline, trusted)
    assert 0.0 <= value <= min(outline, probability)
    assert value <= confidence_of(probability, seen, RULE, outline, True)
    assert value <= confidence_of(probability, seen, RULE, 1.0, trusted)
    assert value <= confidence_of(probability, evidence(0.3, voxels=2 * voxels), RULE, outline, trusted)


@pytest.mark.parametrize(
    ("fraction", "median", "words"),
    [
        (0.01, 1.0, "1 % of the muscle is oedematous, at 1.6 times the normal level: not more than 2.5 %"),
        (0.43, 1.0, "43 % of the muscle is oedematous, at 1.6 times the normal level: less than 50 %"),
        (0.81, 1.5, "81 % of the muscle is oedematous, at 1.6 times the normal level: 50 % or more"),
        (0.45, 2.1, "and half of it lies above 2 times: marked oedema"),
    ],
)
def test_the_sentence_holds_the_numbers(fraction: float, median: float, words: str) -> None:
    seen = evidence(fraction, median)
    sentence = explain(seen, grade_of(seen, RULE), RULE)
    assert words in sentence
    assert sentence.endswith(f"grade {grade_of(seen, RULE)}.")
