"""``wbmri listen``: images come in over the network, results go out."""

from pathlib import Path
from typing import Annotated

from typer import Option, echo

from wbmri.cli.options import Controls, Device, Engine, Out, SchemeFile


def listen(
    inbox: Annotated[
        Path,
        Option("--inbox", metavar="DIR", help="Folder for what comes, with the patients' identifiers."),
    ],
    out: Out,
    allow: Annotated[
        list[str],
        Option("--allow", metavar="TITLE", help="Title of an archive or scanner that may send; repeat it."),
    ],
    title: Annotated[str, Option("--title", metavar="TITLE", help="Title of this program.")] = "WBMRI",
    host: Annotated[
        str,
        Option("--host", metavar="ADDRESS", help="Address to listen on. Default: only this computer can reach it."),
    ] = "127.0.0.1",
    port: Annotated[int, Option("--port", min=0, max=65535, help="Port to listen on.")] = 11112,
    quiet: Annotated[
        float,
        Option("--quiet", metavar="SECONDS", min=0.0, help="A study is complete when nothing came for so long."),
    ] = 60.0,
    most_mb: Annotated[int, Option("--most-mb", min=1, help="Largest object in MB.")] = 500,
    to: Annotated[
        str | None,
        Option("--to", metavar="TARGET", help="Send the results there, see 'wbmri send'.", show_default=False),
    ] = None,
    earlier_from: Annotated[
        str | None,
        Option(
            "--earlier-from",
            metavar="TITLE@HOST:PORT",
            help="Have this archive send a new patient's last MR study before the one that came, and score it, too.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = "auto",
    device: Device = "auto",
    scheme: SchemeFile = None,
    controls: Controls = None,
) -> None:
    """Take MR studies by C-STORE, score each when it is complete, and send the results if --to names an archive."""
    from wbmri.core import InputError
    from wbmri.pacs import Duty, Reception, WebTarget, parse_target
    from wbmri.pacs import listen as listen_on
    from wbmri.pipeline import ScoringOptions

    options = ScoringOptions.of(engine, scheme=scheme, controls=controls, device=device)
    target = None if to is None else parse_target(to, calling=title)
    earlier = None if earlier_from is None else parse_target(earlier_from, calling=title)
    if isinstance(earlier, WebTarget):
        raise InputError("a DICOMweb service for --earlier-from", "TITLE@HOST:PORT", "name the archive's DICOM port")
    reception = Reception(tuple(allow), title, host, port, most_mb * 1_000_000)
    echo(f"Listening as {title} on {host}:{port} for {', '.join(allow)}; end with Ctrl+C.")
    try:
        listen_on(
            inbox,
            reception,
            Duty(out, options, target, quiet, earlier),
            report=lambda state: echo(
                f"sub-{state.participant} ses-{state.session}: {state.problem or ('sent' if state.sent else 'scored')}"
                f"{f'; {state.earlier}' if state.earlier else ''}"
            ),
        )
    except KeyboardInterrupt:
        echo("Stopped; the next call goes on with what is in the inbox.")
