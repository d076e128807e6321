"""File > Open Sample: the two visits that come with wbmri, scored on first use."""

from pathlib import Path

import napari
from qtpy.QtCore import QTimer

from napari_wbmri.opening import Layer, scan_layer, show_whole

SESSIONS = ("baseline", "month6")


def open_sample(out: str | Path | None = None) -> list[Layer]:
    """Show the baseline, and open the sample pair in the worklist; what is not scored yet is, in the background.

    Parameters
    ----------
    out
        Where its cases are kept; by default in the user's own folder for data of wbmri.
    """
    import wbmri
    from wbmri.cli.sample import sample_images

    folder = Path(out) if out is not None else Path.home() / ".wbmri" / "sample"
    viewer = napari.current_viewer()
    if viewer is not None and hasattr(viewer, "window"):
        from napari_wbmri.room import ReadingRoom
        from napari_wbmri.scoring import ScoringDock

        ReadingRoom.of(viewer).close()

        def begin() -> None:
            show_whole(viewer)
            ScoringDock.of(viewer).score_sample(folder)

        # Once napari has added what it gets here.
        QTimer.singleShot(0, begin)
    return [scan_layer(wbmri.load([str(path) for path in sample_images(SESSIONS[0])]))]
