"""Visits of one person: their cases in, the files of the comparison out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case import (
    SCHEMA_VERSION,
    STRICT,
    Case,
    ChangePaths,
    ClinicalRow,
    DetectableChange,
    check_dataset,
    encode,
    encode_table,
    free_label,
    labels_of_record,
    read_case,
    read_clinical,
    read_units,
    reading_of_record,
    write_together,
)
from wbmri.comparison import (
    Comparison,
    Correspondence,
    Course,
    Response,
    ResponseRule,
    Transition,
    Visit,
    against,
    correspond,
)
from wbmri.errors import CaseError, InputError
from wbmri.progress import Progress, part, silent
from wbmri.reading import NOTICE, Reading, Subtotal
from wbmri.report import Findings, Images, Visits, comparison_pdf, comparison_report, drawings
from wbmri.scheme import Scheme, Side
from wbmri.scoring.visit import Inputs, score

_COLUMNS = ("label", "group", "side", "region", "baseline", "followup", "delta", "transition")


@dataclass(frozen=True, slots=True)
class Terms:
    """How visits are compared.

    Parameters
    ----------
    across_protocols
        Whether scans of different protocols are compared all the same; every result is then marked.
    rule
        When a change counts as a response.
    detectable
        The smallest detectable change that the site found, if it knows one.
    clinical
        A table of clinical measures and treatments, see `wbmri.case.read_clinical`.
    """

    across_protocols: bool = False
    rule: ResponseRule = field(default_factory=ResponseRule)
    detectable: DetectableChange | None = None
    clinical: str | Path | None = None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One group in ``*_change.json`` and ``*_change.tsv``.

    `overlap` is that of the group's outlines once the visits are laid over each other, see
    `wbmri.comparison.Correspondence`; in the JSON file only.
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


@dataclass(frozen=True, slots=True)
class ComparedCases:
    """Cases of one person and what changed from the first to the last, as written to disk.

    Parameters
    ----------
    cases
        The cases, from the earliest to the latest.
    comparison
        What changed.
    document
        The same as it stands in ``*_change.json``.
    paths
        Where the files of the comparison lie.
    left_out
        Other cases of OUT that could not be read and are missing from its tables.
    """

    cases: tuple[Case, ...]
    comparison: Comparison
    document: ChangeDocument
    paths: ChangePaths
    left_out: tuple[CaseError, ...] = ()

    @property
    def baseline(self) -> Case:
        """The earliest case."""
        return self.cases[0]

    @property
    def followup(self) -> Case:
        """The latest case."""
        return self.cases[-1]


def compare_visits(
    visits: Sequence[Inputs],
    out: str | Path,
    *,
    participant: str | None = None,
    sessions: Sequence[str] = (),
    engine: str = "auto",
    scheme: Scheme | None = None,
    terms: Terms | None = None,
    progress: Progress = silent,
) -> ComparedCases:
    """Compare visits of one person, each of them a case, or an input that is scored first.

    Parameters
    ----------
    visits
        The folder of a case, a DICOM folder or image files, for each visit from the earliest to the latest. The first
        and the last are compared; those between appear in the course.
    out
        Folder of the cases; made if it is missing.
    participant
        BIDS label of the person; if ``None`` that of the first case among them, else the next free number.
    sessions
        BIDS labels of the visits that are scored; by default ``baseline`` and ``followup``, and ``visit2`` and so on
        between.
    engine, scheme
        As for `score`.
    terms
        How they are compared.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If an input cannot be used, or the visits cannot be compared.
    CaseError
        If a case is damaged, or a person's reading would be lost.
    """
    check_dataset(out)
    if len(visits) < 2:
        raise InputError(
            f"{len(visits)} visits", "two or more", "name the earlier and the later visit, see 'wbmri compare --help'"
        )
    names = sessions or ("baseline", *(f"visit{k}" for k in range(2, len(visits))), "followup")
    known = [_case(visit) for visit in visits]
    of_case = next((case.participant for case in known if case is not None), None)
    person = participant or of_case or free_label(out, "sub")
    cases: list[Case] = []
    left_out: tuple[CaseError, ...] = ()
    share = 0.7 / len(visits)
    for k, (visit, case) in enumerate(zip(visits, known, strict=True)):
        if case is None:
            scored = score(
                visit,
                out,
                participant=person,
                session=names[k],
                engine=engine,
                scheme=scheme,
                progress=part(progress, share * k, share * (k + 1)),
            )
            case, left_out = scored.case, scored.left_out
        cases.append(case)
    return compare_cases(cases, out, terms, left_out=left_out, progress=part(progress, 0.7, 1.0))


def compare_cases(
    cases: Sequence[Case],
    out: str | Path,
    terms: Terms | None = None,
    *,
    left_out: tuple[CaseError, ...] = (),
    progress: Progress = silent,
) -> ComparedCases:
    """Compare cases of one person, the first with the last, and write the files of the comparison, all or none.

    Raises
    ------
    InputError
        If the cases are of two people or one visit, or cannot be compared.
    """
    terms = terms or Terms()
    names = [case.paths.name for case in cases]
    if len({case.participant for case in cases}) > 1 or len(set(names)) < len(names):
        raise InputError(
            f"the cases {' and '.join(names)}", "visits of one participant", "name different sessions of one person"
        )
    baseline, followup = cases[0], cases[-1]
    progress(0.0, "comparing the visits")
    own = Comparison(reading_of_record(baseline), reading_of_record(followup), terms.across_protocols)
    _check_detectable(terms.detectable, own.baseline.scheme)
    paths = ChangePaths(Path(out), baseline.participant, baseline.session, followup.session)
    scans = (baseline.volume(), labels_of_record(baseline)), (followup.volume(), labels_of_record(followup))
    comparison, shared = _on_one_scale(own, scans, (baseline.session, followup.session))
    course, units = _course(cases, comparison, terms)
    progress(0.3, "laying the visits over each other")
    laid, notes = _laid(scans)
    progress(0.6, "drawing the change")
    found = Findings(
        comparison,
        paths.participant,
        (paths.baseline, paths.followup),
        correspondence=laid,
        rule=terms.rule,
        detectable=terms.detectable,
        course=course,
        units=units,
        notes=(*shared, *notes),
    )
    found = replace(found, visits=Visits.of(comparison, scans, found.names))
    document = _document(found)
    files = [(paths.table, encode_table(_COLUMNS, [_cells(row) for row in document.groups]))]
    for drawing in drawings(found):
        for ending, content in drawing.files().items():
            files.append((paths.drawing(drawing.name, ending), content))
            if (drawing.name, ending) == ("visits", "png"):
                files.append((paths.figure, content))
    progress(0.8, "writing the report")
    files += [
        (paths.report, comparison_report(found).encode()),
        (paths.print, comparison_pdf(found)),
        (paths.document, encode(document)),
    ]
    write_together(paths.out, files)
    return ComparedCases(tuple(cases), comparison, document, paths, left_out)


def _case(visit: Inputs) -> Case | None:
    """Return the case that a path names, or None if it is a scan."""
    if not isinstance(visit, str | Path):
        return None
    path = Path(visit)
    named = path.name.endswith("_reading.json") or any(path.glob("anat/*_reading.json"))
    return read_case(path) if named else None


def _on_one_scale(own: Comparison, scans: Images, sessions: tuple[str, str]) -> tuple[Comparison, tuple[str, ...]]:
    """Judge a visit without healthy muscle against the other, and say where that was done."""
    readings, notes = [own.baseline, own.followup], []
    for k, (volume, labels) in enumerate(scans):
        reading, other = (own.baseline, own.followup)[:: 1 if k == 0 else -1]
        anew = against(volume, labels, reading, other, f"ses-{sessions[1 - k]}")
        if anew is not None:
            readings[k] = anew
            notes.append(
                f"ses-{sessions[k]} was graded anew for this comparison, against the normal-muscle level of "
                f"ses-{sessions[1 - k]}: {_total(reading)} by itself, {_total(anew)} so. Its own reading is unchanged."
            )
    return replace(own, baseline=readings[0], followup=readings[1]), tuple(notes)


def _total(reading: Reading) -> str:
    total = reading.score.total
    return "no total" if total is None else f"{total}/{reading.score.whole.max_assessable}"


def _laid(scans: Images) -> tuple[Correspondence | None, tuple[str, ...]]:
    """Lay the visits over each other, or say why that is not possible."""
    try:
        return correspond(*scans), ()
    except InputError as error:
        return None, (
            f"The visits could not be laid over each other ({error.received}): whether their outlines lie in the same "
            "place is not known.",
        )


def _course(cases: Sequence[Case], comparison: Comparison, terms: Terms) -> tuple[Course | None, dict[str, str]]:
    """Return the course, where there are more than two visits or clinical measures, and the units of these."""
    if terms.clinical is None and len(cases) < 3:
        return None, {}
    rows: dict[str, ClinicalRow] = {}
    units: dict[str, str] = {}
    if terms.clinical is not None:
        person = cases[0].participant
        rows = {row.session: row for row in read_clinical(terms.clinical) if row.participant == person and row.session}
        units = read_units(terms.clinical)
        if not any(case.session in rows for case in cases):
            raise InputError(
                f"{terms.clinical} without a visit of sub-{person} that is compared",
                f"rows for {', '.join(f'ses-{case.session}' for case in cases)}",
                "add the visits to the table, or leave it out",
            )
    readings = [comparison.baseline, *(reading_of_record(case) for case in cases[1:-1]), comparison.followup]
    visits = tuple(
        Visit(case.session, reading, rows.get(case.session)) for case, reading in zip(cases, readings, strict=True)
    )
    return Course(visits, terms.across_protocols), units


def _check_detectable(detectable: DetectableChange | None, scheme: Scheme) -> None:
    if detectable is not None and (detectable.scheme, detectable.maximum) != (
        f"{scheme.name} {scheme.version}",
        scheme.maximum,
    ):
        raise InputError(
            f"a smallest detectable change for the scheme {detectable.scheme}, 0 to {detectable.maximum}",
            f"one for {scheme.name} {scheme.version}, 0 to {scheme.maximum}",
            "estimate it from double reads by this scheme with 'wbmri agreement'",
        )


def _document(found: Findings) -> ChangeDocument:
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
