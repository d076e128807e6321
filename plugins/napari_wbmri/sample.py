"""File > Open Sample: the two visits that come with wbmri, scored on first use."""

from pathlib import Path
from typing import Any

import napari
from qtpy.QtCore import QTimer

from napari_wbmri.opening import NOTHING

SESSIONS = ("baseline", "month6")


def open_sample(out: str | Path | None = None) -> Any:
    """Open the sample pair in the worklist; the visits that are not scored yet are scored in the background.

    Parameters
    ----------
    out
        Where its cases are kept; by default in the user's own folder for data of wbmri.
    """
    from wbmri.cli.sample import sample_images

    folder = Path(out) if out is not None else Path.home() / ".wbmri" / "sample"
    viewer = napari.current_viewer()
    if viewer is None or not hasattr(viewer, "window"):
        from napari_wbmri.opening import read_scan

        return read_scan([str(path) for path in sample_images("baseline")])

    def show() -> None:
        from napari_wbmri.scoring import ScoringDock

        ScoringDock.of(viewer).score_sample(folder)

    QTimer.singleShot(0, show)
    return NOTHING
