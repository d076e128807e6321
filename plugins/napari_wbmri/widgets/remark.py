"""Writing a remark on a group or on the case."""

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from napari_wbmri.widgets.style import LINE, RAISED, notice

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RemarkDialog(QDialog):
    """Asks for a remark in words.

    Parameters
    ----------
    about
        What it is on.
    text
        The remark as it is now.
    parent
        The window.
    """

    written = Signal(str)
    """The remark, once it is to be kept."""

    def __init__(self, about: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Remark")
        self.setMinimumWidth(460)
        self.question, self.text = QLabel(f"Remark on {about}:"), QPlainTextEdit(text)
        # napari gives such a field the colour of its background: nobody would see where to write.
        self.text.setStyleSheet(f"background: {RAISED.name()}; border: 1px solid {LINE.name()}; font-size: 13px;")
        self.text.setTabChangesFocus(True)
        self.text.installEventFilter(self)
        self.keep, cancel = QPushButton("Keep   Ctrl+⏎"), QPushButton("Cancel   Esc")
        row = QHBoxLayout()
        for button in (cancel, self.keep):
            button.setMinimumHeight(28)
            button.setAutoDefault(False)
            row.addWidget(button)
        page = QVBoxLayout(self)
        page.addWidget(self.question)
        page.addWidget(self.text)
        page.addLayout(row)
        page.addWidget(notice())
        self.keep.clicked.connect(self._keep)
        cancel.clicked.connect(self.reject)
        self.text.setFocus()

    def _keep(self) -> None:
        self.accept()
        self.written.emit(self.text.toPlainText())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keep the remark with Ctrl and Enter; Enter alone begins another line."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if held:
                self._keep()
            return held
        return False
