"""``wbmri listen``: images come in over the network, results go out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option, echo

from wbmri.cli.shared_options import Controls, Device, Engine, Out, SchemeFile

if TYPE_CHECKING:
    from wbmri.pacs import DimseTarget, StudyState


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
    worklist: Annotated[
        str | None,
        Option(
            "--worklist",
            metavar="TITLE@HOST:PORT",
            help="Ask this worklist for each new study's other patient numbers, to know the person's earlier study by.",
            show_default=False,
        ),
    ] = None,
    engine: Engine = "auto",
    device: Device = "auto",
    scheme: SchemeFile = None,
    controls: Controls = None,
) -> None:
    """Take MR studies by C-STORE, score each, compare it with the visit before, and send the results if asked."""
    from wbmri.pacs import Duty, Reception, parse_target
    from wbmri.pacs import listen as listen_on
    from wbmri.pipeline import ScoringOptions

    options = ScoringOptions.of(engine, scheme=scheme, controls=controls, device=device)
    target = None if to is None else parse_target(to, calling=title)
    earlier = _asked("--earlier-from", earlier_from, title)
    entries = _asked("--worklist", worklist, title)
    reception = Reception(tuple(allow), title, host, port, most_mb * 1_000_000)
    echo(f"Listening as {title} on {host}:{port} for {', '.join(allow)}; end with Ctrl+C.")
    try:
        listen_on(
            inbox,
            reception,
            Duty(out, options, target, quiet, earlier, entries),
            report=lambda state: echo(f"sub-{state.participant} ses-{state.session}: {_words(state)}"),
        )
    except KeyboardInterrupt:
        echo("Stopped; the next call goes on with what is in the inbox.")


def _asked(option: str, text: str | None, title: str) -> "DimseTarget | None":
    """Return who is asked; by C-FIND, which DICOMweb does not have."""
    from wbmri.core import InputError
    from wbmri.pacs import DimseTarget, parse_target

    if text is None:
        return None
    found = parse_target(text, calling=title)
    if not isinstance(found, DimseTarget):
        raise InputError(f"a DICOMweb service for {option}", "TITLE@HOST:PORT", "name its DICOM port")
    return found


def _words(state: "StudyState") -> str:
    done = "sent" if state.sent and state.comparison_sent else "scored"
    return "; ".join(filter(None, (state.problem or done, state.worklist, state.earlier, state.comparison)))
