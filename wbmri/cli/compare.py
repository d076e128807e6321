"""``wbmri compare``: what changed between visits of one person."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from wbmri.cli.shared_options import (
    AsJson,
    Controls,
    Device,
    Engine,
    Fusion,
    Labels,
    Mappings,
    Out,
    Participant,
    PostContrast,
    SchemeFile,
    Series,
)
from wbmri.cli.terminal import left_out_code, shown_progress


def compare(
    visits: Annotated[
        list[Path],
        Argument(
            metavar="BASELINE [BETWEEN...] FOLLOWUP",
            help="The visits from the earliest to the latest: inputs, or folders of cases.",
            show_default=False,
        ),
    ],
    out: Out,
    sub: Participant = None,
    ses: Annotated[
        list[str] | None,
        Option("--ses", metavar="LABEL", help="Session labels of the visits, repeated in their order."),
    ] = None,
    engine: Engine = "auto",
    labels: Labels = None,
    mapping: Mappings = None,
    fusion: Fusion = "vote",
    scheme: SchemeFile = None,
    series: Series = None,
    controls: Controls = None,
    post_contrast: PostContrast = False,
    clinical: Annotated[
        Path | None,
        Option("--clinical", metavar="TSV", help="Clinical measures and treatments by participant_id and session_id."),
    ] = None,
    detectable: Annotated[
        Path | None,
        Option("--detectable", metavar="FILE", help="Smallest detectable change, the sdc.json of 'wbmri agreement'."),
    ] = None,
    response_fall: Annotated[
        float | None,
        Option("--response-fall", metavar="PERCENT", help="Fall of the total that counts as a response (usually 50)."),
    ] = None,
    response_points: Annotated[
        int | None,
        Option("--response-points", metavar="POINTS", help="Least fall in points that counts as a response."),
    ] = None,
    interval: Annotated[
        float | None,
        Option("--interval", metavar="MONTHS", help="Time between the first and the last visit, in months."),
    ] = None,
    across_protocols: Annotated[
        bool,
        Option("--across-protocols", help="Compare different protocols all the same, and mark every result."),
    ] = False,
    device: Device = "auto",
    as_json: AsJson = False,
) -> int:
    """Compare visits of one person, the first with the last; inputs are scored first."""
    from wbmri.analysis.comparison import ResponseRule
    from wbmri.case import read_detectable_change
    from wbmri.cli.display import show_comparison
    from wbmri.pipeline import ScoringOptions, Terms, compare_visits

    options = ScoringOptions.of(engine, labels, mapping, fusion, scheme, series, controls, post_contrast, device)
    terms = Terms(
        across_protocols=across_protocols,
        rule=ResponseRule.asked(response_fall, response_points),
        detectable=read_detectable_change(detectable) if detectable else None,
        interval_months=interval,
        clinical=clinical,
    )
    with shown_progress() as progress:
        compared = compare_visits(
            visits,
            out,
            participant=sub,
            sessions=ses or (),
            options=options,
            terms=terms,
            progress=progress,
        )
    show_comparison(compared, as_json=as_json)
    return left_out_code(compared.left_out)
