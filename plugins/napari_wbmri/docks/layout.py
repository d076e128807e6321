"""Where the docks of the reading room stand in its window, so that all of it fits a small laptop."""

from collections.abc import Callable

from napari import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QPushButton, QStyle, QWidget

from napari_wbmri.docks.reading import OverviewDock, ReadingDock
from napari_wbmri.viewer import MaskEditor
from napari_wbmri.widgets import MaskTools
from wbmri.core.scheme import Scheme

OVERVIEW_PX, READING_PX = 330, 330
"""Widths of the docks; a laptop of 1366 pixels leaves half of them to the scan."""


class Docks:
    """The grades on the left of the scan and the reading on its right, and what else finds a place beside them.

    Parameters
    ----------
    viewer
        The viewer.
    scheme
        The groups.
    editor
        What the tools for outlines set.

    Attributes
    ----------
    halved
        Whether another view takes half of the scan's width.
    """

    def __init__(self, viewer: Viewer, scheme: Scheme, editor: MaskEditor) -> None:
        self._viewer, self._window = viewer, viewer.window._qt_window
        self.scheme, self.halved = scheme, False
        self.overview, self.panel, self.tools = OverviewDock(scheme), ReadingDock(scheme), MaskTools(editor)
        self.panel.room_for_tools.addWidget(self.tools)
        make_room(viewer)
        add = viewer.window.add_dock_widget
        # As tabs where something stands already: below one another they would not fit, and the window would grow.
        self._grades = add(self.overview, name="Grades", area="left", add_vertical_stretch=False, tabify=True)
        self._reading = add(self.panel, name="Reading", area="right", add_vertical_stretch=False, tabify=True)
        for dock in (self._grades, self._reading):
            # napari's bar has a button that destroys the dock; nothing of the reading is to be closed by itself.
            dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
            dock.setTitleBarWidget(QWidget())
        self._raise()

    def show(self) -> None:
        """Show both, with whatever else stands at the sides behind the grades."""
        mine = (self._grades, self._reading)
        known = {*mine, *self._window.tabifiedDockWidgets(self._grades)}
        for dock in self._window.findChildren(QDockWidget):
            if dock not in known and dock.isVisible() and self._window.dockWidgetArea(dock) in _SIDES:
                self._window.tabifyDockWidget(self._grades, dock)
        for dock in mine:
            dock.show()
        self._raise()

    def _raise(self) -> None:
        # The tabs are made when the window lays itself out; only then one of them can be raised.
        for dock in (self._grades, self._reading):
            QTimer.singleShot(0, dock.raise_)

    def hide(self) -> None:
        """Put both away."""
        for dock in (self._grades, self._reading):
            dock.hide()

    def remove(self) -> None:
        """Take both out of the window."""
        for dock in (self._grades, self._reading):
            self._viewer.window.remove_dock_widget(dock)

    def stack(self, dock: QDockWidget) -> None:
        """Put another dock before the grades, as a tab."""
        self._window.tabifyDockWidget(self._grades, dock)
        QTimer.singleShot(0, dock.raise_)

    def beside(self, view: QWidget, name: str, close: Callable[[], None], *, before: bool) -> QDockWidget:
        """Put another view beside the scan, as wide as the scan.

        Parameters
        ----------
        view
            What shows it.
        name
            What stands above it.
        close
            Called when the reader closes it.
        before
            Whether it stands on the left of the scan, where what was earlier is looked for.
        """
        dock: QDockWidget = self._viewer.window.add_dock_widget(
            view,
            name=name,
            area="left" if before else "right",
            add_vertical_stretch=False,
        )
        # napari's bar would take the view away without telling those who keep it up to date.
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(_bar(name, close))
        if before:
            # Not by splitting: what is split from a tab becomes another tab.
            self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock, Qt.Orientation.Horizontal)
        else:
            self._window.splitDockWidget(dock, self._reading, Qt.Orientation.Horizontal)
        return dock

    def lay_out(self, beside: QDockWidget | None = None) -> None:
        """Give the docks their widths, and the rest to the scan, half of it to a view beside it."""
        self.halved = beside is not None
        docks, widths = [self._grades, self._reading], [OVERVIEW_PX, READING_PX]
        if beside is not None:
            between = self._window.style().pixelMetric(
                QStyle.PixelMetric.PM_DockWidgetSeparatorExtent,
                None,
                self._window,
            )
            docks.append(beside)
            widths.append((self._window.width() - sum(widths) - 3 * between) // 2)
        # What is compared lies at the same height.
        bar = None if beside is None else beside.titleBarWidget()
        self._window.centralWidget().setContentsMargins(0, 0 if bar is None else bar.height(), 0, 0)
        self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)


_SIDES = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)


def make_room(viewer: Viewer) -> None:
    """Put napari's layer list and controls away; the menu Window brings them back."""
    inner = viewer.window._qt_viewer
    for dock in (inner.dockLayerList, inner.dockLayerControls):
        dock.setVisible(False)


def dock_of(widget: QWidget) -> QDockWidget | None:
    """Return the dock a widget stands in, whoever made it."""
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    return above


def _bar(title: str, close: Callable[[], None]) -> QWidget:
    """Return what stands above a view that a reader may close."""
    bar, button = QWidget(), QPushButton("Close")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.clicked.connect(close)
    row = QHBoxLayout(bar)
    row.setContentsMargins(6, 0, 6, 2)
    row.addWidget(QLabel(title), 1)
    row.addWidget(button)
    return bar
