"""The keys of the reading room: before napari's own, whatever layer is selected; and all of them on one page."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QKeyCombination, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTableView,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_wbmri.widgets.style import FAINT, notice
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

HARMLESS = frozenset(("Ctrl+Q", "Ctrl+W", "F11", "Ctrl+M", "Ctrl+0", "Ctrl++", "Ctrl+=", "Ctrl+-"))
"""Napari's own keys that act while a case is open: quit, close, full screen, menu bar, and zoom."""

_PRESSING = {Qt.Key.Key_Space, Qt.Key.Key_Select}
"""Keys that press a button which has the focus."""

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
    layer. This filter sees it before all of them. Dialogs and fields in which one types keep their keys. While a
    case is open, a key that is nobody's does nothing: of napari's own only those in `HARMLESS` act.

    Parameters
    ----------
    window
        The window whose keys these are.
    keys
        What each key does.
    act
        Called with the command; returns whether it was done.
    reading
        Tells whether a case is open.
    """

    def __init__(
        self, window: QWidget, keys: KeyMap, act: Callable[[Command], bool], reading: Callable[[], bool]
    ) -> None:
        super().__init__(window)
        self._reading = reading
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
        if event.key() in _BARE:
            return False
        name = name_of(event)
        if self._typed(watched, event):
            # What a field does not use would otherwise go on to napari's shortcuts.
            if event.type() == QEvent.Type.ShortcutOverride and self._reading() and name not in HARMLESS:
                event.accept()
            return False
        command = self._commands.get(name)
        if command is None:
            return self._kept(watched, event, name)
        if event.type() == QEvent.Type.ShortcutOverride:
            # An accepted override comes back as a key press, and no shortcut of napari's fires.
            event.accept()
            return True
        if event.isAutoRepeat() and command not in _REPEATED:
            return True
        return self._act(command)

    def _kept(self, watched: QWidget, event: QKeyEvent, name: str) -> bool:
        """Whether a key that does nothing here is kept from napari."""
        if not self._reading() or name in HARMLESS:
            return False
        if isinstance(watched, QAbstractButton) and event.key() in _PRESSING:
            return False
        event.accept()
        return True

    def _ours(self, watched: QWidget) -> bool:
        if watched.window() is not self._window or QApplication.activeModalWidget() is not None:
            return False
        return QApplication.activePopupWidget() is None

    def _typed(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Whether a key belongs to a field or list, which hands Enter on to what it stands in after it has used it."""
        walking = event.key() in _WALKING
        # With Ctrl, Enter is none of theirs.
        own = walking if isinstance(watched, QTableView) else isinstance(watched, _TYPING)
        if own and not (walking and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
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


_COLUMNS = 2

_SHOWN = {"Return": "⏎", "Enter": "⏎ (keypad)", "Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Backspace": "⌫"}


def shown_key(key: str) -> str:
    """Return a key as it is printed on a keyboard."""
    *held, last = key.split("+") if key != "+" else [key]
    return "+".join([*held, _SHOWN.get(last, last)])


class KeyHelp(QDialog):
    """Shows every key with what it does.

    Parameters
    ----------
    keys
        The keys as they are set now.
    file
        The file in which a reader can change them.
    """

    def __init__(self, keys: KeyMap, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of the reading room")
        page = QVBoxLayout(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(3)
        rows = [0] * _COLUMNS
        for section, bindings in keys.sections().items():
            column = rows.index(min(rows))
            title = QLabel(section)
            title.setStyleSheet("font-size: 14px; font-weight: bold; padding-top: 6px;")
            grid.addWidget(title, rows[column], 2 * column, 1, 2)
            for row, binding in enumerate(bindings, start=rows[column] + 1):
                caps = " ".join(
                    f"<span style='background:#414851; color:#ffffff'>&nbsp;{shown_key(key)}&nbsp;</span>"
                    for key in binding.keys
                )
                cap, words = QLabel(caps or "–"), QLabel(binding.title)
                cap.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                for label in (cap, words):
                    label.setStyleSheet("font-size: 12px;")
                grid.addWidget(cap, row, 2 * column)
                grid.addWidget(words, row, 2 * column + 1)
            rows[column] += 1 + len(bindings)
        page.addLayout(grid)
        mouse = QLabel(
            "Mouse: the wheel goes through the slices, Ctrl and the wheel zoom, dragging moves the picture, a click\n"
            "chooses the group, dragging with the right button sets the window: right wider, down darker.\n"
            f'To change a key, write it under [keys] in {file}, for example  next_group = ["Down", "J"].',
        )
        mouse.setStyleSheet(f"color: {FAINT.name()}; font-size: 12px;")
        page.addWidget(mouse)
        page.addWidget(notice())
