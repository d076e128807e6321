"""The tools for correcting an outline, as a strip below the evidence while it is being edited."""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QPushButton, QWidget

from napari_wbmri.viewer import RADII_MM, MaskEditor, Tool


class MaskTools(QFrame):
    """Buttons for what the mouse draws.

    Parameters
    ----------
    editor
        What they set.
    """

    filling = Signal()
    mirroring = Signal()
    stopping = Signal()

    def __init__(self, editor: MaskEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setSpacing(4)
        self.tools = {}
        for row, column, tool, text, tip in (
            (0, 0, Tool.PAINT, "Paint  P", "Drag over the scan to add to the group"),
            (0, 1, Tool.ERASE, "Erase  R", "Drag over the scan to take from the group"),
            (0, 2, Tool.SMART, "Smart  B", "Paints only what looks like muscle and hangs together"),
            (
                3,
                0,
                Tool.REDRAW,
                "Redraw  D",
                "Click in the middle of missed muscle; with Shift, of what was taken wrongly",
            ),
        ):
            button = self._button(text, tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, tool=tool: editor.use(tool))
            self.tools[tool] = button
            grid.addWidget(button, row, column)
        self.smaller, self.larger = self._button("−  [", "Smaller brush"), self._button("+  ]", "Larger brush")
        self.diameter = QLabel()
        self.diameter.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.smaller.clicked.connect(lambda: editor.resize(-1))
        self.larger.clicked.connect(lambda: editor.resize(1))
        for column, widget in enumerate((self.smaller, self.diameter, self.larger)):
            grid.addWidget(widget, 1, column)
        self.steal = QCheckBox("take from neighbours  S")
        self.ball = QCheckBox("through slices")
        for column, (box, tip) in enumerate(
            ((self.steal, "Let strokes take voxels from other groups"), (self.ball, "Draw with a ball, not a disc")),
        ):
            box.setToolTip(tip)
            box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            grid.addWidget(box, 2, 2 * column, 1, 2 if column == 0 else 1)
        self.steal.toggled.connect(self._steal)
        self.ball.toggled.connect(self._ball)
        self.fill = self._button("Fill between  F", "Fill the slices between those on which the group is drawn")
        self.mirror = self._button("Mirror  ⇧M", "Draw the group as the mirror image of the other side's")
        self.stop = self._button("Done  E", "Stop correcting; everything is saved already")
        for button, signal, place in (
            (self.fill, self.filling, (3, 1)),
            (self.mirror, self.mirroring, (3, 2)),
            (self.stop, self.stopping, (4, 0, 1, 3)),
        ):
            button.clicked.connect(signal)
            grid.addWidget(button, *place)
        editor.changed = self.follow
        self.follow()

    @staticmethod
    def _button(text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setMinimumHeight(28)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setStyleSheet("QPushButton { font-size: 12px; padding: 2px; }")
        return button

    def follow(self) -> None:
        """Show what is set."""
        self.setVisible(self._editor.active)
        for tool, button in self.tools.items():
            button.setChecked(tool is self._editor.tool)
        self.diameter.setText(f"{2 * self._editor.radius:g} mm wide")
        self.steal.setChecked(self._editor.steal)
        self.ball.setChecked(self._editor.ball)
        self.smaller.setEnabled(self._editor.radius > RADII_MM[0])
        self.larger.setEnabled(self._editor.radius < RADII_MM[-1])

    def _steal(self, wanted: bool) -> None:
        self._editor.steal = wanted

    def _ball(self, wanted: bool) -> None:
        self._editor.ball = wanted
