"""What a comparison is on disk: the document ``*_change.json`` and its rows, which the table holds, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wbmri.analysis.comparison.course import Response, ResponseRule, VisitInterval
from wbmri.analysis.comparison.soft_tissue_change import SoftTissueChange
from wbmri.analysis.comparison.transitions import Transition
from wbmri.case import SCHEMA_VERSION, STRICT, DetectableChange, encode_table
from wbmri.core import NOTICE, Subtotal
from wbmri.core.scheme import Side

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
    response_rule: ResponseRule | None = field(default_factory=ResponseRule)
    course: tuple[CoursePoint, ...] = ()
    unreviewed: tuple[str, ...] = ()
    interval: VisitInterval = field(default_factory=VisitInterval)
    soft_tissue: SoftTissueChange | None = None
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION


def encode_changes(document: ChangeDocument) -> bytes:
    """Return the groups as the table ``*_change.tsv``."""
    return encode_table(_COLUMNS, [_cells(row) for row in document.groups])


def _cells(row: ChangeRow) -> tuple[str, ...]:
    values = (getattr(row, column) for column in _COLUMNS)
    return tuple("n/a" if value is None else str(value) for value in values)
