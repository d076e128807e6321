"""How bright a group is, in multiples of normal muscle, against the level and thresholds that decide its grade."""

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from napari_wbmri.colours import CAUTION, FAINT, GROUND, INK, LINE, RAISED, line_of
from wbmri.reading import Reference
from wbmri.scheme import GradingRule


class Histogram(QWidget):
    """Shows the intensities of one group."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edges = np.zeros(0)
        self._counts: NDArray[np.integer] | None = None
        self._reference: Reference | None = None
        self._rule: GradingRule | None = None
        self._grade: int | None = None
        self._instead = ""
        self.setMinimumHeight(92)
        self.setAccessibleName("Histogram of the group")

    @property
    def counts(self) -> NDArray[np.integer] | None:
        """The voxels per bin that are shown; ``None`` where nothing may or can be."""
        return self._counts

    def show_counts(
        self,
        edges: NDArray[np.float64],
        counts: NDArray[np.integer],
        reference: Reference,
        rule: GradingRule,
        grade: int | None,
    ) -> None:
        """Show the voxels of a group.

        Parameters
        ----------
        edges
            Edges of the bins, from 0, as multiples of normal muscle, shape (n + 1,).
        counts
            Voxels in each bin, shape (n,).
        reference, rule
            The spread of normal muscle, and the thresholds.
        grade
            The suggestion, for the colour of what lies above the oedema threshold.
        """
        self._edges, self._counts = edges, counts
        self._reference, self._rule, self._grade, self._instead = reference, rule, grade, ""
        self.update()

    def show_nothing(self, instead: str) -> None:
        """Show one sentence instead of a histogram."""
        self._counts, self._instead = None, instead
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size that shows the peaks."""
        return QSize(300, 104)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw bars, the band of normal muscle and the thresholds."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        if self._counts is None or self._reference is None or self._rule is None:
            painter.setPen(FAINT)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()), int(flags), self._instead)
            return
        plot = QRectF(6, 17, self.width() - 12, self.height() - 34)
        highest = float(self._edges[-1])
        width = plot.width() / highest
        spread = self._reference.spread / self._reference.level
        painter.fillRect(plot, GROUND.darker(115))
        normal = QRectF(plot.left() + (1 - spread) * width, plot.top(), 2 * spread * width, plot.height())
        painter.fillRect(normal, RAISED)
        self._bars(painter, plot, self._counts, self._rule.oedema_ratio)
        painter.setPen(LINE)
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._threshold(painter, plot, width, 1.0, "normal", FAINT)
        self._threshold(painter, plot, width, self._rule.oedema_ratio, "oedema", CAUTION)
        painter.setPen(FAINT)
        for ratio in range(int(highest) + 1):
            at = plot.left() + ratio * width
            box = QRectF(at - 20, plot.bottom() + 1, 40, 15)
            if ratio == 0:
                box.moveLeft(plot.left())
            if ratio == highest:
                box.moveRight(plot.right())
            side = {0: Qt.AlignmentFlag.AlignLeft, int(highest): Qt.AlignmentFlag.AlignRight}
            painter.drawText(box, side.get(ratio, Qt.AlignmentFlag.AlignHCenter), f"{ratio}×")

    def _bars(self, painter: QPainter, plot: QRectF, counts: NDArray[np.integer], threshold: float) -> None:
        step, most = plot.width() / counts.size, max(1, int(counts.max()))
        above = line_of(self._grade if self._grade else 1)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, count in enumerate(counts):
            height = plot.height() * int(count) / most
            bright = self._edges[place] + self._edges[place + 1] > 2 * threshold
            painter.setBrush(above if bright else line_of(0).darker(120))
            painter.drawRect(QRectF(plot.left() + place * step, plot.bottom() - height, max(1.0, step - 0.6), height))

    @staticmethod
    def _threshold(painter: QPainter, plot: QRectF, width: float, ratio: float, name: str, colour: QColor) -> None:
        at = plot.left() + ratio * width
        painter.setPen(QPen(colour, 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()))
        painter.setPen(INK)
        before = ratio <= 1.0
        box = QRectF(at - 124 if before else at - 4, 1, 120, 15)
        side = Qt.AlignmentFlag.AlignRight if before else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, side, name if before else f"{name} > {ratio:g}×")
