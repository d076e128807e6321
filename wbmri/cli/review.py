"""``wbmri review``: the worklist, on the screen in napari or printed."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from wbmri.cli.options import AsJson
from wbmri.cli.terminal import DONE, FAILED, fail

if TYPE_CHECKING:
    from wbmri.review import Worklist, WorklistRow


def review(
    out: Annotated[Path, Argument(metavar="OUT", help="Folder of the cases.", show_default=False)],
    reader: Annotated[
        str | None,
        Option("--reader", metavar="ID", help="Who reads: letters and digits. Asked for if not given."),
    ] = None,
    blinded: Annotated[
        bool,
        Option(
            "--blinded",
            help="Hide suggestions, other readers, persons and visits until all visits are signed; random order.",
        ),
    ] = False,
    listed: Annotated[bool, Option("--list", help="Print the worklist instead of opening napari.")] = False,
    as_json: AsJson = False,
) -> int:
    """Review the cases of OUT in napari: grade by keys, correct outlines, compare visits, sign."""
    if listed or as_json:
        from wbmri.review import Mode, load_worklist

        mode = Mode.BLINDED if blinded else Mode.ASSISTED
        return _print(load_worklist(out, reader, mode=mode), as_json=as_json)
    if find_spec("napari") is None or find_spec("napari_wbmri") is None:
        from wbmri.core import InputError

        raise InputError(
            "no napari",
            "the packages of the extra 'napari'",
            "pip install 'wbmri[napari]', or print it with --list",
        )
    from napari_wbmri import launch

    launch(out, reader=reader, blinded=blinded)
    return DONE


def _print(worklist: "Worklist", *, as_json: bool) -> int:
    from wbmri.cli.display import show_json, show_table
    from wbmri.core import NOTICE

    if as_json:
        rows = [
            {
                "case": row.title,
                "participant": row.participant,
                "session": row.session,
                "status": row.status,
                "reader": row.reader,
                "total": row.total,
                "total_prorated": row.prorated,
                "involved": row.involved,
                "read": row.read,
                "groups": row.groups,
                "own": row.own,
                "readings": row.readings,
                "warnings": row.warnings,
                "open_by": row.holder.words if row.holder else None,
                "problem": row.problem,
            }
            for row in worklist.rows
        ]
        show_json({"reader": worklist.reader, "seed": worklist.seed, "cases": rows, "notice": NOTICE})
    else:
        show_table("cases", [_row(row) for row in worklist.rows], as_json=False)
    problems = [row.problem for row in worklist.rows if row.problem is not None]
    return max((fail(problem, FAILED) for problem in problems), default=DONE)


def _row(row: "WorklistRow") -> dict[str, object]:
    from wbmri.core import AUTO, UNREVIEWED

    return {
        "Case": row.title,
        "Status": row.status,
        "Reader": UNREVIEWED if row.reader == AUTO else row.reader or "",
        "Total": row.total_said,
        "Involved": "" if row.involved is None else row.involved,
        "Read": f"{row.read}/{row.groups}",
        "Own": row.own or "",
        "Warnings": len(row.warnings),
        "Open by": row.holder.reader if row.holder else "",
    }
