"""The two docks of a reading: body map and table on the left, the group that is being read on the right."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_wbmri.docks.signing import ConcernBar
from napari_wbmri.viewer import Mark
from napari_wbmri.widgets import (
    CAUTION,
    FAINT,
    BodyMap,
    EvidencePanel,
    GradeButtons,
    GradesTable,
    SoftTissuePanel,
    TotalsBar,
    dress,
    notice,
    said,
)
from wbmri.analysis.comparison import GroupChange
from wbmri.core.scheme import Scheme
from wbmri.report.figures import DisplayWindow
from wbmri.review import Session


class OverviewDock(QWidget):
    """All groups at a glance: the body above, the table below."""

    chosen = Signal(int)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body, self.table = BodyMap(scheme), GradesTable(scheme)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        column.addWidget(self.body, 1)
        column.addWidget(self.table, 1)
        self.body.chosen.connect(self.chosen)
        self.table.chosen.connect(self.chosen)
        self.setMinimumWidth(300)

    def show_marks(
        self,
        marks: Mapping[int, Mark],
        label: int,
        edited: frozenset[int],
        others: Mapping[int, Mark] | None = None,
        *,
        others_first: bool = True,
        changes: Mapping[int, GroupChange] = MappingProxyType({}),
    ) -> None:
        """Show the marks; see `GradesTable.show_marks`."""
        self.body.show_marks(marks, label)
        self.table.show_marks(marks, label, edited, others, others_first=others_first, changes=changes)


class ReadingDock(QWidget):
    """The reading: totals, the group with its evidence, the decisions, and whether all is saved."""

    signing = Signal()
    helping = Signal()
    windowed = Signal(int)
    """Which of the window presets is wanted."""

    way_out = Signal()
    exporting = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.case, self.state, self.saved = QLabel(), QLabel(), QLabel()
        self.totals, self.evidence, self.soft_tissue = TotalsBar(), EvidencePanel(), SoftTissuePanel()
        self.warnings = QLabel()
        self.warnings.setWordWrap(True)
        self.warnings.setStyleSheet(f"font-size: 12px; color: {CAUTION.name()};")
        self.buttons = GradeButtons(scheme.anchors)
        self.sign, self.keys = QPushButton("Check and sign…"), QPushButton("Keys  ?")
        self.elsewhere, self.export = QPushButton("Save elsewhere…"), QPushButton("Export for the archive…")
        self.window_button, self.windows = QPushButton("Window"), QMenu(self)
        self.window_button.setMenu(self.windows)
        for button in (self.sign, self.keys, self.elsewhere, self.export, self.window_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(30)
        self.case.setStyleSheet("font-size: 13px; font-weight: bold;")
        self.state.setStyleSheet("font-size: 12px;")
        self.saved.setStyleSheet("font-size: 12px;")
        for label in (self.case, self.state, self.saved):
            label.setWordWrap(True)
        self.sign.clicked.connect(self.signing)
        self.keys.clicked.connect(self.helping)
        self.elsewhere.clicked.connect(self.way_out)
        self.export.clicked.connect(self.exporting)

        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 6, 4)
        column.setSpacing(5)
        for widget in (self.case, self.state, self.totals, _rule()):
            column.addWidget(widget)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self.room_below = QVBoxLayout(inside)
        self.room_below.setContentsMargins(0, 0, 0, 0)
        self.room_below.addWidget(self.evidence)
        self.room_below.addWidget(self.soft_tissue)
        self.room_below.addWidget(self.warnings)
        self.room_below.addStretch(1)
        scroll.setWidget(inside)
        column.addWidget(scroll, 1)
        # Always in view while one corrects, however much stands above.
        self.room_for_tools = QVBoxLayout()
        column.addLayout(self.room_for_tools)
        self.concerns = ConcernBar()
        column.addWidget(self.concerns)
        column.addWidget(self.buttons)
        row = QHBoxLayout()
        row.addWidget(self.sign, 3)
        row.addWidget(self.window_button, 2)
        row.addWidget(self.keys, 2)
        column.addLayout(row)
        column.addWidget(self.saved)
        column.addWidget(self.elsewhere)
        column.addWidget(self.export)
        column.addWidget(notice())
        self.setMinimumWidth(312)
        self.elsewhere.setVisible(False)
        self.export.setVisible(False)

    def show_session(self, session: Session) -> None:
        """Show what a reading adds up to, the group that is being read, and whether all is saved."""
        view = session.group(session.current)
        self.case.setText(f"{session.title} · {session.reader} · {session.mode}")
        totals = session.totals
        self.totals.show_totals(totals)
        self.evidence.show_group(view)
        self.buttons.show_group(view, read_only=session.read_only, all_read=totals.read == totals.groups)
        self.soft_tissue.show_marks(session.soft_tissue, enabled=not session.read_only)
        known = session.case.reading.warnings if session.visible.suggestions else ()
        self.warnings.setText("\n".join(f"⚠ {warning}" for warning in known))
        self.warnings.setVisible(bool(known))
        self.sign.setEnabled(not session.read_only)
        self.show_saving(session)

    def show_windows(self, presets: Sequence[DisplayWindow], chosen: int | None) -> None:
        """Offer the window presets of the scan, and mark the one in which it is shown; ``None`` if in none of them."""
        if [action.text() for action in self.windows.actions()] != [preset.name for preset in presets]:
            self.windows.clear()
            for place, preset in enumerate(presets):
                action = self.windows.addAction(preset.name)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False, place=place: self.windowed.emit(place))
        for place, action in enumerate(self.windows.actions()):
            action.setChecked(place == chosen)

    def show_saving(self, session: Session) -> None:
        """Say that all is saved, or why not and what can be done."""
        problem, words = session.saving.problem, "Every action is saved."
        if session.holder is not None:
            problem, words = None, f"Read-only: {session.holder.words}."
        elif session.signed:
            problem, words = None, "Signed: this reading is locked. An addendum begins a new one."
        self.saved.setText(session.said(problem or words))
        colour = CAUTION if problem or session.holder is not None else FAINT
        dress(self.saved, f"font-size: 12px; color: {colour.name()};")
        self.elsewhere.setVisible(problem is not None)
        self.export.setVisible(session.signed and session.visible.visits)

    def say(self, words: str, *, caution: bool = False) -> None:
        """Say what was done, or what was not and why."""
        self.state.setText(words)
        dress(self.state, said(caution=caution))


def _rule() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setStyleSheet("color: #5a626c;")
    return line
