"""What ``*_change.json`` and ``*_change.tsv`` hold: the change between two visits of one person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wbmri.analysis.comparison import Course, Response, ResponseRule, Transition
from wbmri.case import SCHEMA_VERSION, STRICT, DetectableChange, encode_table
from wbmri.core import NOTICE, Subtotal
from wbmri.core.scheme import Side
from wbmri.report.comparison import Findings

_COLUMNS = ("label", "group", "side", "region", "baseline", "followup", "delta", "transition")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One group in ``*_change.json`` and ``*_change.tsv``.

    `overlap` is that of the group's outlines once the visits are laid over each other, see
    `wbmri.analysis.comparison.Correspondence`; in the JSON file only.
    """

    label: int
    group: str
    side: Side
    region: str
    baseline: int | None
    followup: int | None
    delta: int | None
    transition: Transition
    overlap: float | None = None


@dataclass(frozen=True, slots=True)
class SubtotalChange:
    """Sums of a region or a side at both visits, over the groups assessable at both."""

    before: Subtotal
    after: Subtotal


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """One visit of a course; its sums count the groups assessable at all visits."""

    session: str
    months: float | None
    sums: Subtotal
    measures: Mapping[str, float]
    treatment: str | None


@dataclass(frozen=True, slots=True)
class ChangeDocument:
    """What ``*_change.json`` holds; sums and changes count the groups assessable at both visits."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    participant: str
    baseline: str
    followup: str
    before: Subtotal
    after: Subtotal
    delta: int | None
    delta_percent: float | None
    transitions: Mapping[Transition, int]
    groups: tuple[ChangeRow, ...]
    cautions: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...] = ()
    regions: Mapping[str, SubtotalChange] = field(default_factory=dict)
    sides: Mapping[Side, SubtotalChange] = field(default_factory=dict)
    protocol_differences: tuple[str, ...] = ()
    detectable: DetectableChange | None = None
    beyond_detectable: bool | None = None
    response: Response = Response.UNKNOWN
    response_rule: ResponseRule = field(default_factory=ResponseRule)
    course: tuple[CoursePoint, ...] = ()
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION


def change_document(found: Findings) -> ChangeDocument:
    """Put what was found between two visits into the form of ``*_change.json``."""
    comparison, limit = found.comparison, None if found.detectable is None else found.detectable.sdc95
    overlap = {} if found.correspondence is None else found.correspondence.overlap
    return ChangeDocument(
        participant=found.participant,
        baseline=found.sessions[0],
        followup=found.sessions[1],
        before=comparison.before,
        after=comparison.after,
        delta=comparison.delta,
        delta_percent=comparison.delta_percent,
        transitions=comparison.transitions,
        groups=tuple(
            ChangeRow(
                group.label,
                group.id,
                group.side,
                group.region,
                change.baseline,
                change.followup,
                change.delta,
                change.transition,
                overlap.get(group.label),
            )
            for group, change in comparison.by_group()
        ),
        cautions=found.cautions,
        matrix=comparison.matrix,
        regions={name: SubtotalChange(*comparison.of_region(name)) for name in comparison.baseline.scheme.regions},
        sides={side: SubtotalChange(*comparison.of_side(side)) for side in Side},
        protocol_differences=comparison.protocol_differences,
        detectable=found.detectable,
        beyond_detectable=None if limit is None else comparison.exceeds(limit),
        response=found.rule.judge(comparison, limit),
        response_rule=found.rule,
        course=() if found.course is None else _points(found.course),
    )


def encode_changes(document: ChangeDocument) -> bytes:
    """Return the groups as the table ``*_change.tsv``."""
    return encode_table(_COLUMNS, [_cells(row) for row in document.groups])


def _points(course: Course) -> tuple[CoursePoint, ...]:
    return tuple(
        CoursePoint(
            visit.session,
            None if visit.clinical is None or visit.clinical.months is None else round(visit.clinical.months, 2),
            sums,
            {} if visit.clinical is None else visit.clinical.measures,
            None if visit.clinical is None else visit.clinical.treatment,
        )
        for visit, sums in zip(course.visits, course.sums, strict=True)
    )


def _cells(row: ChangeRow) -> tuple[str, ...]:
    values = (getattr(row, column) for column in _COLUMNS)
    return tuple("n/a" if value is None else str(value) for value in values)
