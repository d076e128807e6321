"""The application: all parts of the reading room wired in one window, and what napari's manifest asks for."""

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import napari
from napari import Viewer
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QWidget

from napari_wbmri.commands import Commands
from napari_wbmri.docks import SESSIONS, Docks, ScoringDock, WorklistDock, dock_of, make_room
from napari_wbmri.io import Layer, case_layers, cases_in, is_scan, scan_layer
from napari_wbmri.room import ReadingRoom
from wbmri.case import CasePaths
from wbmri.core import InputError, WbmriError
from wbmri.review import Mode, ReadAhead, open_review


def launch(out: str | Path, *, reader: str | None = None, mode: Mode = Mode.ASSISTED, blinded: bool = False) -> None:
    """Open a window on the cases of a folder, and return when it is closed.

    Parameters
    ----------
    out
        The dataset.
    reader
        Id of the person; asked for in the worklist if ``None``.
    mode, blinded
        How cases are read; `blinded` is short for that mode.

    Raises
    ------
    InputError
        If there are no cases in `out`.
    """
    from wbmri.case import find_cases

    if not find_cases(out):
        raise InputError(
            f"{out} without cases",
            "the folder that 'wbmri score' wrote to",
            "score a visit into it first",
        )
    viewer = Viewer(title="wbmri reading room", show=False)
    worklist = App.of(viewer).docked_worklist()
    worklist.show_folder(out, reader or "", Mode.BLINDED if blinded else mode)
    if blinded:
        worklist.keep_mode()
    # napari collects garbage whenever a layer goes: what is there from the start need not be looked through.
    gc.collect()
    gc.freeze()
    viewer.window._qt_window.showMaximized()
    worklist.come_forward()
    napari.run()


class App(QObject):
    """Knows the parts of the reading room of one window, and which of them hears what the others tell.

    It belongs to the window, where `App.of` finds it; no part of it knows it.

    Parameters
    ----------
    viewer
        The napari viewer.

    Attributes
    ----------
    commands
        What the keys do; ``None`` until a case was opened.
    worklist, scoring
        The docks beside the reading room; ``None`` until they are asked for.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer.window._qt_window)
        self.viewer = viewer
        self.room = ReadingRoom(viewer, self.open_dropped)
        self.commands: Commands | None = None
        self.worklist: WorklistDock | None = None
        self.scoring: ScoringDock | None = None
        self._ahead: ReadAhead | None = None
        self.room.built.connect(self._command)
        self.room.opened.connect(self._opened)
        self.room.closed.connect(self._closed)

    @classmethod
    def of(cls, viewer: Viewer) -> Self:
        """Return the application of a viewer's window; made when first asked for."""
        found: Self | None = viewer.window._qt_window.findChild(cls)
        return cls(viewer) if found is None else found

    # The docks.

    def docked_worklist(self) -> WorklistDock:
        """Return the worklist, docked."""
        if self.worklist is None:
            self.add_worklist(WorklistDock())
            make_room(self.viewer)
        worklist = self.worklist
        assert worklist is not None  # noqa: S101 - added above
        self._keep_docked(worklist, "Worklist", "left")
        return worklist

    def add_worklist(self, worklist: WorklistDock) -> None:
        """Open cases from a list, in place of the one before."""
        self.worklist = worklist
        worklist.opened.connect(self.open_case)
        worklist.sat_down.connect(self._sat_down)
        QTimer.singleShot(0, lambda: self._stack(worklist))
        self._follow()

    def docked_scoring(self) -> ScoringDock:
        """Return the dock in which scans are scored, docked."""
        if self.scoring is None:
            self.add_scoring(ScoringDock())
        scoring = self.scoring
        assert scoring is not None  # noqa: S101 - added above
        self._keep_docked(scoring, "Score a scan", "right")
        return scoring

    def add_scoring(self, scoring: ScoringDock) -> None:
        """List what a dock scores, in place of the one before."""
        self.scoring = scoring
        scoring.scored.connect(self.scored)
        QTimer.singleShot(0, lambda: self._stack(scoring))

    def _keep_docked(self, widget: QWidget, name: str, area: str) -> None:
        """Dock a widget unless it is: who closes a dock of napari takes its widget out of the window."""
        if dock_of(widget) is None:
            self.viewer.window.add_dock_widget(widget, name=name, area=area, add_vertical_stretch=False)
            self._stack(widget)

    def _stack(self, widget: QWidget) -> None:
        """Put what was docked while a case is open behind its grades, whoever docked it: beside them is no room."""
        dock = dock_of(widget)
        if dock is not None and self.room.session is not None and self.room.docks is not None:
            self.room.docks.stack(dock)

    def _command(self, docks: Docks) -> None:
        if self.commands is not None:
            self.commands.remove()
        self.commands = Commands(self.room, docks, self.docked_worklist)

    # Opening.

    def open_case(self, paths: CasePaths, addendum: bool = False) -> None:
        """Open a case as the reader and in the mode of the worklist, in place of the one that is open."""
        worklist = self.docked_worklist()
        self.room.leave()
        seed = None if worklist.worklist is None else worklist.worklist.seed
        reader, mode = worklist.reader.text().strip(), worklist.reading_mode
        try:
            found = None if self._ahead is None else self._ahead.case_of(paths)
            self.room.open(open_review(found or paths, reader, mode, addendum=addendum, seed=seed))
        except WbmriError as error:
            worklist.show_refusal(error)
        else:
            self._read_ahead(paths)
        finally:
            if self.room.session is None:
                self.room.close()

    def _read_ahead(self, paths: CasePaths) -> None:
        """Read the next unread case in the background, so that it opens at once."""
        self._ahead = None
        listed = None if self.worklist is None else self.worklist.worklist
        row = None if listed is None else listed.next_unread(paths)
        if row is None:
            return
        wanted = row.paths

        def read() -> ReadAhead | None:
            try:
                return ReadAhead.of(wanted)
            except (WbmriError, OSError):
                # What is wrong with it is said when it is opened.
                return None

        def there(ahead: ReadAhead | None) -> None:
            if self.worklist is not None and self.worklist.open_paths == paths:
                self._ahead = ahead

        self.room.background.run(read, there)

    def scored(self, paths: CasePaths) -> None:
        """List a case that was scored in the background; who reads or chooses meanwhile is not disturbed."""
        worklist, focus = self.worklist, self.room.window.focusWidget()
        busy = worklist is not None and focus is not None and (focus is worklist or worklist.isAncestorOf(focus))
        if worklist is not None and (self.room.session is not None or busy):
            worklist.refresh()
            self.room.say("The scan is scored: it stands in the worklist.")
            return
        worklist = self.docked_worklist()
        worklist.show_folder(paths.out)
        worklist.select(paths)
        worklist.come_forward()

    def show_cases(self, cases: Sequence[CasePaths]) -> None:
        """Open a case if it is a single one and the reader is known, or else show its folder in the worklist."""
        worklist = self.docked_worklist()
        worklist.show_folder(cases[0].out)
        if worklist.blinded:
            self.room.close()
            worklist.come_forward()
            worklist.message.setText("Read blinded, cases are opened from the list, which does not say whose they are.")
            return
        if len(cases) == 1:
            worklist.select(cases[0])
            if worklist.reader.text().strip():
                worklist.open_case(cases[0])
                return
        worklist.come_forward()

    def show_scan(self, then: Callable[[ScoringDock], None]) -> None:
        """Make ready for a scan that napari is about to add, and go on with the dock that scores once it is there."""
        # One scan at a time: a case that is open is on disk already.
        self.room.close()

        def show() -> None:
            # From the front and as a whole, with a scale.
            self.viewer.canvas.overlays.scale_bar.visible = True
            self.viewer.dims.order = (0, 1, 2)
            self.viewer.fit_to_view()
            then(self.docked_scoring())

        # napari adds what a reader returns before it lets go of the mouse.
        QTimer.singleShot(0, show)

    def offer(self, scoring: ScoringDock, paths: Sequence[str]) -> None:
        """Offer to score a scan into the folder that the worklist shows."""
        scoring.offer(paths, None if self.worklist is None else self.worklist.out)

    def open_dropped(self, paths: Sequence[str]) -> bool:
        """Open what was dropped onto the window, if it is ours; napari would ask which of its readers to take.

        Returns
        -------
        bool
            Whether it is ours. It is opened once napari has let go of the mouse.
        """
        reader = get_reader(paths if len(paths) > 1 else paths[0]) if paths else None
        if reader is None:
            return False

        def open_() -> None:
            # Several images are the stations of one scan.
            self.viewer.open(list(paths), stack=len(paths) > 1, plugin="wbmri")

        def take() -> None:
            session, commands = self.room.session, self.commands
            if reader is read_scan and session is not None and commands is not None:
                commands.companions.drop(session, [Path(path) for path in paths], open_)
            else:
                open_()

        QTimer.singleShot(0, take)
        return True

    # Following.

    def _opened(self) -> None:
        self._follow()
        if self.worklist is not None:
            self.worklist.refresh()

    def _closed(self) -> None:
        self._follow()

    def _follow(self) -> None:
        if self.worklist is not None:
            session = self.room.session
            self.worklist.open_paths = None if session is None else session.case.paths

    def _sat_down(self, reader: str) -> None:
        """Put away what the reader before had open, for another one is not to see it."""
        if self.room.session is not None and self.room.session.reader != reader:
            self.room.close()


