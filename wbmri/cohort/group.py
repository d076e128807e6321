"""The group level: many cases to tables, comparisons, plots and a page to look them through."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from wbmri.case import CasePaths, check_dataset, encode_table, find_cases, read_case, write_together
from wbmri.case.tables import score_rows, summary_row
from wbmri.cohort.dictionary import (
    CHANGES,
    QC,
    SCORES,
    SUMMARY,
    TRANSITIONS,
    Column,
    encode_dictionary,
    names,
)
from wbmri.cohort.joining import Facts, read_facts
from wbmri.cohort.marks import FAIL, MARK_COLUMNS, SHORT, QcMark, read_marks
from wbmri.cohort.outcome import Ending, file_digest, read_outcome, scored_since
from wbmri.cohort.outliers import Outlier, Traits, find_outliers, traits_of
from wbmri.cohort.pairs import Pair, compare_all
from wbmri.cohort.parquet import check_parquet, encode_parquet
from wbmri.errors import CaseError, InputError
from wbmri.progress import Progress, silent
from wbmri.reading import Reading
from wbmri.report import QcCase, changes_figure, groups_figure, qc_page, thumbnail_png, totals_figure

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the group level made.

    Parameters
    ----------
    cases
        Cases in the tables.
    pairs
        Pairs of visits that were compared.
    excluded
        Cases that a person marked ``fail``, which are in the tables but not in changes and plots.
    failed
        Visits without a usable case, with the reason.
    not_comparable
        Pairs of visits that cannot be compared, with the reason.
    left_out
        Columns of ``participants.tsv`` that may identify a person and were left out.
    """

    cases: int
    pairs: int
    excluded: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    not_comparable: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Gathered:
    """What is kept of the cases: rows and numbers, never images or whole readings."""

    scores: list[Row] = field(default_factory=list)
    summary: list[Row] = field(default_factory=list)
    traits: list[Traits] = field(default_factory=list)
    pages: list["_Page"] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    firsts_to_lasts: list[tuple[str, int]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    """What the page and the plots need of one case."""

    paths: CasePaths
    digest: str
    mark: QcMark | None
    score: str
    facts: tuple[str, ...]
    prorated: float | None
    maximum: int
    involved: Mapping[str, tuple[int, int]]
    """Name of each pair to its involved and its assessable groups."""

    @property
    def excluded(self) -> bool:
        return self.mark is not None and self.mark.mark == FAIL and self.mark.holds(self.digest)


def summarise(
    out: str | Path,
    dataset: str | Path | None = None,
    *,
    parquet: bool = False,
    reports: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Put the cases of OUT together.

    Writes ``scores``, ``summary``, ``cohort`` (the summary with marks and what ``participants.tsv`` says), ``changes``
    and ``transitions`` as TSV with a JSON data dictionary each, plots into ``figures``, and ``qc.html``.

    Parameters
    ----------
    out
        Folder of the cases.
    dataset
        The BIDS dataset they came from, for ``participants.tsv`` and the order of visits.
    parquet
        Whether to write the tables as Parquet, too.
    reports
        Whether to write the report of every comparison, too; takes seconds for each.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If ``qc.tsv`` or ``participants.tsv`` cannot be used, or pyarrow is missing.
    CaseError
        If `out` holds neither cases nor outcomes, or is something else than a dataset of wbmri.
    """
    out = Path(out)
    check_dataset(out)
    if parquet:
        check_parquet()
    marks = {mark.name: mark for mark in read_marks(out)}
    facts = Facts() if dataset is None else read_facts(Path(dataset), {*names(SUMMARY), *names(QC)})
    found = _gather(out, marks, facts, progress)
    if not found.pages and not found.failed:
        raise CaseError(f"{out} without cases", "the OUT of 'wbmri cohort ... participant'", "score the visits first")
    progress(0.8, "looking for outliers")
    outliers = find_outliers(found.traits)
    tables = _tables(found, outliers, facts)
    files = [
        (out / f"{name}.{ending}", content)
        for name, (columns, rows) in tables.items()
        for ending, content in _encoded(columns, rows, parquet=parquet)
    ]
    progress(0.85, "drawing the plots")
    figures = _figures(found, facts)
    files += [(out / "figures" / f"cohort_{name}.png", content) for name, (_, content) in figures.items()]
    progress(0.9, "writing the page")
    captions = dict(figures.values())
    page = qc_page(_cards(found, outliers), found.failed, captions, columns=MARK_COLUMNS)
    files.append((out / "qc.html", page.encode()))
    write_together(out, files)
    if reports:
        _write_reports(out, found.pairs, progress)
    return Summary(
        len(found.pages),
        sum(bool(pair.groups) for pair in found.pairs),
        tuple(page.paths.name for page in found.pages if page.excluded),
        tuple(found.failed),
        tuple((_pair_name(pair), pair.row[-1]) for pair in found.pairs if not pair.groups),
        facts.left_out,
    )


def _gather(out: Path, marks: Mapping[str, QcMark], facts: Facts, progress: Progress) -> _Gathered:
    """Read the cases person by person."""
    found = _Gathered()
    places = find_cases(out)
    outcomes = _failures(out)
    for person, visits in groupby(places, key=lambda paths: paths.participant):
        progress(0.8 * len(found.pages) / len(places), "reading the cases")
        readings: dict[str, Reading] = {}
        for paths in visits:
            if paths.name in outcomes:
                continue
            try:
                case = read_case(paths.reading)
            except CaseError as error:
                outcomes[paths.name] = str(error)
                continue
            reading = case.reading
            page = _page(paths, reading, marks.get(paths.name))
            found.scores += score_rows(case.participant, case.session, reading)
            found.summary.append(summary_row(case.participant, case.session, reading))
            found.traits.append(traits_of(reading))
            found.pages.append(page)
            if not page.excluded:
                readings[case.session] = reading
        sessions = facts.in_order(person, list(readings))
        pairs = list(compare_all(person, sessions, readings))
        found.pairs += pairs
        # The first with the last visit, which comes last of the pairs that begin with the first.
        ends = [pair for pair in pairs if (pair.baseline, pair.followup) == (sessions[0], sessions[-1])]
        found.firsts_to_lasts += [(f"sub-{person}", pair.delta) for pair in ends if pair.delta is not None]
    found.failed += sorted(outcomes.items())
    return found


def _failures(out: Path) -> dict[str, str]:
    """Return the visits whose last attempt failed, with the reason."""
    failed = {}
    for path in sorted(out.glob("sub-*/ses-*/*_outcome.json")):
        person, visit = (part.name.partition("-")[2] for part in (path.parents[1], path.parent))
        paths = CasePaths(out, person, visit)
        outcome = read_outcome(paths)
        if outcome is not None and outcome.ending is Ending.FAILED and not scored_since(paths, outcome):
            failed[paths.name] = outcome.reason or str(outcome.cause)
    return failed


def _page(paths: CasePaths, reading: Reading, mark: QcMark | None) -> _Page:
    score, whole = reading.score, reading.score.whole
    total = "no total" if score.total is None else f"{score.total} of {whole.max_assessable}"
    flags = sum(bool(entry.flags) for entry in reading.groups)
    said = [f"{reading.engine}; {reading.reader}, {reading.status}"]
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
    return _Page(
        paths,
        file_digest(paths.reading),
        mark,
        f"{total}, {whole.involved} of {whole.assessable} groups involved",
        tuple(said),
        score.prorated,
        score.maximum,
        involved,
    )


def _tables(
    found: _Gathered, outliers: Sequence[Outlier], facts: Facts
) -> dict[str, tuple[tuple[Column, ...], list[Row]]]:
    joined = [
        (*row, _mark_of(page), f"{outlier.score:.2f}", *facts.cells(page.paths.participant))
        for row, page, outlier in zip(found.summary, found.pages, outliers, strict=True)
    ]
    return {
        "scores": (SCORES, found.scores),
        "summary": (SUMMARY, found.summary),
        "cohort": ((*SUMMARY, *QC, *facts.columns), joined),
        "changes": (CHANGES, [pair.row for pair in found.pairs]),
        "transitions": (TRANSITIONS, [row for pair in found.pairs for row in pair.groups]),
    }


def _encoded(columns: Sequence[Column], rows: Sequence[Row], *, parquet: bool) -> Iterator[tuple[str, bytes]]:
    yield "tsv", encode_table(names(columns), rows)
    yield "json", encode_dictionary(columns)
    if parquet:
        yield "parquet", encode_parquet(columns, rows)


def _mark_of(page: _Page) -> str:
    return page.mark.mark if page.mark is not None and page.mark.holds(page.digest) else "n/a"


def _cards(found: _Gathered, outliers: Sequence[Outlier]) -> list[QcCase]:
    """Return the cases as the page shows them: outliers first, among them those that nobody has marked."""

    def card(page: _Page, outlier: Outlier) -> QcCase:
        mark = page.mark
        holds = mark is not None and mark.holds(page.digest)
        return QcCase(
            page.paths.participant,
            page.paths.session,
            page.score,
            page.facts,
            outlier.why,
            page.digest[:SHORT],
            mark.mark if mark is not None and holds else "",
            mark.reader if mark is not None else "",
            mark.note if mark is not None else "",
            mark.mark if mark is not None and not holds else "",
            _thumbnail(page.paths),
            f"sub-{page.paths.participant}/ses-{page.paths.session}/{page.paths.report.name}",
        )

    pairs = sorted(
        zip(found.pages, outliers, strict=True),
        key=lambda both: (-both[1].score if both[1].why else 0.0, _mark_of(both[0]) != "n/a", -both[1].score),
    )
    return [card(page, outlier) for page, outlier in pairs]


def _thumbnail(paths: CasePaths) -> bytes | None:
    """Read the small picture of a case; draw it for a case of an earlier version, which has none."""
    try:
        return paths.thumbnail.read_bytes()
    except OSError:
        pass
    try:
        case = read_case(paths.reading)
        return thumbnail_png(case.volume(), case.labels(), case.reading)
    except (CaseError, InputError):
        return None


def _figures(found: _Gathered, facts: Facts) -> dict[str, tuple[str, bytes]]:
    """Return the plots by name, each with its caption; those of the scheme that most cases follow."""
    shown = [page for page in found.pages if not page.excluded]
    schemes = [tuple(page.involved) for page in shown]
    if not shown:
        return {}
    groups = max(schemes, key=lambda scheme: (schemes.count(scheme), scheme))
    shown = [page for page in shown if tuple(page.involved) == groups]
    sessions = facts.in_order("", sorted({page.paths.session for page in shown}))
    people: dict[str, dict[str, float]] = {}
    for page in shown:
        if page.prorated is not None:
            people.setdefault(page.paths.participant, {})[page.paths.session] = page.prorated
    shares = [[_share(shown, group, session) for session in sessions] for group in groups]
    figures = {
        "totals": (
            "Prorated total of each person over the visits",
            totals_figure(sessions, list(people.values()), shown[0].maximum),
        ),
        "groups": ("Involved groups, per cent of those assessable", groups_figure(sessions, groups, shares)),
    }
    if found.firsts_to_lasts:
        figures["changes"] = ("Change of the total, first to last visit", changes_figure(found.firsts_to_lasts))
    return figures


def _share(pages: Sequence[_Page], group: str, session: str) -> float:
    counts = [page.involved[group] for page in pages if page.paths.session == session]
    assessable = sum(all_ for _, all_ in counts)
    return sum(hit for hit, _ in counts) / assessable if assessable else float("nan")


def _write_reports(out: Path, pairs: Sequence[Pair], progress: Progress) -> None:
    from wbmri.scoring import compare_cases

    able = [pair for pair in pairs if pair.groups]
    for number, pair in enumerate(able):
        progress(0.9 + 0.1 * number / len(able), f"comparing {_pair_name(pair)}")
        before, after = (
            read_case(CasePaths(out, pair.participant, session).reading) for session in (pair.baseline, pair.followup)
        )
        compare_cases(before, after, out)


def _pair_name(pair: Pair) -> str:
    return f"sub-{pair.participant} ses-{pair.baseline} to ses-{pair.followup}"
