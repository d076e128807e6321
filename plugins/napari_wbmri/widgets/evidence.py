"""Why a group is suggested to have its grade: the sentence, the numbers, the histogram and what is not plausible."""

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_wbmri.widgets.style import CAUTION, FAINT, GROUND, INK, LINE, RAISED, line_of
from wbmri.core import UNREVIEWED, Evidence, GroupReading, Reference
from wbmri.core.scheme import GradingRule
from wbmri.review import GroupView, Session


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
        self._other: NDArray[np.integer] | None = None
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

    @property
    def other(self) -> NDArray[np.integer] | None:
        """The voxels per bin of another visit that are shown beside; ``None`` where there is none."""
        return self._other

    def show_other(self, counts: NDArray[np.integer] | None) -> None:
        """Draw the same group at another visit as a line over the bars, in the same bins, each to its own height."""
        self._other = counts if counts is not None and counts.any() else None
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
        if self._other is not None:
            self._line(painter, plot, self._other)
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
    def _line(painter: QPainter, plot: QRectF, counts: NDArray[np.integer]) -> None:
        step, most = plot.width() / counts.size, int(counts.max())
        heights = [plot.bottom() - plot.height() * int(count) / most for count in counts]
        ends = [
            QPointF(plot.left() + (place + at) * step, height) for place, height in enumerate(heights) for at in (0, 1)
        ]
        painter.setPen(QPen(INK, 1.0, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(ends)

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


_CONFIDENCE = (
    "Confidence: the probability of the suggested grade, less what the outline, few voxels or an uncertain level of "
    "normal muscle leave open. In brackets: the probability of each grade if the outline is right."
)


class EvidencePanel(QWidget):
    """Shows one group, as far as its mode lets it be seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.decision, self.suggestion = QLabel(), QLabel(), QLabel()
        self.why, self.numbers, self.flags, self.others = QLabel(), QLabel(), QLabel(), QLabel()
        self.other_visit, self.remark = QLabel(), QLabel()
        self.remark.setVisible(False)
        self.other_visit.setVisible(False)
        self.histogram = Histogram()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self.title.setStyleSheet("font-size: 17px; font-weight: bold;")
        self.flags.setStyleSheet(f"color: {CAUTION.name()}; font-size: 12px;")
        self.numbers.setStyleSheet(f"color: {FAINT.name()}; font-size: 12px;")
        self.suggestion.setToolTip(_CONFIDENCE)
        for label in (self.title, self.decision, self.suggestion, self.why, self.numbers):
            self._add(column, label)
        column.addWidget(self.histogram)
        self._add(column, self.other_visit)
        for label in (self.remark, self.flags, self.others):
            self._add(column, label)

    @staticmethod
    def _add(column: QVBoxLayout, label: QLabel) -> None:
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(label)

    def show_group(self, view: GroupView) -> None:
        """Show a group; its histogram is set apart, through `histogram`."""
        self.title.setText(view.group.name)
        decided = view.decision
        if decided is not None:
            self.decision.setText(f"Your reading: <b>{decided.words}</b>")
        else:
            self.decision.setText("Not read yet" if view.to_read else "Both readers agree")
        if decided is not None and decided.note:
            self.decision.setText(f"{self.decision.text()} ({_plain(decided.note)})")
        self.remark.setText(f"Remark: {_plain(view.remark)}")
        self.remark.setVisible(bool(view.remark))
        entry = view.measured
        self.suggestion.setVisible(entry is not None)
        self.numbers.setVisible(entry is not None and entry.evidence is not None)
        self.flags.setVisible(entry is not None and bool(entry.flags))
        if entry is None:
            self.why.setText("Suggestion and measurements are hidden until every visit of the person is signed.")
        else:
            self.suggestion.setText(_suggested(entry, read=decided is not None))
            self.why.setText(_plain(entry.explanation))
            self.numbers.setText("" if entry.evidence is None else numbers_of(entry.evidence))
            self.flags.setText("<br>".join(f"⚠ {_plain(flag)}" for flag in entry.flags))
        said = [
            f"{_plain(reader)}: <b>{'not assessable' if other.grade is None else f'grade {other.grade}'}</b>".replace(
                " ",
                "\u00a0",
            )
            for reader, other in view.others.items()
        ]
        self.others.setVisible(bool(said))
        self.others.setText("Other readers · " + " · ".join(said))

    def show_other_visit(self, words: str, counts: NDArray[np.integer] | None) -> None:
        """Show the same group at another visit.

        Parameters
        ----------
        words
            What was measured there; nothing where there is no other visit.
        counts
            Its voxels in the bins of the histogram; ``None`` where they are not known.
        """
        self.other_visit.setText(_plain(words))
        self.other_visit.setVisible(bool(words))
        self.histogram.show_other(counts)

    def show_histogram(self, session: Session, *, ready: bool) -> None:
        """Show how bright the group that is being read is, or why that is not shown.

        Parameters
        ----------
        session
            The reading.
        ready
            Whether measuring would be quick now.
        """
        reference, view = session.case.reading.reference, session.group(session.current)
        if view.measured is None:
            self.histogram.show_nothing("")
        elif reference is None:
            self.histogram.show_nothing("Normal muscle is not known in this scan.")
        elif not ready:
            self.histogram.show_nothing("Measuring…")
        else:
            shown = session.histogram(session.current)
            if shown is None or not shown[1].any():
                self.histogram.show_nothing("No voxels of this group can be measured.")
            else:
                rule = session.case.reading.scheme.grading
                self.histogram.show_counts(*shown, reference, rule, view.measured.auto_grade)


def _plain(text: str) -> str:
    """Keep a sentence from being read as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _suggested(entry: GroupReading, *, read: bool) -> str:
    grade = "not assessable" if entry.auto_grade is None else f"grade {entry.auto_grade}"
    text = f"Suggestion{'' if read else f' ({UNREVIEWED})'}: <b>{grade}</b> · confidence {100 * entry.confidence:.0f} %"
    if entry.probabilities is None:
        return text
    chances = " · ".join(f"{grade}:\u00a0{100 * share:.0f}\u00a0%" for grade, share in enumerate(entry.probabilities))
    return f"{text} <span style='color:{FAINT.name()}'>({chances})</span>"


def numbers_of(evidence: Evidence) -> str:
    """Say in one line what was measured in a group."""
    said = []
    share = f"{100 * evidence.oedema_fraction:.0f} % oedema"
    if evidence.fraction_range is not None:
        low, high = evidence.fraction_range
        share += f" ({100 * low:.0f}–{100 * high:.0f} %)"
    said.append(share)
    if evidence.oedema_ratio is not None:
        said.append(f"{evidence.oedema_ratio:.1f}× normal")
    elif evidence.detectable_ratio is not None:
        said.append(f"below detection {evidence.detectable_ratio:.2f}×")
    if evidence.t2_ms is not None:
        said.append(f"T2 about {evidence.t2_ms:.0f} ms")
    if evidence.pattern is not None:
        foci = evidence.pattern.foci
        said.append(f"{evidence.pattern.extent}, {foci} {'focus' if foci == 1 else 'foci'}")
    if evidence.asymmetry is not None:
        said.append(f"{100 * evidence.asymmetry:+.0f} % against the other side".replace("-", "\u2212"))
    said.append(f"{evidence.volume_ml:.0f} ml")
    if evidence.in_view is not None:
        said.append(f"{100 * evidence.in_view:.0f} % in view")
    return " · ".join(said)
