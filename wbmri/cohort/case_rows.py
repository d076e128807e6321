"""Reading many cases for the group level, and comparing all pairs of visits of one person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby
from pathlib import Path

from wbmri.analysis.comparison import Transition, compare
from wbmri.case import CasePaths, file_digest, find_cases, read_case, reading_of_record, score_rows, summary_row
from wbmri.cohort.job import Ending, read_outcome, scored_since
from wbmri.cohort.participants import Facts
from wbmri.cohort.qc import FAIL, QcMark, Traits, traits_of
from wbmri.cohort.visit import VisitFilter
from wbmri.core import CaseError, InputError, Progress, Reading, unreviewed_sentence

Row = tuple[str, ...]

_COUNTED = (
    Transition.RESOLVED,
    Transition.BETTER,
    Transition.SAME,
    Transition.WORSE,
    Transition.NEW,
    Transition.NOT_ASSESSABLE,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What changed between two visits.

    Parameters
    ----------
    participant, baseline, followup
        BIDS labels.
    row
        Its row of ``changes.tsv``.
    groups
        Its rows of ``transitions.tsv``; none if the visits cannot be compared.
    delta
        Change of the total.
    """

    participant: str
    baseline: str
    followup: str
    row: Row
    groups: tuple[Row, ...]
    delta: int | None


def compare_all(participant: str, sessions: Sequence[str], readings: Mapping[str, Reading]) -> Iterator[Pair]:
    """Compare every visit of a person with every later one.

    Parameters
    ----------
    participant
        BIDS label.
    sessions
        The visits, earliest first.
    readings
        The reading of each.
    """
    for before, after in combinations(sessions, 2):
        names = (f"sub-{participant}", f"ses-{before}", f"ses-{after}")
        try:
            change = compare(readings[before], readings[after])
        except InputError as error:
            empty = ("n/a",) * (7 + len(_COUNTED))
            yield Pair(participant, before, after, (*names, *empty, str(error)), (), None)
            continue
        unreviewed = [f"ses-{visit}" for visit in (before, after) if not readings[visit].reviewed]
        unsigned = [unreviewed_sentence(unreviewed)] if unreviewed else []
        delta, percent = change.delta, change.delta_percent
        row = (
            *names,
            _cell(None if readings[before].undecided else change.before.total),
            _cell(None if readings[after].undecided else change.after.total),
            _cell(delta),
            "n/a" if percent is None else f"{percent:.1f}",
            str(change.before.involved),
            str(change.after.involved),
            str(change.before.assessable),
            *(str(change.transitions[step]) for step in _COUNTED),
            " ".join((*unsigned, *change.cautions)) or "n/a",
        )
        groups = tuple(
            (
                *names,
                str(group.label),
                group.id,
                str(group.side),
                group.region,
                _cell(step.baseline),
                _cell(step.followup),
                _cell(step.delta),
                str(step.transition),
            )
            for group, step in change.by_group()
        )
        yield Pair(participant, before, after, row, groups, delta)


