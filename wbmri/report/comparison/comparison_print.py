"""The report of two visits of one person for print: A4 pages with vector text."""

from collections.abc import Iterator, Sequence

from wbmri.analysis.comparison import Transition
from wbmri.core import NOTICE, unreviewed_sentence
from wbmri.report.comparison.comparison_findings import Findings
from wbmri.report.comparison.figures import Drawing
from wbmri.report.figures import (
    CHANGE_FILL,
    CHANGE_TEXT,
    INK,
    SOFT,
    fill_of,
    mark_of,
    style,
    text_of,
)
from wbmri.report.page import acquisition_facts, reading_facts, step_parameters
from wbmri.report.print_pages import MARGIN, PrintPages, draw_chip


def comparison_pdf(found: Findings, drawn: Sequence[Drawing]) -> bytes:
    """Write the report of two visits as a PDF.

    Parameters
    ----------
    found
        All that the report shows.
    drawn
        Its drawings, each of which becomes a page.

    Returns
    -------
    bytes
        A PDF of A4 pages; equal input gives equal bytes.
    """
    with style("report"):
        pages = PrintPages(found.title, unreviewed_sentence(found.unreviewed))
        _summary(pages, found)
        for drawing in drawn:
            pages.insert(drawing.sheet, drawing.title)
        _groups(pages, found)
        _method(pages, found)
        return pages.saved()


def _signed(value: float, digits: int = 0) -> str:
    text = f"{value:+.{digits}f}" if value else "0"
    return text.replace("-", "−")


def _summary(pages: PrintPages, found: Findings) -> None:
    comparison = found.comparison
    before, after = comparison.before, comparison.after
    pages.turn()
    pages.line("Change of muscle oedema on whole-body STIR", 15, fontweight="bold")
    pages.y += 1
    pages.line(f"sub-{found.participant}   {found.names[0]} (A) to {found.names[1]} (B), {found.interval.words}", 11)
    pages.y += 1
    pages.line(f"{NOTICE} {pages.unreviewed}".strip(), 9, fontweight="bold", color="#8f1d14")
    if comparison.protocol_differences:
        differ = "; ".join(comparison.protocol_differences)
        pages.line(f"Compared across different protocols: {differ}.", 9, fontweight="bold", color="#8f1d14")
    pages.y += 5
    if comparison.undecided:
        pages.line(" → ".join(reading.score.said for reading in found.readings), 22, fontweight="bold")
    else:
        totals = f"{before.total}/{before.max_assessable} → {after.total}/{after.max_assessable}"
        pages.line(totals, 30, fontweight="bold")
    pages.y += 2
    if comparison.delta is None:
        pages.line(f"No change of the total, {comparison.no_delta}.", 10)
    else:
        percent = comparison.delta_percent
        share = "" if percent is None else f" ({_signed(percent, 1)} % of baseline)"
        pages.line(f"total: {_signed(comparison.delta)} points{share}", 10)
    pages.line(
        f"groups involved: {before.involved} → {after.involved} of {before.assessable}; "
        f"of grade 2: {before.grade2} → {after.grade2}",
        10,
    )
    pages.y += 2
    pages.line(found.detectable_words)
    pages.line(f"Response: {found.response_words}")
    pages.y += 4
    names = found.names
    transitions = [
        ("Transition", "Groups"),
        *((str(name), str(count)) for name, count in comparison.transitions.items()),
    ]
    # It stands beside another table, whose rows are not its own: each number says which visit it belongs to.
    matrix = [
        ("Grade", "0 in B", "1 in B", "2 in B"),
        *((f"{k} in A", *map(str, row)) for k, row in enumerate(comparison.matrix)),
    ]
    sums = [("Sums", *names, "Change")] + [
        (
            name,
            f"{first.total}/{first.max_assessable}",
            f"{second.total}/{second.max_assessable}",
            _signed(second.total - first.total),
        )
        for name, first, second in found.subtotals
    ]
    ends = [
        pages.rows(MARGIN, (30, 12), transitions),
        pages.rows(MARGIN + 51, (10, 11, 11, 11), matrix),
        pages.rows(MARGIN + 103, (23, 20, 20, 14), sums),
    ]
    pages.y = max(ends) + 2
    pages.line("Every sum counts only the groups that were assessable at both visits.", 7, color=SOFT)
    pages.heading("Beside the score: fascia, subcutis (0 or 1 each) and calcinosis")
    soft = comparison.soft_tissue
    rows = [("Sign", *names, "Change"), *((what, *said, change) for what, said, change in soft.rows)]
    pages.y = pages.rows(MARGIN, (40, 45, 45, 45), rows) + 2
    if found.cautions:
        pages.heading("Before relying on this change")
        for caution in found.cautions:
            pages.line(f"• {caution}")


def _groups(pages: PrintPages, found: Findings) -> None:
    pages.turn("Muscle groups")
    axes = pages.plane()
    columns = (72.0, 135.0)
    for x, side in zip(columns, ("right", "left"), strict=True):
        axes.text(x, pages.y + 4, f"patient’s {side}: A, B, change", fontsize=8, fontweight="bold", color=INK)
    pages.y += 6
    for sides in pages.pairs(axes, found.comparison.baseline.scheme, found.comparison.by_group()):
        for x, (_, change) in zip(columns, sides, strict=True):
            for place, grade in enumerate((change.baseline, change.followup)):
                draw_chip(axes, x + 9 * place, pages.y, mark_of(grade), fill_of(grade), text_of(grade))
            if change.delta is not None and change.transition is not Transition.SAME:
                mark, fill = _signed(change.delta), CHANGE_FILL[change.transition]
                draw_chip(axes, x + 20, pages.y, mark, fill, CHANGE_TEXT[change.transition])
            words = f"{change.transition} {found.marks_of(change.label)}"
            axes.text(x + 30, pages.y, words, fontsize=8, color=INK)
    pages.line(
        "≈ Shares of oedema that do not tell the grades apart. ‡ Outlines that do not lie in the same place.",
        7,
        color=SOFT,
    )


def _method(pages: PrintPages, found: Findings) -> None:
    scheme = found.comparison.baseline.scheme
    pages.turn("Method")
    anchors = "; ".join(f"grade {grade}: {words}" for grade, words in enumerate(scheme.anchors))
    pages.line(f"Scheme {scheme.name} {scheme.version}: {scheme.title}. {anchors}.")
    for name, reading in zip(found.names, found.readings, strict=True):
        pages.heading(name)
        for what, known in {**reading_facts(reading), **acquisition_facts(reading.acquisition)}.items():
            pages.line(f"{what}: {known}")
    for name, words in _provenance(found):
        pages.heading(name)
        for line in words:
            pages.line(line, 6.5, color=SOFT)


def _provenance(found: Findings) -> Iterator[tuple[str, list[str]]]:
    for name, reading in zip(found.names, found.readings, strict=True):
        yield (
            f"{name}: every processing step, its parameters shortened; the reading file has them in full",
            [f"{step.name} {step_parameters(step)}" for step in reading.provenance],
        )
    if found.correspondence is not None:
        step = found.correspondence.forth.step
        yield "Both visits laid over each other", [f"{step.name} {step_parameters(step)}"]
