"""``wbmri verify``: every file of every case against its manifest."""

from pathlib import Path
from typing import Annotated

from typer import Argument, echo

from wbmri.cli.shared_options import AsJson
from wbmri.cli.terminal import DONE, FAILED, shown_progress


def verify(
    out: Annotated[Path, Argument(metavar="OUT", help="Folder of the cases.", show_default=False)],
    as_json: AsJson = False,
) -> int:
    """Check every file of every case: name those that are changed, missing, foreign, or another visit's."""
    from wbmri.case import verify as verify_cases
    from wbmri.cli.display import show_json
    from wbmri.core import printable

    with shown_progress() as progress:
        found = verify_cases(out, progress)
    if as_json:
        show_json(found)
    else:
        for finding in found.findings:
            echo(printable(f"{finding.fault:8} {finding.file}: {finding.explanation}"))
        for name in found.without_manifest:
            echo(f"unknown  {name}: written by a former version, which kept no manifest; nothing can be said of it")
        checked = f"{_count(found.cases, 'case')}, {_count(found.files, 'file')} checked"
        wrong = f"{len(found.findings)} not as written" if found.findings else "all as written"
        echo(f"{checked}: {wrong}" if found.files else checked)
    return FAILED if found.findings else DONE


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
