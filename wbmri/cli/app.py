"""The commands and their options; what they do lies in the layers below."""

from pathlib import Path
from typing import Annotated

from typer import Exit, Option, Typer, echo

from wbmri import __version__
from wbmri.cli import atlas, calibrate
from wbmri.cli.agreement import agreement
from wbmri.cli.cohort import BidsCommand, cohort
from wbmri.cli.compare import compare
from wbmri.cli.exit_code import DONE, UNUSABLE, fail, left_out_code
from wbmri.cli.options import (
    AsJson,
    Controls,
    Engine,
    Fusion,
    Inputs,
    Labels,
    Mappings,
    Out,
    Participant,
    PostContrast,
    SchemeFile,
    Series,
    Session,
)
from wbmri.cli.outcomes import outcomes
from wbmri.cli.progress import shown_progress
from wbmri.cli.review import review
from wbmri.cli.train import train

app = Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A muscle oedema score from whole-body STIR MRI: 42 muscle groups, graded 0-2 with evidence. "
    "Research software, not a medical device: the human grade is the score of record.",
)
app.add_typer(atlas.app, name="atlas")
app.add_typer(calibrate.app, name="calibrate")


def _print_version(wanted: bool) -> None:
    if wanted:
        echo(f"wbmri {__version__}")
        raise Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
    debug: Annotated[bool, Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options that stand before a command; `wbmri.cli.main` has read --debug already."""


@app.command()
def demo(out: Out = Path("wbmri-demo"), as_json: AsJson = False) -> int:
    """Score the sample baseline and six-month scans and compare them."""
    from wbmri.cli.display import show_comparison
    from wbmri.cli.sample import sample_images
    from wbmri.pipeline import compare_visits

    with shown_progress() as progress:
        compared = compare_visits(
            (sample_images("baseline"), sample_images("month6")),
            out,
            participant="sample",
            sessions=("baseline", "month6"),
            progress=progress,
        )
    show_comparison(compared, as_json=as_json, with_readings=True)
    return left_out_code(compared.left_out)


@app.command()
def inspect(inputs: Inputs, as_json: AsJson = False) -> int:
    """Say what lies in here: series, stations, geometry, sequence, and what is wrong; of cases, how good they are."""
    from wbmri.case import cases_at, read_case
    from wbmri.cli.display import show_cases, show_inspection
    from wbmri.io import inspect as inspect_inputs

    if len(inputs) == 1 and (found := cases_at(inputs[0])):
        show_cases([read_case(paths.reading) for paths in found], as_json=as_json)
        return DONE
    with shown_progress() as progress:
        inspection = inspect_inputs(inputs, progress=progress)
    show_inspection(inspection, as_json=as_json)
    return fail(inspection.error, UNUSABLE) if inspection.error else DONE


@app.command()
def score(
    inputs: Inputs,
    out: Out,
    sub: Participant = None,
    ses: Session = None,
    engine: Engine = "auto",
    labels: Labels = None,
    mapping: Mappings = None,
    fusion: Fusion = "vote",
    scheme: SchemeFile = None,
    series: Series = None,
    controls: Controls = None,
    post_contrast: PostContrast = False,
    as_json: AsJson = False,
) -> int:
    """Score one visit: images in, a complete case with its report out."""
    from wbmri.cli.display import show_scored
    from wbmri.pipeline import score as score_visit

    with shown_progress() as progress:
        scored = score_visit(
            inputs,
            out,
            participant=sub,
            session=ses,
            engine=engine,
            labels=labels,
            mapping=mapping,
            fusion=fusion,
            scheme=scheme,
            series=series,
            controls=controls,
            post_contrast=post_contrast,
            progress=progress,
        )
    show_scored(scored, as_json=as_json)
    return left_out_code(scored.left_out)


@app.command()
def engines(as_json: AsJson = False) -> None:
    """List the segmentation engines, what each needs and the licence of its weights."""
    from wbmri.cli.display import show_table
    from wbmri.segmentation import engines as all_engines

    rows = [
        {
            "name": info.name,
            "available": info.available,
            "needs": info.needs,
            "description": info.description,
            "licence": info.licence,
        }
        for info in all_engines()
    ]
    show_table("engines", rows, as_json=as_json)


@app.command()
def schemes(as_json: AsJson = False) -> None:
    """List the grading schemes of the package."""
    from wbmri.cli.display import show_table
    from wbmri.core.scheme import builtin_schemes, load_scheme

    found = [load_scheme(name) for name in builtin_schemes()]
    rows = [
        {
            "name": scheme.name,
            "version": scheme.version,
            "groups": len(scheme.groups),
            "maximum": scheme.maximum,
            "title": scheme.title,
        }
        for scheme in found
    ]
    show_table("schemes", rows, as_json=as_json)


app.command()(agreement)
app.command()(outcomes)
app.command()(compare)
app.command()(review)
app.command(cls=BidsCommand)(cohort)
app.command()(train)
