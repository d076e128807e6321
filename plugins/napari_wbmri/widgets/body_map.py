"""The body from the front and from the back, every group in the colour of its grade, to be clicked."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
)
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_wbmri.viewer import Mark, Standing
from napari_wbmri.widgets.style import BODY, CHOSEN, FAINT, LINE, brush_of, ink_of, pen_of
from wbmri.core.scheme import Scheme, Side
from wbmri.report.figures import MIDLINES, Region, body_drawing

_WIDTH, _HEIGHT, _TOP = 1060.0, 960.0, 60.0

_LINE, _FIGURE = 12.0, QPointF(40.0, 40.0)
"""Room around a group for its border and its figure, in units of the drawing."""

_AIM = ((0, 0), (-3, 0), (3, 0), (0, -3), (0, 3))
"""Pixels by which a click may miss: some groups are narrow."""


@dataclass(frozen=True, eq=False, slots=True)
class _Area:
    """One group in one view: its outline in the units of the drawing, and where its figure stands."""

    label: int
    path: QPainterPath
    at: QPointF | None

    @property
    def box(self) -> QRectF:
        """Where it paints: its path with the thickest line around it, and its figure."""
        box = self.path.boundingRect()
        if self.at is not None:
            box = box.united(QRectF(self.at - _FIGURE, self.at + _FIGURE))
        return box.adjusted(-_LINE, -_LINE, _LINE, _LINE)


class BodyMap(QWidget):
    """Shows the mark of every group, and says which one was clicked.

    Parameters
    ----------
    scheme
        The groups; pairs the drawing does not know are left to the table.
    """

    chosen = Signal(int)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._marks: Mapping[int, Mark] = {}
        self._label: int | None = None
        self._under: int | None = None
        self._areas = _areas(scheme)
        self._body = [_path(text) for text in body_drawing().body]
        self._drawn: QPixmap | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(200, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Body map of the grades")

    def show_marks(self, marks: Mapping[int, Mark], label: int) -> None:
        """Show the marks by label, and the group that is being read."""
        changed: set[int | None] = {
            one for one in marks.keys() | self._marks.keys() if marks.get(one) != self._marks.get(one)
        }
        if label != self._label:
            changed |= {label, self._label}
        self._marks, self._label = dict(marks), label
        self._paint_anew(changed)

    def _paint_anew(self, labels: Container[int | None]) -> None:
        """Paint these groups alone: the rest of the window waits for a painting before a key is answered."""
        for area in self._areas:
            if area.label in labels:
                self.update(self._box(area))

    def _box(self, area: _Area) -> QRect:
        return self._transform().mapRect(area.box).toAlignedRect()

    def label_at(self, point: QPointF) -> int | None:
        """Return the group at a point of the widget, or else one a few pixels off; the one drawn last of several."""
        back = self._transform().inverted()[0]
        for dx, dy in _AIM:
            place = back.map(point + QPointF(dx, dy))
            for area in reversed(self._areas):
                if area.path.contains(place):
                    return area.label
        return None

    def centre_of(self, label: int) -> QPointF:
        """Return a point of the widget inside the group, for a click on it."""
        area = next(area for area in self._areas if area.label == label)
        box = area.path.boundingRect()
        inside = [
            QPointF(box.left() + box.width() * a / 12, box.top() + box.height() * b / 12)
            for b in range(1, 12)
            for a in range(1, 12)
        ]
        transform = self._transform()
        return next(at for at in map(transform.map, inside) if self.label_at(QPointF(at.toPoint())) == label)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size at which every figure is readable."""
        return QSize(330, 292)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the body, the groups and their figures."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._ground())
        self._begin(painter)
        areas = [area for area in self._areas if event.region().intersects(self._box(area))]
        for area in areas:
            mark = self._marks.get(area.label, Mark(Standing.OPEN))
            pen = pen_of(mark)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.setBrush(brush_of(mark))
            painter.drawPath(area.path)
        for area in areas:
            if area.label in (self._label, self._under):
                pen = QPen(CHOSEN, 2.4 if area.label == self._label else 1.2)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(area.path)
        for area in areas:
            mark = self._marks.get(area.label, Mark(Standing.OPEN))
            if area.at is not None and mark.standing is not Standing.OPEN and mark.grade is not None:
                self._write(painter, area.at, mark.text, 11, ink_of(mark))

    def _begin(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(self._transform())

    def _ground(self) -> QPixmap:
        """Return the body, on which the groups lie; it is the same from key to key and takes longer than they do."""
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * ratio:
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._drawn)
            self._begin(painter)
            for view, midline in MIDLINES.items():
                self._paint_body(painter, midline)
                for sign, letter in ((-1, "R" if view == "front" else "L"), (1, "L" if view == "front" else "R")):
                    self._write(painter, QPointF(midline + sign * 215, _TOP + 60), letter, 13, FAINT)
                self._write(painter, QPointF(midline, 30), view, 11, FAINT)
            painter.end()
        return self._drawn

    def _paint_body(self, painter: QPainter, midline: float) -> None:
        for pen, brush in ((QPen(LINE, 5.0), BODY), (QPen(Qt.PenStyle.NoPen), BODY)):
            painter.setPen(pen)
            painter.setBrush(brush)
            for sign in (-1.0, 1.0):
                half = QTransform(sign, 0, 0, 1, midline, _TOP)
                for path in self._body:
                    painter.drawPath(half.map(path))

    def _write(self, painter: QPainter, at: QPointF, text: str, pixels: int, colour: QColor) -> None:
        """Write in the pixels of the screen, whatever the size of the drawing."""
        place = self._transform().map(at)
        painter.save()
        painter.resetTransform()
        font = painter.font()
        font.setPixelSize(pixels)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QRectF(place.x() - 30, place.y() - 10, 60, 20), Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _transform(self) -> QTransform:
        scale = min(self.width() / _WIDTH, self.height() / _HEIGHT)
        made = QTransform()
        made.translate((self.width() - _WIDTH * scale) / 2, (self.height() - _HEIGHT * scale) / 2)
        return made.scale(scale, scale)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the group under the mouse."""
        label = self.label_at(event.position())
        if label is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show what a click would choose."""
        label = self.label_at(event.position())
        if label != self._under:
            self._paint_anew((self._under, label))
            self._under = label
            self.setCursor(Qt.CursorShape.ArrowCursor if label is None else Qt.CursorShape.PointingHandCursor)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Forget what was under the mouse."""
        self._paint_anew((self._under,))
        self._under = None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Draw in the new size."""
        self.update()

    def event(self, event: QEvent) -> bool:
        """Name the group under the mouse in a tooltip."""
        if isinstance(event, QHelpEvent):
            label = self.label_at(QPointF(event.pos()))
            if label is not None:
                mark = self._marks.get(label, Mark(Standing.OPEN))
                QToolTip.showText(event.globalPos(), f"{self._scheme.group(label).name}: {mark.words}", self)
                return True
        return super().event(event)


