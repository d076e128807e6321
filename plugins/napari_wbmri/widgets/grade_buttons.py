"""Large buttons for the grades, each with its key, for readers who use the mouse."""

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtWidgets import QGridLayout, QMenu, QPushButton, QWidget

from napari_wbmri.widgets.style import CHOSEN, LINE, RAISED, area_of, dress, text_of
from wbmri.core import Reason
from wbmri.report.figures import said_of
from wbmri.review import GroupView


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
        self.accept = QPushButton()
        self.accept.clicked.connect(self.accepted)
        grid.addWidget(self.accept, 1, 0, 1, 4)
        for button in (*self.grades, self.reasons, self.accept):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(38 if button is not self.accept else 28)

    def ask_reason(self) -> None:
        """Let the reader choose why the group cannot be graded, with the mouse or the arrow keys."""
        above = QPoint(0, -self.menu.sizeHint().height())
        self.menu.popup(self.reasons.mapToGlobal(above))
        self.menu.setActiveAction(self.menu.actions()[0])

    def show_group(self, view: GroupView, *, read_only: bool, all_read: bool) -> None:
        """Show what was decided about a group, and what Enter does.

        Parameters
        ----------
        view
            The group that is being read.
        read_only
            Whether nothing can be decided at all.
        all_read
            Whether no group waits for a decision.
        """
        decision, enabled = view.decision, view.to_read and not read_only
        for grade, button in enumerate(self.grades):
            given = decision is not None and decision.grade == grade
            ground, ink = (area_of(grade), text_of(grade)) if given else (RAISED, CHOSEN if enabled else LINE)
            border = CHOSEN if given else area_of(grade) if enabled else RAISED
            dress(
                button,
                f"QPushButton {{ font-size: 18px; font-weight: bold; background: {ground.name()}; "
                f"color: {ink.name()}; border: 2px solid {border.name()}; border-radius: 4px; }}",
            )
        refused = decision is not None and decision.grade is None
        dress(
            self.reasons,
            "QPushButton { font-size: 13px; border-radius: 4px; "
            f"border: 2px solid {CHOSEN.name() if refused else RAISED.name()}; }}",
        )
        for button in (*self.grades, self.reasons):
            button.setEnabled(enabled)
        # Always there, so that the grades stay under the mouse.
        self.accept.setText("Read-only" if read_only else "All groups are read" if all_read else _entering(view))
        self.accept.setEnabled(not read_only and not all_read and (view.read or view.measured is not None))


def _entering(view: GroupView) -> str:
    """Say what Enter does."""
    if view.read:
        return "Next unread group   ⏎"
    if view.measured is None:
        return "Suggestion hidden: grade 0, 1, 2 or X"
    return f"Accept the suggestion: {said_of(view.measured.auto_grade)}   ⏎"
