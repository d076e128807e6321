"""Saving what is read where the reader asks for it: the label map, the whole reading, or what an archive takes."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QFileDialog

from napari_wbmri.io import write_labels
from napari_wbmri.room import ReadingRoom
from wbmri.core import WbmriError
from wbmri.report.case import reading_text
from wbmri.review import Session

if TYPE_CHECKING:
    from wbmri.pipeline import ExportedCase


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


def export_reading(room: ReadingRoom, folder: str | Path | None = None, source: str | Path | None = None) -> None:
    """Write a signed reading for an archive, beside the window: derived images, outlines, grades, pages, key images.

    Parameters
    ----------
    room
        The reading room.
    folder
        Where to; asked for if ``None``, and then the study, too.
    source
        The DICOM study that was scored, whose identifiers the objects then carry.
    """
    session = room.session
    if session is None or not session.signed:
        return
    if folder is None:
        folder = QFileDialog.getExistingDirectory(room.window, "Export into which folder?")
        if not folder:
            return
        asked = "The DICOM study that was scored; Cancel: without it, and without the name of the patient"
        source = QFileDialog.getExistingDirectory(room.window, asked) or None
    case, out, study = session.case.paths.folder, folder, source

    def work() -> "ExportedCase | WbmriError | OSError":
        from wbmri.pipeline import DICOM_FORMATS, ExportFormat, export_case

        try:
            return export_case(case, out, to=(*DICOM_FORMATS, ExportFormat.KEY), source=study)
        except (WbmriError, OSError) as problem:
            return problem

    def told(made: "ExportedCase | WbmriError | OSError") -> None:
        if isinstance(made, WbmriError):
            room.say_error(made)
        elif isinstance(made, OSError):
            room.say(f"Not exported: {made.strerror or made}.", caution=True)
        else:
            whose = "with the identifiers of the patient" if made.identified else "without the name of the patient"
            room.say(f"{len(made.files)} DICOM objects, {whose}, are in {out}. 'wbmri send' takes them to the archive.")

    room.say("Exporting…")
    room.background.run(work, told)
