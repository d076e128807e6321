"""What ``wbmri agreement`` prints."""

from pathlib import Path

from typer import echo

from wbmri.analysis.agreement import (
    COEFFICIENTS,
    Agreement,
    LevelKind,
    Measure,
    coefficients_written,
    is_program,
    sets_of,
    written,
)
from wbmri.cli.display import show_json, show_table
from wbmri.core import NOTICE, unreviewed_sentence


def show_agreement(agreement: Agreement, out: Path | None, *, as_json: bool) -> None:
    """Write the analysis, without the single groups, or all of it as JSON."""
    if as_json:
        show_json(agreement)
        return
    overall = agreement.overall
    echo(f"{', '.join(overall.readers)}: {overall.visits} visits of {overall.patients} patients, {agreement.scheme}")
    show_table("grades", _grade_rows(agreement), as_json=False)
    echo(f"Change: {agreement.change}")
    show_table("scores", _score_rows(agreement), as_json=False)
    if agreement.changes:
        show_table("changes", _change_rows(agreement), as_json=False)
    for caution in agreement.cautions:
        echo(f"Caution: {caution}")
    if out is not None:
        echo(f"Report: {out / 'agreement.html'}")
    echo(f"{NOTICE} {unreviewed_sentence(filter(is_program, agreement.readers))}".strip())


def _grade_rows(agreement: Agreement) -> list[dict[str, object]]:
    return [
        {"Groups": entry.level.name, **dict(zip(COEFFICIENTS.values(), coefficients_written(entry), strict=True))}
        for entry in agreement.overall.grades
        if entry.level.kind is not LevelKind.GROUP
    ]


def _score_rows(agreement: Agreement) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for found in sets_of(agreement):
        for measure in Measure:
            score = found.score(measure)
            rows.append(
                {
                    "Total by": ", ".join(found.readers),
                    "Measure": measure,
                    "Compared": score.units,
                    "ICC(2,1)": written(score.icc_2_1),
                    "ICC(3,1)": written(score.icc_3_1),
                    "Bias": "n/a" if score.limits is None else written(score.limits.bias, digits=1),
                    "SDC 95 %": written(score.detectable95, digits=1),
                    "SDC 80 %": written(score.detectable80, digits=1),
                },
            )
    return rows


def _change_rows(agreement: Agreement) -> list[dict[str, object]]:
    return [
        {
            "Change by": one.reader,
            "Patients": one.patients,
            "Mean": "n/a" if one.mean is None else f"{one.mean:.1f}",
            "SRM": written(one.srm),
            "Fell, same, rose": f"{one.fell}, {one.same}, {one.rose}",
            "Sign test, p": "n/a" if one.sign_p is None else f"{one.sign_p:.3g}",
            "Wilcoxon, p": "n/a" if one.signed_rank_p is None else f"{one.signed_rank_p:.3g}",
        }
        for one in agreement.changes
    ]
