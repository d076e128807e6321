"""The report of a cohort's outcomes, and all files that belong to it."""

from wbmri.agreement import written
from wbmri.case import encode
from wbmri.outcomes import Outcomes, outcome_tables
from wbmri.report.outcome_figures import correlation_figure, waterfall_figure
from wbmri.report.page import markup, render
from wbmri.report.vector import inline_svg, pdf, svg


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
        found=found,
        figures={
            name: markup(inline_svg(drawings[name], title)) if name in drawings else None
            for name, title in titles.items()
        },
        written=written,
    )
