"""``wbmri review``: the worklist, on the screen in napari or printed."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from wbmri.cli.shared_options import AsJson
from wbmri.cli.terminal import DONE, FAILED, fail

if TYPE_CHECKING:
    from wbmri.review import ReadingTime, Worklist, WorklistRow


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
    times: Annotated[bool, Option("--times", help="Print how long each reading took, for the study's lead.")] = False,
    unblinded: Annotated[
        str | None,
        Option(
            "--unblind",
            metavar="LABEL",
            help="Show what is hidden of this person in signed readings, of --reader or of all, before all visits are.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Review the cases of OUT in napari: grade by keys, correct outlines, compare visits, sign."""
    if unblinded is not None:
        from wbmri.review import unblind

        path = unblind(out, unblinded.removeprefix("sub-"), reader)
        print(f"sub-{unblinded.removeprefix('sub-')} is unblinded for {reader or 'every reader'}: {path}")  # noqa: T201
        return DONE
    if times:
        from wbmri.review import reading_times

        return _print_times(reading_times(out), as_json=as_json)
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


def _print_times(times: "Sequence[ReadingTime]", *, as_json: bool) -> int:
    from wbmri.cli.display import show_json, show_table

    if as_json:
        show_json({"readings": [asdict(one) for one in times]})
    elif times:
        show_table("readings", [_time_row(one) for one in times], as_json=False)
    else:
        print("Nothing was read here.")  # noqa: T201
    return DONE


def _time_row(time: "ReadingTime") -> dict[str, object]:
    return {
        "Case": time.case,
        "Reader": time.reader if time.run == 1 else f"{time.reader}, run {time.run}",
        "Mode": time.mode,
        "Signed": time.signed,
        "Groups": time.decided,
        "Minutes": f"{time.seconds / 60:.1f}",
        "Median s a group": "" if time.median_seconds is None else time.median_seconds,
        "Changed": time.changed,
        "Outlines": time.corrected,
        "Sittings": time.sittings,
    }


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
