"""Thresholds fitted to readings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.analysis.calibration import GradedGroup, calibrate_readers
from wbmri.core import Evidence, InputError
from wbmri.core.scheme import GradingRule, load_scheme, scheme_toml
from wbmri.grading import grade_of

SCHEME = load_scheme()
SITE = replace(SCHEME.grading, involved_fraction=0.1, extensive_fraction=0.35, marked_ratio=1.7)


def graded(rule: GradingRule, people: int, wrong: float = 0.0, seed: int = 1) -> list[GradedGroup]:
    """Grade random evidence by a rule, a share of it one grade off."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(people * 42):
        fraction = float(rng.choice([0.0, rng.uniform(0, 0.2), rng.uniform(0, 1)]))
        median = 1.0 + (float(rng.uniform(0.0, 1.5)) if fraction > 0.1 else 0.5 * fraction)
        evidence = Evidence(fraction, 1.6 if fraction else None, median, 50.0, 1000)
        grade = grade_of(evidence, rule)
        if rng.random() < wrong:
            grade += -1 if grade == 2 else 1 if grade == 0 else int(rng.choice([-1, 1]))
        made.append(GradedGroup(f"p{number // 42}", evidence, grade))
    return made


def test_the_thresholds_of_consistent_readers_are_found() -> None:
    made = calibrate_readers(SCHEME, graded(SITE, 12), "site")
    rule = made.scheme.grading
    assert rule.involved_fraction == pytest.approx(0.1, abs=0.02)
    assert rule.extensive_fraction == pytest.approx(0.35, abs=0.03)
    assert rule.marked_ratio == pytest.approx(1.7, abs=0.2)
    assert (made.groups, made.participants) == (504, 12)
    assert made.before < made.after
    assert made.after > 0.95


def test_readers_who_err_are_fitted_all_the_same() -> None:
    made = calibrate_readers(SCHEME, graded(SITE, 12, wrong=0.1), "site")
    assert made.scheme.grading.involved_fraction == pytest.approx(0.1, abs=0.05)
    assert made.scheme.grading.extensive_fraction == pytest.approx(0.35, abs=0.08)
    assert made.before < made.after < 0.95


def test_few_readings_stay_near_the_scheme() -> None:
    made = calibrate_readers(SCHEME, graded(SCHEME.grading, 3), "site")
    assert made.scheme.grading.extensive_fraction == pytest.approx(0.5, abs=0.06)


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(InputError, match="84 grades of 2 people"):
        calibrate_readers(SCHEME, graded(SITE, 2), "site")
    with pytest.raises(InputError, match="0 are grade 2"):
        calibrate_readers(SCHEME, [group for group in graded(SITE, 9) if group.grade < 2], "site")


def test_the_scheme_file_reads_back(tmp_path: Path) -> None:
    made = calibrate_readers(SCHEME, graded(SITE, 5), "meyer").scheme
    path = tmp_path / "meyer.toml"
    path.write_text(scheme_toml(made), "utf-8")
    assert load_scheme(path) == made
    assert made.pairs == SCHEME.pairs
    path.write_text(scheme_toml(SCHEME), "utf-8")
    assert load_scheme(path) == SCHEME
