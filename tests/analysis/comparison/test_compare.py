"""Two readings of one person: the published case, the arithmetic of change, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.analysis.comparison import Course, Response, ResponseRule, Transition, Visit, compare, judge_response
from wbmri.analysis.comparison.transitions import told_apart
from wbmri.case import ClinicalRow
from wbmri.core import (
    Calcinosis,
    CalcinosisCourse,
    GradeSource,
    GroupReading,
    InputError,
    LimbPart,
    Reading,
    SoftTissue,
    Tissue,
    TissueSign,
)
from wbmri.core.scheme import Side

MakeReading = Callable[..., Reading]
GRADES = st.lists(st.sampled_from([None, 0, 1, 2]), min_size=42, max_size=42)
Share = tuple[float, float, float]
SHARES = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(lambda limits: tuple(sorted(limits)))
MIRROR = {
    Transition.RESOLVED: Transition.NEW,
    Transition.BETTER: Transition.WORSE,
    Transition.SAME: Transition.SAME,
    Transition.WORSE: Transition.BETTER,
    Transition.NEW: Transition.RESOLVED,
    Transition.NOT_ASSESSABLE: Transition.NOT_ASSESSABLE,
}


def measured(reading: Reading, share: Share, *, known: bool = True) -> GroupReading:
    """Return the first group of a reading with this share of oedema and, if known, its interval."""
    entry = reading.groups[0]
    assert entry.evidence
    low, found, high = share
    return replace(
        entry,
        evidence=replace(entry.evidence, oedema_fraction=found, fraction_range=(low, high) if known else None),
    )


@pytest.mark.parametrize("source", list(GradeSource))
def test_fat_that_replaces_muscle_is_neither_resolved_nor_new_oedema(
    make_reading: MakeReading, source: GradeSource
) -> None:
    first, second = make_reading(lambda _: 1), make_reading(lambda _: 0)
    entry = measured(second, (0.0, 0.0, 0.01))
    assert entry.evidence
    second = second.with_group(replace(entry, evidence=replace(entry.evidence, fat_fraction=0.3), source=source))
    first = first.with_group(measured(first, (0.2, 0.3, 0.4)))
    by_program = source is GradeSource.AUTO
    assert compare(first, second).changes[0].transition is (Transition.SAME if by_program else Transition.RESOLVED)
    assert compare(second, first).changes[0].transition is (Transition.SAME if by_program else Transition.NEW)
    assert any("fat has replaced" in caution for caution in compare(first, second).cautions) is by_program


def test_the_published_case(make_reading: MakeReading) -> None:
    before = make_reading(lambda label: 2 if label <= 6 else 1)
    after = make_reading(lambda label: 1 if label <= 19 else 0)
    change = compare(before, after)
    assert (change.before.total, change.after.total) == (48, 19)
    assert (change.before.involved, change.after.involved) == (42, 19)
    assert (change.before.grade2, change.after.grade2) == (6, 0)
    assert change.delta == -29
    assert change.delta_percent == pytest.approx(-60.4, abs=0.05)
    assert change.transitions == {
        Transition.RESOLVED: 23,
        Transition.BETTER: 6,
        Transition.SAME: 13,
        Transition.WORSE: 0,
        Transition.NEW: 0,
        Transition.NOT_ASSESSABLE: 0,
    }
    assert change.matrix == ((0, 0, 0), (23, 13, 0), (0, 6, 0))
    assert sum(after.total - before.total for before, after in map(change.of_region, before.scheme.regions)) == -29


@pytest.mark.parametrize(
    ("baseline", "followup", "transition"),
    [
        (0, 0, Transition.SAME),
        (0, 1, Transition.NEW),
        (0, 2, Transition.NEW),
        (1, 0, Transition.RESOLVED),
        (1, 2, Transition.WORSE),
        (2, 0, Transition.RESOLVED),
        (2, 1, Transition.BETTER),
        (2, 2, Transition.SAME),
        (None, 1, Transition.NOT_ASSESSABLE),
        (1, None, Transition.NOT_ASSESSABLE),
        (None, None, Transition.NOT_ASSESSABLE),
    ],
)
def test_every_step_has_its_name(
    make_reading: MakeReading,
    baseline: int | None,
    followup: int | None,
    transition: Transition,
) -> None:
    change = compare(make_reading(lambda _: baseline), make_reading(lambda _: followup)).changes[0]
    assert change.transition is transition
    assert change.delta == (None if baseline is None or followup is None else followup - baseline)


@pytest.mark.parametrize(("before", "after", "source", "apart"), [
    ((0.45, 0.52, 0.60), (0.38, 0.45, 0.52), GradeSource.AUTO, False),
    ((0.45, 0.52, 0.60), (0.24, 0.30, 0.36), GradeSource.AUTO, True),
    ((0.45, 0.52, 0.60), (0.38, 0.45, 0.52), GradeSource.READER, True),
    (None, (0.38, 0.45, 0.52), GradeSource.AUTO, True),
    ((0.40, 0.47, 0.54), (0.38, 0.45, 0.52), GradeSource.AUTO, True),  # grade 2 by its brightness
])  # fmt: skip
def test_grades_count_as_changed_only_if_what_was_measured_tells_them_apart(
    make_reading: MakeReading,
    before: Share | None,
    after: Share,
    source: GradeSource,
    apart: bool,
) -> None:
    first = make_reading(lambda _: 2)
    first = first.with_group(measured(first, before or (0.0, 0.52, 0.0), known=before is not None))
    second = make_reading(lambda label: 1 if label < 3 else 2)
    second = second.with_group(replace(measured(second, after), source=source))
    change, back = compare(first, second), compare(second, first)
    assert change.marginal == back.marginal == (() if apart else (1,))
    assert change.changes[0].transition is (Transition.BETTER if apart else Transition.SAME)
    assert any("marked ≈" in caution for caution in change.cautions) is not apart
    # The totals stay what they are.
    assert (change.delta, change.matrix[2][1]) == (-2, 2)


@given(first=SHARES, second=SHARES, wider=st.floats(0, 0.3))
def test_grades_are_told_apart_alike_in_both_directions_and_never_by_knowing_less(
    make_reading: MakeReading,
    first: Share,
    second: Share,
    wider: float,
) -> None:
    rule = make_reading().scheme.grading
    one, two = measured(make_reading(lambda _: 1), first), measured(make_reading(lambda _: 1), second)
    assert told_apart(one, two, rule) == told_apart(two, one, rule)
    low, share, high = second
    vaguer = measured(make_reading(lambda _: 1), (low - wider, share, high + wider))
    assert told_apart(one, two, rule) or not told_apart(one, vaguer, rule)


@given(first=GRADES, second=GRADES)
def test_swapping_the_visits_mirrors_the_change(
    make_reading: MakeReading,
    first: list[int | None],
    second: list[int | None],
) -> None:
    before, after = make_reading(lambda label: first[label - 1]), make_reading(lambda label: second[label - 1])
    forth, back = compare(before, after), compare(after, before)
    assert (forth.before, forth.after) == (back.after, back.before)
    for side in Side:
        assert forth.of_side(side) == back.of_side(side)[::-1]
    for region in before.scheme.regions:
        assert forth.of_region(region) == back.of_region(region)[::-1]
    assert (forth.delta is None) == (back.delta is None)
    if forth.delta is not None and back.delta is not None:
        assert forth.delta == -back.delta
    assert forth.matrix == tuple(zip(*back.matrix, strict=True))
    assert [MIRROR[change.transition] for change in forth.changes] == [change.transition for change in back.changes]


@given(first=GRADES, second=GRADES)
def test_change_is_the_sum_over_groups_assessable_twice(
    make_reading: MakeReading,
    first: list[int | None],
    second: list[int | None],
) -> None:
    change = compare(make_reading(lambda label: first[label - 1]), make_reading(lambda label: second[label - 1]))
    steps = [b - a for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    assert change.after.total - change.before.total == sum(steps)
    assert change.delta == (sum(steps) if len(steps) >= 21 else None)
    assert sum(map(sum, change.matrix)) == len(steps) == change.before.assessable == change.after.assessable
    assert sum(change.transitions.values()) == 42


def test_a_group_lost_at_follow_up_is_no_improvement(make_reading: MakeReading) -> None:
    change = compare(make_reading(lambda _: 2), make_reading(lambda label: None if label <= 4 else 2))
    assert (change.before.total, change.after.total, change.delta) == (76, 76, 0)
    assert any("4 of 42" in caution for caution in change.cautions)


def test_no_percentage_without_oedema_at_baseline(make_reading: MakeReading) -> None:
    change = compare(make_reading(lambda _: 0), make_reading(lambda _: 1))
    assert (change.delta, change.delta_percent) == (42, None)


def test_unknown_facts_are_said(make_reading: MakeReading) -> None:
    known = make_reading()
    known = replace(known, acquisition=replace(known.acquisition, contrast_agent=False))
    unknown = replace(known, acquisition=replace(known.acquisition, echo_time_ms=None, field_strength_t=None))
    assert compare(known, known).cautions == ()
    assert any("field strength, echo time" in caution for caution in compare(known, unknown).cautions)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"field_strength_t": 3.0}, "field strength 1.5 T and 3 T"),
        ({"echo_time_ms": 80.0}, "echo time 60 ms and 80 ms"),
        ({"inversion_time_ms": 220.0}, "inversion time 150 ms and 220 ms"),
        ({"contrast_agent": True}, "contrast agent not given and given"),
    ],
)
def test_another_protocol_is_refused(make_reading: MakeReading, facts: dict[str, float], words: str) -> None:
    before = make_reading()
    before = replace(before, acquisition=replace(before.acquisition, contrast_agent=False))
    after = replace(before, acquisition=replace(before.acquisition, **facts))
    with pytest.raises(InputError, match=words):
        compare(before, after)


def test_another_protocol_is_compared_when_that_is_asked_for_and_says_so(make_reading: MakeReading) -> None:
    before = make_reading(lambda _: 1)
    after = replace(before, acquisition=replace(before.acquisition, echo_time_ms=80.0, inversion_time_ms=220.0))
    change = compare(before, after, across_protocols=True)
    assert change.protocol_differences == ("echo time 60 ms and 80 ms", "inversion time 150 ms and 220 ms")
    assert any("what changed may be the protocol" in caution for caution in change.cautions)


def test_the_same_protocol_up_to_rounding_is_accepted(make_reading: MakeReading) -> None:
    before = make_reading()
    after = replace(before, acquisition=replace(before.acquisition, field_strength_t=1.494, echo_time_ms=58.0))
    assert compare(before, after).delta == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": "9.0.0"}, "jdm42 1.0.0 and jdm42 9.0.0"),
        ({"name": "other"}, "jdm42 1.0.0 and other 1.0.0"),
        ({"anchors": ("a", "b", "c")}, "which differ in their groups or anchors"),
    ],
)
def test_another_scheme_is_refused(make_reading: MakeReading, changed: dict[str, object], words: str) -> None:
    before = make_reading()
    after = replace(before, scheme=replace(before.scheme, **changed))
    with pytest.raises(InputError, match=words):
        compare(before, after)


@pytest.mark.parametrize(
    ("rule", "before", "after", "detectable", "judged"),
    [
        (ResponseRule(), 2, 1, None, Response.RESPONSE),
        (ResponseRule(), 2, 0, 10.0, Response.COMPLETE),
        (ResponseRule(60.0), 2, 1, None, Response.NONE),
        (ResponseRule(least_fall_points=43), 2, 1, None, Response.NONE),
        (ResponseRule(), 2, 1, 42.0, Response.NONE),
        (ResponseRule(beyond_detectable=False), 2, 1, 42.0, Response.RESPONSE),
        (ResponseRule(), 1, 2, None, Response.NONE),
        (ResponseRule(), 0, 0, None, Response.UNKNOWN),
        (ResponseRule(), 1, None, None, Response.UNKNOWN),
    ],
)
def test_response_follows_the_sites_rule(
    make_reading: MakeReading,
    rule: ResponseRule,
    before: int,
    after: int | None,
    detectable: float | None,
    judged: Response,
) -> None:
    change = compare(make_reading(lambda _: before), make_reading(lambda _: after))
    assert rule.judge(change, detectable) is judged


def test_no_response_is_judged_while_the_detectable_change_is_unknown_unless_asked_for(
    make_reading: MakeReading,
) -> None:
    change = compare(make_reading(lambda _: 2), make_reading(lambda _: 1))
    assert judge_response(change, None, None) is Response.NOT_JUDGED
    assert judge_response(change, None, 7.0) is Response.RESPONSE
    assert judge_response(change, ResponseRule.asked(50.0, None), None) is Response.RESPONSE
    assert judge_response(change, ResponseRule.asked(None, 43), None) is Response.NONE
    assert ResponseRule.asked(None, None) is None


def test_signs_beside_the_score_are_compared_with_who_decided_them(make_reading: MakeReading) -> None:
    suggested = SoftTissue().with_sign(Tissue.FASCIA, LimbPart.PROXIMAL, 1)
    before = replace(suggested, calcinosis=Calcinosis(True, ("left elbow",)))
    signs = {**before.signs[Tissue.FASCIA], LimbPart.PROXIMAL: TissueSign(suggested=0)}
    after = SoftTissue({**before.signs, Tissue.FASCIA: signs}, Calcinosis(True, course=CalcinosisCourse.LESS))
    change = compare(
        replace(make_reading(), soft_tissue=before),
        replace(make_reading(), soft_tissue=after),
    ).soft_tissue
    said = {sign.name: (*sign.said, sign.change) for sign in change.signs}
    assert said["Fascia, proximal"] == ("1", "0 (suggested)", "gone")
    assert said["Subcutis, distal"] == ("not looked at", "not looked at", "not known")
    assert change.calcinosis_said == ("present: left elbow", "present")
    assert change.calcinosis_change == "less"
    nobody_looked = compare(make_reading(), make_reading()).soft_tissue
    assert {sign.change for sign in nobody_looked.signs} == {"not known"}


def test_a_rule_that_cannot_be_meant_is_refused() -> None:
    with pytest.raises(InputError, match="150 %"):
        ResponseRule(150.0)


def test_a_course_counts_only_groups_assessable_at_every_visit(make_reading: MakeReading) -> None:
    readings = (
        make_reading(lambda _: 2),
        make_reading(lambda label: None if label == 1 else 1),
        make_reading(lambda _: 0),
    )
    course = Course(tuple(Visit(f"v{k}", reading) for k, reading in enumerate(readings)))
    assert [(one.total, one.assessable) for one in course.sums] == [(82, 41), (41, 41), (0, 41)]
    assert course.months is None


@pytest.mark.parametrize(
    ("visits", "words"),
    [
        ((("a", 0.0),), "two or more different visits"),
        ((("a", 0.0), ("a", 3.0)), "two or more different visits"),
        ((("a", 3.0), ("b", 0.0)), "in the order in which they took place"),
    ],
)
def test_a_course_that_cannot_be_is_refused(
    make_reading: MakeReading,
    visits: tuple[tuple[str, float], ...],
    words: str,
) -> None:
    with pytest.raises(InputError, match=words):
        Course(tuple(Visit(name, make_reading(), ClinicalRow("01", name, time, {}, None)) for name, time in visits))
