"""All three planes of a scan at once, with a crosshair where they meet."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QSplitter, QWidget

from napari_wbmri.docks.picture import Picture
from napari_wbmri.viewer import PLANES, Depth, Scene, take_mouse, turn_wheel
from napari_wbmri.widgets import Crosshair

_SHARE = 0.62
"""How much of the room the first view keeps."""


class ThreePlanes:
    """The two other planes beside a view, or below it, all through one point.

    The wheel over one of them moves that point across its plane, and the others follow; so does whatever else moves it.

    Parameters
    ----------
    view
        What shows the first view.
    scene
        The first view.
    picture
        What stands upon the first view, and then upon the others.
    moved
        Called when another view was moved.

    Attributes
    ----------
    crosses
        Each view with the crosshair upon it.
    """

    def __init__(
        self,
        view: QtViewer,
        scene: Scene,
        picture: Picture,
        moved: Callable[[], None],
    ) -> None:
        self._view, self._scene, self._picture, self._moved = view, scene, picture, moved
        self._box: QSplitter | None = None
        self._views: list[tuple[QtViewer, Scene]] = []
        self.crosses = [(scene, self._crosshair(view, scene))]
        self._following = False

    @property
    def shown(self) -> bool:
        """Whether all three planes are shown."""
        return bool(self._scene.followers)

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The views that are shown, the first one first."""
        return (self._scene, *self._scene.followers)

    def show(self, *, below: bool) -> None:
        """Show the two other planes of the scan that is shown; below the first view where it is narrow."""
        if self.shown or not self._scene.shown:
            return
        if self._box is None:
            self._box = QSplitter()
            self._view.addWidget(self._box)
            for _ in range(2):
                self._views.append(self._another(self._box))
        planes, point = [plane for plane in PLANES if plane != self._scene.plane], self._scene.cross
        for (_, scene), plane in zip(self._views, planes, strict=True):
            scene.share(self._scene, plane)
            # They are small, and their letters stand there.
            scene.viewer.canvas.overlays.scale_bar.visible = False
        self._scene.go(point)
        self._box.show()
        self.arrange(below=below)

    def arrange(self, *, below: bool) -> None:
        """Put the other views below the first one, or beside it, and show the group that is read in all of them.

        Alone, the first view stays where it is, in the zoom for its new size.
        """
        if self._box is None or not self.shown:
            QTimer.singleShot(0, self._scene.fill)
            return
        down, across = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        self._view.setOrientation(down if below else across)
        self._box.setOrientation(across if below else down)
        whole = self._view.height() if below else self._view.width()
        self._view.setSizes([round(_SHARE * whole), whole - round(_SHARE * whole)])
        self._box.setSizes([100, 100])
        # The canvases take their new sizes first.
        QTimer.singleShot(0, self._look)

    def _look(self) -> None:
        if self.shown:
            self._scene.focus(self._scene.label)
            self._cross()

    def hide(self) -> None:
        """Show the first view alone, in the zoom for its new size."""
        if self.shown:
            QTimer.singleShot(0, self._scene.fill)
        self._scene.followers.clear()
        if self._box is not None:
            self._box.hide()
            self._view.setOrientation(Qt.Orientation.Vertical)
        self._cross()

    def clear(self) -> None:
        """Let go of the scan as well."""
        self.hide()
        for _, scene in self._views:
            scene.clear()

    def close(self) -> None:
        """Let go of the other views."""
        self.clear()
        for view, _ in self._views:
            view.close()
            view.deleteLater()
        self._views, self.crosses = [], self.crosses[:1]

    def view(self, scene: Scene) -> QtViewer:
        """Return what shows one of the views."""
        return next((view for view, one in self._views if one is scene), self._view)

    def under_mouse(self) -> Scene | None:
        """Return the view that is under the mouse."""
        return next((one for one in self.scenes if self.view(one).canvas.native.underMouse()), None)

    @property
    def pointed(self) -> tuple[float, float, float]:
        """The point of the screen under the mouse, or else where the planes cross."""
        scene = self.under_mouse()
        if scene is None or scene.depth is Depth.BODY:
            return self._scene.cross
        a, b, c = (float(value) for value in scene.viewer.cursor.position)
        return a, b, c

    def go(self, point: Sequence[float]) -> None:
        """Let all planes go through a point on the screen."""
        self._scene.go(point)
        self._through(self._scene)

    def _another(self, box: QSplitter) -> tuple[QtViewer, Scene]:
        model = ViewerModel()
        view = QtViewer(model, show_welcome_screen=False)
        view.dims.hide()
        refuse_drops(view)
        box.addWidget(view)
        scene = Scene(model)
        self._picture.another(scene, view.canvas.native)
        take_mouse(model)
        model.mouse_wheel_callbacks.append(lambda _, event: turn_wheel(scene, event))
        self.crosses.append((scene, self._crosshair(view, scene)))
        model.scene.camera.events.connect(self._tell)
        return view, scene

    def _crosshair(self, view: QtViewer, scene: Scene) -> Crosshair:
        viewer = scene.viewer
        viewer.dims.events.point.connect(lambda _: self._through(scene))
        viewer.dims.events.ndisplay.connect(self._cross)
        viewer.scene.camera.events.connect(self._cross)
        return Crosshair(view.canvas.native, self._cross)

    def _tell(self, _: Any = None) -> None:
        if self.shown and not self._following:
            self._moved()

    def _through(self, moved: Scene) -> None:
        """Let the other views go through the slice that one of them shows now."""
        if not self.shown or self._following or moved not in self.scenes:
            return
        across, point = PLANES[moved.plane][0], list(self._scene.cross)
        point[across] = float(moved.viewer.dims.point[across])
        if moved is self._scene:
            # It was sent to a point as a whole, as by choosing a group, or through its slices.
            point = [float(value) for value in moved.viewer.dims.point]
        with self._followed():
            for scene in self.scenes:
                if scene is not moved:
                    scene.go(point)
        self._cross()
        self._tell()

    @contextmanager
    def _followed(self) -> Iterator[None]:
        self._following = True
        try:
            yield
        finally:
            self._following = False

    def _cross(self, _: Any = None) -> None:
        """Draw the crosshairs where the planes meet."""
        point = self._scene.cross if self.shown else None
        for scene, crosshair in self.crosses:
            crosshair.show_at(None if point is None or scene.depth is Depth.BODY else scene.pixel(point))


def refuse_drops(view: QtViewer) -> None:
    """Let nothing be dropped onto a view that is not the window's own: it would be added to what is compared."""
    for widget in (view, *view.findChildren(QWidget)):
        widget.setAcceptDrops(False)