def _areas(scheme: Scheme) -> list[_Area]:
    groups = {(group.pair.id, group.side): group.label for group in scheme.groups}
    made = []
    for view, midline in MIDLINES.items():
        # Seen from the front, the patient's left is on the viewer's right.
        sides = {Side.RIGHT: -1.0, Side.LEFT: 1.0} if view == "front" else {Side.LEFT: -1.0, Side.RIGHT: 1.0}
        for region in body_drawing().regions[view]:
            for side, sign in sides.items():
                label = groups.get((region.pair, side))
                if label is not None:
                    made.append(_area(label, region, QTransform(sign, 0, 0, 1, midline, _TOP)))
    return made


def _area(label: int, region: Region, half: QTransform) -> _Area:
    at = None if region.at is None or region.leader is not None else half.map(QPointF(*region.at))
    return _Area(label, half.map(_path(region.path)), at)


def _path(text: str) -> QPainterPath:
    """Return a path of the report's drawing: a start, and cubic pieces with six numbers each."""
    path = QPainterPath()
    for letter, content in re.findall(r"([MCZ])([^MCZ]*)", text):
        numbers = [float(word) for word in content.split()]
        if letter == "M":
            path.moveTo(*numbers)
        elif letter == "C":
            path.cubicTo(*numbers)
        else:
            path.closeSubpath()
    return path