def _cell(value: int | None) -> str:
    return "n/a" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page and the plots need of one case.

    Parameters
    ----------
    paths
        Where it lies.
    digest
        SHA-256 of its reading.
    chosen
        Whether it enters the analysis: cohort, changes, outcomes and plots.
    mark
        The mark of a person, whichever reading that was set for.
    score, facts
        Score and other facts in words.
    reviewed
        Whether a person has signed it.
    prorated, maximum
        Prorated total, if there is one, and the highest possible.
    involved
        Name of each pair of groups to how many of its groups are involved, and assessable.
    """

    paths: CasePaths
    digest: str
    chosen: bool
    mark: QcMark | None
    score: str
    facts: tuple[str, ...]
    reviewed: bool
    prorated: float | None
    maximum: int
    involved: Mapping[str, tuple[int, int]]

    @property
    def marked(self) -> str:
        """``pass`` or ``fail`` if the mark was set for this reading, else empty."""
        return self.mark.mark if self.mark is not None and self.mark.holds(self.digest) else ""

    @property
    def outdated(self) -> str:
        """The mark if it was set for another reading, else empty."""
        return "" if self.mark is None or self.mark.holds(self.digest) else self.mark.mark

    @property
    def excluded(self) -> bool:
        """Whether a person marked the reading ``fail``."""
        return self.marked == FAIL

    @property
    def analysed(self) -> bool:
        """Whether it is chosen and not marked ``fail``."""
        return self.chosen and not self.excluded


@dataclass(slots=True)
class Gathered:
    """What is kept of the cases: rows, numbers and grades, never images.

    Parameters
    ----------
    scores, summary
        Rows of these tables.
    traits
        What each case is compared by.
    pages
        What the page and the plots show of each case.
    pairs
        All pairs of visits of one person.
    readings
        Participant and session to the reading, of what is chosen and not marked ``fail``; without its provenance.
    failed
        Visits without a usable case, with the reason.
    """

    scores: list[Row] = field(default_factory=list)
    summary: list[Row] = field(default_factory=list)
    traits: list[Traits] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    readings: dict[tuple[str, str], Reading] = field(default_factory=dict)
    failed: list[tuple[CasePaths, str]] = field(default_factory=list)


def gather(
    out: Path,
    chosen: VisitFilter,
    marks: Mapping[str, QcMark],
    facts: Facts,
    progress: Progress,
) -> Gathered:
    """Read the cases of OUT, person by person.

    Parameters
    ----------
    out
        Folder of the cases.
    chosen
        Which of them are compared.
    marks
        The marks of the QC page, by name of the case.
    facts
        For the order of visits.
    progress
        Called with the share of the group level that is done.
    """
    found = Gathered()
    places = find_cases(out)
    outcomes = _failures(out)
    for person, visits in groupby(places, key=lambda paths: paths.participant):
        progress(0.8 * len(found.pages) / len(places), "reading the cases")
        readings: dict[str, Reading] = {}
        for paths in visits:
            if paths in outcomes:
                continue
            try:
                case = read_case(paths.reading)
            except CaseError as error:
                outcomes[paths] = str(error)
                continue
            reading = reading_of_record(case)
            page = _page(paths, reading, marks.get(paths.name), chosen=chosen.keeps(paths))
            found.scores += score_rows(case.participant, case.session, reading, case.reading)
            found.summary.append(summary_row(case.participant, case.session, reading))
            found.traits.append(traits_of(reading))
            found.pages.append(page)
            if page.analysed:
                readings[case.session] = reading
        sessions = facts.in_order(person, list(readings))
        found.pairs += compare_all(person, sessions, readings)
        found.readings |= {(person, session): replace(reading, provenance=()) for session, reading in readings.items()}
    found.failed += sorted(outcomes.items(), key=lambda failure: failure[0].name)
    return found


def _failures(out: Path) -> dict[CasePaths, str]:
    """Return the visits whose last attempt failed or did not end, with the reason."""
    failed = {}
    for path in sorted(out.glob("sub-*/ses-*/*_outcome.json")):
        person, visit = (part.name.partition("-")[2] for part in (path.parents[1], path.parent))
        paths = CasePaths(out, person, visit)
        outcome = read_outcome(paths)
        if outcome is not None and outcome.ending is not Ending.DONE and not scored_since(paths, outcome):
            failed[paths] = outcome.reason or str(outcome.cause)
    return failed


def _page(paths: CasePaths, reading: Reading, mark: QcMark | None, *, chosen: bool) -> Page:
    score, whole = reading.score, reading.score.whole
    total = f"{score.total} of {whole.max_assessable}" if score.total is not None else f"no single total: {score.said}"
    flags = sum(bool(entry.flags) for entry in reading.groups)
    said = [f"{reading.engine}; {reading.read_by}"]
    if whole.assessable < whole.groups:
        said.append(f"{whole.groups - whole.assessable} groups not assessable")
    if flags:
        said.append(f"{flags} outlines not plausible")
    if reading.reference is not None and not reading.reference.trusted:
        said.append("normal-muscle level not to be relied on")
    if reading.warnings:
        said.append(f"{len(reading.warnings)} warnings")
    involved: dict[str, tuple[int, int]] = {}
    for group, entry in reading.by_group():
        hit, all_ = involved.get(group.pair.name, (0, 0))
        involved[group.pair.name] = (hit + bool(entry.grade), all_ + entry.assessable)
    return Page(
        paths,
        file_digest(paths.reading),
        chosen,
        mark,
        f"{total}, {whole.involved} of {whole.assessable} groups involved",
        tuple(said),
        reading.reviewed,
        score.prorated,
        score.maximum,
        involved,
    )
