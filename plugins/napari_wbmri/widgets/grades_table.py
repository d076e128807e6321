"""The pairs, right and left, each with its grade, beside it that of another visit, and what the grades add up to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QBrush, QFontMetrics, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from napari_wbmri.viewer import Mark, Standing
from napari_wbmri.widgets.style import CHOSEN, FAINT, INK, LINE, RAISED, paint_chip
from wbmri.analysis.comparison import GroupChange, Transition
from wbmri.core import UNREVIEWED
from wbmri.core.scheme import Scheme, Side
from wbmri.review import Totals

_Index = QModelIndex | QPersistentModelIndex

NAME, RIGHT, LEFT = 0, 1, 2
"""Columns; the patient's right stands on the viewer's left, as on the scan."""

ROW_PX, TEXT_PX = 18, 12

GRADE_PX = 58
"""Width of a column of grades; that of two visits takes a little more."""

_OPEN = Mark(Standing.OPEN)

_CHANGED = {
    Transition.RESOLVED: ("↓", "gone"),
    Transition.BETTER: ("↓", "less"),
    Transition.SAME: ("=", "the same"),
    Transition.WORSE: ("↑", "more"),
    Transition.NEW: ("↑", "new"),
    Transition.NOT_ASSESSABLE: ("", "not comparable"),
}
"""What became of a group: a sign, and a word for the tooltip."""

_DASHED = {"↓": "⇣", "↑": "⇡"}
"""The signs where one of the grades is only the program's, dashed as the grade itself."""

_MARGINAL = ("≈", "not told apart by what was measured")
"""The same for grades that differ by no more than measuring twice may give; the report has this sign too."""


class GradesModel(QAbstractTableModel):
    """The grades as rows of pairs.

    Parameters
    ----------
    scheme
        The groups.
    """

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scheme = scheme
        self.marks: Mapping[int, Mark] = {}
        self.others: Mapping[int, Mark] | None = None
        self.others_first = True
        self.changes: Mapping[int, GroupChange] = {}
        self.edited: frozenset[int] = frozenset()
        self.label = 1

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of pairs."""
        return len(self.scheme.pairs)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the columns: name, right, left."""
        return 3

    def label_of(self, index: _Index) -> int | None:
        """Return the group of a cell."""
        if not index.isValid() or index.column() == NAME:
            return None
        return self.scheme.label_of(index.row(), Side.LEFT if index.column() == LEFT else Side.RIGHT)

    def index_of(self, label: int) -> QModelIndex:
        """Return the cell of a group."""
        side = self.scheme.group(label).side
        return self.index(self.scheme.pair_index(label), LEFT if side is Side.LEFT else RIGHT)

    def mark(self, label: int) -> Mark:
        """Return the mark of a group."""
        return self.marks.get(label, _OPEN)

    def both(self, label: int) -> tuple[Mark, Mark]:
        """Return the marks of a group at the earlier and at the later visit."""
        other = (self.others or {}).get(label, _OPEN)
        return (other, self.mark(label)) if self.others_first else (self.mark(label), other)

    def cells(self) -> dict[int, tuple[object, ...]]:
        """Return what is painted for each group."""
        return {
            group.label: (
                *self.both(group.label),
                self.change(group.label),
                group.label in self.edited,
                group.label == self.label,
            )
            for group in self.scheme.groups
        }

    def change(self, label: int) -> tuple[str, str]:
        """Return what became of a group between the two visits, as a sign and a word; nothing where one is open."""
        change = self.changes.get(label)
        if change is None:
            return "", ""
        sign, words = _MARGINAL if change.marginal else _CHANGED[change.transition]
        if all(mark.standing is Standing.GIVEN for mark in self.both(label)):
            return sign, words
        return _DASHED.get(sign, sign), f"{words}, by a grade that no person gave" if words else ""

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what stands in a cell; the delegate paints grades."""
        label = self.label_of(index)
        if role == Qt.ItemDataRole.DisplayRole:
            if label is None:
                return self.scheme.pairs[index.row()].name
            mark = self.mark(label)
            if self.others is None:
                return mark.text
            before, after = self.both(label)
            return f"{before.text} → {after.text}"
        if role == Qt.ItemDataRole.ToolTipRole:
            if label is None:
                pair = self.scheme.pairs[index.row()]
                return f"{pair.name} ({pair.region}): {', '.join(member.name for member in pair.members)}"
            words = f"{self.scheme.group(label).name}: {self._said(label)}"
            return f"{words}, outline corrected" if label in self.edited else words
        return None

    def _said(self, label: int) -> str:
        if self.others is None:
            return self.mark(label).words
        before, after = self.both(label)
        change = self.change(label)[1]
        return f"{before.words}, then {after.words}{f' ({change})' if change else ''}"

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802 - Qt's name
        """Name the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return ("Muscle group", "Right", "Left")[section]
        return None


