"""``wbmri send``: what an export wrote, to an archive."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, echo

from wbmri.cli.shared_options import AsJson
from wbmri.cli.terminal import DONE, FAILED, fail, shown_progress


def send(
    objects: Annotated[
        list[Path],
        Argument(
            metavar="EXPORT...",
            help="DICOM files, or folders with some, such as 'wbmri export' writes.",
            show_default=False,
        ),
    ],
    to: Annotated[
        str,
        Option(
            "--to",
            metavar="TARGET",
            help="TITLE@HOST:PORT for C-STORE, or the http(s) address of a DICOMweb service for STOW-RS.",
            show_default=False,
        ),
    ],
    calling: Annotated[str, Option("--calling", metavar="TITLE", help="Title that wbmri calls itself by.")] = "WBMRI",
    authority: Annotated[
        Path | None,
        Option("--tls-ca", metavar="PEM", help="Certificates that vouch for the archive; C-STORE then uses TLS."),
    ] = None,
    certificate: Annotated[
        Path | None,
        Option("--tls-cert", metavar="PEM", help="Certificate of wbmri, for an archive that asks for one."),
    ] = None,
    key: Annotated[Path | None, Option("--tls-key", metavar="PEM", help="Its key.")] = None,
    commit: Annotated[
        bool,
        Option("--commit", help="Ask the archive whether it keeps what it took (storage commitment), and wait."),
    ] = False,
    commit_port: Annotated[
        int | None,
        Option(
            "--commit-port",
            min=1,
            max=65535,
            help="With --commit: port for an archive that answers over a connection of its own, as most do.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Send DICOM objects to an archive, by C-STORE or STOW-RS."""
    from wbmri.cli.display import show_json
    from wbmri.pacs import confirm_kept, parse_target, send_objects

    target = parse_target(to, calling=calling, authority=authority, certificate=certificate, key=key)
    with shown_progress() as progress:
        sent = send_objects(objects, target, progress=progress)
        taken = sum(not one.problem for one in sent)
        if commit:
            progress(1.0, "waiting for the archive's word")
            sent = confirm_kept(sent, target, port=commit_port)
    failed = [one for one in sent if one.problem]
    if as_json:
        show_json([{"file": str(one.path), "problem": one.problem or None} for one in sent])
    else:
        echo(f"{taken} of {len(sent)} objects are in the archive.")
        if commit:
            echo(f"It promised to keep {len(sent) - len(failed)}.")
    return max((fail(f"{one.path.name}: {one.problem}", FAILED) for one in failed), default=DONE)
