"""Choosing another series of the examination to show beside the scan."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QFileDialog, QMenu

from napari_wbmri.docks import Companion, Docks
from napari_wbmri.io import IMAGES
from napari_wbmri.room import ReadingRoom
from wbmri.io import STIR_KINDS, FoundSeries, Kind
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
        self.view = Companion(room.viewer, room.scene, room.planes, room.background, room.say, room.clicked)
        room.shown.connect(self.view.show_outlines)
        room.closed.connect(self.view.clear)

    def remove(self) -> None:
        """Let go of the room, for other docks."""
        self.view.clear()
        self._room.shown.disconnect(self.view.show_outlines)
        self._room.closed.disconnect(self.view.clear)

    def ask(self, session: Session) -> None:
        """Put the series away that is shown, or ask which one to show."""
        if self._refused(session):
            return
        if self.view.shown is not None:
            self.view.close_view()
        else:
            menu = self.menu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(QCursor.pos())

    def drop(self, session: Session, paths: Sequence[Path], scan: Callable[[], None]) -> None:
        """Show what was dropped onto the window; where it may be a scan to score as well, ask.

        Parameters
        ----------
        session
            The case that is open.
        paths
            A DICOM folder or image files.
        scan
            Opens it as a scan of its own.
        """
        if not self._refused(session):
            self.view.find(paths, partial(self._found, paths, scan=scan))

    def _refused(self, session: Session) -> bool:
        if session.visible.visits:
            return False
        self._room.say("Other series are not opened in this mode: where they lie would say whose scan it is.")
        return True

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
        self.view.find([path], partial(self._found, [path]))

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

    def _found(self, paths: Sequence[Path], series: list[FoundSeries], scan: Callable[[], None] | None = None) -> None:
        stations = len(paths) > 1 or any(Kind(one.kind) in STIR_KINDS for one in series)
        alone = scan if stations else None
        if len(series) == 1 and alone is None:
            self._load(paths, series[0])
            return
        menu = QMenu(self._room.window)
        for one in series:
            words = f"{one.key}: {one.description or one.kind} ({one.kind}, {one.plane}, {one.images} images)"
            menu.addAction(words).triggered.connect(lambda _=False, one=one: self._load(paths, one))
        if alone is not None:
            menu.addAction("Leave this case, and open a scan to score").triggered.connect(lambda _=False: alone())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())

    def _load(self, paths: Sequence[Path], series: FoundSeries) -> None:
        if self._room.session is None:
            return
        if self._room.side.visit is not None:
            self._room.side.end()
        self.view.load(paths, series, self._docks)
