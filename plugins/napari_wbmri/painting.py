"""How the mark of a group is painted, the same in the table and on the body."""

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from napari_wbmri.colours import INK, LINE, area_of, line_of, text_of
from napari_wbmri.marks import Mark, Standing


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
