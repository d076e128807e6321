"""What napari does with a case or scan that is opened or dropped, the sample, and label maps saved by hand."""

import os
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog

from napari_wbmri.viewer import DisplayGrid
from wbmri.case import cases_at
from wbmri.core import InputError, Volume, WbmriError
from wbmri.io import encode_nifti

if TYPE_CHECKING:
    from napari_wbmri.app import ReadingRoom


def write_labels(path: str, data: Any, meta: dict[str, Any]) -> list[str]:
    """Write a labels layer as NIfTI.

    Parameters
    ----------
    path
        Where to, ``.nii.gz`` or ``.nii``.
    data
        The layer's labels, as they lie on the screen.
    meta
        The layer's state; its metadata say how the scan is stored.

    Returns
    -------
    list of str
        The file that was written.

    Raises
    ------
    InputError
        If the layer is not a label map of the reading room, or its labels do not fit 8 bits.
    """
    place = meta.get("metadata", {})
    labels = np.asarray(data)
    if "affine" not in place:
        raise InputError(
            f"the layer {meta.get('name', '')!r} without the grid of a scan",
            "the layer 'muscle groups' of a case that is open",
            "save that layer, or save this one as TIFF",
        )
    if labels.min() < 0 or labels.max() > 255:
        raise InputError(f"labels {labels.min()} to {labels.max()}", "labels 0 to 255", "renumber the labels")
    grid = DisplayGrid(np.array(place["affine"]), tuple(place["stored_shape"]))
    if labels.shape != grid.shape:
        raise InputError(
            f"the layer {meta.get('name', '')!r} of shape {labels.shape}",
            f"labels on the scan's own grid, shape {grid.shape}",
            "save the layer 'muscle groups'",
        )
    target = Path(path)
    content = encode_nifti(np.ascontiguousarray(grid.stored(labels).astype(np.uint8)), grid.affine)
    if not target.name.endswith(".gz"):
        import gzip

        content = gzip.decompress(content)
    draft = target.with_name(f".{target.name}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    return [str(target)]


def save_labels(room: "ReadingRoom", path: str | Path | None = None) -> None:
    """Save the outlines as they are now, on the grid and with the affine of the scan; the case stays as it is.

    Parameters
    ----------
    room
        The reading room.
    path
        The file, ``.nii.gz`` or ``.nii``; asked for if ``None``.
    """
    session = room.session
    if session is None:
        return
    chosen = path
    if chosen is None:
        offered = Path.home() / f"{session.title.replace(' ', '-')}_dseg.nii.gz"
        chosen, _ = QFileDialog.getSaveFileName(
            room.window,
            "Save the label map",
            str(offered),
            "NIfTI (*.nii.gz *.nii)",
        )
    if not chosen:
        return
    target = str(chosen) if str(chosen).endswith((".nii", ".nii.gz")) else f"{chosen}.nii.gz"
    layer = room.scene.groups
    try:
        write_labels(target, layer.data, {"name": layer.name, "metadata": layer.metadata})
    except OSError as error:
        room.say(f"Not saved: {target} cannot be written ({error.strerror or error}).")
    else:
        room.say(f"The label map is saved as {target}.")


def save_elsewhere(room: "ReadingRoom", folder: str | Path | None = None) -> None:
    """Save the whole reading into another folder, and go on there.

    Parameters
    ----------
    room
        The reading room.
    folder
        The folder; asked for if ``None``.
    """
    session = room.session
    if session is None:
        return
    chosen = folder or QFileDialog.getExistingDirectory(room.window, "Save this reading in another folder")
    if not chosen:
        return
    try:
        saving = session.save_elsewhere(chosen)
    except WbmriError as error:
        room.say_error(error)
        return
    room.say(f"This reading is now kept in {saving.folder}.")
    room.show_all()


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
        from napari_wbmri.docks import WorklistDock

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
        from napari_wbmri.app import ReadingRoom
        from napari_wbmri.docks import ScoringDock

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


SESSIONS = ("baseline", "month6")


def open_sample(out: str | Path | None = None) -> list[Layer]:
    """Show the baseline, and open the sample pair in the worklist; what is not scored yet is, in the background.

    Parameters
    ----------
    out
        Where its cases are kept; by default in the user's own folder for data of wbmri.
    """
    import wbmri
    from wbmri.io import sample_images

    folder = Path(out) if out is not None else Path.home() / ".wbmri" / "sample"
    viewer = napari.current_viewer()
    if viewer is not None and hasattr(viewer, "window"):
        from napari_wbmri.app import ReadingRoom
        from napari_wbmri.docks import ScoringDock

        ReadingRoom.of(viewer).close()

        def begin() -> None:
            show_whole(viewer)
            ScoringDock.of(viewer).score_sample(folder)

        # Once napari has added what it gets here.
        QTimer.singleShot(0, begin)
    return [scan_layer(wbmri.load([str(path) for path in sample_images(SESSIONS[0])]))]
