"""The group level: many cases to tables, comparisons, plots and a page to look them through."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wbmri.analysis.clinical import Outcomes
from wbmri.case import (
    TABLES_LOCK,
    CasePaths,
    check_dataset,
    dataset_lock,
    encode_table,
    read_case,
    write_dataset_files,
)
from wbmri.cohort.case_rows import Gathered, Page, Pair, gather
from wbmri.cohort.participants import (
    CHANGES,
    QC,
    SCORES,
    SUMMARY,
    TRANSITIONS,
    Column,
    Facts,
    check_parquet,
    describe,
    encode_dictionary,
    encode_parquet,
    names,
    read_facts,
)
from wbmri.cohort.qc import MARK_COLUMNS, SHORT, Outlier, QcMark, find_outliers, read_marks
from wbmri.cohort.visit import VisitFilter
from wbmri.core import CaseError, InputError, Progress, silent, unreviewed_count
from wbmri.report.case import thumbnail_png
from wbmri.report.cohort import QcCase, groups_figure, outcome_files, qc_page, totals_figure, waterfall_figure
from wbmri.report.figures import png


def cohort_figures(found: Gathered, facts: Facts, described: Outcomes | None) -> dict[str, tuple[str, bytes]]:
    """Return the plots by name, each with its caption; those of the scheme that most cases follow."""
    shown = [page for page in found.pages if page.analysed]
    schemes = [tuple(page.involved) for page in shown]
    if not shown:
        return {}
    groups, _ = max(Counter(schemes).items(), key=lambda scheme: (scheme[1], scheme[0]))
    shown = [page for page in shown if tuple(page.involved) == groups]
    sessions = facts.in_order("", sorted({page.paths.session for page in shown}))
    people: dict[str, dict[str, float]] = {}
    for page in shown:
        if page.prorated is not None:
            people.setdefault(page.paths.participant, {})[page.paths.session] = page.prorated
    unreviewed = unreviewed_count(page.reviewed for page in shown)
    shares = [[_share(shown, group, session) for session in sessions] for group in groups]
    figures = {
        "totals": (
            "Prorated total of each person over the visits",
            totals_figure(sessions, list(people.values()), shown[0].maximum, unreviewed),
        ),
        "groups": (
            "Involved groups, per cent of those assessable",
            groups_figure(sessions, groups, shares, unreviewed),
        ),
    }
    waterfall = None if described is None else waterfall_figure(described)
    if waterfall is not None:
        figures["changes"] = ("Change of the total, first to last visit; outcomes.html says more", png(waterfall, 130))
    return figures


def _share(pages: Sequence[Page], group: str, session: str) -> float:
    counts = [page.involved[group] for page in pages if page.paths.session == session]
    assessable = sum(all_ for _, all_ in counts)
    return sum(hit for hit, _ in counts) / assessable if assessable else float("nan")


Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What the group level made.

    Parameters
    ----------
    cases
        Cases that were chosen, all of OUT unless labels or marks say otherwise.
    pairs
        Pairs of visits that were compared.
    excluded
        Those that a person marked ``fail``, which are in the tables but not in changes and plots.
    failed
        Chosen visits without a usable case, with the reason.
    not_comparable
        Pairs of visits that cannot be compared, with the reason.
    left_out
        Columns of ``participants.tsv`` that may identify a person and were left out.
    unusable
        Why a table of the dataset is left out of the outcomes, a sentence for each.
    """

    cases: int
    pairs: int
    excluded: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    not_comparable: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    unusable: tuple[str, ...]


