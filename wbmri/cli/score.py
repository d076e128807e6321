"""``wbmri score``: images in, a complete case with its report out."""

from wbmri.cli.shared_options import (
    AsJson,
    Controls,
    Device,
    Engine,
    Fusion,
    Inputs,
    Labels,
    Mappings,
    Out,
    Participant,
    PostContrast,
    SchemeFile,
    Series,
    Session,
)
from wbmri.cli.terminal import left_out_code, shown_progress


def score(
    inputs: Inputs,
    out: Out,
    sub: Participant = None,
    ses: Session = None,
    engine: Engine = "auto",
    labels: Labels = None,
    mapping: Mappings = None,
    fusion: Fusion = "vote",
    scheme: SchemeFile = None,
    series: Series = None,
    controls: Controls = None,
    post_contrast: PostContrast = False,
    device: Device = "auto",
    as_json: AsJson = False,
) -> int:
    """Score one visit: images in, a complete case with its report out."""
    from wbmri.cli.display import show_scored
    from wbmri.pipeline import ScoringOptions, score_visit

    options = ScoringOptions.of(engine, labels, mapping, fusion, scheme, series, controls, post_contrast, device)
    with shown_progress() as progress:
        scored = score_visit(inputs, out, options, participant=sub, session=ses, progress=progress)
    show_scored(scored, as_json=as_json)
    return left_out_code(scored.left_out)
