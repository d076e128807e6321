"""What lies upon a picture: letters of orientation, a crosshair, numbered marks and words.

Widgets upon the canvas, through which the mouse reaches the picture, cost less than what is drawn in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QLabel, QWidget

Shown = TypeVar("Shown", bound=QWidget)


def _overlay(widget: Shown) -> Shown:
    widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    widget.hide()
    return widget


_OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}
_ENDS = (("A", "P"), ("H", "F"), ("R", "L"))
"""What of the patient lies where each axis of a `DisplayGrid` begins, and where it ends."""
_LETTER_PX, _LETTER_MARGIN_PX = 22, 4
_LETTER_STYLE = (
    "font-size: 14px; font-weight: bold; color: #f0f1f2; background: rgba(0, 0, 0, 130); border-radius: 4px;"
)


class OrientationLabels(QObject):
    """Letters at the edges for right, left, head, feet, front and back of the patient.

    They follow whatever turns the picture, napari's own keys among it.

    Parameters
    ----------
    viewer
        What is shown; its layers lie on a `DisplayGrid`, or there are no letters.
    canvas
        The widget that shows it.
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
        right, down = size.width() - _LETTER_PX - _LETTER_MARGIN_PX, size.height() - _LETTER_PX - _LETTER_MARGIN_PX
        across, along = (size.width() - _LETTER_PX) // 2, (size.height() - _LETTER_PX) // 2
        self.letters["up"].move(QPoint(across, _LETTER_MARGIN_PX))
        self.letters["down"].move(QPoint(across, down))
        self.letters["left"].move(QPoint(_LETTER_MARGIN_PX, along))
        self.letters["right"].move(QPoint(right, along))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay at the edges."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False


def _letter(canvas: QWidget) -> QLabel:
    letter = QLabel(canvas)
    letter.resize(_LETTER_PX, _LETTER_PX)
    letter.setAlignment(Qt.AlignmentFlag.AlignCenter)
    letter.setStyleSheet(_LETTER_STYLE)
    return _overlay(letter)


_LINE_STYLE = "background: #57c7ff;"
_GAP_PX = 14
"""The middle stays free: what is looked at lies there."""


class Crosshair(QObject):
    """Two lines that cross where the other planes go through the picture.

    Parameters
    ----------
    canvas
        The widget that shows the picture.
    resized
        Called when the canvas has another size, for the lines to be placed anew.
    """

    def __init__(self, canvas: QWidget, resized: Callable[[], None]) -> None:
        super().__init__(canvas)
        self._canvas, self._resized = canvas, resized
        self.at: tuple[float, float] | None = None
        self.lines = tuple(_overlay(QWidget(canvas)) for _ in range(4))
        for line in self.lines:
            line.setStyleSheet(_LINE_STYLE)
        canvas.installEventFilter(self)

    def show_at(self, at: tuple[float, float] | None) -> None:
        """Let the lines cross at a pixel, counted from the left and from above; ``None`` takes them away."""
        if at is None and self.at is None:
            return
        self.at = at
        if at is not None:
            x, y = round(at[0]), round(at[1])
            width, height = self._canvas.width(), self._canvas.height()
            left, right, up, down = self.lines
            left.setGeometry(0, y, max(x - _GAP_PX, 0), 1)
            right.setGeometry(x + _GAP_PX, y, max(width - x - _GAP_PX, 0), 1)
            up.setGeometry(x, 0, 1, max(y - _GAP_PX, 0))
            down.setGeometry(x, y + _GAP_PX, 1, max(height - y - _GAP_PX, 0))
        for line in self.lines:
            line.setVisible(at is not None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow the size of the canvas."""
        if event.type() == QEvent.Type.Resize:
            self._resized()
        return False


_MARK_PX = 22
_MARK_COLOUR, _FAINT_MARK_COLOUR = "#ffd24d", "#c8b27a"


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """A mark upon a picture.

    Parameters
    ----------
    at
        Its pixel, from the left and from above.
    words
        What stands beside it.
    faint
        Whether it is only expected there.
    """

    at: tuple[float, float]
    words: str
    faint: bool = False


class PlaceMarks:
    """Circles with a number, where something is marked.

    Parameters
    ----------
    canvas
        The widget that shows the picture.
    """

    def __init__(self, canvas: QWidget) -> None:
        self._canvas = canvas
        self._labels: list[tuple[QLabel, QLabel]] = []
        self.shown: tuple[PlaceMark, ...] = ()

    def show(self, marks: Sequence[PlaceMark]) -> None:
        """Show these marks and no others."""
        self.shown = tuple(marks)
        while len(self._labels) < len(marks):
            self._labels.append((_overlay(QLabel(self._canvas)), _overlay(QLabel(self._canvas))))
        for ring, beside in self._labels[len(marks) :]:
            ring.hide()
            beside.hide()
        for (ring, beside), mark in zip(self._labels, marks, strict=False):
            colour, line = (_FAINT_MARK_COLOUR, "dashed") if mark.faint else (_MARK_COLOUR, "solid")
            ring.setStyleSheet(f"border: 2px {line} {colour}; border-radius: {_MARK_PX // 2}px;")
            beside.setStyleSheet(f"color: {colour}; font-size: 12px; font-weight: bold;")
            beside.setText(mark.words)
            beside.adjustSize()
            x, y = round(mark.at[0]), round(mark.at[1])
            ring.setGeometry(x - _MARK_PX // 2, y - _MARK_PX // 2, _MARK_PX, _MARK_PX)
            beside.move(x + _MARK_PX // 2 + 2, y - beside.height() // 2)
            ring.show()
            beside.show()


_NOTE_STYLE = "font-size: 13px; color: #f0f1f2; background: rgba(0, 0, 0, 170); border-radius: 4px; padding: 3px 6px;"
_NOTE_AWAY_PX, _NOTE_MARGIN_PX = 16, 6
_GOING = (QEvent.Type.Leave, QEvent.Type.MouseButtonPress)


class PictureNote(QLabel):
    """Words beside the mouse, or in a corner.

    Beside the mouse they go when a button is pressed: they would lie over what is drawn.

    Parameters
    ----------
    canvas
        The widget that shows the picture.
    corner
        Whether they stand in the upper left corner, and not beside the mouse.
    """

    def __init__(self, canvas: QWidget, *, corner: bool = False) -> None:
        super().__init__(canvas)
        self._canvas, self._corner = canvas, corner
        self.setStyleSheet(_NOTE_STYLE)
        _overlay(self)
        canvas.installEventFilter(self)

    def say(self, words: str) -> None:
        """Show words, or nothing."""
        if words != self.text():
            self.setText(words)
            self.adjustSize()
        self._place()
        self.setVisible(bool(words))

    def _place(self) -> None:
        room = self._canvas.size()
        if self._corner:
            # Below the letter that says where the head is.
            self.move(_NOTE_MARGIN_PX, 5 * _NOTE_MARGIN_PX)
            return
        at = self._canvas.mapFromGlobal(QCursor.pos())
        right = at.x() + _NOTE_AWAY_PX
        if right + self.width() > room.width():
            right = at.x() - _NOTE_AWAY_PX - self.width()
        self.move(max(right, 0), min(at.y() + _NOTE_AWAY_PX, max(room.height() - self.height(), 0)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Go with the mouse when it leaves, and while it draws."""
        if event.type() in _GOING and not self._corner:
            self.hide()
        return False
