"""The report of an analysis of agreement, and all files that belong to it."""

from wbmri.analysis.agreement import (
    COEFFICIENTS,
    Agreement,
    Measure,
    agreement_tables,
    coefficients_written,
    detectable_change,
    is_program,
    sets_of,
    written,
)
from wbmri.analysis.statistics import Estimate
from wbmri.case import encode
from wbmri.core import unreviewed_sentence
from wbmri.report.cohort.agreement_figures import FIGURES
from wbmri.report.figures import SOFT, inline_svg, pdf, style, svg
from wbmri.report.page import markup, render

GRADES_OF_ICC = ((0.5, "poor"), (0.75, "moderate"), (0.9, "good"), (1.0, "excellent"))
"""Upper ends of what an ICC is called (Koo and Li 2016, J Chiropr Med 15:155)."""

_TITLES = {
    "agreement_bland-altman": "Differences of totals against their mean",
    "agreement_groups": "Agreement of each muscle group",
    "agreement_confusion": "Gradings by both readers' grades",
}


def agreement_files(agreement: Agreement) -> dict[str, bytes]:
    """Return every file of an analysis by name: JSON, tables, figures (SVG and PDF), the report, and ``sdc.json``.

    Equal analyses give equal bytes.
    """
    drawn = {name: figure for name, draw in FIGURES.items() if (figure := draw(agreement)) is not None}
    with style():
        for figure in drawn.values():
            figure.text(0.005, 0.006, _unreviewed(agreement), fontsize=6.5, color=SOFT)
    drawings = {name: svg(figure, name) for name, figure in drawn.items()}
    detectable = detectable_change(agreement)
    return {
        **agreement_tables(agreement),
        **{f"{name}.svg": drawing for name, drawing in drawings.items()},
        **{f"{name}.pdf": pdf(figure) for name, figure in drawn.items()},
        **({} if detectable is None else {"sdc.json": encode(detectable)}),
        "agreement.html": agreement_report(agreement, drawings).encode(),
        "agreement.json": encode(agreement),
    }


def agreement_report(agreement: Agreement, drawings: dict[str, bytes]) -> str:
    """Write the report of an analysis of agreement.

    Parameters
    ----------
    agreement
        What was found.
    drawings
        Its figures by name, SVG.

    Returns
    -------
    str
        A complete HTML document that refers to nothing outside itself and needs no script.
    """
    return render(
        "agreement.html.j2",
        "Agreement of readers on muscle oedema",
        unreviewed=_unreviewed(agreement),
        agreement=agreement,
        sets=sets_of(agreement),
        status=agreement.overall.score(Measure.STATUS),
        change=agreement.overall.score(Measure.CHANGE),
        coefficients=tuple(COEFFICIENTS.values()),
        coefficients_of=coefficients_written,
        figures={
            name: markup(inline_svg(drawings[name], title)) if name in drawings else None
            for name, title in _TITLES.items()
        },
        written=written,
        figure=_figure,
        ends=_ends,
        called=_called,
        p_value=_p_value,
        method=_method(agreement),
    )


def _unreviewed(agreement: Agreement) -> str:
    return unreviewed_sentence(filter(is_program, agreement.readers))


def _figure(number: float | None, digits: int = 2) -> str:
    return "n/a" if number is None else f"{number:.{digits}f}".replace("-", "−")


def _ends(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "not given"
    return f"{_figure(estimate.low)} to {_figure(estimate.high)}"


def _p_value(number: float | None) -> str:
    if number is None:
        return "n/a"
    return "< 0.001" if number < 0.001 else f"{number:.3f}"


def _called(estimate: Estimate) -> str:
    """Say what an ICC is called, by the ends of its interval."""
    if estimate.low is None or estimate.high is None:
        return "cannot be judged without an interval"
    names = [next(name for end, name in GRADES_OF_ICC if value <= end) for value in (estimate.low, estimate.high)]
    return names[0] if names[0] == names[1] else f"{names[0]} to {names[1]}"


def _method(agreement: Agreement) -> dict[str, str]:
    many = len(agreement.overall.readers) > 2
    return {
        "Weighted kappa": "Cohen 1968; weights linear, 1 − d/2, and quadratic, 1 − (d/2)², for grades d apart"
        + ("; mean over the pairs of readers (Light 1971)" if many else ""),
        "Gwet AC1, AC2": "Gwet 2008 and 2014, three categories; AC2 with quadratic weights",
        "Krippendorff alpha": "Krippendorff 2011, ordinal distances",
        "ICC": "Shrout and Fleiss 1979: (2,1) two-way random effects, absolute agreement, single scores; (3,1) two-way "
        "mixed effects, consistency, single scores",
        "Limits of agreement": "Bland and Altman 1986: bias ± 1.96 SD; intervals by the t distribution where each "
        "patient counts once, else by resampling",
        "Smallest detectable change": agreement.overall.score(Measure.CHANGE).detectable_formula
        + ". For status: "
        + agreement.overall.score(Measure.STATUS).detectable_formula,
        "SRM": "standardised response mean, mean change / SD of change (Liang, Fossel and Larson 1990)",
        "Tests of change": "exact sign test; Wilcoxon signed-rank test, exact up to 50 changes; zeros left out; no "
        "p-value for fewer than two changes",
        "Intervals": f"95 %, percentiles of {agreement.rounds} resamples of patients with all their groups and visits, "
        f"seed {agreement.seed}",
        "Missing": "grades are compared where two readers gave one; sums count the groups that all compared readers "
        "graded, for change at both visits; a visit with too few such groups has no total",
    }
