"""A cohort whose course and clinical measures are known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from wbmri.analysis.agreement import Measure
from wbmri.analysis.clinical import ScoredCohort, outcome_tables, outcomes
from wbmri.analysis.comparison import Response, ResponseRule
from wbmri.case import ClinicalRow, DetectableChange
from wbmri.core import InputError, Reading

MakeReading = Callable[..., Reading]
Readings = dict[tuple[str, str], Reading]


@pytest.fixture(scope="module")
def readings(make_reading: MakeReading) -> Readings:
    """Ten people with totals of 84, 80, ..., 48; at month 6 a tenth, two tenths, ... of the involved groups recover."""

    def of(involved: int) -> Reading:
        return make_reading(lambda label: 2 if label <= involved else 0)

    found = {}
    for number in range(10):
        before = 42 - 2 * number
        found[f"{number:02d}", "baseline"] = of(before)
        found[f"{number:02d}", "month6"] = of(round(before * (1 - (number + 1) / 10)))
    return found


def rows_of(readings: Readings) -> list[ClinicalRow]:
    """CMAS falls as the score rises, without exception; CK is noise; both are missing here and there."""
    rng = np.random.default_rng(2)
    rows = []
    for number, ((who, when), reading) in enumerate(readings.items()):
        measures = {"cmas": 52.0 - (reading.score.total or 0) / 2, "ck": float(rng.integers(40, 400))}
        if number == 3:
            del measures["cmas"]
        rows.append(ClinicalRow(who, when, 6.0 * (when == "month6"), measures, None))
    return rows


def test_a_measure_that_falls_as_the_score_rises(readings: Readings) -> None:
    found = outcomes(ScoredCohort.of(readings, rows_of(readings)), rounds=200)
    status, change = found.correlations[:2]
    assert (status.name, status.measure, change.measure) == ("cmas", Measure.STATUS, Measure.CHANGE)
    assert status.rho.value == pytest.approx(-1.0)
    assert (status.units, status.patients, status.without_measure) == (19, 10, 1)
    assert change.rho.value == pytest.approx(-1.0)
    assert (change.units, change.without_measure) == (9, 1)
    assert any(caution.startswith("cmas, status: 1 without the measure") for caution in found.cautions)
    noise = found.correlations[2]
    assert noise.rho.low is not None
    assert noise.rho.high is not None
    assert noise.rho.low < 0.0 < noise.rho.high
    _, totals, values = zip(*noise.points, strict=True)
    assert noise.rho.value == pytest.approx(spearmanr(totals, values).statistic)


def counted(complete: int, response: int, none: int) -> dict[Response, int]:
    """Responses of a cohort of whom all are judged."""
    found = {Response.COMPLETE: complete, Response.RESPONSE: response, Response.NONE: none}
    return {**dict.fromkeys(Response, 0), **found}


def test_responders_follow_the_rule(readings: Readings) -> None:
    cohort = ScoredCohort.of(readings)
    silent = outcomes(cohort, rounds=100)
    assert silent.responses == {**dict.fromkeys(Response, 0), Response.NOT_JUDGED: 10}
    assert "not judged" in silent.rule
    half = outcomes(cohort, rule=ResponseRule(), rounds=100)
    assert half.responses == counted(complete=1, response=5, none=4)
    strict = outcomes(cohort, rule=ResponseRule(least_fall_percent=85.0), rounds=100)
    assert strict.responses == counted(complete=1, response=1, none=8)
    # Falls of 42, 44, 46 and 48 points exceed a detectable change of 40.
    site = DetectableChange("jdm42 1", 84, 40.0, 26.0, "SDC", 20, ("ab", "cd"))
    beyond = outcomes(cohort, detectable=site, rounds=100)
    assert beyond.responses == counted(complete=1, response=3, none=6)
    assert any("No response criterion is published" in caution for caution in half.cautions)


def test_change_of_the_cohort(readings: Readings) -> None:
    found = outcomes(ScoredCohort.of(readings), rounds=100)
    deltas = [
        (readings[who, "month6"].score.total or 0) - (readings[who, "baseline"].score.total or 0)
        for who, when in readings
        if when == "baseline"
    ]
    assert [person.delta for person in found.persons] == deltas
    assert found.srm.value == pytest.approx(np.mean(deltas) / np.std(deltas, ddof=1))
    assert found.sign_p == pytest.approx(2 / 2**10)
    assert found.signed_rank_p == pytest.approx(2 / 2**10)


def test_months_set_the_order_of_visits_and_labels_where_there_are_none(readings: Readings) -> None:
    renamed = {
        (who, {"baseline": "zero", "month6": "later"}[when]): reading for (who, when), reading in readings.items()
    }
    rows = [ClinicalRow(who, when, 0.0 if when == "zero" else 6.0, {}, None) for who, when in renamed]
    assert [pair.first.session for pair in ScoredCohort.of(renamed, rows).pairs] == ["zero"] * 10
    assert [pair.first.session for pair in ScoredCohort.of(renamed).pairs] == ["later"] * 10


def test_a_measure_of_the_person_counts_once_at_the_first_visit_and_has_no_change(readings: Readings) -> None:
    rows = [ClinicalRow(f"{number:02d}", None, None, {"cmas": 30.0 + number}, None) for number in range(9)]
    found = outcomes(ScoredCohort.of(readings, rows), rounds=100)
    (status,) = found.correlations
    assert (status.name, status.measure, status.units, status.without_measure) == ("cmas", Measure.STATUS, 9, 1)
    assert status.points == tuple((f"{number:02d}", 84.0 - 4 * number, 30.0 + number) for number in range(9))
    assert any(caution.startswith("cmas is known of people, not of visits") for caution in found.cautions)


def test_what_is_measured_at_visits_is_not_filled_up_with_what_is_known_of_the_person(readings: Readings) -> None:
    of_visits = [row for row in rows_of(readings) if row.participant != "09"]
    of_people = [ClinicalRow("09", None, None, {"cmas": 1.0}, None)]
    found = outcomes(ScoredCohort.of(readings, [*of_visits, *of_people]), rounds=100)
    assert not any(who == "09" for one in found.correlations for who, _, _ in one.points)


def test_one_person_gives_no_p_value_and_visits_of_other_protocols_no_change(readings: Readings) -> None:
    one = {key: reading for key, reading in readings.items() if key[0] == "04"}
    found = outcomes(ScoredCohort.of(one, rows_of(one)), rule=ResponseRule(), rounds=100)
    assert (found.sign_p, found.signed_rank_p, found.srm.value) == (None, None, None)
    assert found.persons[0].response is Response.RESPONSE
    later = one["04", "month6"]
    one["04", "month6"] = replace(later, acquisition=replace(later.acquisition, field_strength_t=3.0))
    refused = outcomes(ScoredCohort.of(one), rule=ResponseRule(), rounds=100)
    assert (refused.persons[0].delta, refused.persons[0].response) == (None, Response.UNKNOWN)
    assert any("field strength" in caution for caution in refused.cautions)


def test_people_without_readings_are_refused(readings: Readings) -> None:
    with pytest.raises(InputError, match="same participant and session labels"):
        ScoredCohort.of(readings, [ClinicalRow("nobody", None, None, {"cmas": 1.0}, None)])
    with pytest.raises(InputError, match="no readings"):
        ScoredCohort.of({})


def test_tables_hold_what_was_found(readings: Readings) -> None:
    found = outcomes(ScoredCohort.of(readings, rows_of(readings)), rule=ResponseRule(), rounds=100)
    tables = {name: content.decode().splitlines() for name, content in outcome_tables(found).items()}
    assert len(tables["outcomes.tsv"]) == 11
    assert tables["outcomes.tsv"][1] == "sub-00\tses-baseline\tses-month6\t84\t76\t-8\tno response"
    assert tables["outcomes_correlations.tsv"][1].split("\t")[:5] == ["cmas", "status", "19", "10", "-1.0000"]