class GradesTable(QTableView):
    """Shows the grades, and says which group was clicked."""

    chosen = Signal(int)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grades = GradesModel(scheme, self)
        self.setModel(self.grades)
        self.setItemDelegate(_Cell(self.grades, self))
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setMinimumSectionSize(ROW_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (RIGHT, LEFT):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, GRADE_PX)
        header.setFixedHeight(20)
        self.setShowGrid(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet(f"QTableView, QHeaderView::section {{ font-size: {TEXT_PX}px; padding: 0; border: none; }}")
        self.setMinimumHeight(ROW_PX * len(scheme.pairs) + 24)
        self.setAccessibleName("Grades of all groups")
        self.clicked.connect(self._clicked)

    def show_marks(
        self,
        marks: Mapping[int, Mark],
        label: int,
        edited: frozenset[int] = frozenset(),
        others: Mapping[int, Mark] | None = None,
        *,
        others_first: bool = True,
        changes: Mapping[int, GroupChange] = MappingProxyType({}),
    ) -> None:
        """Show the marks, the group that is being read, which outlines were corrected, and the marks of another visit.

        Parameters
        ----------
        marks
            Label to the mark of this visit.
        label
            The group that is being read.
        edited
            Groups whose outline the reader corrected.
        others
            Label to the mark of another visit; ``None`` where only one visit is read.
        others_first
            Whether that visit is the earlier one.
        changes
            Label to what became of the group between the two visits.
        """
        model = self.grades
        if (others is None) != (model.others is None):
            for column in (RIGHT, LEFT):
                self.horizontalHeader().resizeSection(column, GRADE_PX if others is None else GRADE_PX + 12)
            self.viewport().update()
        before, read = model.cells(), model.label
        # Of their own: whoever gave them may go on to change them.
        model.marks, model.label, model.edited = dict(marks), label, edited
        model.others, model.others_first = None if others is None else dict(others), others_first
        model.changes = dict(changes)
        # What stays as it is, is not painted anew: a key is answered once the window is painted.
        changed = [model.index_of(one) for one, cell in model.cells().items() if cell != before[one]]
        if label != read:
            changed += [model.index_of(one).siblingAtColumn(NAME) for one in (read, label)]
        for index in changed:
            model.dataChanged.emit(index, index)
        self.scrollTo(model.index_of(label))

    def _clicked(self, index: QModelIndex) -> None:
        label = self.grades.label_of(index)
        if label is not None:
            self.chosen.emit(label)


class _Cell(QStyledItemDelegate):
    """Paints a name, or the chip of a grade."""

    def __init__(self, grades: GradesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._grades = grades

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802 - Qt's name
        return QSize(50, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        grades = self._grades
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(TEXT_PX)
        painter.setFont(font)
        label = grades.label_of(index)
        if label is None:
            self._paint_name(painter, box, index)
        else:
            self._paint_grades(painter, box, label)
        painter.restore()

    def _paint_name(self, painter: QPainter, box: QRectF, index: _Index) -> None:
        pairs = self._grades.scheme.pairs
        pair = pairs[index.row()]
        reading = self._grades.scheme.pair_index(self._grades.label) == index.row()
        if index.row() and pairs[index.row() - 1].region != pair.region:
            painter.setPen(QPen(LINE, 1.0))
            painter.drawLine(box.topLeft(), box.topRight())
        font, room = painter.font(), int(box.width()) - 4
        font.setBold(reading)
        if QFontMetrics(font).horizontalAdvance(pair.name) > room:
            # Beside a second visit the longest names fit in plain letters only.
            font.setBold(False)
        painter.setFont(font)
        painter.setPen(CHOSEN if reading else INK)
        text = painter.fontMetrics().elidedText(pair.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(box.adjusted(3, 0, -1, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_grades(self, painter: QPainter, box: QRectF, label: int) -> None:
        grades = self._grades
        if grades.others is None:
            chips = [(box.adjusted(8, 1.5, -14, -1.5), grades.mark(label))]
        else:
            before = QRectF(box.left() + 2, box.top() + 1.5, 22, box.height() - 3)
            chips = list(zip((before, before.translated(24, 0)), grades.both(label), strict=True))
            painter.setPen(INK)
            at = QRectF(before.right() + 25, box.top(), 12, box.height())
            painter.drawText(at, Qt.AlignmentFlag.AlignCenter, grades.change(label)[0])
        for place, mark in chips:
            paint_chip(painter, place, mark)
        if label in grades.edited:
            painter.setPen(INK)
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(box.adjusted(0, 0, -1, 0), side, "✎")
        if label == grades.label:
            painter.setPen(QPen(CHOSEN, 2.0))
            painter.setBrush(QBrush(Qt.BrushStyle.NoBrush))
            mine = 0 if grades.others is not None and not grades.others_first else -1
            painter.drawRoundedRect(chips[mine][0].adjusted(-2, -0.5, 2, 0.5), 5, 5)


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
            self.suggested.setText("suggestions are hidden until every visit is signed")
        elif totals.open_totals:
            self.suggested.setText(
                f"suggestions ({UNREVIEWED}) leave the total open: {totals.open_totals} of {totals.maximum}, see below",
            )
        else:
            self.suggested.setText(
                f"with suggestions ({UNREVIEWED}) for the rest: {whole.total}/{totals.maximum}, "
                f"{whole.involved}/{totals.groups} involved",
            )
