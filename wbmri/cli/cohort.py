"""``wbmri cohort BIDS_DIR OUT participant|group``: many visits to cases, many cases to tables and pages."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from typer.core import TyperCommand

from wbmri.cli.shared_options import (
    AsJson,
    Controls,
    Device,
    Engine,
    Fusion,
    Mappings,
    PostContrast,
    SchemeFile,
    Series,
)

_MANY = ("--participant-label", "--session-label")


class BidsCommand(TyperCommand):
    """Takes several labels after one option, as BIDS Apps do: ``OUT participant --participant-label 01 02``."""

    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]  # the types are typer's own
        """Repeat the option before each of its labels, once all arguments have been given."""
        spread: list[str] = []
        option: str | None = None
        for place, argument in enumerate(args):
            if argument.startswith("-"):
                # The specification of BIDS Apps spells it with an underscore.
                name, equals, value = argument.partition("=")
                name = name.replace("_label", "-label")
                option = name if name in _MANY else None
                spread.append(f"{name}{equals}{value}")
            elif option is not None and spread[-1] != option and _complete(args[:place]):
                spread += [option, argument]
            else:
                spread.append(argument)
        return super().parse_args(ctx, spread)


def _complete(args: Sequence[str]) -> bool:
    return any(level.value in args for level in Level)


class Level(StrEnum):
    """The two levels of a BIDS App."""

    PARTICIPANT = "participant"
    GROUP = "group"


class Mark(StrEnum):
    """What a person may say of a case on the QC page."""

    PASS = "pass"  # noqa: S105 - a mark, not a secret  # nosec B105
    FAIL = "fail"


def cohort(
    source: Annotated[
        Path,
        Argument(
            metavar="BIDS_DIR",
            help="A BIDS dataset, a .tsv or .csv table (participant, session, path), or a folder of DICOM studies.",
        ),
    ],
    out: Annotated[Path, Argument(metavar="OUT", help="Folder for the cases (BIDS derivatives).")],
    level: Annotated[Level, Argument(help="Score the visits, or put the cases together.")],
    participants: Annotated[
        list[str] | None,
        Option("--participant-label", metavar="LABEL...", help="Only these participants."),
    ] = None,
    sessions: Annotated[list[str] | None, Option("--session-label", metavar="LABEL...", help="Only these.")] = None,
    match: Annotated[
        str | None,
        Option("--match", metavar="PATTERN", help="File names of the STIR images, such as '*_acq-a_*'."),
    ] = None,
    marked: Annotated[Mark | None, Option("--marked", help="Only cases with this mark from the QC page.")] = None,
    key: Annotated[
        Path | None,
        Option("--key", metavar="FILE", help="For DICOM studies: table that links folders to labels; made if missing."),
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Show what would be done, and write nothing.")] = False,
    engine: Engine = "auto",
    labels: Annotated[
        Path | None,
        Option("--labels", metavar="DIR", help="Label maps DIR/sub-X/ses-Y/**/*_dseg.nii.gz instead."),
    ] = None,
    mapping: Mappings = None,
    fusion: Fusion = "vote",
    scheme: SchemeFile = None,
    series: Series = None,
    controls: Controls = None,
    post_contrast: PostContrast = False,
    device: Device = "auto",
    force: Annotated[bool, Option("--force", help="Score what is done, too.")] = False,
    retry_failed: Annotated[bool, Option("--retry-failed", help="Score what failed before, too.")] = False,
    workers: Annotated[
        int | None,
        Option("--workers", metavar="N", help="Processes, at most; as many as processors and memory allow."),
    ] = None,
    threads: Annotated[int | None, Option("--threads", metavar="N", help="Threads in each worker.")] = None,
    time_limit: Annotated[float, Option("--time-limit", metavar="S", help="Seconds that a visit may take.")] = 3600.0,
    memory_limit: Annotated[
        float | None,
        Option("--memory-limit", metavar="GB", help="Memory that a visit may take."),
    ] = None,
    scheduler: Annotated[
        str | None,
        Option("--scheduler", metavar="ADDRESS", help="A dask scheduler, or 'local' for a local cluster."),
    ] = None,
    parquet: Annotated[bool, Option("--parquet", help="Group: write the tables as Parquet, too.")] = False,
    reports: Annotated[bool, Option("--reports", help="Group: write the report of every comparison, too.")] = False,
    show_errors: Annotated[bool, Option("--show-errors", help="Show what workers write to stderr.")] = False,
    as_json: AsJson = False,
) -> int:
    """Score many visits (participant), or put many cases together (group); a BIDS App."""
    from wbmri.case import check_dataset
    from wbmri.cohort import VisitFilter, marked_cases

    check_dataset(out)
    only = None if marked is None else marked_cases(out, marked.value)
    if level is Level.GROUP:
        from wbmri.cli.cohort_display import put_together
        from wbmri.core import InputError

        if dry_run:
            raise InputError("--dry-run with group", "participant --dry-run", "leave it out; group changes no case")
        chosen = VisitFilter.of(participants or (), sessions or (), only)
        return put_together(source, out, chosen, parquet=parquet, reports=reports, as_json=as_json)
    from wbmri.cli.cohort_display import score_visits, show_preview
    from wbmri.cohort import crew_planner, find_visits
    from wbmri.pipeline import ScoringOptions

    options = ScoringOptions.of(
        engine=engine,
        mapping=mapping,
        fusion=fusion,
        scheme=scheme,
        series=series,
        controls=controls,
        post_contrast=post_contrast,
        device=device,
    )
    found = find_visits(
        source,
        participants=participants or (),
        sessions=sessions or (),
        match=match,
        labels=labels,
        key=key,
        only=only,
    )
    crew = crew_planner(found, workers, threads, time_limit, memory_limit)
    if dry_run:
        return show_preview(found, out, options, crew(), force=force, retry=retry_failed, as_json=as_json)
    return score_visits(
        found,
        out,
        options,
        crew,
        scheduler=scheduler,
        force=force,
        retry=retry_failed,
        show_errors=show_errors,
        as_json=as_json,
    )
