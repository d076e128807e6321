"""Large buttons for the grades, each with its key, for readers who use the mouse."""

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtWidgets import QGridLayout, QMenu, QPushButton, QWidget

from napari_wbmri.colours import CHOSEN, LINE, RAISED, area_of, text_of
from wbmri.reading import Reason
from wbmri.review import Decision


class GradeButtons(QWidget):
    """The decisions a reader can take about the group that is being read.

    Parameters
    ----------
    anchors
        The scheme's wording of grade 0, 1 and 2.
    """

    graded = Signal(int)
    unassessable = Signal(object)
    accepted = Signal()

    def __init__(self, anchors: tuple[str, str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self.grades = []
        for grade, anchor in enumerate(anchors):
            button = QPushButton(str(grade))
            button.setToolTip(f"Grade {grade}: {anchor} (key {grade})")
            button.clicked.connect(lambda _=False, grade=grade: self.graded.emit(grade))
            self.grades.append(button)
            grid.addWidget(button, 0, grade)
        self.reasons = QPushButton("X  n/a")
        self.reasons.setToolTip("Not assessable, with a reason (key X)")
        self.menu = QMenu(self)
        for reason in Reason:
            action = self.menu.addAction(reason.value.capitalize())
            action.triggered.connect(lambda _=False, reason=reason: self.unassessable.emit(reason))
        self.reasons.setMenu(self.menu)
        grid.addWidget(self.reasons, 0, 3)
        self.accept = QPushButton("Accept the suggestion  ⏎")
        self.accept.clicked.connect(self.accepted)
        grid.addWidget(self.accept, 1, 0, 1, 4)
        for button in (*self.grades, self.reasons, self.accept):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(38 if button is not self.accept else 28)
        self.show_decision(None, suggested=None, enabled=True)

    def ask_reason(self) -> None:
        """Let the reader choose why the group cannot be graded, with the mouse or the arrow keys."""
        above = QPoint(0, -self.menu.sizeHint().height())
        self.menu.popup(self.reasons.mapToGlobal(above))
        self.menu.setActiveAction(self.menu.actions()[0])

    def show_decision(self, decision: Decision | None, suggested: int | None, *, enabled: bool) -> None:
        """Show what was decided, and whether there is something to accept.

        Parameters
        ----------
        decision
            What the reader decided about the group.
        suggested
            The grade the program suggests, where that may be seen.
        enabled
            Whether decisions can be taken at all.
        """
        for grade, button in enumerate(self.grades):
            given = decision is not None and decision.grade == grade
            ground, ink = (area_of(grade), text_of(grade)) if given else (RAISED, CHOSEN if enabled else LINE)
            border = CHOSEN if given else area_of(grade) if enabled else RAISED
            button.setStyleSheet(
                f"QPushButton {{ font-size: 18px; font-weight: bold; background: {ground.name()}; "
                f"color: {ink.name()}; border: 2px solid {border.name()}; border-radius: 4px; }}"
            )
        refused = decision is not None and decision.grade is None
        self.reasons.setStyleSheet(
            "QPushButton { font-size: 13px; border-radius: 4px; "
            f"border: 2px solid {CHOSEN.name() if refused else RAISED.name()}; }}"
        )
        self.accept.setVisible(suggested is not None)
        if suggested is not None:
            self.accept.setText(f"Accept the suggestion: grade {suggested}   ⏎")
        for button in (*self.grades, self.reasons, self.accept):
            button.setEnabled(enabled)
