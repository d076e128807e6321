"""Words upon a picture: beside the mouse, and in a corner."""

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QLabel, QWidget

_STYLE = "font-size: 13px; color: #f0f1f2; background: rgba(0, 0, 0, 170); border-radius: 4px; padding: 3px 6px;"
_AWAY_PX, _MARGIN_PX = 16, 6
_GOING = (QEvent.Type.Leave, QEvent.Type.MouseButtonPress)


class PictureNote(QLabel):
    """A line upon a canvas, through which the mouse reaches the picture; labels cost less than text that is drawn.

    Beside the mouse it goes when a button is pressed: it would lie over what is drawn.

    Parameters
    ----------
    canvas
        The widget that shows the picture.
    corner
        Whether it stands in the upper left corner, and not beside the mouse.
    """

    def __init__(self, canvas: QWidget, *, corner: bool = False) -> None:
        super().__init__(canvas)
        self._canvas, self._corner = canvas, corner
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(_STYLE)
        self.hide()
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
            self.move(_MARGIN_PX, 5 * _MARGIN_PX)
            return
        at = self._canvas.mapFromGlobal(QCursor.pos())
        right = at.x() + _AWAY_PX
        if right + self.width() > room.width():
            right = at.x() - _AWAY_PX - self.width()
        self.move(max(right, 0), min(at.y() + _AWAY_PX, max(room.height() - self.height(), 0)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Go with the mouse when it leaves, and while it draws."""
        if event.type() in _GOING and not self._corner:
            self.hide()
        return False
