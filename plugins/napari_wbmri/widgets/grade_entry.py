"""What a reader enters with the mouse: large buttons for the grades, each with its key, and signs of soft tissue."""

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QMenu, QPushButton, QSizePolicy, QWidget

from napari_wbmri.widgets.style import CHOSEN, FAINT, LINE, RAISED, area_of, dress, text_of
from wbmri.core import Calcinosis, CalcinosisCourse, LimbPart, Reason, SoftTissue, Tissue, TissueSign
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
    unassessable = Signal(object, bool)
    """The reason, and whether for all unread groups of the region."""

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
        self._whole_region = False
        for reason in Reason:
            action = self.menu.addAction(reason.value[:1].upper() + reason.value[1:])
            action.triggered.connect(lambda _=False, reason=reason: self.unassessable.emit(reason, self._whole_region))
        self.menu.aboutToHide.connect(self._forget_region, Qt.ConnectionType.QueuedConnection)
        self.reasons.setMenu(self.menu)
        grid.addWidget(self.reasons, 0, 3)
        self.accept = QPushButton()
        self.accept.clicked.connect(self.accepted)
        grid.addWidget(self.accept, 1, 0, 1, 4)
        for button in (*self.grades, self.reasons, self.accept):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setMinimumHeight(38 if button is not self.accept else 28)

    def _forget_region(self) -> None:
        self._whole_region = False

    def ask_reason(self, *, whole_region: bool = False) -> None:
        """Let the reader choose why the group, or its region, cannot be graded, with the mouse or the arrow keys."""
        self._whole_region = whole_region
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


_WORDS = {None: "–", 0: "0 normal", 1: "1 oedema"}
_NEXT: dict[int | None, int | None] = {None: 0, 0: 1, 1: None}
"""What a click makes of a mark."""

_PRESENT = (("not looked at", None), ("none", False), ("present", True))


class ChoiceBox(QComboBox):
    """A box whose entry is changed in its list alone: the wheel turned over it, or a letter, would choose unseen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Open the list with the space bar, and leave other keys alone."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_F4):
            self.showPopup()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what the box stands in."""
        event.ignore()


class SoftTissuePanel(QWidget):
    """Shows the marks beside the muscles, and says which the reader changed."""

    marked = Signal(object, object, object)
    """Tissue, part of the limbs, and 0, 1 or ``None``."""

    calcinosis_marked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[SoftTissue, bool] | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        title = QLabel("Beside the score")
        title.setStyleSheet("font-size: 13px; font-weight: bold;")
        grid.addWidget(title, 0, 0)
        for column, part in enumerate(LimbPart, start=1):
            grid.addWidget(_small(part.value), 0, column, Qt.AlignmentFlag.AlignHCenter)
        self.signs: dict[tuple[Tissue, LimbPart], QPushButton] = {}
        for row, tissue in enumerate(Tissue, start=1):
            grid.addWidget(_small(tissue.value.capitalize()), row, 0)
            for column, part in enumerate(LimbPart, start=1):
                button = QPushButton()
                button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                _share_width(button)
                button.clicked.connect(lambda _=False, tissue=tissue, part=part: self._next(tissue, part))
                self.signs[tissue, part] = button
                grid.addWidget(button, row, column)
        self.present, self.course, self.places = ChoiceBox(), ChoiceBox(), QLineEdit()
        for words, present in _PRESENT:
            self.present.addItem(words, present)
        self.course.addItem("not compared", None)
        for course in CalcinosisCourse:
            self.course.addItem(course.value, course.value)
        self.course.setToolTip("How it compares with the visit before")
        self.places.setPlaceholderText("where, such as left elbow, right knee")
        self.places.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        for box in (self.present, self.course):
            # Keys go on grading after a choice was made.
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            _share_width(box)
        grid.addWidget(_small("Calcinosis"), 3, 0)
        grid.addWidget(self.present, 3, 1, 1, 2)
        grid.addWidget(self.places, 4, 0, 1, 3)
        grid.addWidget(_small("Its course"), 5, 0)
        grid.addWidget(self.course, 5, 1, 1, 2)
        for column in (1, 2):
            grid.setColumnStretch(column, 1)
        self.present.activated.connect(self._calcinosis)
        self.course.activated.connect(self._calcinosis)
        self.places.returnPressed.connect(self.places.clearFocus)
        self.places.editingFinished.connect(self._calcinosis)

    def show_marks(self, marks: SoftTissue, *, enabled: bool) -> None:
        """Show the marks, and what the program suggests where nothing is marked.

        Parameters
        ----------
        marks
            The marks, with suggestions where those may be seen.
        enabled
            Whether they can be changed.
        """
        if self._shown == (marks, enabled):
            return
        self._shown = marks, enabled
        for (tissue, part), button in self.signs.items():
            _show_sign(button, marks.signs[tissue][part])
            button.setEnabled(enabled)
        calcinosis = marks.calcinosis
        self.present.setCurrentIndex([present for _, present in _PRESENT].index(calcinosis.present))
        self.course.setCurrentIndex(self.course.findData(calcinosis.course and calcinosis.course.value))
        self.places.setText(", ".join(calcinosis.places))
        self.places.setVisible(bool(calcinosis.present))
        for widget in (self.present, self.course, self.places):
            widget.setEnabled(enabled)

    def _next(self, tissue: Tissue, part: LimbPart) -> None:
        if self._shown is not None:
            self.marked.emit(tissue, part, _NEXT[self._shown[0].signs[tissue][part].graded])

    def _calcinosis(self) -> None:
        present, course = self.present.currentData(), self.course.currentData()
        words = (word.strip() for word in self.places.text().split(","))
        places = tuple(word for word in words if word) if present else ()
        if self._shown is None:
            return
        before = self._shown[0].calcinosis
        # What is marked on the picture is taken away with what it belongs to.
        deposits = tuple(deposit for deposit in before.deposits if present or (deposit.gone and present is not None))
        made = Calcinosis(present, places, None if course is None else CalcinosisCourse(course), deposits)
        if made != before:
            self.calcinosis_marked.emit(made)


def _share_width(widget: QWidget) -> None:
    """Let a widget be as narrow as its column: what it would like to have is more than the dock has."""
    widget.setMinimumHeight(26)
    widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setStyleSheet("font-size: 12px;")
    return label


def _show_sign(button: QPushButton, sign: TissueSign) -> None:
    """Show a mark, or a suggestion as dashed, as in the table of grades."""
    given = sign.graded is not None
    suggested = not given and sign.suggested is not None
    button.setText(f"{_WORDS[sign.value]} ?" if suggested else _WORDS[sign.value])
    button.setToolTip(sign.explanation or "Click: normal, oedema, not looked at")
    border = f"1px {'dashed' if suggested else 'solid'} {(CHOSEN if given else LINE).name()}"
    ink = CHOSEN if given else FAINT
    button.setStyleSheet(
        f"QPushButton {{ font-size: 12px; color: {ink.name()}; border: {border}; border-radius: 4px; }}",
    )
