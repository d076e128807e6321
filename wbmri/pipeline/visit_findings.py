"""What is found between cases of one person: one scale of brightness, the same places, the course."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wbmri.analysis.comparison import (
    Comparison,
    Correspondence,
    Course,
    ResponseRule,
    Visit,
    VisitInterval,
    against,
    correspond,
)
from wbmri.case import (
    Case,
    ClinicalRow,
    DetectableChange,
    labels_of_record,
    read_clinical,
    read_units,
    reading_of_record,
)
from wbmri.core import InputError, Progress, Reading
from wbmri.core.scheme import Scheme
from wbmri.report.comparison import Findings, Images, Visits


@dataclass(frozen=True, slots=True)
class Terms:
    """How visits are compared.

    Parameters
    ----------
    across_protocols
        Whether scans of different protocols are compared all the same; every result is then marked.
    rule
        When a change counts as a response, where that is asked for; without it a change is judged, by the usual rule,
        only where the smallest detectable change is known.
    detectable
        The smallest detectable change that the site found, if it knows one.
    interval_months
        Time between the first and the last visit, if it is stated.
    interval_source
        Who states it, in words.
    clinical
        A table of clinical measures and treatments, see `wbmri.case.read_clinical`.
    """

    across_protocols: bool = False
    rule: ResponseRule | None = None
    detectable: DetectableChange | None = None
    interval_months: float | None = None
    interval_source: str = "as stated"
    clinical: str | Path | None = None


def find_change(cases: Sequence[Case], terms: Terms, progress: Progress) -> Findings:
    """Compare the first with the last of several cases of one person, and gather what is needed to judge the change.

    Parameters
    ----------
    cases
        From the earliest to the latest.
    terms
        How they are compared.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If the cases are of two people or one visit, or cannot be compared.
    """
    names = [case.paths.name for case in cases]
    if len({case.participant for case in cases}) > 1 or len(set(names)) < len(names):
        raise InputError(
            f"the cases {' and '.join(names)}",
            "visits of one participant",
            "name different sessions of one person",
        )
    baseline, followup = cases[0], cases[-1]
    progress(0.0, "comparing the visits")
    own = Comparison(reading_of_record(baseline), reading_of_record(followup), terms.across_protocols)
    _check_detectable(terms.detectable, own.baseline.scheme)
    scans = (baseline.volume(), labels_of_record(baseline)), (followup.volume(), labels_of_record(followup))
    comparison, shared = _on_one_scale(own, scans, (baseline.session, followup.session))
    course, units = _course(cases, comparison, terms)
    progress(0.5, "laying the visits over each other")
    laid, notes = _laid(scans)
    found = Findings(
        comparison,
        baseline.participant,
        (baseline.session, followup.session),
        correspondence=laid,
        rule=terms.rule,
        detectable=terms.detectable,
        course=course,
        units=units,
        interval=_interval(terms, course),
        notes=(*shared, *notes),
    )
    return replace(found, visits=Visits.of(comparison, scans, found.names))


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
                f"ses-{sessions[1 - k]}: {_total(reading)} by itself, {_total(anew)} so. Its own reading is unchanged.",
            )
    return replace(own, baseline=readings[0], followup=readings[1]), tuple(notes)


def _total(reading: Reading) -> str:
    return reading.score.said


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


def _interval(terms: Terms, course: Course | None) -> VisitInterval:
    """Return the time between the first and the last visit as it was stated, or else as the clinical table has it."""
    if terms.interval_months is not None:
        return VisitInterval(terms.interval_months, terms.interval_source)
    months = None if course is None else course.between
    return VisitInterval() if months is None else VisitInterval(months, "clinical table")


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
