"""One picture with what is told upon it: what lies under the mouse, the window, and the colours of the map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from napari.qt import QtViewer
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QWidget

from napari_wbmri.viewer import HIGHEST, LOWEST, Depth, Mark, Pointer, Scene, heat_colours
from napari_wbmri.widgets import OrientationLabels, PictureNote, PlaceMark, PlaceMarks
from wbmri.core import LabelMap, Reading, Volume
from wbmri.grading import fitted_field
from wbmri.report.figures import RATIO_WINDOWS, DisplayWindow
from wbmri.review import Session

Voxel = tuple[int, int, int]

_FINEST_MM = 1e-3
"""Below every voxel size: the field at each voxel."""

_LEGEND = (1.0, 1.5, 2.0, 3.0, 4.0)
"""Ratios whose colours the legend shows."""


MARK_MM = 4.0
"""A mark is seen on slices that are no further away, and always on its own."""

DRAWN_MS = 500
"""A picture is drawn within so long once the window has time for it."""


class Drawn(QObject):
    """Tells whether a view has drawn what it was last asked for.

    Parameters
    ----------
    view
        The view.

    Attributes
    ----------
    seen
        Whether it has.
    """

    def __init__(self, view: QtViewer) -> None:
        super().__init__(view)
        self._canvas, self.seen = view.canvas.native, True
        # Where nothing is drawn, because nothing is new, it is on the screen already.
        self._soon = QTimer(self, singleShot=True, interval=DRAWN_MS)
        self._soon.timeout.connect(self._draw)
        view.canvas._scene_canvas.events.draw.connect(self._draw)

    def wait(self) -> None:
        """Wait for the next picture."""
        self.seen = False
        self._canvas.update()
        self._soon.start()

    def _draw(self, _: object = None) -> None:
        self.seen = True


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is marked at a point of the screen; faint where it is only expected there."""

    point: tuple[float, float, float]
    words: str
    faint: bool = False


class Picture:
    """What stands upon the picture of a scan, and what the mouse does there.

    Parameters
    ----------
    scene
        The scan.
    canvas
        The widget that shows it.
    busy
        Tells whether the left button draws just now.
    clicked
        Called with the group that was clicked, 0 for none, and the voxel of the screen's grid.
    windowed
        Called after the window was set by dragging.
    told
        Returns what is to be said of a group, 0 for none, at a voxel as it is stored.
    """

    def __init__(
        self,
        scene: Scene,
        canvas: QWidget,
        busy: Callable[[], bool],
        clicked: Callable[[int, Voxel], None],
        windowed: Callable[[], None],
        told: Callable[[int, Voxel], str],
    ) -> None:
        self._scene, self._told, self._clicked, self._windowed = scene, told, clicked, windowed
        self.presets: tuple[DisplayWindow, ...] = ()
        self.marks = PlaceMarks(canvas)
        self.others: list[Picture] = []
        self._found: tuple[Found, ...] = ()
        for moved in (scene.viewer.dims.events, scene.viewer.scene.camera.events):
            moved.connect(self._place)
        self.directions = OrientationLabels(scene.viewer, canvas)
        self.tip, self.corner = PictureNote(canvas), PictureNote(canvas, corner=True)
        self._window = ""
        Pointer(scene, busy, clicked, self._over, windowed)

    def _over(self, voxel: Voxel | None) -> None:
        if voxel is None:
            self.tip.say("")
            return
        i, j, k = np.rint(self._scene.grid.voxel(self._scene.grid.point(voxel))).astype(int).tolist()
        self.tip.say(self._told(int(self._scene.groups.data[voxel]), (i, j, k)))

    def another(self, scene: Scene, canvas: QWidget) -> "Picture":
        """Return the same upon another view of this scan."""

        def windowed() -> None:
            self._scene.set_window(*scene.scan.contrast_limits)
            self._windowed()

        made = Picture(scene, canvas, lambda: False, self._clicked, windowed, self._told)
        made._found = self._found
        self.others.append(made)
        return made

    def show_found(self, found: Sequence[Found]) -> None:
        """Mark what was found, in every view of the scan."""
        for picture in (self, *self.others):
            if tuple(found) or picture._found:
                picture._found = tuple(found)
                picture._place()

    def _place(self, _: object = None) -> None:
        """Put the marks where they are on the slice that is shown."""
        scene = self._scene
        if self._found or self.marks.shown:
            seen = scene.shown and scene.depth is not Depth.BODY
            shown = [found for found in self._found if seen and scene.within(found.point, MARK_MM)]
            self.marks.show([PlaceMark(scene.pixel(one.point), one.words, one.faint) for one in shown])

    def show_preset(self, place: int) -> None:
        """Show the scan in one of its window presets."""
        self._scene.window(self.presets[place])
        self._window = ""
        self.show_corner()

    @property
    def multiples(self) -> tuple[float, float]:
        """What is black and white, as multiples of normal muscle."""
        unit = _unit_of(self.presets)
        black, white = self._scene.scan.contrast_limits
        return black / unit, white / unit

    def show_multiples(self, black: float, white: float) -> None:
        """Show the scan in a window that is none of the presets, as multiples of normal muscle."""
        unit = _unit_of(self.presets)
        self._scene.set_window(black * unit, white * unit)

    def say_window(self) -> None:
        """Say in which window the scan is shown, where it is none of the presets."""
        black, white = self.multiples
        self._window = f"Window {black:.2f} to {white:.2f} × {self.presets[0].name.rpartition('× ')[2]}"
        self.show_corner()

    def show_corner(self) -> None:
        """Bring the corner up to date."""
        legend = _legend() if self._scene.heat_shown else ""
        self.corner.say("<br>".join(part for part in (self._window, legend) if part))

    def clear(self) -> None:
        """Say nothing."""
        self._window = ""
        self.show_found(())
        self.tip.say("")
        self.corner.say("")


