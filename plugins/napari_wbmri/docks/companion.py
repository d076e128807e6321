"""Another series of the same examination, such as T1 or Dixon, beside the scan that is read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari import Viewer
from napari.components import ViewerModel
from napari.qt import QtViewer
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_wbmri.docks.layout import Docks
from napari_wbmri.docks.picture import Picture
from napari_wbmri.docks.planes import ThreePlanes, refuse_drops
from napari_wbmri.docks.visit_link import VisitLink
from napari_wbmri.io import companions_in, read_companion
from napari_wbmri.viewer import Scene, take_mouse, turn_wheel
from napari_wbmri.widgets import Background
from wbmri.core import WbmriError
from wbmri.io import FoundSeries


class Companion:
    """A second image of the person in the frame of the case: loaded in the background, beside the scan and linked.

    Parameters
    ----------
    viewer
        The viewer with the scan.
    here
        The scan.
    planes
        The planes that it shows.
    background
        Loads.
    say
        Tells the reader what was done.
    clicked
        Called with the group that was clicked, 0 for none, and the voxel.

    Attributes
    ----------
    loaded
        The series that were loaded for this case, by name, on its grid.
    shown
        Which of them is beside the scan.
    """

    def __init__(
        self,
        viewer: Viewer,
        here: Scene,
        planes: ThreePlanes,
        background: Background,
        say: Callable[[str], None],
        clicked: Callable[[int, tuple[int, int, int]], None],
    ) -> None:
        self._viewer, self._here, self._planes, self._background = viewer, here, planes, background
        self._say, self._clicked = say, clicked
        self.loaded: dict[str, NDArray[np.float32]] = {}
        self.shown: str | None = None
        self.scene: Scene | None = None
        self._link: VisitLink | None = None
        self._docks: Docks | None = None
        self._inner: Any = None
        self._dock: Any = None
        for moved in (viewer.scene.camera.events, viewer.dims.events.point):
            moved.connect(self._follow)
        viewer.dims.events.order.connect(self.show_outlines)

    def find(self, paths: Sequence[Path], then: Callable[[list[FoundSeries]], None]) -> None:
        """Look in the background for what can be shown in a DICOM folder or in image files.

        Parameters
        ----------
        paths
            Where to look.
        then
            Called with the series; what is wrong there is said instead.
        """
        grid = self._here.grid

        def look() -> list[FoundSeries] | WbmriError:
            try:
                return companions_in(paths)
            except WbmriError as error:
                return error

        def found(series: list[FoundSeries] | WbmriError) -> None:
            # Another case may hide what it is of.
            if self._here.grid is not grid:
                return
            if isinstance(series, WbmriError):
                self._say(f"Nothing to show there: {series}")
            else:
                then(series)

        self._say(f"Looking into {', '.join(path.name for path in paths)} …")
        self._background.run(look, found)

    def load(self, paths: Sequence[Path], series: FoundSeries, docks: Docks) -> None:
        """Load a series in the background, and show it beside the scan."""
        grid = self._here.grid
        name = series.description or series.kind

        def read() -> NDArray[np.float32] | WbmriError:
            try:
                return read_companion(paths, series.key, grid.stored_grid)
            except WbmriError as error:
                return error

        def there(image: NDArray[np.float32] | WbmriError) -> None:
            if self._here.grid is not grid or not self._here.shown:
                return
            if isinstance(image, WbmriError):
                self._say(f"{name} cannot be shown: {image}")
                return
            self.loaded[name] = image
            self.show(name, docks)

        self._say(f"Loading {name} …")
        self._background.run(read, there)

    def show(self, name: str, docks: Docks) -> None:
        """Show a series that was loaded, in place of the one beside the scan."""
        self.hide()
        model = ViewerModel(title=name)
        self._inner, self.scene, self._docks = QtViewer(model, show_welcome_screen=False), Scene(model), docks
        refuse_drops(self._inner)
        self._dock = docks.beside(self._inner, name, self.close_view, before=False)
        Picture(self.scene, self._inner.canvas.native, lambda: False, self._clicked, lambda: None, lambda *_: "")
        self.scene.accompany(self._here, name, self.loaded[name])
        take_mouse(model)
        scene = self.scene
        model.mouse_wheel_callbacks.append(lambda _, event: turn_wheel(scene, event))
        self._link = VisitLink(self._here, self.scene)
        for moved in (model.scene.camera.events, model.dims.events.point):
            moved.connect(self._link.lead)
        self.shown = name
        self._say(f"Beside it: {name}, brought onto this scan by where both lie; whose it is, only you know.")
        # The canvases take their new sizes first.
        QTimer.singleShot(0, self._lay_out)

    def _lay_out(self) -> None:
        if self._docks is not None and self._dock is not None:
            self._docks.lay_out(self._dock)
            self._planes.arrange(below=True)
            self._here.focus(self._here.label)
            self._follow()

    def close_view(self) -> None:
        """Put the series away, as its button does."""
        self.hide()
        self._say("The other series is put away.")

    def hide(self) -> None:
        """Put the series away; it stays loaded."""
        scene, self.scene, self._link, self.shown = self.scene, None, None, None
        if scene is None or self._docks is None:
            return
        scene.clear()
        self._viewer.window.remove_dock_widget(self._dock)
        self._inner.close()
        self._inner.deleteLater()
        self._docks.lay_out()
        self._planes.arrange(below=False)
        self._dock = self._inner = self._docks = None

    def clear(self) -> None:
        """Let go of everything that was loaded."""
        self.hide()
        self.loaded = {}

    def show_outlines(self, _: object = None) -> None:
        """Draw the outlines as they are over the scan."""
        if self.scene is not None and self._here.shown:
            self.scene.like(self._here)

    def _follow(self, _: object = None) -> None:
        if self._link is not None:
            self._link.follow()
