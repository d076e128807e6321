"""The reading room: one case at a time in one napari window, its docks, and what follows when something changes."""

from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from napari import Viewer
from napari.layers import Labels
from napari.qt.threading import create_worker
from qtpy.QtCore import QEvent, QObject, Qt, QTimer

from napari_wbmri.display import DisplayGrid
from napari_wbmri.marks import Mark
from napari_wbmri.mask_editor import MaskEditor
from napari_wbmri.mask_tools import MaskTools
from napari_wbmri.panel import OverviewDock, ReadingDock
from napari_wbmri.scene import Scene
from napari_wbmri.side_by_side import SideBySide
from napari_wbmri.windows import Preset, presets
from wbmri.errors import WbmriError
from wbmri.review import Change, Session

REST_MS = 400
"""The view has come to rest when it did not move for so long."""

OVERVIEW_PX, READING_PX = 330, 330
"""Widths of the docks; a laptop of 1366 pixels leaves half of them to the scan."""

ALIVE_MS = 30_000
"""How often the session is told that the window is open."""


class ReadingRoom(QObject):
    """Shows a session in a viewer and keeps all of its parts up to date.

    Parameters
    ----------
    viewer
        The napari viewer.
    """

    _of: ClassVar[WeakKeyDictionary[Viewer, "ReadingRoom"]] = WeakKeyDictionary()

    def __init__(self, viewer: Viewer) -> None:
        window = viewer.window._qt_window
        super().__init__(window)
        self.viewer, self.window = viewer, window
        self.session: Session | None = None
        self.scene = Scene(viewer)
        self.editor = MaskEditor(viewer, self.scene, self.follow, self.say_error)
        self.side = SideBySide(self)
        self.overview: OverviewDock | None = None
        self.panel: ReadingDock | None = None
        self.tools: MaskTools | None = None
        self.presets: tuple[Preset, ...] = ()
        self.opened: list[Callable[[], None]] = []
        self._active = False
        self._prepared = False
        self._docks: list[Any] = []
        self._marks: dict[int, Mark] = {}
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.remember)
        self._alive = QTimer(self, interval=ALIVE_MS)
        self._alive.timeout.connect(self._tell_alive)
        viewer.scene.camera.events.connect(self._moved)
        viewer.dims.events.point.connect(self._moved)
        viewer.mouse_wheel_callbacks.append(self._wheel)
        window.installEventFilter(self)
        # With its first layer napari loads pandas and a table of units: now, rather than when a case is waited for.
        Labels(np.zeros((1, 1), np.uint8), units=("mm", "mm"))

    @classmethod
    def of(cls, viewer: Viewer) -> "ReadingRoom":
        """Return the reading room of a viewer; made when first asked for."""
        if viewer not in cls._of:
            cls._of[viewer] = cls(viewer)
        return cls._of[viewer]

    # Opening and closing.

    def open(self, session: Session) -> None:
        """Show a session, in place of the one that is open."""
        self.close()
        volume, labels = session.volume, session.label_map
        self.session = session
        self.scene.label = session.current
        self._build(session)
        self.scene.show("scan", volume.data, session.labels, DisplayGrid.of(volume))
        self.presets = presets(volume, labels, session.case.reading.reference)
        self.scene.window(self.presets[self.scene.preset])
        self._marks = {view.group.label: Mark.of(view) for view in session.groups()}
        self.viewer.title = f"{session.title} · wbmri reading room"
        self.scene.colour(self._marks, session.current)
        # The docks take their place first: the zoom depends on the size of the canvas.
        QTimer.singleShot(0, self._to_place)
        self._prepared = False
        self.show_all()
        self._alive.start()
        for tell in self.opened:
            tell()

    def _prepare(self, session: Session) -> None:
        """Load in the background what measuring needs, so that neither the first picture nor the first stroke waits."""

        def ready(_: object) -> None:
            if self.session is session:
                self._prepared = True
                self.show_all()

        create_worker(session.prepare, _connect={"returned": ready})

    def close(self) -> None:
        """Let go of the case; everything is on disk already."""
        if self.session is None:
            return
        self.remember()
        self.editor.stop()
        self.side.close()
        self._alive.stop()
        session, self.session = self.session, None
        session.close()
        self.viewer.layers.clear()
        self.viewer.title = "wbmri reading room"
        for dock in self._docks:
            dock.hide()

    def _build(self, session: Session) -> None:
        if self._docks and self.overview and self.overview.table.grades.scheme == session.case.reading.scheme:
            for dock in self._docks:
                dock.show()
            return
        for dock in self._docks:
            self.viewer.window.remove_dock_widget(dock)
        scheme = session.case.reading.scheme
        self.overview, self.panel = OverviewDock(scheme), ReadingDock(scheme)
        self.tools = MaskTools(self.editor)
        self.panel.room_below.insertWidget(1, self.tools)
        self.overview.chosen.connect(self.choose)
        add = self.viewer.window.add_dock_widget
        self._docks = [
            add(self.overview, name="Grades", area="left", add_vertical_stretch=False),
            add(self.panel, name="Reading", area="right", add_vertical_stretch=False),
        ]
        for dock in self._docks:
            dock.setFeatures(dock.features() & ~dock.DockWidgetFeature.DockWidgetClosable)
        self.make_room()
        from napari_wbmri.commands import Commands

        self.commands = Commands(self)

    def make_room(self) -> None:
        """Put napari's layer list and controls away; the menu Window brings them back."""
        inner = self.viewer.window._qt_viewer
        for dock in (inner.dockLayerList, inner.dockLayerControls):
            dock.setVisible(False)

    def stack(self, dock: Any) -> None:
        """Put another dock behind the grades, as a tab."""
        grades = self._docks[0]
        self.window.tabifyDockWidget(dock, grades)
        # The tabs are made when the window lays itself out; only then one of them can be raised.
        QTimer.singleShot(0, grades.raise_)

    def beside(self, dock: Any) -> None:
        """Put another view between the scan and the reading, as wide as the scan."""
        self.window.splitDockWidget(dock, self._docks[1], Qt.Orientation.Horizontal)
        width = (self.window.width() - OVERVIEW_PX - READING_PX) // 2
        self.window.resizeDocks(
            [*self._docks, dock], [OVERVIEW_PX, READING_PX, max(200, width)], Qt.Orientation.Horizontal
        )

    def lay_out(self) -> None:
        """Give the docks their widths, and the rest to the scan."""
        self.window.resizeDocks(self._docks, [OVERVIEW_PX, READING_PX], Qt.Orientation.Horizontal)

    def signed(self) -> None:
        """Show that the reading is locked now, with all that was hidden before."""
        session = self.session
        if session is None:
            return
        self.editor.stop()
        self._marks = {view.group.label: Mark.of(view) for view in session.groups()}
        self.scene.colour(self._marks, session.current)
        self.say("Signed. The report and the tables are written.")
        self.show_all()
        for tell in self.opened:
            tell()

    def _to_place(self) -> None:
        if self.session is not None:
            self.lay_out()
            self.scene.go_to(self.session.place)
            self._prepare(self.session)

    # Following.

    def follow(self, change: Change) -> None:
        """Show what an action changed; the screen has the outlines already."""
        session = self.session
        if session is None:
            return
        self._active = True
        elsewhere = len(change.labels) == 1 and session.current not in change.labels
        if elsewhere:
            session.choose(next(iter(change.labels)))
            self.scene.focus(session.current)
        for label in change.labels:
            self._marks[label] = Mark.of(session.group(label))
        # The group that is read is white whatever its grade; colouring all contours anew takes longer than the rest.
        if elsewhere or change.labels - {session.current}:
            self.scene.colour(self._marks, session.current)
        self.say(change.words)
        self.show_all(measured=elsewhere or change.mask is not None)

    def choose(self, label: int) -> None:
        """Go to a group."""
        if self.session is not None:
            self.gone(self.session.choose(label))

    def gone(self, label: int) -> None:
        """Show the group to which the session has gone."""
        self._active = True
        self.scene.colour(self._marks, label)
        self.scene.focus(label)
        self.side.focus(label)
        self.show_all()

    def show_all(self, *, measured: bool = True) -> None:
        """Bring the docks up to date with the session; the histogram only if something else may be measured now."""
        session, overview, panel = self.session, self.overview, self.panel
        if session is None or overview is None or panel is None:
            return
        view = session.group(session.current)
        edited = frozenset(one.group.label for one in session.groups() if one.outline_edited)
        overview.show_marks(self._marks, session.current, edited, self.side.marks, others_first=self.side.earlier)
        panel.show_group(view, enabled=not session.read_only)
        panel.totals.show_totals(session.totals)
        panel.case.setText(f"{session.title} · {session.reader} · {session.mode}")
        panel.sign.setEnabled(not session.read_only)
        if measured:
            self._show_histogram(view.measured is not None)
        self._show_saving()

    def _show_histogram(self, allowed: bool) -> None:
        session, panel = self.session, self.panel
        if session is None or panel is None:
            return
        histogram, reference = panel.evidence.histogram, session.case.reading.reference
        if not allowed or reference is None:
            histogram.show_nothing("" if not allowed else "Normal muscle is not known in this scan.")
            return
        if not self._prepared:
            histogram.show_nothing("Measuring…")
            return
        shown = session.histogram(session.current)
        if shown is None or not shown[1].any():
            histogram.show_nothing("No voxels of this group can be measured.")
            return
        entry = session.group(session.current).measured
        rule = session.case.reading.scheme.grading
        histogram.show_counts(*shown, reference, rule, None if entry is None else entry.auto_grade)

    def _show_saving(self) -> None:
        session, panel = self.session, self.panel
        if session is None or panel is None:
            return
        saving, holder = session.saving, session.holder
        if holder is not None:
            panel.show_saving(f"Read-only: {holder.words}.", "")
            panel.elsewhere.setVisible(False)
        elif session.signed:
            panel.show_saving(None, "Signed: this reading is locked. An addendum begins a new one.")
        else:
            panel.show_saving(saving.problem, "Every action is saved.")

    # Saying.

    def say(self, words: str) -> None:
        """Say what was done, where the reader looks."""
        self.viewer.status = words
        if self.panel is not None:
            self.panel.state.setText(words)
            self.panel.state.setStyleSheet("font-size: 12px;")

    def say_error(self, error: WbmriError) -> None:
        """Say why something was refused and what can be done."""
        self.viewer.status = str(error)
        if self.panel is not None:
            self.panel.state.setText(f"Not done: {error.received}. {error.remedy[:1].upper()}{error.remedy[1:]}.")
            self.panel.state.setStyleSheet("font-size: 12px; color: #ffcf70;")

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

    def _tell_alive(self) -> None:
        if self.session is not None:
            self.session.alive(active=self._active)
            self._active = False
            self._show_saving()

    def _wheel(self, _: Viewer, event: Any) -> None:
        """Go through the slices, as on a workstation; with Ctrl the wheel zooms."""
        if self.session is None or self.viewer.dims.ndisplay == 3:
            return
        event.handled = True
        turned = event.delta[0] or event.delta[1]
        if "Control" in event.modifiers:
            self.viewer.scene.camera.zoom *= 1.15**turned
        else:
            self.scene.step(-1 if turned > 0 else 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Close the case with the window, so that others can open it."""
        if watched is self.window and event.type() == QEvent.Type.Close:
            self.close()
        return False