def _legend() -> str:
    colours = heat_colours(256)
    said = []
    for ratio in _LEGEND:
        red, green, blue, _ = colours[round((ratio - LOWEST) / (HIGHEST - LOWEST) * 255)]
        code = f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
        said.append(f"<span style='color:{code}'>■</span>&nbsp;{ratio:g}")
    return f"× normal muscle: {' '.join(said)}"


def told_of(session: Session, mark: Mark | None, label: int, voxel: Voxel) -> str:
    """Say what lies at a voxel, as it is stored, as far as the mode lets it be seen."""
    i, j, k = voxel
    found = session.ratios((slice(i, i + 1), slice(j, j + 1), slice(k, k + 1)))
    said = [session.case.reading.scheme.group(label).name, mark.words] if label and mark is not None else []
    if found is not None:
        said.append(f"here {float(found[0, 0, 0]):.1f}× normal muscle")
    return " · ".join(said)


def _unit_of(presets: Sequence[DisplayWindow]) -> float:
    """Return the intensity of which the windows of a scan are multiples: normal muscle, where that is known."""
    (_, black, white), preset = RATIO_WINDOWS[0], presets[0]
    return (preset.white - preset.black) / (white - black)


def ratios_of(volume: Volume, labels: LabelMap, reading: Reading) -> NDArray[np.float16] | None:
    """Return the muscles of a scan as multiples of normal muscle, what coil and stations add taken off.

    Parameters
    ----------
    volume, labels
        The scan and its outlines, on one grid.
    reading
        The program's reading, with the field and the level that it found.

    Returns
    -------
    ndarray or None
        0 beside the muscles, shape (i, j, k); ``None`` where level or field are not known.
    """
    model, reference = reading.intensity_model, reading.reference
    if model is None or reference is None:
        return None
    field, _ = fitted_field(volume.grid, model.bias_field, _FINEST_MM)
    inside = labels.data > 0
    ratios = np.zeros(volume.shape, np.float16)
    ratios[inside] = volume.data[inside] / (reference.level * volume.grid.stored_as("RAS").undo(field)[inside])
    return ratios
