"""Signing a reading: what is unread or contradictory is shown first, and confirmed or looked at."""

from collections.abc import Collection

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_wbmri.widgets import CAUTION, INK, notice
from wbmri.core import WbmriError
from wbmri.review import Session, SignoffIssue


class SignDialog(QDialog):
    """Shows the issues of a reading, and signs it.

    Parameters
    ----------
    session
        The reading.
    parent
        The window.
    seen
        What the reader has looked at already.
    """

    looked = Signal(object)
    """The concern from which on the reader wants to look at them, one after another."""

    signed = Signal(str)
    """Signed; and why the tables could not be written, or nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None, seen: Collection[SignoffIssue] = ()) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle(f"Sign the reading of {session.title}")
        self.setMinimumWidth(560)
        self.totals, self.list, self.message = QLabel(), QListWidget(), QLabel()
        self.seen = QCheckBox("I have looked at these and confirm my grades")
        self.sign, self.cancel = QPushButton("Sign"), QPushButton("Go on reading")
        self.go = QPushButton("Look at them in place")
        self.list.setWordWrap(True)
        self.list.setStyleSheet("font-size: 13px;")
        self.totals.setStyleSheet("font-size: 15px;")
        self.message.setWordWrap(True)
        page = QVBoxLayout(self)
        for widget in (self.totals, self.message, self.list, self.seen):
            page.addWidget(widget)
        page.addStretch(1)
        row = QHBoxLayout()
        for button in (self.go, self.cancel, self.sign):
            button.setMinimumHeight(32)
            row.addWidget(button)
        page.addLayout(row)
        page.addWidget(notice())
        # Enter signs, wherever the focus is; until all was looked at, it leads there.
        for button in (self.go, self.cancel, self.sign):
            button.setAutoDefault(False)
        self.sign.clicked.connect(self._sign)
        self.go.clicked.connect(self._look)
        self.cancel.clicked.connect(self.reject)
        self.list.itemDoubleClicked.connect(lambda _: self._look())
        self.seen.toggled.connect(self._follow)
        self.issues = session.signoff_issues()
        self._show(seen)

    @property
    def blocking(self) -> tuple[SignoffIssue, ...]:
        """What must be resolved before signing."""
        return tuple(issue for issue in self.issues if issue.blocks)

    def _show(self, seen: Collection[SignoffIssue]) -> None:
        totals = self.session.totals
        minutes, seconds = divmod(round(self.session.seconds), 60)
        self.totals.setText(
            f"<b>{totals.given.total}/{totals.maximum}</b> · {totals.given.involved}/{totals.groups} involved · "
            f"{totals.read} of {totals.groups} read · {minutes} min {seconds} s",
        )
        for issue in self.issues:
            sign = "✖" if issue.blocks else "✓" if issue in seen else "⚠"
            self.list.addItem(QListWidgetItem(f"{sign}  {issue.sentence}"))
        if self.issues:
            self.list.setCurrentRow(next((row for row, issue in enumerate(self.issues) if issue not in seen), 0))
        self.seen.setChecked(bool(self.issues) and all(issue in seen for issue in self.issues))
        self.list.setVisible(bool(self.issues))
        self.go.setVisible(bool(self.issues))
        self.seen.setVisible(bool(self.issues) and not self.blocking)
        self._follow()

    def _follow(self) -> None:
        blocking = len(self.blocking)
        if blocking:
            words = f"{blocking} to resolve before the reading can be signed."
        elif self.issues:
            words = f"{len(self.issues)} to look at before you sign."
        else:
            words = "Nothing is unread or contradicts itself."
        self.message.setText(words)
        self.message.setStyleSheet(f"color: {(CAUTION if self.issues else INK).name()}; font-size: 13px;")
        self.sign.setEnabled(not blocking and (not self.issues or self.seen.isChecked()))
        self.sign.setText("Sign, and lock this reading")
        (self.sign if self.sign.isEnabled() or not self.issues else self.go).setDefault(True)
        if self.sign.isEnabled():
            self.sign.setFocus()

    def _look(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.issues):
            self.reject()
            self.looked.emit(self.issues[row])

    def _sign(self) -> None:
        from wbmri.pipeline import sign

        try:
            sign(self.session, accepting=self.issues)
        except WbmriError as error:
            self.message.setText(self.session.said(str(error)))
            return
        except OSError as error:
            # The reading itself is signed and on disk; what follows from it can be written again.
            self.accept()
            self.signed.emit(error.strerror or str(error))
            return
        self.accept()
        self.signed.emit("")


class ConcernBar(QFrame):
    """Shows the concern that is looked at before signing, over the grades that may answer it."""

    going_on = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words, self.next, self.stop = QLabel(), QPushButton("Next concern   Ctrl+⏎"), QPushButton("Later")
        self.words.setWordWrap(True)
        self.words.setStyleSheet(f"font-size: 13px; color: {CAUTION.name()};")
        for button, signal in ((self.next, self.going_on), (self.stop, self.stopped)):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(28)
            button.clicked.connect(signal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.addWidget(self.words)
        row = QHBoxLayout()
        row.addWidget(self.next, 3)
        row.addWidget(self.stop, 1)
        column.addLayout(row)
        self.hide()

    def show_concern(self, words: str) -> None:
        """Show a concern."""
        self.words.setText(f"⚠ {words}")
        self.show()
