"""The rows of a worklist as Qt shows them."""

from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtWidgets import QWidget

from napari_wbmri.widgets import CAUTION, FAINT
from wbmri.core import AUTO, UNREVIEWED
from wbmri.review import WorklistRow

_Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("Case", "Status", "Read", "Total", "Involved", "Reader", "Notes")


class WorklistModel(QAbstractTableModel):
    """Cases, one a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[WorklistRow, ...] = ()

    def show_rows(self, rows: tuple[WorklistRow, ...]) -> None:
        """Show these cases."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of cases."""
        return len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802 - Qt's name
        """Name the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what stands in a cell."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(row)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(_said(row)) or None
        if role == Qt.ItemDataRole.ForegroundRole:
            if row.problem or (index.column() == len(COLUMNS) - 1 and (row.warnings or row.holder)):
                return CAUTION
            return FAINT if row.own is not None and row.own.value in ("signed", "addendum") else None
        return None


def _cells(row: WorklistRow) -> tuple[str, ...]:
    readers = ", ".join(f"{one.reader} {one.read}/{row.groups}" for one in row.readings)
    return (
        row.title,
        row.status.value,
        f"{row.read}/{row.groups}",
        row.total_said,
        "" if row.involved is None else str(row.involved),
        UNREVIEWED if row.reader == AUTO else row.reader or readers or "",
        _noted(row),
    )


def _noted(row: WorklistRow) -> str:
    if row.problem:
        return "cannot be read"
    if row.holder is not None:
        return f"open: {row.holder.reader}"
    return f"{len(row.warnings)} ⚠" if row.warnings else ""


def _said(row: WorklistRow) -> list[str]:
    said = [row.problem] if row.problem else []
    if row.holder is not None:
        said.append(f"{row.holder.words}.")
    said += [f"{one.reader}: {one.status}, {one.read} of {row.groups} groups read" for one in row.readings]
    return [*said, *row.warnings]