def summarise(
    out: str | Path,
    dataset: str | Path | None = None,
    *,
    chosen: VisitFilter | None = None,
    parquet: bool = False,
    reports: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Put the cases of OUT together.

    Writes ``scores``, ``summary``, ``cohort`` (the summary with marks and what ``participants.tsv`` says), ``changes``
    and ``transitions`` as TSV with a JSON data dictionary each, plots into ``figures``, ``qc.html``, and the files of
    `wbmri.analysis.clinical`: change, responders, and how the score goes with the clinical measures of the dataset.

    Parameters
    ----------
    out
        Folder of the cases.
    dataset
        The BIDS dataset they came from, for ``participants.tsv``, clinical measures and the order of visits.
    chosen
        Which cases enter ``cohort``, changes, outcomes and plots; all if ``None``. ``scores``, ``summary`` and the page
        hold every case of OUT in any case, as there is one set of marks for all.
    parquet
        Whether to write the tables as Parquet, too.
    reports
        Whether to write the report of every comparison, too; takes seconds for each.
    progress
        Called with the share that is done and what is being done.

    Raises
    ------
    InputError
        If ``qc.tsv`` or ``participants.tsv`` cannot be used, a label names nobody, or pyarrow is missing.
    CaseError
        If `out` holds neither cases nor outcomes, or is something else than a dataset of wbmri.
    OSError
        If a table cannot be written, or a visit has gone meanwhile.
    """
    out = Path(out)
    check_dataset(out)
    if parquet:
        check_parquet()
    marks = {mark.name: mark for mark in read_marks(out)}
    facts = Facts() if dataset is None else read_facts(Path(dataset), {*names(SUMMARY), *names(QC)})
    chosen = chosen or VisitFilter()
    if not out.is_dir():
        raise _no_cases(out)
    # Whoever scores meanwhile waits with the tables, which would lack their case otherwise.
    with dataset_lock(out, TABLES_LOCK):
        found, unusable = _put_together(out, dataset, chosen, marks, facts, progress, parquet=parquet)
    if reports:
        _write_reports(out, found.pairs, progress)
    return Summary(
        sum(page.chosen for page in found.pages),
        sum(bool(pair.groups) for pair in found.pairs),
        tuple(page.paths.name for page in found.pages if page.chosen and page.excluded),
        tuple((paths.name, why) for paths, why in found.failed if chosen.keeps(paths)),
        tuple((_pair_name(pair), pair.row[-1]) for pair in found.pairs if not pair.groups),
        facts.left_out,
        unusable,
    )


def _no_cases(out: Path) -> CaseError:
    return CaseError(f"{out} without cases", "the OUT of 'wbmri cohort ... participant'", "score the visits first")


def _put_together(
    out: Path,
    dataset: str | Path | None,
    chosen: VisitFilter,
    marks: Mapping[str, QcMark],
    facts: Facts,
    progress: Progress,
    *,
    parquet: bool,
) -> tuple[Gathered, tuple[str, ...]]:
    """Read the cases and write everything about them but the reports of comparisons."""
    found = gather(out, chosen, marks, facts, progress)
    if not found.pages and not found.failed:
        raise _no_cases(out)
    visits = [*(page.paths for page in found.pages), *(paths for paths, _ in found.failed)]
    chosen.check(filter(chosen.keeps, visits), str(out))
    progress(0.8, "looking for outliers")
    outliers = find_outliers(found.traits)
    tables = _tables(found, outliers, facts)
    files = [
        (out / f"{name}.{ending}", content)
        for name, (columns, rows) in tables.items()
        for ending, content in _encoded(columns, rows, parquet=parquet)
    ]
    progress(0.82, "describing the outcomes")
    described, unusable = describe(found.readings, None if dataset is None else Path(dataset), facts)
    files += [] if described is None else [(out / name, content) for name, content in outcome_files(described).items()]
    progress(0.85, "drawing the plots")
    figures = cohort_figures(found, facts, described)
    files += [(out / "figures" / f"cohort_{name}.png", content) for name, (_, content) in figures.items()]
    progress(0.9, "writing the page")
    captions = dict(figures.values())
    failed = [(paths.name, why) for paths, why in found.failed]
    unreviewed = unreviewed_count(page.reviewed for page in found.pages)
    page = qc_page(_cards(found, outliers), failed, captions, columns=MARK_COLUMNS, unreviewed=unreviewed)
    files.append((out / "qc.html", page.encode()))
    write_dataset_files(out, files, about=visits)
    return found, unusable


def _tables(
    found: Gathered,
    outliers: Sequence[Outlier],
    facts: Facts,
) -> dict[str, tuple[tuple[Column, ...], list[Row]]]:
    joined = [
        (*row, page.marked or "n/a", f"{outlier.score:.2f}", *facts.cells(page.paths.participant))
        for row, page, outlier in zip(found.summary, found.pages, outliers, strict=True)
        if page.chosen
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


def _cards(found: Gathered, outliers: Sequence[Outlier]) -> list[QcCase]:
    """Return the cases as the page shows them: outliers first, among them those that nobody has marked."""

    def card(page: Page, outlier: Outlier) -> QcCase:
        mark = page.mark
        return QcCase(
            page.paths.participant,
            page.paths.session,
            page.score,
            page.facts,
            outlier.why,
            page.digest[:SHORT],
            page.marked,
            mark.reader if mark is not None else "",
            mark.note if mark is not None else "",
            page.outdated,
            _thumbnail(page.paths),
            f"sub-{page.paths.participant}/ses-{page.paths.session}/{page.paths.report.name}",
        )

    pairs = sorted(
        zip(found.pages, outliers, strict=True),
        key=lambda both: (-both[1].score if both[1].why else 0.0, both[0].marked != "", -both[1].score),
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


def _write_reports(out: Path, pairs: Sequence[Pair], progress: Progress) -> None:
    from wbmri.pipeline import compare_cases

    able = [pair for pair in pairs if pair.groups]
    for number, pair in enumerate(able):
        progress(0.9 + 0.1 * number / len(able), f"comparing {_pair_name(pair)}")
        visits = [
            read_case(CasePaths(out, pair.participant, session).reading) for session in (pair.baseline, pair.followup)
        ]
        compare_cases(visits, out)


def _pair_name(pair: Pair) -> str:
    return f"sub-{pair.participant} ses-{pair.baseline} to ses-{pair.followup}"
