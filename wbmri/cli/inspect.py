"""``wbmri inspect``: what lies in a folder of images, or how good cases are."""

from wbmri.cli.shared_options import AsJson, Inputs
from wbmri.cli.terminal import DONE, UNUSABLE, fail, shown_progress


def inspect(inputs: Inputs, as_json: AsJson = False) -> int:
    """Say what lies in here: series, stations, geometry, sequence, and what is wrong; of cases, how good they are."""
    from wbmri.case import cases_at, read_case
    from wbmri.cli.display import show_cases, show_inspection
    from wbmri.io import inspect as inspect_inputs

    if len(inputs) == 1 and (found := cases_at(inputs[0])):
        show_cases([read_case(paths.reading) for paths in found], as_json=as_json)
        return DONE
    with shown_progress() as progress:
        inspection = inspect_inputs(inputs, progress=progress)
    show_inspection(inspection, as_json=as_json)
    return fail(inspection.error, UNUSABLE) if inspection.error else DONE
