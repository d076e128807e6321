"""The worklist: every case of a folder, how far it is, and the way into it."""

from pathlib import Path
from typing import Any

from qtpy.QtCore import QModelIndex, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_wbmri.docks.layout import dock_of
from napari_wbmri.docks.worklist_model import WorklistModel
from napari_wbmri.widgets import CAUTION, ChoiceBox, notice
from wbmri.case import CasePaths
from wbmri.core import CaseError, Status, WbmriError
from wbmri.review import Mode, Worklist, WorklistRow, load_worklist

NONE_LEFT = "No unread case is left in this list."

WIDE_PX = 640
"""Width at which all columns are seen."""


class WorklistDock(QWidget):
    """Shows the cases of a folder, and says which one is to be opened.

    Attributes
    ----------
    open_paths
        The case that is open, if there is one; told by whoever opens it.
    """

    opened = Signal(object, bool)
    """The paths of a case to open, and whether for an addendum."""

    sat_down = Signal(str)
    """The id of the person who goes on reading."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.open_paths: CasePaths | None = None
        self.worklist: Worklist | None = None
        self.out: Path | None = None
        self._row: WorklistRow | None = None
        self.reader = QLineEdit(placeholderText="your reader id, such as ANNA")
        self.mode, self.status = ChoiceBox(), QComboBox()
        self.search = QLineEdit(placeholderText="search title, status, reader, warning")
        self.unread, self.warned = QCheckBox("unsigned"), QCheckBox("warnings")
        self.folder = QPushButton("Folder…")
        self.refreshing, self.next = QPushButton("Refresh"), QPushButton("Next unread")
        self.opening, self.addendum = QPushButton("Open"), QPushButton("Addendum")
        self.where, self.message = QLabel("Choose the folder that 'wbmri score' writes to."), QLabel()
        self.table, self.rows = QTableView(), WorklistModel(self)
        self._fill()
        self._lay_out()
        self._connect()
        self.show_rows()

    @property
    def reading_mode(self) -> Mode:
        """How cases are opened; the box itself keeps plain words."""
        return Mode(self.mode.currentData())

    @property
    def blinded(self) -> bool:
        """Whether the list hides whose cases it shows."""
        return self.reading_mode is Mode.BLINDED

    def _fill(self) -> None:
        for mode in Mode:
            self.mode.addItem(mode.value, mode)
        self.status.addItem("any status", None)
        for status in Status:
            self.status.addItem(status.value, status)
        self.table.setModel(self.rows)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.setShowGrid(False)
        self.table.setStyleSheet("QTableView, QHeaderView::section { font-size: 12px; }")
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(28)
        self.unread.setToolTip("Only cases that I have not signed")
        self.warned.setToolTip("Only cases with warnings, or that cannot be read")
        self.message.setWordWrap(True)
        self.message.setStyleSheet(f"color: {CAUTION.name()}; font-size: 12px;")
        self.where.setWordWrap(True)
        self.where.setStyleSheet("font-size: 12px;")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        top = QHBoxLayout()
        top.addWidget(self.where, 1)
        top.addWidget(self.folder)
        column.addLayout(top)
        grid = QGridLayout()
        for row, (name, widget) in enumerate(
            (("Reader", self.reader), ("Mode", self.mode), ("Find", self.search), ("Status", self.status)),
        ):
            grid.addWidget(QLabel(name), row, 0)
            grid.addWidget(widget, row, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        line = QHBoxLayout()
        line.addWidget(self.unread)
        line.addWidget(self.warned)
        line.addStretch(1)
        line.addWidget(self.refreshing)
        column.addLayout(line)
        # Above the list, where one looks when there is nothing in it.
        column.addWidget(self.message)
        column.addWidget(self.table, 1)
        line = QHBoxLayout()
        for widget, stretch in ((self.opening, 2), (self.next, 2), (self.addendum, 1)):
            widget.setMinimumHeight(30)
            line.addWidget(widget, stretch)
        column.addLayout(line)
        column.addWidget(notice())
        self.setMinimumWidth(330)

    def _connect(self) -> None:
        self.folder.clicked.connect(self._choose_folder)
        self.refreshing.clicked.connect(self.refresh)
        self.reader.editingFinished.connect(self._sit_down)
        self.mode.currentIndexChanged.connect(self.refresh)
        self.search.textChanged.connect(self.show_rows)
        self.status.currentIndexChanged.connect(self.show_rows)
        self.unread.toggled.connect(self.show_rows)
        self.warned.toggled.connect(self.show_rows)
        self.opening.clicked.connect(lambda: self._open_index(self.table.currentIndex()))
        self.addendum.clicked.connect(lambda: self._open_index(self.table.currentIndex(), addendum=True))
        self.next.clicked.connect(self.open_next)
        self.table.doubleClicked.connect(self._open_index)
        self.table.selectionModel().currentRowChanged.connect(self._selected)

    def show_folder(self, out: str | Path, reader: str = "", mode: Mode | None = None) -> None:
        """Show the cases of a folder for a reader.

        Parameters
        ----------
        out
            The dataset.
        reader
            Id of the person; what was typed before stays if it is empty.
        mode
            How cases are read; as before if ``None``.
        """
        self.out = Path(out)
        for widget in (self.reader, self.mode):
            widget.blockSignals(True)
        if reader:
            self.reader.setText(reader)
        if mode is not None:
            self.mode.setCurrentIndex(self.mode.findData(mode))
        for widget in (self.reader, self.mode):
            widget.blockSignals(False)
        self.where.setText(f"Cases of {self.out}")
        self.refresh()

    def keep_mode(self) -> None:
        """Leave no other mode to choose: the study said how its cases are read."""
        self.mode.setEnabled(False)
        self.mode.setToolTip("This window was opened for this mode.")

    def refresh(self) -> None:
        """Read anew how far the cases are."""
        self.message.clear()
        reader = self.reader.text().strip()
        if self.out is None:
            return
        if not reader:
            self.message.setText("Type your reader id: your readings are kept under it.")
            return
        try:
            self.worklist = load_worklist(self.out, reader, mode=self.reading_mode)
        except WbmriError as error:
            self.worklist = None
            self.message.setText(str(error))
        self.show_rows()

    def _sit_down(self) -> None:
        """Go on as another reader, who is not to see what the one before had open."""
        self.refresh()
        was = self.open_paths
        self.sat_down.emit(self.reader.text().strip())
        if was is not None:
            self._spread()

    def show_rows(self) -> None:
        """Show the cases that match what is typed and ticked."""
        rows: tuple[WorklistRow, ...] = ()
        if self.worklist is not None:
            rows = self.worklist.filtered(
                self.search.text(),
                status=self.status.currentData(),
                unread=self.unread.isChecked(),
                warned=self.warned.isChecked(),
            )
        self.rows.show_rows(rows)
        if rows:
            paths = None if self._row is None else self._row.paths
            place = next((place for place, row in enumerate(rows) if row.paths == paths), 0)
            self.table.selectRow(place)
        self._selected()

    def select(self, paths: CasePaths) -> None:
        """Select a case in the list, unless that would say under which code it is read."""
        if self.blinded:
            return
        place = next((place for place, row in enumerate(self.rows.rows) if row.paths == paths), None)
        if place is not None:
            self.table.selectRow(place)
            self._selected()

    def come_forward(self) -> None:
        """Show the worklist and read it anew."""
        self.refresh()
        dock = dock_of(self)
        if dock is not None:
            dock.show()
            dock.raise_()
        self._spread()
        (self.table if self.reader.text().strip() else self.reader).setFocus()

    def _spread(self) -> None:
        """Show all columns where no scan needs the room."""
        dock = dock_of(self)
        if dock is None or self.open_paths is not None:
            return
        window = dock.parentWidget()
        if isinstance(window, QMainWindow):
            window.resizeDocks([dock], [WIDE_PX], Qt.Orientation.Horizontal)

    def open_next(self) -> bool:
        """Open the next case this reader has not signed; return whether there is one."""
        if self.worklist is None:
            return False
        row = self.worklist.next_unread(self.open_paths)
        if row is None:
            self.message.setText(NONE_LEFT)
        else:
            self.open_case(row.paths)
        return row is not None

    def open_case(self, paths: CasePaths | Path, *, addendum: bool = False) -> None:
        """Ask for a case to be opened, as this reader and in this mode.

        Parameters
        ----------
        paths
            The case.
        addendum
            Begin a new reading after one's signed one.
        """
        self.message.clear()
        reader = self.reader.text().strip()
        if not reader:
            self.message.setText("Type your reader id first: your reading is kept under it.")
            return
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            self.opened.emit(paths, addendum)
        finally:
            QApplication.restoreOverrideCursor()

    def show_refusal(self, error: WbmriError) -> None:
        """Say why a case could not be opened."""
        # The names of files would say whose case it is.
        hidden = isinstance(error, CaseError) and self.blinded
        self.message.setText("The files of this case are damaged." if hidden else str(error))

    def _open_index(self, index: QModelIndex, *, addendum: bool = False) -> None:
        if index.isValid():
            self._row = self.rows.rows[index.row()]
            self.open_case(self._row.paths, addendum=addendum)

    def _selected(self, *_: object) -> None:
        index = self.table.currentIndex()
        row = self.rows.rows[index.row()] if index.isValid() and index.row() < len(self.rows.rows) else None
        self._row = row or self._row
        self.opening.setEnabled(row is not None and row.problem is None)
        self.addendum.setEnabled(row is not None and row.own in (Status.SIGNED, Status.ADDENDUM))
        self.next.setEnabled(self.worklist is not None)
        if row is not None and row.problem:
            self.message.setText(row.problem)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of cases", str(self.out or Path.home()))
        if chosen:
            self.show_folder(chosen)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Open the selected case with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.focusWidget() is self.table:
            self._open_index(self.table.currentIndex())
        else:
            super().keyPressEvent(event)