# What the manifest names.


class Worklist(WorklistDock):
    """The worklist as napari's menu opens it, which knows the viewer alone."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        App.of(napari_viewer).add_worklist(self)


class Scoring(ScoringDock):
    """The dock that scores as napari's menu opens it, which knows the viewer alone."""

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        App.of(napari_viewer).add_scoring(self)


Read = Callable[[Any], list[Layer] | list[tuple[None]]]

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
    if len(paths) == 1 and cases_in(paths[0]):
        return read_cases
    return read_scan if is_scan(paths) else None


def read_cases(path: str | Sequence[str]) -> list[tuple[None]] | list[Layer]:
    """Open a case in the reading room, or show a folder of cases in the worklist."""
    cases = cases_in(Path(path if isinstance(path, str) else path[0]))
    app = _current()
    if app is None:
        return [layer for case in cases[:1] for layer in case_layers(case)]
    # napari adds what a reader returns before it lets go of the mouse; the docks follow after that.
    QTimer.singleShot(0, lambda: app.show_cases(cases))
    return NOTHING


def read_scan(path: str | Sequence[str]) -> list[Layer]:
    """Show a scan, and offer to score it."""
    import wbmri

    paths = [path] if isinstance(path, str) else list(path)
    volume = wbmri.load(paths if len(paths) > 1 else paths[0])
    app = _current()
    if app is not None:
        app.show_scan(lambda scoring: app.offer(scoring, paths))
    return [scan_layer(volume)]


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
    app = _current()
    if app is not None:
        app.show_scan(lambda scoring: scoring.score_sample(folder))
    return [scan_layer(wbmri.load([str(path) for path in sample_images(SESSIONS[0])]))]


def _current() -> App | None:
    """Return the application of the viewer into which is being read, if that has a window."""
    viewer = napari.current_viewer()
    return App.of(viewer) if viewer is not None and hasattr(viewer, "window") else None
