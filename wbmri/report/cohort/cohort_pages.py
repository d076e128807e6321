"""The page on which a person looks through a cohort, and the report of what became of it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wbmri.analysis.agreement import written
from wbmri.analysis.clinical import Outcomes, outcome_tables
from wbmri.case import encode
from wbmri.report.cohort.cohort_figures import correlation_figure, waterfall_figure
from wbmri.report.figures import inline_svg, pdf, svg
from wbmri.report.page import markup, render


@dataclass(frozen=True, slots=True)
class QcCase:
    """What the page shows of one case.

    Parameters
    ----------
    participant, session
        BIDS labels.
    score
        Total and involved groups in words.
    facts
        What else is worth a glance, one short sentence each.
    unusual
        What sets it apart from the other cases.
    reading
        Beginning of the SHA-256 of its reading, to which a mark belongs.
    mark, reader, note
        What a person said of it, and who; empty for nothing.
    outdated
        A mark that was set for another reading of the visit; empty if there is none.
    thumbnail
        PNG, or None.
    report
        Its report, relative to the page.
    """

    participant: str
    session: str
    score: str
    facts: tuple[str, ...]
    unusual: tuple[str, ...]
    reading: str
    mark: str
    reader: str
    note: str
    outdated: str
    thumbnail: bytes | None
    report: str

    @property
    def name(self) -> str:
        """``sub-X ses-Y``."""
        return f"sub-{self.participant} ses-{self.session}"

    @property
    def picture(self) -> str:
        """The thumbnail in base64; empty if there is none."""
        return "" if self.thumbnail is None else b64encode(self.thumbnail).decode()


def qc_page(
    cases: Sequence[QcCase],
    failed: Sequence[tuple[str, str]],
    figures: Mapping[str, bytes],
    *,
    columns: Sequence[str],
    unreviewed: str = "",
) -> str:
    """Write the page.

    Parameters
    ----------
    cases
        In the order in which they should be looked at.
    failed
        Visits without a usable case, with the reason.
    figures
        Caption to PNG.
    columns
        Columns of the table that the page saves: participant, session, mark, reading, reader and note.
    unreviewed
        How many of the cases no person has signed, in a sentence.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside but the reports of the cases. Equal input gives an
        equal document.
    """
    return render(
        "qc.html.j2",
        "Quality of a cohort: muscle oedema on whole-body STIR",
        unreviewed=unreviewed,
        cases=cases,
        failed=failed,
        figures=[(caption, b64encode(figure).decode()) for caption, figure in figures.items()],
        columns=markup(repr(list(columns))),
        unusual=sum(bool(case.unusual) for case in cases),
        marked={word: sum(case.mark == word for case in cases) for word in ("pass", "fail", "")},
    )


def outcome_files(found: Outcomes) -> dict[str, bytes]:
    """Return every file of a cohort's outcomes by name: JSON, tables, figures (SVG and PDF) and the report.

    Equal outcomes give equal bytes.
    """
    drawn = {
        name: figure
        for name, draw in (("outcomes_change", waterfall_figure), ("outcomes_correlations", correlation_figure))
        if (figure := draw(found)) is not None
    }
    drawings = {name: svg(figure, name) for name, figure in drawn.items()}
    return {
        **outcome_tables(found),
        **{f"{name}.svg": drawing for name, drawing in drawings.items()},
        **{f"{name}.pdf": pdf(figure) for name, figure in drawn.items()},
        "outcomes.html": _report(found, drawings).encode(),
        "outcomes.json": encode(found),
    }


def _report(found: Outcomes, drawings: dict[str, bytes]) -> str:
    titles = {
        "outcomes_change": "Change of every person's total",
        "outcomes_correlations": "Total against clinical measures",
    }
    return render(
        "outcomes.html.j2",
        "Outcomes of a cohort",
        unreviewed=found.unreviewed,
        found=found,
        figures={
            name: markup(inline_svg(drawings[name], title)) if name in drawings else None
            for name, title in titles.items()
        },
        written=written,
    )
