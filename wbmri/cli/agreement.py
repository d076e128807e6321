"""``wbmri agreement``: how far readers, repeat readings, or a reader and the program agree."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from wbmri.cli.shared_options import AsJson, SchemeFile


def agreement(
    readings: Annotated[
        list[Path],
        Argument(
            metavar="READINGS...",
            help="Reading files, folders of cases, OUT folders, or a .tsv table with participant_id, session_id, "
            "reader, label or group, and grade.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        Option("--out", metavar="DIR", help="Write report, tables and figures here.", show_default=False),
    ] = None,
    reader: Annotated[
        list[str] | None,
        Option("--reader", metavar="ID", help="Compare only these readers; repeat it. auto: program."),
    ] = None,
    before: Annotated[
        str | None,
        Option("--from", metavar="SES", help="Session before, for change. Default: the first."),
    ] = None,
    after: Annotated[
        str | None,
        Option("--to", metavar="SES", help="Session after, for change. Default: the last."),
    ] = None,
    scheme: SchemeFile = None,
    rounds: Annotated[int, Option("--rounds", min=100, help="Resamples of patients behind the intervals.")] = 1000,
    seed: Annotated[int, Option("--seed", min=0, help="Seed of the resampling.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Say how far readers agree: kappa, AC, alpha, ICC, limits of agreement, smallest detectable change."""
    from wbmri.analysis.agreement import agree, read_ratings
    from wbmri.cli.agreement_display import show_agreement
    from wbmri.core import InputError
    from wbmri.core.scheme import load_scheme
    from wbmri.io import write_together
    from wbmri.report.cohort import agreement_files

    if (before is None) != (after is None):
        raise InputError("one of --from and --to", "both or neither", "name the sessions before and after")
    found = agree(
        read_ratings(readings, readers=reader or (), scheme=load_scheme(scheme) if scheme else None),
        change=None if before is None or after is None else (before, after),
        rounds=rounds,
        seed=seed,
    )
    if out is not None:
        write_together(out, [(out / name, content) for name, content in agreement_files(found).items()])
    show_agreement(found, out, as_json=as_json)
