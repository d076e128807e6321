"""Visits of one person: their cases in, the files of the comparison out."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from wbmri.analysis.comparison import (
    ChangeDocument,
    ChangeRow,
    Comparison,
    Course,
    CoursePoint,
    Response,
    ResponseRule,
    SubtotalChange,
    encode_changes,
)
from wbmri.case import (
    Case,
    ChangePaths,
    check_dataset,
    dataset_lock,
    encode,
    new_label,
    read_case,
    write_dataset_files,
)
from wbmri.core import CaseError, InputError, Progress, part, silent
from wbmri.core.scheme import Side
from wbmri.pipeline.options import Inputs, ScoringOptions
from wbmri.pipeline.visit_findings import Terms, find_change
from wbmri.pipeline.visit_score import score_visit
from wbmri.report.comparison import Findings, comparison_pdf, comparison_report, drawings


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
        response=found.response,
        response_rule=None if found.response is Response.NOT_JUDGED else found.rule or ResponseRule(),
        course=() if found.course is None else _points(found.course),
        unreviewed=found.unreviewed,
        interval=found.interval,
        soft_tissue=comparison.soft_tissue,
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
    options: ScoringOptions | None = None,
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
    options
        How visits are scored; label maps are dealt out to them in their order, see `ScoringOptions.dealt`.
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
            f"{len(visits)} visits",
            "two or more",
            "name the earlier and the later visit, see 'wbmri compare --help'",
        )
    if sessions and len(sessions) != len(visits):
        raise InputError(
            f"{len(sessions)} session labels for {len(visits)} visits",
            "one for each visit, or none",
            "repeat --ses for each visit, or leave it out",
        )
    names = sessions or ("baseline", *(f"visit{k}" for k in range(2, len(visits))), "followup")
    known = [_case(visit) for visit in visits]
    of_case = next((case.participant for case in known if case is not None), None)
    person = participant or of_case
    with new_label(out, "sub") if person is None else nullcontext(person) as person:
        cases, left_out = _scored(
            visits, known, out, person, names, options or ScoringOptions(), part(progress, 0.0, 0.7)
        )
    return compare_cases(cases, out, terms, left_out=left_out, progress=part(progress, 0.7, 1.0))


def _scored(
    visits: Sequence[Inputs],
    known: Sequence[Case | None],
    out: str | Path,
    person: str,
    names: Sequence[str],
    options: ScoringOptions,
    progress: Progress,
) -> tuple[list[Case], tuple[CaseError, ...]]:
    """Return the cases of the visits, those that are not one yet scored, and what is left out of the tables of OUT."""
    cases: list[Case] = []
    left_out: tuple[CaseError, ...] = ()
    each = iter(options.dealt(known.count(None)))
    for k, (visit, case) in enumerate(zip(visits, known, strict=True)):
        if case is None:
            step = part(progress, k / len(visits), (k + 1) / len(visits))
            scored = score_visit(visit, out, next(each), participant=person, session=names[k], progress=step)
            case, left_out = scored.case, scored.left_out
        cases.append(case)
    return cases, left_out


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
    found = find_change(cases, terms or Terms(), part(progress, 0.0, 0.6))
    paths = ChangePaths(Path(out), found.participant, *found.sessions)
    document = change_document(found)
    progress(0.6, "drawing the change")
    files = [(paths.table, encode_changes(document))]
    drawn = tuple(drawings(found))
    for drawing in drawn:
        for ending, content in drawing.files().items():
            files.append((paths.drawing(drawing.name, ending), content))
            if (drawing.name, ending) == ("visits", "png"):
                files.append((paths.figure, content))
    progress(0.8, "writing the report")
    files += [
        (paths.report, comparison_report(found, drawn).encode()),
        (paths.print, comparison_pdf(found, drawn)),
        (paths.document, encode(document)),
    ]
    with dataset_lock(paths.out, paths.document.stem):
        write_dataset_files(paths.out, files)
    return ComparedCases(tuple(cases), found.comparison, document, paths, left_out)


def _case(visit: Inputs) -> Case | None:
    """Return the case that a path names, or None if it is a scan."""
    if not isinstance(visit, str | Path):
        return None
    path = Path(visit)
    named = path.name.endswith("_reading.json") or any(path.glob("anat/*_reading.json"))
    return read_case(path) if named else None
