"""The program ``wbmri``: its commands, each from the module of its name."""

from typing import Annotated

from typer import Exit, Option, Typer, echo

from wbmri import __version__
from wbmri.cli import atlas, calibrate
from wbmri.cli.agreement import agreement
from wbmri.cli.cohort import BidsCommand, cohort
from wbmri.cli.compare import compare
from wbmri.cli.demo import demo
from wbmri.cli.export import export
from wbmri.cli.inspect import inspect
from wbmri.cli.listen import listen
from wbmri.cli.listings import engines, schemes
from wbmri.cli.outcomes import outcomes
from wbmri.cli.review import review
from wbmri.cli.score import score
from wbmri.cli.send import send
from wbmri.cli.train import train
from wbmri.cli.verify import verify

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


for command in (
    demo,
    inspect,
    score,
    engines,
    schemes,
    agreement,
    outcomes,
    compare,
    review,
    export,
    send,
    listen,
    verify,
):
    app.command()(command)
app.command(cls=BidsCommand)(cohort)
app.command()(train)
