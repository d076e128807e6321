"""Two visits of one person: their cases in, the files of the comparison out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case import (
    SCHEMA_VERSION,
    STRICT,
    Case,
    ChangePaths,
    check_dataset,
    encode,
    encode_table,
    free_label,
    read_case,
    write_together,
)
from wbmri.comparison import Comparison, Transition, compare
from wbmri.errors import CaseError, InputError
from wbmri.progress import Progress, part, silent
from wbmri.reading import NOTICE, Subtotal
from wbmri.report import comparison_figure, comparison_report
from wbmri.scheme import Scheme, Side
from wbmri.scoring.visit import Inputs, score

_COLUMNS = ("label", "group", "side", "region", "baseline", "followup", "delta", "transition")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One group in ``*_change.json`` and ``*_change.tsv``."""

    label: int
    group: str
    side: Side
    region: str
    baseline: int | None
    followup: int | None
    delta: int | None
    transition: Transition


@dataclass(frozen=True, slots=True)
class ChangeDocument:
    """What ``*_change.json`` holds; ``before``, ``after`` and ``delta`` count the groups assessable at both visits."""

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
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class ComparedCases:
    """Two cases of one person and what changed between them, as written to disk.

    Parameters
    ----------
    baseline, followup
        The cases, earlier and later.
    comparison
        What changed.
    document
        The same as it stands in ``*_change.json``.
    paths
        Where the files of the comparison lie.
    left_out
        Other cases of OUT that could not be read and are missing from its tables.
    """

    baseline: Case
    followup: Case
    comparison: Comparison
    document: ChangeDocument
    paths: ChangePaths
    left_out: tuple[CaseError, ...] = ()


def compare_visits(
    baseline: Inputs,
    followup: Inputs,
    out: str | Path,
    *,
    participant: str | None = None,
    sessions: tuple[str, str] = ("baseline", "followup"),
    engine: str = "auto",
    scheme: Scheme | None = None,
    progress: Progress = silent,
) -> ComparedCases:
    """Compare two visits of one person, each of them a case, or an input that is scored first.

    Parameters
    ----------
    baseline, followup
        The folder of a case, a DICOM folder or image files; the earlier and the later visit.
    out
        Folder of the cases; made if it is missing.
    participant
        BIDS label of the person; if ``None`` that of the case among the two, else the next free number.
    sessions
        BIDS labels of the visits that are scored.
    engine, scheme
        As for `score`.
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
    visits = baseline, followup
    known = [_case(visit) for visit in visits]
    of_case = next((case.participant for case in known if case is not None), None)
    person = participant or of_case or free_label(out, "sub")
    cases: list[Case] = []
    left_out: tuple[CaseError, ...] = ()
    for k, (visit, case) in enumerate(zip(visits, known, strict=True)):
        if case is None:
            scored = score(
                visit,
                out,
                participant=person,
                session=sessions[k],
                engine=engine,
                scheme=scheme,
                progress=part(progress, 0.48 * k, 0.48 * (k + 1)),
            )
            case, left_out = scored.case, scored.left_out
        cases.append(case)
    progress(0.96, "comparing the visits")
    return compare_cases(cases[0], cases[1], out, left_out)


def compare_cases(
    baseline: Case, followup: Case, out: str | Path, left_out: tuple[CaseError, ...] = ()
) -> ComparedCases:
    """Compare two cases of one person and write the files of the comparison, all or none.

    Raises
    ------
    InputError
        If the cases are of two people or one visit, or cannot be compared.
    """
    names = [case.paths.name for case in (baseline, followup)]
    if baseline.participant != followup.participant or names[0] == names[1]:
        raise InputError(
            f"the cases {names[0]} and {names[1]}", "two visits of one participant", "name two sessions of one person"
        )
    comparison = compare(baseline.reading, followup.reading)
    paths = ChangePaths(Path(out), baseline.participant, baseline.session, followup.session)
    document = _document(comparison, paths)
    images = (baseline.volume(), baseline.labels()), (followup.volume(), followup.labels())
    sessions = {"baseline_session": paths.baseline, "followup_session": paths.followup}
    report = comparison_report(comparison, participant=paths.participant, images=images, **sessions)
    write_together(
        paths.out,
        [
            (paths.table, encode_table(_COLUMNS, [_cells(row) for row in document.groups])),
            (paths.figure, comparison_figure(comparison, images, **sessions)),
            (paths.report, report.encode()),
            (paths.document, encode(document)),
        ],
    )
    return ComparedCases(baseline, followup, comparison, document, paths, left_out)


def _case(visit: Inputs) -> Case | None:
    """Return the case that a path names, or None if it is a scan."""
    if not isinstance(visit, str | Path):
        return None
    path = Path(visit)
    named = path.name.endswith("_reading.json") or any(path.glob("anat/*_reading.json"))
    return read_case(path) if named else None


def _document(comparison: Comparison, paths: ChangePaths) -> ChangeDocument:
    return ChangeDocument(
        participant=paths.participant,
        baseline=paths.baseline,
        followup=paths.followup,
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
            )
            for group, change in comparison.by_group()
        ),
        cautions=comparison.cautions,
    )


def _cells(row: ChangeRow) -> tuple[str, ...]:
    values = (getattr(row, column) for column in _COLUMNS)
    return tuple("n/a" if value is None else str(value) for value in values)
