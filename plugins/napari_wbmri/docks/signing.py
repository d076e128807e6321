"""Signing a reading: what is unread or contradictory is shown first, and confirmed or looked at."""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDialog,
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
    """

    looked = Signal(int)
    """The group that the reader wants to look at."""

    signed = Signal(str)
    """Signed; and why its report could not be written, or nothing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle(f"Sign the reading of {session.title}")
        self.setMinimumWidth(560)
        self.totals, self.list, self.message = QLabel(), QListWidget(), QLabel()
        self.seen = QCheckBox("I have looked at these and confirm my grades")
        self.sign, self.go, self.cancel = QPushButton("Sign"), QPushButton("Look at it"), QPushButton("Go on reading")
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
        self.sign.setDefault(True)
        self.sign.clicked.connect(self._sign)
        self.go.clicked.connect(self._look)
        self.cancel.clicked.connect(self.reject)
        self.list.itemDoubleClicked.connect(lambda _: self._look())
        self.seen.toggled.connect(self._follow)
        self.issues = session.signoff_issues()
        self._show()

    @property
    def blocking(self) -> tuple[SignoffIssue, ...]:
        """What must be resolved before signing."""
        return tuple(issue for issue in self.issues if issue.blocks)

    def _show(self) -> None:
        totals = self.session.totals
        minutes, seconds = divmod(round(self.session.seconds), 60)
        self.totals.setText(
            f"<b>{totals.given.total}/{totals.maximum}</b> · {totals.given.involved}/{totals.groups} involved · "
            f"{totals.read} of {totals.groups} read · {minutes} min {seconds} s",
        )
        for issue in self.issues:
            item = QListWidgetItem(f"{'✖' if issue.blocks else '⚠'}  {issue.sentence}")
            item.setData(Qt.ItemDataRole.UserRole, issue.label)
            self.list.addItem(item)
        if self.issues:
            self.list.setCurrentRow(0)
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

    def _look(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.looked.emit(int(item.data(Qt.ItemDataRole.UserRole)))
            self.reject()

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
            self.signed.emit(str(error))
            return
        self.accept()
        self.signed.emit("")
