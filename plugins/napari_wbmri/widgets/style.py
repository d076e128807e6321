"""How things look on a dark screen: colours, styles that follow what is shown, and how marks are painted."""

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen
from qtpy.QtWidgets import QLabel, QWidget

from napari_wbmri.viewer import Mark, Standing
from wbmri.core import NOTICE
from wbmri.report.figures import FILL, contour_of

INK = QColor("#f0f1f2")
"""Text."""

FAINT = QColor("#a9b1b9")
"""Text of less weight; 7:1 on napari's dark background."""

GROUND = QColor("#262930")
"""napari's dark background."""

RAISED = QColor("#414851")
"""napari's dark foreground: buttons, bars."""

LINE = QColor("#5a626c")
"""Rules and empty outlines."""

CHOSEN = QColor("#ffffff")
"""The border of the group that is being read."""

CAUTION = QColor("#ffcf70")
"""What needs attention."""

BODY = QColor("#343a42")
"""The silhouette of the body."""

_AREA = {0: "#4d6275", 1: FILL[1], 2: "#c8281b"}
_TEXT = {0: "#ffffff", 1: "#1d1205", 2: "#ffffff"}


def area_of(grade: int) -> QColor:
    """Colour of an area with this grade."""
    return QColor(_AREA[grade])


def text_of(grade: int) -> QColor:
    """Colour of text on `area_of`, with a contrast of at least 4.5."""
    return QColor(_TEXT[grade])


def line_of(grade: int | None) -> QColor:
    """Colour of a line or text on the dark background."""
    return QColor(contour_of(grade))


def dress(widget: QWidget, style: str) -> None:
    """Give a widget a style unless it has it: Qt goes through all of napari's style sheet each time."""
    if widget.styleSheet() != style:
        widget.setStyleSheet(style)


def said(*, caution: bool) -> str:
    """Return the style of a sentence about what happened."""
    return f"font-size: 12px; color: {CAUTION.name()};" if caution else "font-size: 12px;"


def notice() -> QLabel:
    """Return the line that stands on every screen."""
    label = QLabel(NOTICE)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {FAINT.name()}; font-size: 11px;")
    return label


def brush_of(mark: Mark) -> QBrush:
    """Return the filling: full for a grade that was given, faint for a suggestion, none for an open group."""
    if mark.standing is Standing.OPEN:
        return QBrush(QColor(0, 0, 0, 0))
    if mark.grade is None:
        return QBrush(QColor("#7b858f"), Qt.BrushStyle.BDiagPattern)
    colour = area_of(mark.grade)
    if mark.standing is Standing.SUGGESTED:
        colour.setAlpha(70)
    return QBrush(colour)


def pen_of(mark: Mark) -> QPen:
    """Return the outline: dashed for a suggestion, so that brightness is not all that tells it from a given grade."""
    if mark.standing is Standing.OPEN:
        return QPen(LINE, 1.0)
    colour = line_of(mark.grade)
    if mark.standing is Standing.SUGGESTED:
        return QPen(colour, 1.0, Qt.PenStyle.DashLine)
    return QPen(colour.darker(130), 1.0)


def ink_of(mark: Mark) -> QColor:
    """Return the colour of the figure."""
    if mark.standing is Standing.GIVEN and mark.grade is not None:
        return text_of(mark.grade)
    return INK if mark.standing is Standing.GIVEN else line_of(mark.grade)


def paint_chip(painter: QPainter, box: QRectF, mark: Mark) -> None:
    """Paint the mark as a chip with its figure."""
    path = QPainterPath()
    path.addRoundedRect(box, 4, 4)
    painter.setPen(pen_of(mark))
    painter.setBrush(brush_of(mark))
    painter.drawPath(path)
    font = painter.font()
    font.setBold(mark.standing is Standing.GIVEN)
    painter.setFont(font)
    painter.setPen(ink_of(mark))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.text)
