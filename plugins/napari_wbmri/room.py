"""The reading room: one case at a time in one napari window, its docks, and what follows when something changes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np
from napari import Viewer
from napari.layers import Labels
from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtGui import QDragLeaveEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_wbmri.docks import Docks, Drawn, Picture, SideBySide, ThreePlanes, told_of
from napari_wbmri.viewer import Depth, DisplayGrid, Mark, MaskEditor, Scene, take_mouse, turn_wheel
from napari_wbmri.widgets import Background
from wbmri.core import WbmriError
from wbmri.core.scheme import Scheme
from wbmri.report.figures import window_presets
from wbmri.review import Change, Session, ViewState

REST_MS = 400
"""The view has come to rest when it did not move for so long."""

MEASURE_MS = 15
"""The histogram of a group follows its picture by so much, and is left out where the reader has gone on before."""

ALIVE_MS = 30_000
"""How often the session is told that the window is open."""

_STILL_HIDDEN = " What is hidden stays so until you have signed every visit of this person."


class ReadingRoom(QObject):
    """Shows a session in a viewer and keeps all of its parts up to date.

    Parameters
    ----------
    viewer
        The napari viewer.
    dropped
        Called with the files that are dropped onto the window; returns whether it takes them.

    Attributes
    ----------
    prepared
        Whether all is loaded that measuring a group needs.
    """

    built = Signal(object)
    """Docks for a scheme that was not shown before."""

    opened = Signal()
    """A case was opened or signed: what is known of it elsewhere is to be read anew."""

    shown = Signal()
    """Everything was brought up to date with the session."""

    closed = Signal()

    def __init__(self, viewer: Viewer, dropped: Callable[[Sequence[str]], bool] = lambda _: False) -> None:
        window = viewer.window._qt_window
        super().__init__(window)
        self.viewer, self.window, self._dropped = viewer, window, dropped
        self.session: Session | None = None
        self.scene = Scene(viewer)
        self.editor = MaskEditor(viewer, self.scene, self.follow, self.say_error)
        canvas = viewer.window._qt_viewer.canvas.native
        self.picture = Picture(self.scene, canvas, lambda: self.editor.active, self.clicked, self._windowed, self._told)
        self.directions = self.picture.directions
        self.planes = ThreePlanes(viewer.window._qt_viewer, self.scene, self.picture, self._moved)
        self._three = False
        self.background = Background(self)
        self.side = SideBySide(
            viewer, self.scene, self.planes, self.background, self.say, self.show_all, self.choose, self._lead_window
        )
        self.docks: Docks | None = None
        self._active = False
        self._give_back: Callable[[], None] = lambda: None
        self.prepared = False
        self._marks: dict[int, Mark] = {}
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.remember)
        self._measure = QTimer(self, singleShot=True, interval=MEASURE_MS)
        self._measure.timeout.connect(self._show_histogram)
        self._drawn = Drawn(viewer.window._qt_viewer)
        self._alive = QTimer(self, interval=ALIVE_MS)
        self._alive.timeout.connect(self._tell_alive)
        viewer.scene.camera.events.connect(self._moved)
        viewer.dims.events.point.connect(self._moved)
        viewer.mouse_wheel_callbacks.append(self._wheel)
        viewer.layers.selection.events.active.connect(self._quieten)
        window.installEventFilter(self)
        # The canvas and, while it is empty, what napari shows in its place.
        for widget in window.findChildren(QWidget):
            if widget.acceptDrops():
                widget.installEventFilter(self)
        # With its first layer napari loads pandas and a table of units, and the first image that is read loads nibabel:
        # now, rather than when a case is waited for.
        Labels(np.zeros((1, 1), np.uint8), units=("mm", "mm"))
        import_module("nibabel")

    # Opening and closing.

    def open(self, session: Session) -> None:
        """Show a session, in place of the one that is open.

        Raises
        ------
        CaseError
            If a file of the case is missing or damaged; the session, and what was open, is closed then.
        """
        self.leave()
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(session.load)
            self._build(session.case.reading.scheme)
        try:
            loading.result()
        except WbmriError:
            session.close()
            self.close()
            raise
        volume, labels = session.volume, session.label_map
        self.session = session
        # The docks take their place before the view does: its zoom depends on the size of the canvas. Where that takes
        # long, the view may have come to rest before, which is not the place to go to.
        place = session.view_state
        self._marks = {view.group.label: Mark.of(view) for view in session.groups()}
        self.scene.show("scan", volume.data, session.labels, DisplayGrid.of(volume), self._marks, place)
        self.picture.presets = window_presets(volume, labels, session.case.reading.reference)
        self.show_window()
        self.viewer.title = f"{session.title} · wbmri reading room"
        QTimer.singleShot(0, lambda: self._to_place(session, place))
        self.prepared = False
        self._give_back = take_mouse(self.viewer)
        totals = session.totals
        known = len(session.case.reading.warnings) if session.visible.suggestions else 0
        more = "" if not known else f" ⚠ {known} to know about the scan: below."
        self.say(f"{totals.groups - totals.read} of {totals.groups} groups to read.{more}")
        self.show_all()
        self._drawn.wait()
        self._alive.start()
        self._quieten()
        self.opened.emit()

    def _prepare(self, session: Session) -> None:
        """Load in the background what measuring needs, so that neither the first picture nor the first stroke waits."""

        def ready(_: object) -> None:
            if self.session is session:
                self.prepared = True
                self.show_all()

        self.background.run(session.prepare, ready)

    def leave(self) -> None:
        """Let go of the case; its picture stays for the next one to take its place, or for `close`."""
        if self.session is None:
            return
        self.remember()
        self.editor.stop()
        self.side.close()
        if self._three:
            self.planes.hide()
        else:
            # Not shown with the next case, they would keep this one.
            self.planes.clear()
        if self.scene.depth is not Depth.SLICE:
            self.scene.project(Depth.SLICE)
        self._alive.stop()
        self._give_back()
        session, self.session = self.session, None
        self._quieten()
        session.close()
        self.picture.clear()
        self.viewer.title = "wbmri reading room"
        self.closed.emit()

    def close(self) -> None:
        """Let go of the case and clear the window; everything is on disk already."""
        self.leave()
        self.planes.clear()
        self.scene.clear()
        if self.docks is not None:
            self.docks.hide()

    def _build(self, scheme: Scheme) -> Docks:
        """Return the docks for a scheme, in view."""
        if self.docks is not None and self.docks.scheme == scheme:
            self.docks.show()
            return self.docks
        if self.docks is not None:
            self.docks.remove()
        self.docks = Docks(self.viewer, scheme, self.editor)
        self.docks.overview.chosen.connect(self.choose)
        self.built.emit(self.docks)
        return self.docks

    def signed(self) -> None:
        """Show that the reading is locked now, with all that was hidden before."""
        session = self.session
        if session is None:
            return
        self.editor.stop()
        self._marks = {view.group.label: Mark.of(view) for view in session.groups()}
        self.scene.colour(self._marks, session.current)
        hidden = "" if session.visible.visits and session.visible.other_readers else _STILL_HIDDEN
        self.say(f"Signed. The report and the tables are written.{hidden}")
        self.show_all()
        self.opened.emit()

    def _to_place(self, session: Session, place: ViewState) -> None:
        if self.session is session and self.docks is not None:
            self.docks.lay_out()
            self.scene.go_to(place)
            self.show_planes(wanted=self._three)
            # Arrow keys walk through the groups at once, and no longer through the list the case was chosen from.
            self.viewer.window._qt_viewer.canvas.native.setFocus()
            self._prepare(session)

    # Following.

    def follow(self, change: Change, following: int | None = None) -> None:
        """Show what an action changed; the screen has the outlines already.

        Parameters
        ----------
        change
            What was changed.
        following
            The group to which the session has gone on since.
        """
        session = self.session
        if session is None:
            return
        self._active = True
        elsewhere = following is None and len(change.labels) == 1 and session.current not in change.labels
        if elsewhere:
            session.choose(next(iter(change.labels)))
            self.scene.focus(session.current)
            self._drawn.wait()
        for label in change.labels:
            self._marks[label] = Mark.of(session.group(label))
        if following is not None:
            self.gone(following)
            self.say(f"{change.words}. Now {session.case.reading.scheme.group(following).name}.")
            return
        # The group that is read is white whatever its grade; colouring all contours anew takes longer than the rest.
        if elsewhere or change.labels - {session.current}:
            self.scene.colour(self._marks, session.current)
        self.say(change.words)
        self.show_all(measured=elsewhere or change.mask is not None)

    def choose(self, label: int, *, looking: bool = True) -> None:
        """Go to a group; unless one is looking elsewhere in it, to its middle."""
        if self.session is not None:
            self.gone(self.session.choose(label), looking=looking)

    def clicked(self, label: int, index: tuple[int, int, int]) -> None:
        """Choose the group that was clicked; where all planes are shown, they go through where it was."""
        if self.planes.shown:
            self.planes.go(self.scene.grid.point(index))
        if label and not (self.planes.shown and label == self.scene.label):
            self.choose(label, looking=not self.planes.shown)

    def show_planes(self, *, wanted: bool) -> None:
        """Show all three planes, at the other visit too, or one."""
        self._three = wanted
        if wanted:
            self.planes.show(below=self.docks is not None and self.docks.halved)
        else:
            self.planes.hide()
        self.side.show_planes()

    def gone(self, label: int, *, looking: bool = True) -> None:
        """Show the group to which the session has gone; what was said of another one is no longer so."""
        self._active = True
        self.say("")
        if looking and self.scene.depth is Depth.SLICE:
            self.scene.read(self._marks, label)
        else:
            self.scene.colour(self._marks, label)
            if looking:
                self.scene.focus(label)
        self.side.focus(label)
        self.show_all()
        self._drawn.wait()

    @property
    def seen(self) -> bool:
        """Whether the group that is read has been drawn: what is typed before was typed of another one."""
        return self._drawn.seen

    def show_all(self, *, measured: bool = True) -> None:
        """Bring the docks up to date with the session; the histogram only if something else may be measured now."""
        session, docks = self.session, self.docks
        if session is None or docks is None:
            return
        docks.overview.show_marks(
            self._marks,
            session.current,
            session.edited,
            self.side.marks,
            others_first=self.side.earlier,
            changes=self.side.changes(session),
        )
        docks.panel.show_session(session)
        docks.panel.evidence.show_other_visit(*self.side.measured(session.current))
        self.shown.emit()
        if measured:
            docks.panel.evidence.histogram.show_nothing("")
            self._measure.start()

    def _show_histogram(self) -> None:
        if self.session is not None and self.docks is not None:
            self.docks.panel.evidence.show_histogram(self.session, ready=self.prepared)

    def show_window(self) -> None:
        """Show the scan, and the other visit, in the window preset that is chosen."""
        self.picture.show_preset(self.scene.preset)
        self.side.window()
        if self.docks is not None:
            self.docks.panel.show_windows(self.picture.presets, self.scene.preset)

    def _windowed(self) -> None:
        """Say in which window the scan is shown after dragging, and show the other visit in the same."""
        self.picture.say_window()
        self.side.window(self.picture.multiples)
        if self.docks is not None:
            self.docks.panel.show_windows(self.picture.presets, None)

    def _lead_window(self, black: float, white: float) -> None:
        self.picture.show_multiples(black, white)
        self._windowed()

    def _told(self, label: int, voxel: tuple[int, int, int]) -> str:
        session = self.session
        return told_of(session, self._marks.get(label), label, voxel) if session is not None and self.prepared else ""

    def say(self, words: str, *, caution: bool = False) -> None:
        """Say what was done, where the reader looks."""
        words = words if self.session is None else self.session.said(words)
        self.viewer.status = words
        if self.docks is not None:
            self.docks.panel.say(words, caution=caution)

    def say_error(self, error: WbmriError) -> None:
        """Say why something was refused and what can be done."""
        self.say(f"Not done: {error.received}. {error.remedy[:1].upper()}{error.remedy[1:]}.", caution=True)

    # Staying alive, and remembering where the view is.

    def remember(self) -> None:
        """Tell the session where the view is."""
        self._rest.stop()
        if self.session is not None and len(self.viewer.layers):
            self.session.move(self.scene.place(self.session.current))

    def _moved(self, _: object = None) -> None:
        if self.session is not None:
            self._active = True
            self._rest.start()
            self.side.follow()

    def _quieten(self, _: object = None) -> None:
        """Keep napari from saying what is under the mouse while a case is read and no layer is selected.

        There is nothing to say then but "Ready", over what was done last, and each slice would wait for it.
        """
        moved, tell = self.viewer.cursor.events.position, self.window.status_thread.trigger_status_update
        if self.session is not None and self.viewer.layers.selection.active is None:
            moved.disconnect(tell)
        else:
            moved.connect(tell)

    def _tell_alive(self) -> None:
        if self.session is not None:
            self.session.alive(active=self._active)
            self._active = False
            if self.docks is not None:
                self.docks.panel.show_saving(self.session)

    def _wheel(self, _: Viewer, event: Any) -> None:
        """Go through the slices while a case is open."""
        if self.session is not None:
            turn_wheel(self.scene, event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Close the case with the window, so that others can open it, and take what is dropped and ours."""
        if watched is self.window and event.type() == QEvent.Type.Close:
            self.close()
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
            if self._dropped(paths):
                event.acceptProposedAction()
                # What was lit up while something was held over it.
                QApplication.sendEvent(watched, QDragLeaveEvent())
                return True
        return False
