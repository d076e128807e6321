"""Total, involved groups and how many are read: always in view."""

from qtpy.QtCore import Qt
from qtpy.QtGui import QPainter, QPaintEvent
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_wbmri.widgets.style import FAINT, RAISED
from wbmri.review import Totals


class ShareBar(QWidget):
    """A thin bar that is filled in part; unlike Qt's own it waits for the next painting, so that a key does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setFixedHeight(6)

    def show_share(self, share: float) -> None:
        """Fill this share of the bar, 0..1."""
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Fill the bar."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), RAISED)
        painter.fillRect(0, 0, round(self.width() * self._share), self.height(), FAINT)


class TotalsBar(QWidget):
    """Shows what a reading adds up to so far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.total, self.involved, self.read = QLabel(), QLabel(), QLabel()
        self.suggested = QLabel()
        self.progress = ShareBar()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(1)
        for column, (name, value) in enumerate(
            (("total", self.total), ("involved", self.involved), ("read", self.read)),
        ):
            value.setStyleSheet("font-size: 22px; font-weight: bold;")
            caption = QLabel(name)
            caption.setStyleSheet("font-size: 11px;")
            for row, label in enumerate((value, caption)):
                label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
                grid.addWidget(label, row, column)
        self.suggested.setStyleSheet("font-size: 11px;")
        self.suggested.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.suggested.setWordWrap(True)
        grid.addWidget(self.progress, 2, 0, 1, 3)
        grid.addWidget(self.suggested, 3, 0, 1, 3)

    def show_totals(self, totals: Totals) -> None:
        """Show the totals of the groups that were read, and below with the suggestions for the others."""
        given = totals.given
        self.total.setText(f"{given.total}<span style='font-size:14px; font-weight:normal'>/{totals.maximum}</span>")
        self.involved.setText(
            f"{given.involved}<span style='font-size:14px; font-weight:normal'>/{totals.groups}</span>",
        )
        self.read.setText(f"{totals.read}<span style='font-size:14px; font-weight:normal'>/{totals.groups}</span>")
        self.progress.show_share(totals.read / totals.groups)
        whole = totals.with_suggestions
        if totals.read == totals.groups:
            missing = given.groups - given.assessable
            self.suggested.setText(f"all read, {missing} not assessable" if missing else "all read")
        elif whole is None:
            self.suggested.setText("suggestions are hidden until the reading is signed")
        else:
            self.suggested.setText(
                f"with suggestions for the rest: {whole.total}/{totals.maximum}, "
                f"{whole.involved}/{totals.groups} involved",
            )
