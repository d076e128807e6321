"""Saving what is read where the reader asks for it: the label map, or the whole reading."""

from pathlib import Path

from qtpy.QtWidgets import QApplication, QFileDialog

from napari_wbmri.io import write_labels
from napari_wbmri.room import ReadingRoom
from wbmri.core import WbmriError
from wbmri.report.case import reading_text
from wbmri.review import Session


def copy_report(room: ReadingRoom, session: Session) -> None:
    """Put the reading as text on the clipboard; `CaseError` where its mode still hides something."""
    QApplication.clipboard().setText(reading_text(session.reading, session.title))
    room.say("The reading is on the clipboard as text.")


def save_labels(room: ReadingRoom, path: str | Path | None = None) -> None:
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


def save_elsewhere(room: ReadingRoom, folder: str | Path | None = None) -> None:
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
