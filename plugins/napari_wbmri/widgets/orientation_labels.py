"""Where right, left, head, feet, front and back of the patient are, at the edges of the picture."""

import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtWidgets import QLabel, QWidget

_OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}

_ENDS = (("A", "P"), ("H", "F"), ("R", "L"))
"""What of the patient lies where each axis of a `DisplayGrid` begins, and where it ends."""

_SIZE_PX, _MARGIN_PX = 22, 4


class OrientationLabels(QObject):
    """The letters that radiologists look for; they follow whatever turns the picture, napari's own keys among it.

    Parameters
    ----------
    viewer
        What is shown; its layers lie on a `DisplayGrid`, or there are no letters.
    canvas
        The widget that shows it. Labels upon it cost less than text that is drawn with each picture.
    """

    def __init__(self, viewer: ViewerModel, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._viewer, self._canvas = viewer, canvas
        self.letters = {towards: _letter(canvas) for towards in _OPPOSITE}
        for turned in (
            viewer.layers.events.inserted,
            viewer.layers.events.removed,
            viewer.dims.events.order,
            viewer.dims.events.ndisplay,
            viewer.scene.camera.events.orientation,
            viewer.scene.camera.events.angles,
        ):
            turned.connect(self._follow)
        canvas.installEventFilter(self)
        self._place()
        self._follow()

    def _follow(self, _: object = None) -> None:
        dims, layers = self._viewer.dims, self._viewer.layers
        known = bool(layers) and all("stored_shape" in layer.metadata for layer in layers)
        known = known and dims.ndim == len(_ENDS)
        if known:
            for towards, (axis, forth) in (self._flat() if dims.ndisplay == 2 else self._turned()).items():
                begins, ends = _ENDS[axis] if forth else _ENDS[axis][::-1]
                self.letters[_OPPOSITE[towards]].setText(begins)
                self.letters[towards].setText(ends)
        for letter in self.letters.values():
            letter.setVisible(known)

    def _flat(self) -> dict[str, tuple[int, bool]]:
        """Return, for a slice, which axis of the patient runs downwards or upwards, and which to the right or left."""
        axes, towards = self._viewer.dims.order[-2:], self._viewer.scene.camera.orientation2d
        return {str(way): (axis, True) for axis, way in zip(axes, towards, strict=True)}

    def _turned(self) -> dict[str, tuple[int, bool]]:
        """Return the same for the body in three dimensions: the axis that runs most that way."""
        camera, order = self._viewer.scene.camera, self._viewer.dims.order
        up = np.array(camera.up_direction)
        right = np.cross(up, camera.view_direction) * (1 if str(camera.handedness) == "left" else -1)
        made = {}
        for way, vector in (("up", up), ("right", right)):
            most = int(np.argmax(np.abs(vector)))
            made[way] = order[most], bool(vector[most] > 0)
        return made

    def _place(self) -> None:
        size = self._canvas.size()
        right, down = size.width() - _SIZE_PX - _MARGIN_PX, size.height() - _SIZE_PX - _MARGIN_PX
        across, along = (size.width() - _SIZE_PX) // 2, (size.height() - _SIZE_PX) // 2
        self.letters["up"].move(QPoint(across, _MARGIN_PX))
        self.letters["down"].move(QPoint(across, down))
        self.letters["left"].move(QPoint(_MARGIN_PX, along))
        self.letters["right"].move(QPoint(right, along))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay at the edges."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


def _letter(canvas: QWidget) -> QLabel:
    letter = QLabel(canvas)
    letter.resize(_SIZE_PX, _SIZE_PX)
    letter.setAlignment(Qt.AlignmentFlag.AlignCenter)
    letter.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    style = "font-size: 14px; font-weight: bold; color: #f0f1f2; background: rgba(0, 0, 0, 130); border-radius: 4px;"
    letter.setStyleSheet(style)
    letter.hide()
    return letter
