"""Two lines upon a picture that cross where the other planes go through it."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QWidget

_STYLE = "background: #57c7ff;"
_GAP_PX = 14
"""The middle stays free: what is looked at lies there."""


class Crosshair(QObject):
    """Lines upon a canvas, through which the mouse reaches the picture; they cost less than what is drawn in it.

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
        self.lines = tuple(QWidget(canvas) for _ in range(4))
        for line in self.lines:
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            line.setStyleSheet(_STYLE)
            line.hide()
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
