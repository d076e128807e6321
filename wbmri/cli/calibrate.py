"""``wbmri calibrate controls | readers``: what a site's own scans and readings say."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, Typer, echo

if TYPE_CHECKING:
    from wbmri.case import Case

app = Typer(
    no_args_is_help=True,
    help="Calibrate to a site: its level of normal muscle by healthy controls, its thresholds by its readers' grades.",
)

_Cases = Annotated[
    list[Path],
    Argument(metavar="CASES...", help="Folders of scored cases, or of many (OUT).", show_default=False),
]


@app.command()
def controls(
    cases: _Cases,
    out: Annotated[Path, Option("--out", metavar="FILE", help="The file for 'wbmri score --controls'.")],
) -> None:
    """Measure the level of normal muscle, and how much people differ, on scored scans of healthy controls."""
    from wbmri.analysis.calibration import calibrate_controls
    from wbmri.case import encode
    from wbmri.io import write_together

    made = calibrate_controls((case.participant, case.reading) for case in _cases(cases))
    write_together(out.parent, [(out, encode(made))])
    for level in made.levels:
        facts = [
            "field strength not known" if level.field_strength_t is None else f"{level.field_strength_t:g} T",
            "TE not known" if level.echo_time_ms is None else f"TE {level.echo_time_ms:g} ms",
            "TI not known" if level.inversion_time_ms is None else f"TI {level.inversion_time_ms:g} ms",
            level.manufacturer or "maker not known",
        ]
        echo(
            f"{', '.join(facts)}: normal muscle at {level.ratio:.2f} times what brain and fluid predict, "
            f"within {100 * level.spread:.0f} % (1 SD), {level.controls} controls",
        )


@app.command()
def readers(
    cases: _Cases,
    out: Annotated[Path, Option("--out", metavar="FILE.toml", help="The scheme file that is written.")],
    name: Annotated[str, Option("--name", metavar="NAME", help="Name of the scheme.")] = "site",
) -> None:
    """Fit the thresholds of the scheme to people's grades, and say how well they agree with grades left out."""
    from wbmri.analysis.calibration import calibrate_readers, graded_groups
    from wbmri.case import reading_of_record
    from wbmri.core import InputError
    from wbmri.core.scheme import scheme_toml
    from wbmri.io import write_together

    every = list(_cases(cases))
    schemes = {(case.reading.scheme.name, case.reading.scheme.version): case.reading.scheme for case in every}
    if len(schemes) != 1:
        raise InputError(
            f"readings by {len(schemes)} schemes",
            "readings by one scheme",
            "name cases that were graded by one scheme",
        )
    graded = [group for case in every for group in graded_groups(case.participant, reading_of_record(case))]
    made = calibrate_readers(next(iter(schemes.values())), graded, name)
    write_together(out.parent, [(out, scheme_toml(made.scheme).encode("utf-8"))])
    rule = made.scheme.grading
    echo(f"{made.groups} grades of {made.participants} people")
    echo(
        f"involved above {100 * rule.involved_fraction:.1f} %, extensive from {100 * rule.extensive_fraction:.0f} %, "
        f"marked above {rule.marked_ratio:g} times",
    )
    echo(f"linear weighted kappa {made.before:.2f} before, {made.after:.2f} after, on people left out of the fit")


def _cases(paths: list[Path]) -> "Iterator[Case]":
    from wbmri.case import cases_at, read_case
    from wbmri.core import InputError

    for path in paths:
        found = cases_at(path)
        if not found:
            raise InputError(f"{path}", "the folder of a scored case, or of many", "score the scans first")
        for paths_of_one in found:
            yield read_case(paths_of_one.reading)
