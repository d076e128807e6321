"""``wbmri demo``: the sample baseline and six-month scans, scored and compared."""

from pathlib import Path

from wbmri.cli.shared_options import AsJson, Out
from wbmri.cli.terminal import left_out_code, shown_progress


def demo(out: Out = Path("wbmri-demo"), as_json: AsJson = False) -> int:
    """Score the sample baseline and six-month scans and compare them."""
    from wbmri.cli.display import show_comparison
    from wbmri.io import sample_images
    from wbmri.pipeline import compare_visits

    with shown_progress() as progress:
        compared = compare_visits(
            (sample_images("baseline"), sample_images("month6")),
            out,
            participant="sample",
            sessions=("baseline", "month6"),
            progress=progress,
        )
    show_comparison(compared, as_json=as_json, with_readings=True)
    return left_out_code(compared.left_out)
