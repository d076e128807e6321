"""The way out when a reading cannot be saved where it belongs."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from wbmri.errors import WbmriError

if TYPE_CHECKING:
    from napari_wbmri.room import ReadingRoom


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
