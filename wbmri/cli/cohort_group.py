"""What the group level shows."""

from pathlib import Path

from wbmri.cli.outcome import DONE, FAILED, fail
from wbmri.cli.progress import shown_progress
from wbmri.cli.show import show_json
from wbmri.cohort import summarise


def put_together(source: Path, out: Path, *, parquet: bool, reports: bool, as_json: bool) -> int:
    """Put the cases together, and say what was made and what is missing."""
    with shown_progress() as progress:
        made = summarise(out, source, parquet=parquet, reports=reports, progress=progress)
    if as_json:
        show_json(made)
    else:
        print(  # noqa: T201
            f"{made.cases} cases, {made.pairs} comparisons, {len(made.excluded)} cases marked fail: tables, plots, "
            f"the outcomes {out / 'outcomes.html'} and the QC page {out / 'qc.html'}"
        )
        for name, why in made.not_comparable:
            print(f"not compared: {name}: {why}")  # noqa: T201
        for why in made.unusable:
            print(f"left out of the outcomes: {why}")  # noqa: T201
        if made.left_out:
            print(f"participants.tsv: left out {', '.join(made.left_out)}, which may identify a person")  # noqa: T201
    return max((fail(f"{name}: {why}", FAILED) for name, why in made.failed), default=DONE)
