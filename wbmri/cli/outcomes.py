"""``wbmri outcomes``: what became of a cohort, and how its score goes with clinical measures."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from wbmri.cli.shared_options import AsJson


def outcomes(
    cases: Annotated[Path, Argument(metavar="OUT", help="Folder of cases.", show_default=False)],
    clinical: Annotated[
        list[Path] | None,
        Option(
            "--clinical",
            metavar="FILE",
            help="participants.tsv, sessions.tsv, or a table with both ids; repeat it.",
        ),
    ] = None,
    sdc: Annotated[
        Path | None,
        Option("--sdc", metavar="FILE", help="Smallest detectable change, from 'wbmri agreement --out'."),
    ] = None,
    fall: Annotated[
        float | None,
        Option("--least-fall", min=0, max=100, help="Per cent of the total by which responders fall (usually 50)."),
    ] = None,
    out: Annotated[
        Path | None,
        Option("--out", metavar="DIR", help="Write report, tables and figures here.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Describe the change of a cohort, its responders, and correlation with clinical measures."""
    from wbmri.analysis.agreement import written
    from wbmri.analysis.clinical import outcomes as describe
    from wbmri.analysis.clinical import read_cohort
    from wbmri.analysis.comparison import ResponseRule
    from wbmri.case import read_detectable_change
    from wbmri.cli.display import show_json, show_table
    from wbmri.core import NOTICE
    from wbmri.io import write_together
    from wbmri.report.cohort import outcome_files

    found = describe(
        read_cohort(cases, clinical or ()),
        rule=ResponseRule.asked(fall, None),
        detectable=read_detectable_change(sdc) if sdc else None,
    )
    if out is not None:
        write_together(out, [(out / name, content) for name, content in outcome_files(found).items()])
    if as_json:
        show_json(found)
        return
    known = sum(person.delta is not None for person in found.persons)
    echo(f"{found.people} people, {found.visits} visits; change known of {known}")
    echo(f"{found.rule} " + ", ".join(f"{count} {response}" for response, count in found.responses.items()))
    echo(f"Standardised response mean: {written(found.srm)}")
    if found.correlations:
        rows = [
            {
                "Clinical measure": one.name,
                "Values": one.measure,
                "Spearman": written(one.rho),
                "Compared": one.units,
                "People": one.patients,
                "Missing": one.without_measure + one.without_score,
            }
            for one in found.correlations
        ]
        show_table("correlations", rows, as_json=False)
    for caution in found.cautions:
        echo(f"Caution: {caution}")
    if out is not None:
        echo(f"Report: {out / 'outcomes.html'}")
    echo(f"{NOTICE} {found.unreviewed}".strip())
