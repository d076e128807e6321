"""Choosing another series of the examination to show beside the scan."""

from pathlib import Path

from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QFileDialog, QMenu

from napari_wbmri.docks import Companion, Docks
from napari_wbmri.io import IMAGES
from napari_wbmri.room import ReadingRoom
from wbmri.io import FoundSeries
from wbmri.review import Session


class CompanionChooser:
    """Asks which series to show, and shows it.

    Parameters
    ----------
    room
        The reading room.
    docks
        Where it finds its place.
    """

    def __init__(self, room: ReadingRoom, docks: Docks) -> None:
        self._room, self._docks = room, docks
        self.view = Companion(room.viewer, room.scene, room.background, room.say, room.clicked)
        room.shown.connect(self.view.show_outlines)
        room.closed.connect(self.view.clear)

    def remove(self) -> None:
        """Let go of the room, for other docks."""
        self.view.clear()
        self._room.shown.disconnect(self.view.show_outlines)
        self._room.closed.disconnect(self.view.clear)

    def ask(self, session: Session) -> None:
        """Put the series away that is shown, or ask which one to show."""
        if not session.visible.visits:
            self._room.say("Other series are not opened in this mode: where they lie would say whose scan it is.")
        elif self.view.shown is not None:
            self.view.close_view()
        else:
            menu = self.menu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(QCursor.pos())

    def menu(self) -> QMenu:
        """Return what can be shown: what was loaded before, or what a folder or a file holds."""
        menu = QMenu(self._room.window)
        for name in self.view.loaded:
            menu.addAction(name).triggered.connect(lambda _=False, name=name: self.show(name))
        menu.addAction("From a DICOM folder…").triggered.connect(lambda _=False: self._folder())
        menu.addAction("From an image file…").triggered.connect(lambda _=False: self._file())
        return menu

    def show(self, name: str) -> None:
        """Show a series that was loaded; another visit beside the scan gives it its place."""
        if self._room.side.visit is not None:
            self._room.side.end()
        self.view.show(name, self._docks)

    def open(self, path: Path) -> None:
        """Show what a folder or a file holds; where that is more than one series, ask which."""
        self.view.find(path, self._found)

    def _folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._room.window, "A DICOM folder of the same examination")
        if chosen:
            self.open(Path(chosen))

    def _file(self) -> None:
        kinds = " ".join(f"*{ending}" for ending in IMAGES)
        chosen, _ = QFileDialog.getOpenFileName(
            self._room.window, "An image of the same examination", "", f"Images ({kinds})"
        )
        if chosen:
            self.open(Path(chosen))

    def _found(self, path: Path, series: list[FoundSeries]) -> None:
        if len(series) == 1:
            self._load(path, series[0])
            return
        menu = QMenu(self._room.window)
        for one in series:
            words = f"{one.key}: {one.description or one.kind} ({one.kind}, {one.plane}, {one.images} images)"
            menu.addAction(words).triggered.connect(lambda _=False, one=one: self._load(path, one))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())

    def _load(self, path: Path, series: FoundSeries) -> None:
        if self._room.session is None:
            return
        if self._room.side.visit is not None:
            self._room.side.end()
        self.view.load(path, series, self._docks)
