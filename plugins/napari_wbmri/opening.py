"""What napari does with a folder or file that is opened or dropped: cases are read, scans are shown to be scored."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QTimer

from napari_wbmri.display import DisplayGrid
from wbmri.case import cases_at
from wbmri.errors import WbmriError
from wbmri.volume import Volume

Layer = tuple[Any, dict[str, Any], str]
Read = Callable[[Any], list[Layer] | list[tuple[None]]]

IMAGES = (".nii", ".nii.gz", ".nrrd", ".mha")

_LOOKED_AT = 200
"""How many files of a folder are looked at for DICOM before it is left to other readers."""

NOTHING = [(None,)]
"""npe2's sign that a reader did its work and has no layer to add."""


def get_reader(path: str | Sequence[str]) -> Read | None:
    """Return what reads a path, or ``None`` if it is nothing of ours.

    Parameters
    ----------
    path
        A case, a folder of cases, a DICOM folder, an image, or several images that are stations.
    """
    paths = [Path(path)] if isinstance(path, str) else [Path(one) for one in path]
    if len(paths) == 1:
        place = paths[0]
        if _cases(place):
            return read_cases
        if place.is_dir():
            return read_scan if _holds_dicom(place) else None
        if place.name.lower().endswith((".dcm", ".ima")):
            return read_scan
    return read_scan if all(one.name.lower().endswith(IMAGES) for one in paths) else None


def read_cases(path: str | Sequence[str]) -> list[tuple[None]] | list[Layer]:
    """Open a case in the reading room, or show a folder of cases in the worklist."""
    place = Path(path if isinstance(path, str) else path[0])
    cases = _cases(place)
    viewer = _window()
    if viewer is None:
        return [layer for case in cases[:1] for layer in _layers_of(case)]

    def show() -> None:
        from napari_wbmri.worklist import WorklistDock

        worklist = WorklistDock.of(viewer)
        worklist.show_folder(cases[0].out)
        if len(cases) == 1:
            worklist.select(cases[0])
            if worklist.reader.text().strip():
                worklist.open_case(cases[0])
                return
        worklist.come_forward()

    # napari adds what a reader returns before it lets go of the mouse; the docks follow after that.
    QTimer.singleShot(0, show)
    return NOTHING


def read_scan(path: str | Sequence[str]) -> list[Layer]:
    """Show a scan, and offer to score it."""
    import wbmri

    paths = [path] if isinstance(path, str) else list(path)
    volume = wbmri.load(paths if len(paths) > 1 else paths[0])
    viewer = _window()
    if viewer is not None:
        from napari_wbmri.room import ReadingRoom
        from napari_wbmri.scoring import ScoringDock

        # One scan at a time: a case that is open is on disk already.
        ReadingRoom.of(viewer).close()

        def offer() -> None:
            show_whole(viewer)
            ScoringDock.of(viewer).offer(paths)

        QTimer.singleShot(0, offer)
    return [scan_layer(volume)]


def scan_layer(volume: Volume) -> Layer:
    """Return a scan as a layer in its place, in a window that suits most scans."""
    grid = DisplayGrid.of(volume)
    white = float(np.percentile(volume.data[::2, ::2, ::2], 99.7))
    settings = {**grid.layer(), "name": "scan", "contrast_limits": (0.0, white or 1.0), "interpolation2d": "linear"}
    return grid.shown(volume.data), settings, "image"


def show_whole(viewer: napari.Viewer) -> None:
    """Show a scan that was added from the front and as a whole, with a scale."""
    viewer.canvas.overlays.scale_bar.visible = True
    viewer.dims.order = (0, 1, 2)
    viewer.fit_to_view()


def open_dropped(viewer: napari.Viewer, paths: Sequence[str]) -> bool:
    """Open what was dropped onto a reading room, if it is ours; napari would ask which of its readers to take.

    Returns
    -------
    bool
        Whether it is ours. It is opened once napari has let go of the mouse.
    """
    if not paths or get_reader(paths if len(paths) > 1 else paths[0]) is None:
        return False
    # Several images are the stations of one scan.
    QTimer.singleShot(0, lambda: viewer.open(list(paths), stack=len(paths) > 1, plugin="wbmri"))
    return True


def _layers_of(paths: Any) -> list[Layer]:
    from wbmri.case import read_case

    case = read_case(paths.reading)
    volume, labels = case.volume(), case.labels()
    grid = DisplayGrid.of(volume)
    place = grid.layer()
    return [
        (grid.shown(volume.data), {**place, "name": paths.name}, "image"),
        (grid.shown(labels.data), {**place, "name": "muscle groups"}, "labels"),
    ]


def _cases(place: Path) -> tuple[Any, ...]:
    try:
        return cases_at(place) if place.is_dir() or place.name.endswith("_reading.json") else ()
    except WbmriError:
        return ()


def _window() -> Any:
    """Return the viewer into which is being read, if it has a window."""
    viewer = napari.current_viewer()
    return viewer if viewer is not None and hasattr(viewer, "window") else None


def _holds_dicom(folder: Path) -> bool:
    for path in islice((path for path in folder.rglob("*") if path.is_file()), _LOOKED_AT):
        with path.open("rb") as file:
            if file.read(132)[128:] == b"DICM":
                return True
    return False
