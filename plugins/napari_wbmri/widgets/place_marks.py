"""Circles with a number upon a picture, where something is marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

_SIZE_PX = 22
_COLOUR, _FAINT = "#ffd24d", "#c8b27a"


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
    """The marks upon a canvas, through which the mouse reaches the picture.

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
            self._labels.append((_label(self._canvas), _label(self._canvas)))
        for ring, beside in self._labels[len(marks) :]:
            ring.hide()
            beside.hide()
        for (ring, beside), mark in zip(self._labels, marks, strict=False):
            colour, line = (_FAINT, "dashed") if mark.faint else (_COLOUR, "solid")
            ring.setStyleSheet(f"border: 2px {line} {colour}; border-radius: {_SIZE_PX // 2}px;")
            beside.setStyleSheet(f"color: {colour}; font-size: 12px; font-weight: bold;")
            beside.setText(mark.words)
            beside.adjustSize()
            x, y = round(mark.at[0]), round(mark.at[1])
            ring.setGeometry(x - _SIZE_PX // 2, y - _SIZE_PX // 2, _SIZE_PX, _SIZE_PX)
            beside.move(x + _SIZE_PX // 2 + 2, y - beside.height() // 2)
            ring.show()
            beside.show()


def _label(canvas: QWidget) -> QLabel:
    label = QLabel(canvas)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
