"""The keys of the reading room: they work whatever layer is selected, or none, and come before napari's own."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QKeyCombination, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTableView,
    QTextEdit,
    QWidget,
)

from wbmri.review import Command, KeyMap

_TYPING = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)
"""Where keys are text."""

_WALKING = {
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
}
"""Keys by which one walks in a list that has the focus, as the worklist has after its key, and chooses from it."""

_REPEATED = {
    Command.NEXT_GROUP,
    Command.PREVIOUS_GROUP,
    Command.UNDO,
    Command.REDO,
    Command.LARGER_BRUSH,
    Command.SMALLER_BRUSH,
}
"""What a key that is held down does again and again."""

_BARE = {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr}


def name_of(event: QKeyEvent) -> str:
    """Return the name of a key as Qt writes it in portable text, such as ``Shift+U``.

    Shift is left out where it only makes the character, as in ``?``; the number pad counts as the digits.
    """
    key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if key == Qt.Key.Key_Backtab:
        key, held = Qt.Key.Key_Tab, held | Qt.KeyboardModifier.ShiftModifier
    text = event.text()
    if text and text.isprintable() and not text.isalnum() and not text.isspace():
        held &= ~Qt.KeyboardModifier.ShiftModifier
    return QKeySequence(QKeyCombination(held, key)).toString(QKeySequence.SequenceFormat.PortableText)


class KeyFilter(QObject):
    """Hands the keys of one window to the reading room.

    napari asks the canvas, the layer controls and its menus for a key, in this order and depending on the selected
    layer. This filter sees it before all of them. Dialogs and fields in which one types keep their keys.

    Parameters
    ----------
    window
        The window whose keys these are.
    keys
        What each key does.
    act
        Called with the command; returns whether it was done. A key that is not used goes on to napari.
    """

    def __init__(self, window: QWidget, keys: KeyMap, act: Callable[[Command], bool]) -> None:
        super().__init__(window)
        self._window = window
        self._commands = {key: binding.command for binding in keys.bindings for key in binding.keys}
        self._act = act
        self._around: list[QWidget] = []
        application = QApplication.instance()
        assert application is not None  # noqa: S101 - a widget cannot exist without one
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take a key press if it is one of ours."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if not (isinstance(event, QKeyEvent) and isinstance(watched, QWidget) and self._ours(watched)):
            return False
        if self._typed(watched, event):
            return False
        command = None if event.key() in _BARE else self._commands.get(name_of(event))
        if command is None:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            # An accepted override comes back as a key press, and no shortcut of napari's fires.
            event.accept()
            return True
        if event.isAutoRepeat() and command not in _REPEATED:
            return True
        return self._act(command)

    def _ours(self, watched: QWidget) -> bool:
        if watched.window() is not self._window or QApplication.activeModalWidget() is not None:
            return False
        return QApplication.activePopupWidget() is None

    def _typed(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Whether a key belongs to a field or list, which hands Enter on to what it stands in after it has used it."""
        if isinstance(watched, _TYPING) or (isinstance(watched, QTableView) and event.key() in _WALKING):
            self._around = []
            above = watched.parentWidget()
            while above is not None:
                self._around.append(above)
                above = above.parentWidget()
            return True
        if event.type() == QEvent.Type.ShortcutOverride and QApplication.focusWidget() in (watched, None):
            self._around = []
        return watched in self._around

    def remove(self) -> None:
        """Give the keys back to napari."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
